"""Runs in which the client voices danger, against the loopback server; it may keep the next reply back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psychagent.runs.plan import SamplePlan
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, chat_body
from tests.support.rolling import rollout_plan
from tests.support.running import FAST, NAME, run_plan

CANARY = "quetzalcoatl"
DANGER = f"I want to kill myself, {CANARY}."
CALM = "It was a quiet week."


@dataclass
class Endangered:
    """A server's behavior: the client's first words in each session are dangerous."""

    level: int = 3
    """What the model of the gate says of a turn with danger in it, where there is one."""
    keeps_back: bool = False
    """Whether what follows the danger is answered too late for any test."""
    kept_back: list[Call] = field(default_factory=list)

    def __call__(self, call: Call, number: int) -> Http | None:
        """Answer a call."""
        messages = call.body["messages"]
        if call.role == "client":
            first = not any(message["role"] == "assistant" for message in messages)
            return Http(body=chat_body(DANGER if first else CALM))
        if asks_gate(call):
            return Http(body=chat_body(json.dumps(self._judged(messages))))
        if self.keeps_back and any(DANGER in message["content"] for message in messages):
            self.kept_back.append(call)
            return Http(delay_sec=60)
        return loopback_reply(call, number) if call.role == "judge" else None

    def _judged(self, messages: list[dict[str, str]]) -> dict[str, Any]:
        # the last turn of the transcript is the one that is asked about
        if DANGER not in messages[-1]["content"][-len(DANGER) - 40 :]:
            return {"level": 0}
        return {"level": self.level, "about": "self", "when": "now", "quote": "kill myself"}


def asks_gate(call: Call) -> bool:
    """Tell whether a call asks the gate's model."""
    schema = (call.body.get("response_format") or {}).get("json_schema") or {}
    return schema.get("name") == "RiskReply"


def calm(call: Call, number: int) -> Http | None:
    """Let the client say nothing dangerous."""
    return Http(body=chat_body(CALM)) if call.role == "client" else None


def gate_at(base_url: str) -> dict[str, Any]:
    """Settings of a gate that acts, with a model at the server."""
    endpoint = FAST | {"provider": "openai", "base_url": base_url, "model": "gate"}
    return {"mode": "act", "endpoint": endpoint}


def endangered_plan(
    save_dir: Path,
    base_url: str,
    *,
    safety: Mapping[str, Any],
    rollouts: int = 1,
    reward: str = "reference",
    **over: Any,
) -> SamplePlan:
    """Plan a run, with rollouts if there is more than one."""
    if rollouts == 1:
        return run_plan(save_dir, base_url, safety=dict(safety), **over)
    # the client voices what the counselor of these tests does not ask about: `safe` holds all again
    rft = {"rollout_n": rollouts, "min_rollouts": rollouts, "reward": reward}
    return rollout_plan(save_dir, base_url, rft=rft, safety=dict(safety), **over)


def audit_of(save_dir: Path) -> Path:
    """Return where a run's audit is."""
    return save_dir / NAME / "safety.jsonl"
