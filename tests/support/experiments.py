"""Small experiments: the offline script or the loopback server, one case, one scale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.load import load_settings
from psychagent.experiments.plan import ExperimentPlan
from tests.support.running import FAST

SHORT: dict[str, Any] = {"max_sessions": 1, "max_counselor_turns": 2, "retrieval.method": "lexical"}
"""Keys that make courses short, and rank skills by words."""
SIX: dict[str, Any] = {
    "psychagent": {"baseline": "offline", "set": SHORT},
    "no_memory": {"from": "psychagent", "set": {"memory": "none"}},
    "no_plan": {"from": "psychagent", "set": {"planning": "off"}},
    "no_skills": {"from": "psychagent", "set": {"skills": "off"}},
    "plain": {"from": "no_skills", "set": {"strategy": "plain", "reply_format": "plain", "memory": "recap"}},
    "history": {"from": "plain", "set": {"memory": "history"}},
}
"""Six systems played by the script."""
TWO = {name: SIX[name] for name in ("psychagent", "no_skills")}
SMALL = "small"


def content(systems: Mapping[str, Any], **over: Any) -> dict[str, Any]:
    """Say an experiment as a file does: one case, one scale judged by the script."""
    given: dict[str, Any] = {
        "name": SMALL,
        "dataset": {"modalities": ["cbt"], "max_cases": 1},
        "eval": {"methods": {"cbt": ["WAI"]}, "degenerate": 0},
        "systems": dict(systems),
    }
    return given | over


def write_experiment(folder: Path, said: Mapping[str, Any]) -> Path:
    """Write an experiment's file."""
    path = folder / "experiment.yaml"
    # JSON is YAML
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def plan_in(folder: Path, said: Mapping[str, Any], **more: Any) -> ExperimentPlan:
    """Plan an experiment whose file and results are in a folder."""
    settings = load_settings(ExperimentSettings, write_experiment(folder, said))
    given: dict[str, Any] = {"save_dir": folder / "out", "env": {}}
    return ExperimentPlan(settings=settings, **(given | more))


def at_server(base_url: str, **more: Any) -> dict[str, Any]:
    """Say a system whose counselor is at a server."""
    counselor = FAST | {"provider": "openai", "base_url": base_url, "model": "loopback", "max_retries": 0}
    return {"baseline": "offline", "set": SHORT | {"counselor": counselor} | more}


def made(folder: Path) -> dict[str, str]:
    """Read all that an experiment made in which no time stands, by its place."""
    root = folder / "out" / SMALL
    found = [*root.rglob("session_*.json"), *root.rglob("scores.csv"), *root.rglob("safety.csv")]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in sorted(found)}
