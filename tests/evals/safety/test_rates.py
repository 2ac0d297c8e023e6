"""Rates of how danger was met: what counts, in which of them, and that nothing is averaged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Modality
from psychagent.domain.risk.asked import Asked
from psychagent.domain.scores import ItemScore, ScaleResult
from psychagent.evals.evaluate import run_eval
from psychagent.evals.find import JudgeInput
from psychagent.evals.safety.rates import count_safety, safety_rows
from psychagent.evals.summary import EvalResult
from psychagent.records.safety import SafetyRow, read_safety
from psychagent.records.scores import read_scores
from psychagent.records.summary import read_summary
from psychagent.scales.dialogue import Dialogue, Line
from psychagent.scales.scale import load_scales
from psychagent.stats.rates import rate_of
from tests.support.answers import session
from tests.support.eval_runs import eval_plan
from tests.support.voiced import write_courses

SCALE = load_scales()["SAFETY"]
YES = dict.fromkeys(SCALE.by_id, True)


def row(case: str, asked: Asked | None, level: int = 2, **more: Any) -> SafetyRow:
    known = {"level": level, "turn": 2, "asked": asked} if asked else {}
    given = {"case_id": case, "modality": Modality.CBT, "session_index": 1, **known}
    return SafetyRow(**(given | more))


def judged(case: str, asked: Asked | None, answers: Mapping[str, bool], **more: Any) -> SafetyRow:
    return row(case, asked, status="ok", answers=answers, **more)


def rates(*rows: SafetyRow) -> dict[str, tuple[int, int]]:
    return {i.item.id: (i.yes.k, i.yes.n) for i in count_safety(rows, {"SAFETY": SCALE}).items}


def test_sessions_are_counted_by_worst_level_and_by_when_danger_was_asked_about() -> None:
    numbers = count_safety(
        [
            row("a", Asked.AT_ONCE, level=3),
            row("b", Asked.NEVER, level=3),
            row("c", Asked.LATER, level=1),
            row("d", Asked.NO_TURN),
            row("e", None),
        ],
        {},
    )
    assert (numbers.sessions, numbers.voiced) == (5, 4)
    assert numbers.asked[3][Asked.AT_ONCE] == numbers.asked[3][Asked.NEVER] == 1
    assert numbers.times(Asked.LATER) == numbers.asked[1][Asked.LATER] == 1
    assert numbers.at_once == rate_of(1, 3), "whoever hears it in the last words has no turn left"
    assert numbers.items == ()


def test_a_session_without_danger_and_one_without_a_turn_left_are_in_no_rate() -> None:
    nothing = dict.fromkeys(SCALE.by_id, False)
    found = rates(
        judged("a", Asked.AT_ONCE, YES), judged("b", Asked.NO_TURN, nothing), judged("c", None, nothing)
    )
    assert set(found.values()) == {(1, 1)}


def test_help_that_is_recited_without_danger_is_counted_apart() -> None:
    said = dict.fromkeys(SCALE.by_id, False) | {"resource": True, "boundaries": True}
    numbers = count_safety(
        [judged("a", None, said), judged("b", None, said | {"resource": False})], {"SAFETY": SCALE}
    )
    beside = {item.item.id: item.without_danger for item in numbers.items}
    assert beside["resource"] == (1, 2)
    assert beside["asked"] == (0, 2)
    assert beside["boundaries"] is None, "what is kept unless it is crossed is kept everywhere"
    assert {item.yes for item in numbers.items} == {rate_of(0, 0)}


def test_answers_that_could_not_be_had_count_as_missing_and_not_as_no() -> None:
    numbers = count_safety(
        [judged("a", Asked.LATER, YES), row("b", Asked.LATER, status="missing", reason="no answer")],
        {"SAFETY": SCALE},
    )
    assert (numbers.judged, numbers.missing) == (1, 1)
    assert {item.yes for item in numbers.items} == {rate_of(1, 1)}


def test_danger_to_which_the_judge_saw_nothing_speak_is_told() -> None:
    no = dict.fromkeys(SCALE.by_id, False)
    numbers = count_safety(
        [judged("a", Asked.NEVER, no, unsupported=5), judged("b", Asked.NEVER, no, unsupported=4)],
        {"SAFETY": SCALE},
    )
    assert numbers.silent == 1


def answer(value: int, basis: str, *, raw: int | None = None, repeat: int = 0) -> ItemScore:
    given = value if raw is None else raw
    return ItemScore.model_validate(
        {"id": "asked", "raw": given, "verified": value, "basis": basis, "repeat": repeat}
    )


def only_row(*answers: ItemScore, **result: Any) -> SafetyRow:
    given = {"status": "ok", "hash": SCALE.hash, "group": "safety", "items": answers} | result
    scores = session({}).model_copy(update={"scales": {"SAFETY": ScaleResult(**given)}})
    dialogue = Dialogue(
        case_id="a",
        modality=Modality.CBT,
        language=scores.language,
        lines=(Line.model_validate({"speaker": "client", "text": "x"}),),
    )
    (found,) = safety_rows([JudgeInput(dialogue=dialogue, source_file="x")], [scores], {"SAFETY": SCALE})
    return found


def test_a_yes_counts_only_with_words_that_were_found() -> None:
    assert only_row(answer(1, "quoted")).answers == {"asked": True}
    assert only_row(answer(0, "set_back", raw=1)).answers == {"asked": False}


def test_of_repeats_most_must_say_yes() -> None:
    def repeated(*values: int) -> dict[str, bool]:
        return only_row(*(answer(v, "quoted", repeat=n) for n, v in enumerate(values))).answers

    assert repeated(1, 1, 0) == {"asked": True}
    assert repeated(1, 0) == repeated(0, 0, 1) == {"asked": False}


def test_items_without_evidence_in_any_repeat_are_counted() -> None:
    nothing = [answer(0, "no_evidence", repeat=n) for n in range(2)]
    assert only_row(*nothing).unsupported == 1
    assert only_row(nothing[0], answer(0, "default", repeat=1)).unsupported == 0


def test_a_failed_call_is_missing_with_its_reason() -> None:
    found = only_row(status="missing", reason="the server is down")
    assert (found.status, found.reason, found.answers) == ("missing", "the server is down", {})


# a whole evaluation

COURSES = {
    "at_once": ("at_once", True, True),
    "later": ("later", True, False),
    "never": ("never", False, False),
    "last_words": ("no_turn", False, False),
    "recited": ("", False, True),
}
"""Case -> when danger was asked about, whether the script sees it asked about, and help named."""


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, EvalResult]:
    folder = tmp_path_factory.mktemp("safety")
    plan = eval_plan(write_courses(folder), folder / "out", methods=("SAFETY", "WAI"))
    settings = EvalSettings(degenerate=1)
    return folder / "out", asyncio.run(run_eval(replace(plan, settings=settings)))


def test_every_session_has_a_row_with_its_danger_and_the_judges_answers(
    evaluated: tuple[Path, EvalResult],
) -> None:
    folder, result = evaluated
    table = read_safety(folder / "safety.csv")
    assert table == result.safety
    found = {r.case_id: (r.asked or "", r.answers["asked"], r.answers["resource"]) for r in table}
    assert found == COURSES
    assert {r.status for r in table} == {"ok"}
    assert all(r.is_script for r in table)


def test_the_summary_has_a_block_of_rates_and_no_mean_of_them(evaluated: tuple[Path, EvalResult]) -> None:
    folder, _ = evaluated
    summary = read_summary(folder / "summary.json")
    assert summary.safety is not None
    assert (summary.safety.sessions, summary.safety.voiced, summary.safety.judged) == (5, 4, 3)
    assert summary.safety.asked_at_once.k == 1
    asked, resource = (summary.safety.items[name] for name in ("asked", "resource"))
    assert (asked.k, asked.n, asked.low, asked.high) == (2, 3, 0.2077, 0.9385)
    assert (resource.without_danger, resource.sessions_without) == (1, 1)
    assert set(summary.metrics) == {"counselor.WAI"}
    text = json.dumps({k: v for k, v in summary.to_file().items() if k != "safety"})
    assert "boundaries" not in text
    assert summary.is_script
    assert summary.note is not None


def test_each_answer_stands_with_its_words_in_the_sessions_file(evaluated: tuple[Path, EvalResult]) -> None:
    folder, _ = evaluated
    items = {i.id: i for i in read_scores(folder / "cbt/at_once/session_1.json").scales["SAFETY"].items}
    assert [quote.turn for quote in items["asked"].quotes] == [3]
    assert "suicide" in items["asked"].quotes[0].text
    assert not items["asked"].quotes[0].problem


def test_worthless_sessions_are_not_asked_about_safety(evaluated: tuple[Path, EvalResult]) -> None:
    _, result = evaluated
    assert result.degenerate
    assert {name for scores in result.degenerate for name in scores.scales} == {"WAI"}


async def test_danger_is_looked_for_whatever_scales_are_judged(tmp_path: Path) -> None:
    plan = eval_plan(write_courses(tmp_path), tmp_path / "out", methods=("WAI",))
    result = await run_eval(plan)
    assert {r.case_id: r.asked or "" for r in result.safety} == {k: v[0] for k, v in COURSES.items()}
    assert {(r.status, r.calls, r.judge_model) for r in result.safety} == {("", 0, "")}
    summary = read_summary(tmp_path / "out" / "summary.json")
    assert summary.safety is not None
    assert summary.safety.items == {}


async def test_an_evaluation_that_goes_on_keeps_the_answers_it_has(tmp_path: Path) -> None:
    plan = eval_plan(write_courses(tmp_path), tmp_path / "out", methods=("SAFETY",))
    first = await run_eval(plan)
    again = await run_eval(replace(plan, methods=("WAI",)))
    assert again.safety == first.safety
