"""What tests of training data share: small real runs, and rows read back from a file."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Language, Modality
from psychagent.files.lines import read_lines
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.flat import baseline_of, runtime_of

SCALES = {modality: ("WAI", "HTAIS") for modality in Modality}


def offline_runtime(language: Language = Language.EN, **over: Any) -> RuntimeSettings:
    """Settings of a run with no model but the script, ranking by words."""
    return runtime_of(language=language, **over)


def run_to_end(plan: SamplePlan) -> Path:
    """Run a plan to its end and return its folder."""
    result = asyncio.run(run_sample(plan))
    assert result.exit_status() == 0, result.outcomes
    return plan.save_dir / plan.baseline.name


def short_baseline(sessions: int = 2, turns: int = 3, **over: Any) -> BaselineSettings:
    """The script as counselor, in short courses."""
    return baseline_of(max_sessions=sessions, max_counselor_turns=turns, **over)


def make_rft(folder: Path, *, cases: int = 4, n: int = 3, **rft: Any) -> Path:
    """Make a small run with rollouts: two modalities, short sessions, two scales."""
    settings = RftSettings(**({"rollout_n": n, "judging": EvalSettings(methods=SCALES)} | rft))
    dataset = DatasetSettings(modalities=(Modality.CBT, Modality.BT), max_cases=cases)
    return run_to_end(SamplePlan(short_baseline(), offline_runtime(), dataset, folder, env={}, rft=settings))


def make_sample(folder: Path, *, cases: int = 1, **baseline: Any) -> Path:
    """Make a small plain run."""
    dataset = DatasetSettings(modalities=(Modality.CBT,), max_cases=cases)
    return run_to_end(SamplePlan(short_baseline(**baseline), offline_runtime(), dataset, folder, env={}))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read a JSONL file."""
    return [row for _, row in read_lines(path)]


def stored_sessions(run_dir: Path) -> dict[str, dict[str, Any]]:
    """Read the session files of a run by `modality/case/number`."""
    found = {}
    for path in sorted(run_dir.glob("*/*/session_*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        found[f"{data['modality']}/{data['case_id']}/{data['session_index']}"] = data
    return found
