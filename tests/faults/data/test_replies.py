"""Summaries, plans and client files as the reference release's model writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Modality, Stage
from psychagent.domain.memory import ClientFile
from psychagent.domain.plan import Plan
from psychagent.errors import MalformedReplyError
from psychagent.llm.reply import Reply
from psychagent.nodes.memory.client_file import FileReply, file_reply
from psychagent.nodes.memory.summary_reply import SummaryReply, read_summary
from psychagent.replies.as_json import read_json
from tests.support.every import MODALITIES
from tests.support.shapes import BASIC, THEORY
from tests.support.tried import Check, try_all

GOALS = {
    "objective_recap": "To hear what brings her.",
    "completion_status": "mostly",
    "evidence_and_analysis": "She told of the stove.",
}
STATE = {
    "affective_state": "tense",
    "behavioral_patterns": "checks",
    "therapeutic_alliance": "warm",
    "unresolved_points_or_tensions": "the fire",
}
FOCUS = ["Leave once without checking", "Write down what happens"]
PLANS: dict[str, dict[str, Any]] = {
    "ours": {"stage": "intervention", "title": FOCUS[0], "focus": FOCUS},
    "of a reply": {"next_session_stage": "干预", "next_session_focus": FOCUS},
    "of a case": {
        "overall_stage": "Intervention",
        "session_focus": {"stage_title": FOCUS[0], "objective": FOCUS},
    },
    "a title of its own": {
        "session_stage": "stage of intervention",
        "title": FOCUS[0],
        "session_focus": FOCUS,
    },
    "with nulls": {
        "stage": None,
        "title": None,
        "next_session_stage": "干预阶段",
        "next_session_focus": FOCUS,
    },
}


def summary(plan: dict[str, Any], **more: Any) -> str:
    data = {
        "session_summary_abstract": "A first meeting.",
        "goal_assessment": GOALS,
        "client_state_analysis": {**STATE, "cognitive_patterns": "of the school"},
        "homework": ["One walk"],
        "next_session_plan": plan,
    } | more
    return f"<response>{json.dumps(data, ensure_ascii=False)}</response>"


@pytest.mark.parametrize("form", PLANS)
def test_the_next_plan_is_read_under_either_name(form: str) -> None:
    read = read_summary(Reply(content=summary(PLANS[form])))
    assert read.next_session_plan == Plan(stage=Stage.INTERVENTION, title=FOCUS[0], focus=tuple(FOCUS))
    assert read.homework == ("One walk",)


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("个案概念化", Stage.CONCEPTUALIZATION),
        ("干预阶段", Stage.INTERVENTION),
        ("巩固阶段", Stage.CONSOLIDATION),
        ("Consolidation and relapse prevention after the intervention", Stage.CONSOLIDATION),
        ("Termination", Stage.TERMINATION),
        ("结束", Stage.TERMINATION),
    ],
)
def test_a_stage_is_known_by_its_words(words: str, stage: Stage) -> None:
    assert Plan.model_validate({"next_session_stage": words, "next_session_focus": FOCUS}).stage is stage


def test_a_stage_in_words_that_name_none_is_refused() -> None:
    with pytest.raises(MalformedReplyError, match="next_session_plan.stage"):
        read_summary(Reply(content=summary({"next_session_stage": "someday", "next_session_focus": FOCUS})))


@pytest.mark.parametrize(("homework", "tasks"), [("One walk", ("One walk",)), (None, ()), ("", ()), ([], ())])
def test_homework_may_be_one_text_or_nothing(homework: Any, tasks: tuple[str, ...]) -> None:
    assert read_summary(Reply(content=summary(PLANS["ours"], homework=homework))).homework == tasks


def test_a_summary_somewhat_longer_than_asked_for_is_read_and_a_loop_is_not() -> None:
    def with_status(length: int) -> str:
        return summary(PLANS["ours"], goal_assessment=GOALS | {"completion_status": "x" * length})

    assert read_summary(Reply(content=with_status(300)))
    with pytest.raises(MalformedReplyError, match=r"completion_status: write at most"):
        read_summary(Reply(content=with_status(900)))


def as_file(reply: Any, modality: Modality) -> FileReply:
    return read_json(json.dumps(reply, ensure_ascii=False), file_reply(modality))


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_schools_own_fields_are_read_beside_the_rest_or_under_theory(modality: Modality) -> None:
    own = THEORY[modality.value]
    flat = as_file(BASIC | own, modality)
    assert flat == as_file(BASIC | {"theory": own}, modality)
    assert flat == as_file(BASIC | {"theory": {modality.value: own}}, modality)
    assert flat == as_file({**BASIC, **own, "theory": None, "topic": "anxiety", "user_id": 41}, modality)
    assert ClientFile(**dict(flat)).theory
    assert flat.theory.model_dump(mode="json") == json.loads(json.dumps(own))


def test_what_a_situation_holds_beyond_ours_is_left_out() -> None:
    rows = [{**THEORY["cbt"]["special_situations"][0], "progress": "some", "analysis": "more"}]
    flat = as_file(BASIC | {"special_situations": rows}, Modality.CBT)
    assert flat.theory.special_situations[0].event == "leaving home"


def test_fields_of_another_school_do_not_fill_a_file() -> None:
    assert as_file(BASIC | THEORY["bt"], Modality.CBT).theory.core_beliefs == ()


def nulls(reply: dict[str, Any], modality: Modality) -> Iterator[tuple[str, Check]]:
    """Set each field to null in turn, whatever it is, at two depths."""
    bent = [(name, reply | {name: None}) for name in reply]
    traits = reply["static_traits"]
    bent += [(f"static_traits.{name}", reply | {"static_traits": traits | {name: None}}) for name in traits]
    for name, data in bent:
        yield f"{modality} {name} is null", lambda data=data: as_file(data, modality) and None  # type: ignore[misc]


def test_a_null_in_a_client_file_is_a_field_that_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    every = (kind for m in MODALITIES for kind in nulls(BASIC | THEORY[m.value], m))
    try_all("client files with nulls", every, capsys)


def test_the_references_own_summaries_are_read(
    reference_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def kinds() -> Iterator[tuple[str, Check]]:
        for path in sorted((reference_data / "psycheval").rglob("*.json")):
            case = json.loads(path.read_text(encoding="utf-8"))
            model = file_reply(Modality(case["theoretical"]))
            for session in case["sessions"]:
                summary_ = session["session_summary"]
                where = f"{path.parent.name}/{path.stem} {session['session_number']}"

                def plan(data: dict[str, Any] = summary_) -> None:
                    assert read_json(json.dumps(data), SummaryReply).next_session_plan.focus

                def file(data: dict[str, Any] = summary_, model: type[FileReply] = model) -> None:
                    theory = read_json(json.dumps(data["client_info_merge"]), model).theory
                    assert theory != type(theory)()

                yield f"{where} plan", plan
                yield f"{where} file", file

    try_all("the reference's own summaries and files", kinds(), capsys)
