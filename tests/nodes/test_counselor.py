"""The counselor's prompt keeps its order; its reply is taken apart or asked for again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from psychagent.domain.base import Speaker
from psychagent.domain.memory import Memory
from psychagent.domain.risk.finding import NO_RISK
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.turn import Thoughts, Turn
from psychagent.errors import ReplyError
from psychagent.nodes.counselor import counselor, counselor_prompt
from psychagent.nodes.state import Brief, SessionState
from psychagent.skills.shown import risk_skills
from tests.support.fakes import Cast, brief_for, case_of, next_turn, spoken
from tests.support.memory_parts import summary

SKILL = "cbt.conceptualization.problem-picture"


def found(cast: Cast) -> Turn:
    """What retrieval hands over: two skills and the query."""
    ids = [s.id for s in _stage(cast).skills()][:2]
    return Turn(speaker=Speaker.COUNSELOR, text="", skills=tuple(ids), query="what to do")


def _stage(cast: Cast) -> Any:
    brief = brief_for(cast.deps, case_of())
    return cast.deps.skills(brief.case.language).stage(brief.case.modality, brief.plan.stage)


async def speak(cast: Cast, turns: list[Turn] | None = None) -> SessionState:
    state: SessionState = {"turns": turns or [], "retrieved": found(cast)}
    runtime: Runtime[Brief] = Runtime(context=brief_for(cast.deps, case_of()))
    return await counselor(cast.deps)(state, runtime)


TALK = [
    Turn(speaker=Speaker.COUNSELOR, text="Hello."),
    Turn(speaker=Speaker.CLIENT, text="I cannot sleep."),
]


async def test_a_reply_becomes_a_turn_with_thoughts_and_what_retrieval_found() -> None:
    cast = Cast({"counselor": [spoken("Good day.", thought="be warm", skill="One; Two")]})
    given = await speak(cast)
    (turn,) = given["turns"]
    assert (turn.speaker, turn.text, turn.ends_session) == (Speaker.COUNSELOR, "Good day.", False)
    assert turn.thoughts
    assert (turn.thoughts.assessment, turn.thoughts.skill) == ("be warm", ("One", "Two"))
    assert (turn.skills, turn.query) == (found(cast).skills, "what to do")
    assert given["usage"].roles["counselor"].calls == 1


async def test_the_end_token_ends_the_session() -> None:
    given = await speak(Cast({"counselor": [spoken("Bye.", ends=True)]}))
    assert given["turns"][0].ends_session


async def test_thoughts_in_reasoning_content_are_kept() -> None:
    message = AIMessage(
        content="<response>Hi.</response>",
        additional_kwargs={"reasoning_content": "<strategy>wait</strategy>"},
    )
    given = await speak(Cast({"counselor": [message]}))
    thoughts = given["turns"][0].thoughts
    assert thoughts
    assert thoughts.strategy == "wait"


async def test_a_malformed_reply_is_told_what_was_wrong_and_asked_for_again() -> None:
    cast = Cast({"counselor": ["Just words.", spoken("Now well.")]}, max_retries=1)
    given = await speak(cast)
    assert given["turns"][0].text == "Now well."
    first, second = cast.asked("counselor")
    assert second[: len(first)] == first
    assert second[len(first)]["content"] == "Just words."
    assert "<response>" in second[-1]["content"]
    assert given["usage"].roles["counselor"].retries == 1


async def test_a_reply_that_is_never_well_formed_is_an_error_that_shows_none_of_it() -> None:
    cast = Cast({"counselor": ["<think>secret<response>Hi", "<response></response>"]}, max_retries=1)
    with pytest.raises(ReplyError, match="gave up after 2 attempts") as error:
        await speak(cast)
    assert "secret" not in str(error.value)


async def test_the_json_form_is_read_too() -> None:
    reply = {"assessment": "a", "client_state": "c", "skill": ["S"], "strategy": "s", "response": " Hi. "}
    cast = Cast({"counselor": [json.dumps(reply | {"end": True})]}, reply_format="json")
    (turn,) = (await speak(cast))["turns"]
    assert (turn.text, turn.ends_session) == ("Hi.", True)
    assert turn.thoughts
    assert turn.thoughts.model_dump(exclude={"skill"}) == {
        "assessment": "a",
        "client_state": "c",
        "strategy": "s",
    }


@pytest.mark.parametrize("response", ["", "   "])
async def test_an_empty_response_in_json_is_asked_for_again(response: str) -> None:
    replies = [json.dumps({"response": response}), json.dumps({"response": "Hi."})]
    cast = Cast({"counselor": replies}, reply_format="json", max_retries=1)
    assert (await speak(cast))["turns"][0].text == "Hi."


def test_the_prompt_is_head_opener_dialogue_and_the_skills_behind_the_last_words() -> None:
    cast = Cast({})
    prompt = counselor_prompt(cast.deps, brief_for(cast.deps, case_of()), TALK, next_turn(found(cast).skills))
    roles = [message["role"] for message in prompt.messages]
    assert roles == ["system", "user", "assistant", "user"]
    assert prompt.messages[2]["content"] == "Hello."
    last = prompt.messages[-1]["content"]
    assert last.startswith("I cannot sleep.\n\n[")
    for skill in _stage(cast).skills()[:2]:
        assert skill.name in last
        assert skill.description in last


@pytest.mark.parametrize("session_index", [1, 3])
def test_the_counselor_speaks_first_to_an_opener_that_stands_for_the_client(session_index: int) -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of(), session_index=session_index)
    prompt = counselor_prompt(cast.deps, brief, [], next_turn())
    assert [m["role"] for m in prompt.messages] == ["system", "user"]
    opener = cast.deps.prompts(brief.case.language).render(
        "counselor/opener", session_index=session_index, client="simulator"
    )
    assert str(session_index) in opener
    assert prompt.messages[1]["content"].startswith(opener)


def test_the_last_two_turns_are_told_that_the_session_closes_each_in_its_own_words() -> None:
    moments = [moment(brief_for(Cast({}).deps, case_of(), session_index=2), TALK * said) for said in range(4)]
    told = [text.split("]", 1)[1].strip() for text in moments]
    assert told[:2] == ["", ""]
    assert all(told[2:])
    assert told[2] != told[3]


def moment(brief: Brief, turns: list[Turn]) -> str:
    """Write the notes at the end of a counselor's prompt that shows no skills."""
    tail = counselor_prompt(Cast({}).deps, brief, turns, next_turn()).messages[-1]["content"]
    return tail[tail.rindex("[turn ") :]


def test_each_turn_is_told_its_number() -> None:
    brief = brief_for(Cast({}).deps, case_of(), session_index=2)
    lines = [moment(brief, TALK * said).splitlines()[0] for said in range(4)]
    assert lines == [f"[turn {number} of 4]" for number in range(1, 5)]


ASKED = [
    Turn(speaker=Speaker.COUNSELOR, text="Hello."),
    Turn(speaker=Speaker.CLIENT, text="I cannot sleep."),
    Turn(speaker=Speaker.COUNSELOR, text="Do you have thoughts of dying?"),
    Turn(speaker=Speaker.CLIENT, text="No."),
]


def test_safety_is_named_as_not_yet_asked_until_the_counselor_has_asked() -> None:
    first, second = (brief_for(Cast({}).deps, case_of(), session_index=index) for index in (1, 2))
    due = ["safety not yet asked" in moment(first, TALK * said) for said in range(4)]
    assert due == [False, False, True, False]
    # nothing can be answered any more, so nothing is asked
    assert "name emergency services" in moment(first, TALK * 3)
    assert "safety not yet asked" not in moment(first, ASKED)
    assert "safety not yet asked" not in moment(second, TALK * 3)


def test_a_skill_for_danger_counts_as_asking() -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of())
    stage = cast.deps.skills(brief.case.language).stage(brief.case.modality, brief.plan.stage)
    name = next(family.skills[0].name for family in stage.meta_skills if family.risk)
    asked = TALK[0].model_copy(update={"text": "How are the nights?", "thoughts": Thoughts(skill=(name,))})
    assert "safety not yet asked" not in moment(brief, [*TALK, asked, TALK[1]])


def test_the_head_does_not_change_when_safety_has_been_asked() -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of())
    heads = {
        counselor_prompt(cast.deps, brief, turns, next_turn()).messages[0]["content"] for turns in ([], ASKED)
    }
    assert len(heads) == 1


@pytest.mark.parametrize(("client", "stored"), [("human", True), ("simulator", False)])
def test_the_head_knows_whether_a_person_answers(client: str, stored: bool) -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of(), client=client)
    head = counselor_prompt(cast.deps, brief, [], next_turn()).messages[0]["content"]
    assert ("stored by whoever runs this program" in head) == stored


def test_calls_of_one_session_have_seeds_of_their_own_and_the_same_ones_again() -> None:
    cast = Cast({})
    brief = brief_for(cast.deps, case_of())
    seeds = [counselor_prompt(cast.deps, brief, TALK * n, next_turn()).seed for n in range(5)]
    assert len(set(seeds)) == 5
    assert seeds == [counselor_prompt(cast.deps, brief, TALK * n, next_turn()).seed for n in range(5)]


@pytest.mark.parametrize(("on_record", "settled_first"), [(Danger.NONE, False), (Danger.VOICED, True)])
def test_a_calm_answer_ends_a_false_alarm_and_no_danger_that_is_on_record(
    on_record: Danger, settled_first: bool
) -> None:
    deps, case = Cast({}).deps, case_of()
    before = Memory(summaries=(summary("s", safety=SafetyNote(danger=on_record)),))
    brief = brief_for(deps, case, session_index=2, memory=before)
    risk = risk_skills(deps.skills(case.language).stage(case.modality, brief.skill_stage))
    # two turns before the end, with a skill for danger still shown, and the gate hears none
    note = counselor_prompt(deps, brief, ASKED, next_turn([risk[0].id], NO_RISK)).messages[-1]["content"]
    assert ("who is with them tonight" in note) == settled_first
