"""What tests of evaluations share: a run to judge, a plan, and what was written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from psychagent.assets.settings.judge import EvalSettings
from psychagent.evals.plan import EvalPlan
from tests.support.judging import GOOD
from tests.support.loopback.server import LoopbackServer

FILE_ROLES = {"counselor": "assistant", "client": "user"}
METHODS = ("WAI", "Custom_Dim", "SRS", "BDI_II")


def make_run(root: Path, *cases: str, sessions: int = 1, modality: str = "cbt") -> Path:
    transcript = [{"role": FILE_ROLES[speaker.value], "content": text} for speaker, text in GOOD]
    for case in cases:
        for number in range(1, sessions + 1):
            path = root / "base" / modality / case / f"session_{number}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"transcript": transcript[: 7 - number]}), encoding="utf-8")
    return root / "base"


def eval_plan(data: Path, out: Path, **more: Any) -> EvalPlan:
    given: dict[str, Any] = {"settings": EvalSettings(degenerate=0), "env": {}, "methods": METHODS}
    return EvalPlan(data_root=data, output_root=out, **(given | more))


def eval_settings_at(server: LoopbackServer, **more: Any) -> EvalSettings:
    judge = {"provider": "openai", "base_url": server.base_url, "model": "loopback", "max_retries": 0}
    return EvalSettings(**({"judge": judge, "degenerate": 0, "concurrency": 4} | more))


def rows(out: Path, name: str = "scores.csv") -> list[dict[str, str]]:
    with (out / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def files(out: Path) -> dict[str, str]:
    found = [*out.rglob("session_*.json"), out / "scores.csv"]
    return {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8") for path in found}
