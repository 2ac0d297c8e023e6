"""After a session: summary and client file from the winner alone become memory."""

from __future__ import annotations

import json

import pytest
from langgraph.runtime import Runtime

from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.domain.memory import ClientFile, Ending, Memory, SessionSummary
from psychagent.domain.profile import THEORY_MODELS, CbtTheory
from psychagent.domain.role import Role
from psychagent.domain.rollout import Rollout
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.turn import Thoughts, Turn
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import ReplyError
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.memory.client_file import file_reply
from psychagent.nodes.memory.prompt import reflection_prompt, shape_of
from psychagent.nodes.memory.reflect import chosen, reflect, summarize, update_file
from psychagent.nodes.memory.summary_reply import summary_shape
from psychagent.nodes.state import CourseState, FileUpdated, OpenSession, Selected, Summarized
from tests.support.every import MODALITIES
from tests.support.fakes import Cast, brief_for, case_of, filed, next_turn, summed_up
from tests.support.memory_parts import client_file, memory, summary


def rollout(index: int, mark: str) -> Rollout:
    turns = (
        Turn(speaker=Speaker.COUNSELOR, text=f"{mark} hello", thoughts=Thoughts(assessment="SECRET")),
        Turn(speaker=Speaker.CLIENT, text=f"{mark} answer"),
    )
    return Rollout(index=index, turns=turns, usage=Usage(roles={"counselor": RoleUsage(calls=1)}))


def state_of(cast: Cast, held: Memory | None = None) -> CourseState:
    brief = brief_for(cast.deps, case_of(), memory=held)
    return {
        "case": brief.case,
        "memory": brief.memory,
        "open": OpenSession(
            index=2,
            plan=brief.plan,
            candidates=brief.candidates[:3],
            usage=Usage(roles={"filter": RoleUsage(calls=1)}),
            selected=Selected(winner=1),
        ),
        "rollouts": [rollout(0, "lost"), rollout(1, "won")],
    }


async def reflected(state: CourseState, new: SessionSummary, file: ClientFile) -> CourseState:
    """Reflect on a state to which both reflections have been added, one call each."""
    summarized = Summarized(summary=new, usage=Usage(roles={"summary": RoleUsage(calls=1)}))
    updated = FileUpdated(client_file=file, usage=Usage(roles={"client_file": RoleUsage(calls=1)}))
    return await reflect({**state, "summarized": summarized, "file_updated": updated})


RUNTIME: Runtime[Knobs] = Runtime(context=Knobs())


async def test_the_summary_is_written_from_the_winner_without_its_thoughts() -> None:
    cast = Cast({"summary": [summed_up("new", "intervention", homework=["walk"])]})
    given = await summarize(cast.deps)(state_of(cast), RUNTIME)
    assert given["summarized"]
    assert given["summarized"].summary.session_summary_abstract == "new abstract"
    assert given["summarized"].summary.homework == ("walk",)
    text = cast.everything_asked()
    assert "won answer" in text
    assert "lost" not in text
    assert "SECRET" not in text


async def test_a_summary_of_the_wrong_shape_is_told_the_field() -> None:
    bad = json.loads(summed_up("new", "intervention"))
    del bad["goal_assessment"]
    cast = Cast({"summary": [json.dumps(bad), summed_up("new", "intervention")]}, max_retries=1)
    await summarize(cast.deps)(state_of(cast), RUNTIME)
    assert "goal_assessment" in cast.asked("summary")[1][-1]["content"]


async def test_homework_is_kept_as_text_with_its_standing_beside_it() -> None:
    written = json.loads(summed_up("new", "intervention"))
    written["homework"] = [{"task": "write", "standing": "hedged"}, "walk"]
    cast = Cast({"summary": [json.dumps(written)]})
    given = (await summarize(cast.deps)(state_of(cast), RUNTIME))["summarized"]
    assert given
    assert (given.summary.homework, given.summary.standings) == (("write", "walk"), ("hedged", "agreed"))


async def test_danger_is_noted_part_by_part() -> None:
    written = json.loads(summed_up("new", "intervention"))
    written["safety"] = {"danger": "voiced", "words": "I'd rather not be here", "agreed": "calls Ann at ten"}
    cast = Cast({"summary": [json.dumps(written)]})
    given = (await summarize(cast.deps)(state_of(cast), RUNTIME))["summarized"]
    assert given
    assert given.summary.safety == SafetyNote(
        danger=Danger.VOICED, words="I'd rather not be here", agreed="calls Ann at ten"
    )


@pytest.mark.parametrize(
    ("agreed", "homework", "kept"),
    [
        (
            "Calls her brother Tom tonight at nine; the pills stay with him.",
            ["The pills stay with him", "calls her brother Tom tonight", "Walk to the lake, twice"],
            ("Walk to the lake, twice",),
        ),
        (
            "今晚九点给弟弟打电话，药放他那儿。",
            ["今晚九点给弟弟打电话", "每天记三件小事"],
            ("每天记三件小事",),
        ),
        ("", ["Walk to the lake, twice"], ("Walk to the lake, twice",)),
    ],
)
async def test_what_was_agreed_for_safety_stays_in_its_note_and_is_no_homework(
    agreed: str, homework: list[str], kept: tuple[str, ...]
) -> None:
    written = json.loads(summed_up("s", "conceptualization", homework=homework))
    written["safety"] = {"danger": "voiced", "agreed": agreed}
    update = await summarize(Cast({"summary": [json.dumps(written)]}).deps)(state_of(Cast({})), RUNTIME)
    stored = update["summarized"]
    assert stored
    assert (stored.summary.safety.agreed, stored.summary.homework) == (agreed, kept)
    assert len(stored.summary.standings) == len(kept)


@pytest.mark.parametrize("language", list(Language))
def test_the_task_of_a_summary_keeps_agreements_for_safety_out_of_homework(language: Language) -> None:
    cast = Cast({}, language=language)
    brief = brief_for(cast.deps, case_of(f"{language.value}01"))
    prompt = reflection_prompt(cast.deps, brief, rollout(0, "x").turns, Role.SUMMARY).messages[-1]["content"]
    homework = prompt[prompt.index('"homework"') :]
    assert {Language.EN: "agreed for safety", Language.ZH: "为安全说定的"}[language] in homework


async def test_after_a_last_session_no_plan_and_no_homework_are_asked_for_or_kept() -> None:
    cast = Cast({"summary": [summed_up("new", "intervention", homework=["walk"])]})
    runtime: Runtime[Knobs] = Runtime(context=Knobs(max_sessions=2))
    given = (await summarize(cast.deps)(state_of(cast), runtime))["summarized"]
    assert given
    assert given.summary.next_session_plan.stage is Stage.TERMINATION
    assert "new" not in given.summary.next_session_plan.title
    assert given.summary.homework == ()
    assert given.summary.ending == Ending(reached="new reached")
    assert "next_session_plan" not in cast.asked("summary")[0][-1]["content"]


async def test_a_last_summary_without_an_ending_is_asked_for_again() -> None:
    bad = json.loads(summed_up("new", "intervention"))
    del bad["ending"]
    cast = Cast({"summary": [json.dumps(bad), summed_up("new", "intervention")]}, max_retries=1)
    runtime: Runtime[Knobs] = Runtime(context=Knobs(max_sessions=2))
    await summarize(cast.deps)(state_of(cast), runtime)
    assert "ending" in cast.asked("summary")[1][-1]["content"]


def test_a_server_is_asked_to_hold_the_stages_that_may_follow() -> None:
    shape = summary_shape((Stage.CONSOLIDATION,))
    assert shape.schema["$defs"]["Stage"]["enum"] == ["consolidation"]
    assert "next_session_plan" in shape.schema["properties"]
    last = summary_shape(())
    assert "next_session_plan" not in last.schema["properties"]
    assert "ending" in last.schema["required"]


def test_the_file_is_brought_up_to_date_from_all_of_it_and_not_from_the_part_that_prompts_show() -> None:
    cast, long = Cast({}), client_file("file", size=320)
    held = Memory(client_file=long, summaries=memory(2).summaries)
    brief = brief_for(cast.deps, case_of(), memory=held, session_index=3)
    task = reflection_prompt(cast.deps, brief, rollout(0, "x").turns, Role.CLIENT_FILE).messages[-1][
        "content"
    ]
    for event in long.growth_experiences:
        assert event.strip() in task
    summary_task = reflection_prompt(cast.deps, brief, rollout(0, "x").turns, Role.SUMMARY).messages[-1]
    assert long.growth_experiences[2] not in summary_task["content"]


async def test_a_summary_with_an_unknown_stage_is_refused() -> None:
    cast = Cast({"summary": [summed_up("new", "stage2")]})
    with pytest.raises(ReplyError, match=r"next_session_plan\.stage"):
        await summarize(cast.deps)(state_of(cast), RUNTIME)


async def test_the_client_file_supersedes_the_former_one() -> None:
    held = Memory(client_file=ClientFile(main_problem="sleep", topic="nights", origins={"topic": 1}))
    cast = Cast({"client_file": [filed(topic="the marriage", theory={"core_beliefs": ["I fail"]})]})
    updated = (await update_file(cast.deps)(state_of(cast, held), RUNTIME))["file_updated"]
    assert updated
    file = updated.client_file
    assert (file.main_problem, file.topic) == ("sleep", "the marriage")
    assert [(h.value, h.session_index) for h in file.history] == [("nights", 1)]
    assert file.theory == CbtTheory(core_beliefs=("I fail",))


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_file_asked_for_has_the_modalitys_own_fields(modality: Modality) -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of("en01", modality))
    text = reflection_prompt(cast.deps, brief, rollout(0, "x").turns, Role.CLIENT_FILE).messages[-1][
        "content"
    ]
    for name in THEORY_MODELS[modality].model_fields:
        assert f'"{name}"' in text
    assert file_reply(modality).model_validate({"theory": {}}).theory == THEORY_MODELS[modality]()


def test_a_theory_shape_is_shown_as_json_with_empty_values() -> None:
    assert json.loads(shape_of(THEORY_MODELS[Modality.PMT])) == {
        "exception_events": [{"target_problem": "", "unique_outcome": "", "reason": ""}],
        "force_field": {"positive_force": [""], "negative_force": [""]},
    }


def test_summary_and_file_share_their_prompt_but_for_the_task() -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of(), memory=memory(2))
    one, other = (
        reflection_prompt(cast.deps, brief, rollout(0, "x").turns, task).messages
        for task in (Role.SUMMARY, Role.CLIENT_FILE)
    )
    assert one[0] == other[0]
    shared = one[1]["content"].split("</dialogue>")[0]
    assert len(shared) > 400
    assert other[1]["content"].startswith(shared)


@pytest.mark.parametrize("keep", [False, True])
def test_with_a_shared_prefix_both_tasks_stand_behind_the_counselors_messages(keep: bool) -> None:
    cast = Cast({}, share_prefix=True, retrieval={"method": "lexical", "keep_in_history": keep})
    brief = brief_for(cast.deps, case_of(), memory=memory(2))
    skills = brief.candidates[:2]
    said = [turn.model_copy(update={"skills": skills}) for turn in rollout(0, "x").turns]
    turns = [*said, said[0].model_copy(update={"text": "Goodbye.", "ends_session": True})]
    last = counselor_prompt(cast.deps, brief, said, next_turn(skills)).messages
    for task in (Role.SUMMARY, Role.CLIENT_FILE):
        messages = reflection_prompt(cast.deps, brief, turns, task).messages
        assert messages[: len(last) - 1] == last[:-1]
        assert [m["role"] for m in messages[len(last) - 1 :]] == ["user", "assistant", "user"]
        assert last[-1]["content"].startswith(messages[-3]["content"])
        assert (messages[-3] == last[-1]) == keep
        assert messages[-2]["content"] == "Goodbye."
        after = cast.deps.prompts(brief.case.language).render("summary/after")
        assert messages[-1]["content"].startswith(f"{after}\n\n")
        assert "one JSON object" in messages[-1]["content"]


def test_a_session_that_the_client_ended_asks_behind_its_last_words() -> None:
    cast = Cast({}, share_prefix=True)
    turns = rollout(0, "x").turns
    messages = reflection_prompt(cast.deps, brief_for(cast.deps, case_of()), turns, Role.SUMMARY).messages
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user"]
    assert messages[-1]["content"].startswith("x answer\n\n[")


async def test_memory_is_the_former_one_plus_this_session() -> None:
    cast = Cast({})
    before = memory(1)
    new, file = summary("s2", homework=("write",)), ClientFile(main_problem="now")
    given = await reflected(state_of(cast, before), new, file)
    assert given["memory"] == Memory(
        client_file=file, summaries=(*before.summaries, new), homework=("write",)
    )


async def test_homework_of_a_session_that_set_none_is_empty() -> None:
    cast = Cast({})
    given = await reflected(state_of(cast, memory(1)), summary("s2"), ClientFile())
    assert given["memory"].homework == ()


async def test_the_record_of_a_session_tells_all_and_frees_the_state() -> None:
    cast = Cast({})
    before = memory(1)
    given = await reflected(state_of(cast, before), summary("s2"), ClientFile(topic="t"))
    record = given["finished_session"]
    assert record
    assert (record.session_index, record.winner, len(record.rollouts)) == (2, 1, 2)
    assert record.turns == rollout(1, "won").turns
    assert record.file_before == before.client_file
    assert record.file_after == ClientFile(topic="t")
    assert given["rollouts"] == []
    calls = {role: usage.calls for role, usage in record.usage.roles.items()}
    assert calls == {"filter": 1, "summary": 1, "client_file": 1, "counselor": 2}


async def test_one_rollout_alone_is_not_kept_beside_the_turns() -> None:
    cast = Cast({})
    state = state_of(cast)
    only = state["open"].model_copy(update={"selected": Selected(winner=0)})
    state = {**state, "rollouts": [rollout(0, "only")], "open": only}
    record = (await reflected(state, summary("s2"), ClientFile()))["finished_session"]
    assert record
    assert record.rollouts == ()
    assert record.turns == rollout(0, "only").turns


def test_the_chosen_rollout_is_found_by_its_index() -> None:
    assert chosen({**state_of(Cast({})), "rollouts": [rollout(3, "a"), rollout(1, "b")]}).index == 1
