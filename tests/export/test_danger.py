"""What must not be learned: sessions that passed danger over, and the words of the safety gate."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Modality
from psychagent.errors import SettingsError
from psychagent.export.plan import Exported, ExportPlan, RewardFilter
from psychagent.export.sample import TASKS
from psychagent.export.write import run_export
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.danger import voicing
from tests.support.exporting import make_rft, make_sample, read_rows, stored_sessions
from tests.support.loopback.server import serve
from tests.support.running import load, settings_at

LEFT_OUT = "session: voiced danger was not asked about in the next turn"
OF_GATE = "counselor: a turn that the safety gate spoke"


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def rft_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rft(tmp_path_factory.mktemp("rft"), cases=3)


def export(run: Path, out: Path, **options: Any) -> Exported:
    return run_export(ExportPlan(run=run, out=out / "data.jsonl", **options))


def rows_of(done: Exported) -> list[dict[str, Any]]:
    return read_rows(done.files["all"])


def edited(run: Path, to: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    """Copy a run and change the first session of its first case."""
    shutil.copytree(run, to)
    path = min(to.glob("*/*/session_1.json"))
    data = load(path)
    edit(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    return to


def elsewhere(rows: list[dict[str, Any]], run: Path) -> list[dict[str, Any]]:
    """List the rows that are not of that session."""
    modality, case_id = min(run.glob("*/*/session_1.json")).parts[-3:-1]
    here = (modality, case_id, 1)
    metas = [(row, row["meta"]) for row in rows]
    return [row for row, m in metas if (m["modality"], m["case_id"], m["session_index"]) != here]


def danger(answer: str) -> Callable[[dict[str, Any]], None]:
    """Have the client voice danger in its first turn, and the counselor answer so."""

    def edit(session: dict[str, Any]) -> None:
        session["risk"] = [{"turn": 1, "level": 2, "about": "self"}]
        session["turns"][2] |= {"text": answer, "thoughts": None}

    return edit


def test_a_session_that_passed_danger_over_is_left_out_under_every_task_and_counted(
    sample_run: Path, tmp_path: Path
) -> None:
    run = edited(sample_run, tmp_path / "run", danger("How was your week?"))
    done = export(run, tmp_path / "out", tasks=TASKS)
    assert {row["meta"]["session_index"] for row in rows_of(done)} == {2}
    assert done.card["skipped"][LEFT_OUT] == 1
    assert f"{LEFT_OUT}: 1" in done.card_markdown.read_text(encoding="utf-8")


def test_a_session_in_which_it_was_asked_about_at_once_is_exported(sample_run: Path, tmp_path: Path) -> None:
    run = edited(sample_run, tmp_path / "run", danger("Are you thinking of killing yourself?"))
    done = export(run, tmp_path / "out")
    assert {row["meta"]["session_index"] for row in rows_of(done)} == {1, 2}
    assert LEFT_OUT not in done.card["skipped"]


def test_no_pair_prefers_a_session_that_passed_danger_over(rft_run: Path, tmp_path: Path) -> None:
    before = rows_of(export(rft_run, tmp_path / "a", format="preference"))
    assert 0 < len(elsewhere(before, rft_run)) < len(before), "else it tests nothing"
    run = edited(rft_run, tmp_path / "run", danger("How was your week?"))
    done = export(run, tmp_path / "b", format="preference")
    assert rows_of(done) == elsewhere(before, rft_run)
    assert done.card["skipped"][LEFT_OUT] == 1


def by_gate(at: int) -> Callable[[dict[str, Any]], None]:
    def edit(session: dict[str, Any]) -> None:
        session["turns"][at] |= {"text": "FIXED WORDS", "by_gate": True, "thoughts": None}

    return edit


@pytest.mark.parametrize("form", ["prompt-completion", "messages", "sharegpt"])
def test_words_of_the_gate_are_context_and_never_an_answer(
    sample_run: Path, tmp_path: Path, form: Any
) -> None:
    run = edited(sample_run, tmp_path / "run", by_gate(2))
    before = export(sample_run, tmp_path / "a", format=form, tasks=("counselor",))
    done = export(run, tmp_path / "b", format=form, tasks=("counselor",))
    rows = rows_of(done)
    assert len(rows) == len(rows_of(before)) - 1
    assert done.card["skipped"] == {OF_GATE: 1}
    key = {"prompt-completion": "completion", "messages": "messages", "sharegpt": "conversations"}[form]
    answers = [row[key][-1] for row in rows]
    assert not [answer for answer in answers if "FIXED WORDS" in json.dumps(answer)]
    assert [row for row in rows if "FIXED WORDS" in json.dumps(row)], "the turn after it saw it"


def test_no_pair_has_words_of_the_gate_on_either_side(rft_run: Path, tmp_path: Path) -> None:
    def of_others(session: dict[str, Any]) -> None:
        for candidate in session["rollout_data"]["rollout_candidates"]:
            by_gate(2)(candidate)

    before = rows_of(export(rft_run, tmp_path / "before", format="preference"))
    for name, edit in (("chosen", by_gate(2)), ("others", of_others)):
        run = edited(rft_run, tmp_path / name, edit)
        done = export(run, tmp_path / "out" / name, format="preference")
        assert rows_of(done) == elsewhere(before, rft_run)
        assert done.card["skipped"]["pairs: a turn that the safety gate spoke"] > 0


def veto(session: dict[str, Any]) -> None:
    """Keep one rollout that was not chosen from winning."""
    data = session["rollout_data"]
    index = next(n for n in range(3) if n != data["winner_rollout_index"])
    choice = data["selection"]
    choice["unasked"] = [index]
    choice["excluded"] = {str(index): "danger voiced in turn 1 was not asked about"}
    del choice["rewards"][str(index)]


def test_a_rollout_that_could_not_win_is_rejected_whatever_margin_is_asked_for(
    rft_run: Path, tmp_path: Path
) -> None:
    run = edited(rft_run, tmp_path / "run", veto)
    done = export(run, tmp_path / "out", format="preference", rewards=RewardFilter(min_margin=50.0))
    assert {(r["meta"]["session_index"], r["meta"]["margin"]) for r in rows_of(done)} == {(1, None)}


def test_a_pair_of_replies_does_not_blame_the_first_that_differs_for_it(
    rft_run: Path, tmp_path: Path
) -> None:
    run = edited(rft_run, tmp_path / "run", veto)
    high = RewardFilter(min_margin=50.0)
    with pytest.raises(SettingsError, match="left danger unasked, maybe not in the reply that differs"):
        export(run, tmp_path / "out", format="preference", pairs="reply", rewards=high)


@pytest.mark.parametrize("keep", [False, True])
def test_where_the_gate_acts_prompts_are_rebuilt_byte_for_byte_all_the_same(
    tmp_path: Path, keep: bool
) -> None:
    with serve(voicing(lambda seed: True)) as server:
        baseline, runtime = settings_at(
            server.base_url,
            max_counselor_turns=3,
            max_sessions=1,
            safety={"mode": "act", "extra_turns": 0},
            retrieval={"method": "lexical", "keep_in_history": keep},
        )
        dataset = DatasetSettings(modalities=(Modality.CBT,), max_cases=1)
        plan = SamplePlan(baseline, runtime, dataset, tmp_path / "run", env={})
        assert asyncio.run(run_sample(plan)).exit_status() == 0
        sent = [json.dumps(c.body["messages"]) for c in server.calls if c.role == "counselor"]
    rows = rows_of(export(tmp_path / "run", tmp_path / "out", tasks=("counselor",)))
    assert sorted(json.dumps(row["prompt"]) for row in rows) == sorted(sent)
    (session,) = stored_sessions(next((tmp_path / "run").iterdir())).values()
    assert max(turn.get("risk_level") or 0 for turn in session["turns"]) >= 2, "else it tests nothing"
