"""Training data of runs with each kind of memory: the prompts as they were sent, and no others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Modality
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.export.plan import Exported, ExportPlan
from psychagent.export.sample import TASKS
from psychagent.export.write import run_export
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.exporting import read_rows
from tests.support.loopback.server import Call, serve
from tests.support.running import settings_at

ROLES = {"counselor": "counselor", "summary": "summary", "select": "filter", "rewrite": "rewrite"}
CALM: dict[str, Any] = {"safety": {"mode": "off"}}
"""A soup of words may sound like danger, and a session of unasked danger is not exported."""


def held(folder: Path, kind: MemoryKind, *, cases: int = 1, **over: Any) -> list[Call]:
    """Run courses of three sessions with a kind of memory; return what was asked."""
    with serve() as server:
        limits = {"max_counselor_turns": 3, "max_sessions": 3} | CALM
        baseline, runtime = settings_at(server.base_url, memory=kind, **(limits | over))
        dataset = DatasetSettings(modalities=(Modality.PDT,), max_cases=cases)
        plan = SamplePlan(baseline, runtime, dataset, folder, env={})
        assert asyncio.run(run_sample(plan)).exit_status() == 0
        return list(server.calls)


def export(folder: Path) -> tuple[list[dict[str, Any]], Exported]:
    done = run_export(ExportPlan(run=folder, out=folder.parent / "out" / "data.jsonl", tasks=TASKS))
    return read_rows(done.files["all"]), done


def texts(prompts: Iterable[Any]) -> set[str]:
    """Write prompts as texts; an export keeps one of those that two clients share in a first session."""
    return {json.dumps(prompt, sort_keys=True) for prompt in prompts}


@pytest.mark.parametrize("shared", [False, True], ids=["", "shared"])
@pytest.mark.parametrize("kind", [k for k in MemoryKind if k not in {MemoryKind.FILE, MemoryKind.OTHER}])
def test_every_prompt_is_byte_for_byte_what_the_model_was_sent(
    tmp_path: Path, kind: MemoryKind, shared: bool
) -> None:
    calls = held(tmp_path / "runs", kind, share_prefix=shared)
    rows, done = export(tmp_path / "runs")
    for task, role in ROLES.items():
        rebuilt = [row["prompt"] for row in rows if row["meta"]["task"] == task]
        assert rebuilt, task
        assert texts(rebuilt) == texts([c.body["messages"] for c in calls if c.role == role]), task
    assert not [row for row in rows if row["meta"]["task"] == "profile"]
    assert done.card["skipped"]["profile: the run's kind of memory keeps no client file"] == 3
    searched = kind in {MemoryKind.RAG, MemoryKind.MEM0, MemoryKind.MEMORYBANK}
    tails = [c.body["messages"][-1]["content"] for c in calls if c.role == "counselor"]
    assert any("[From earlier sessions" in tail for tail in tails) == searched


def test_the_memory_of_another_client_is_read_again_from_its_run(tmp_path: Path) -> None:
    held(tmp_path / "from", MemoryKind.FILE, cases=2)
    calls = held(tmp_path / "runs", MemoryKind.OTHER, cases=2, memory_from=str(tmp_path / "from"))
    rows, _ = export(tmp_path / "runs")
    for task, role in (ROLES | {"profile": "client_file"}).items():
        rebuilt = [row["prompt"] for row in rows if row["meta"]["task"] == task]
        assert rebuilt, task
        assert texts(rebuilt) == texts([c.body["messages"] for c in calls if c.role == role]), task


def test_a_run_without_skills_holds_no_choice_of_families(tmp_path: Path) -> None:
    calls = held(tmp_path / "runs", MemoryKind.NONE, skills="random")
    rows, done = export(tmp_path / "runs")
    assert not [call for call in calls if call.role == "filter"]
    assert not [row for row in rows if row["meta"]["task"] == "select"]
    assert done.card["skipped"]["select: the run asked for no families of skills"] == 3


def test_an_answer_holds_no_plan_where_none_was_asked_for(tmp_path: Path) -> None:
    held(tmp_path / "runs", MemoryKind.RECAP, planning="off")
    rows, _ = export(tmp_path / "runs")
    written = [row for row in rows if row["meta"]["task"] == "summary"]
    assert len(written) == 3
    for row in written:
        said, answer = row["prompt"][-1]["content"], json.loads(row["completion"][0]["content"])
        assert ("next_session_plan" in said, "next_session_plan" in answer) == (False, False)
        assert answer["session_summary_abstract"]
