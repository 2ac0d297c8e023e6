"""The served graph `course`: all sessions of one client; with `client: human` a person answers.

It waits for the person to begin each next session.
"""

from __future__ import annotations

from graphs.wiring import DEPS
from psychagent.flows.aloud import aloud
from psychagent.flows.course import build_course

graph = aloud(build_course(DEPS, pauses=True), DEPS.baseline.end_token)
