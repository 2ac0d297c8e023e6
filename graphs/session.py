"""The served graph `session`: one first session; with `client: human` a person answers."""

from __future__ import annotations

from graphs.wiring import DEPS
from psychagent.flows.aloud import aloud
from psychagent.flows.single import build_single

graph = aloud(build_single(DEPS), DEPS.baseline.end_token)
