"""The served graph `session`: one first session; with `client: human` a person answers."""

from __future__ import annotations

from graphs.wiring import DEPS
from psychagent.flows.single import build_single

graph = build_single(DEPS)
