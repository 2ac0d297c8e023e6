"""After a session the client notes what it remembers, for itself alone; a person is not asked."""

from __future__ import annotations

import json

import pytest
from langgraph.runtime import Runtime

from psychagent.domain.base import Language, Speaker
from psychagent.domain.client_memory import Recall
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Plan
from psychagent.domain.role import Role
from psychagent.domain.rollout import Rollout
from psychagent.domain.turn import Thoughts, Turn
from psychagent.nodes.client import client_prompt, client_view
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.memory.remember import recall_prompt, remember
from psychagent.nodes.state import CourseState, OpenSession, Selected
from tests.support.courses import knobs_of
from tests.support.every import LANGUAGES
from tests.support.fakes import Cast, brief_for, case_of

SAID = [
    Turn(speaker=Speaker.COUNSELOR, text="Hello.", thoughts=Thoughts(assessment="SECRET plan")),
    Turn(speaker=Speaker.CLIENT, text="My cat is called Index."),
    Turn(speaker=Speaker.COUNSELOR, text="Goodbye.", ends_session=True),
    Turn(speaker=Speaker.CLIENT, text="Bye."),
]
NOTED = json.dumps(
    {"told": [1, 99], "said": ["I spoke of the cat."], "details": ["Index"], "left": "Quietly."}
)


def state_of(cast: Cast, *turns: Turn) -> CourseState:
    case = case_of("en07")
    rollouts = [Rollout(index=0), Rollout(index=1, turns=turns or tuple(SAID))]
    plan: Plan = cast.deps.prompts(case.language).first_plan(case.modality)
    session = OpenSession(index=1, plan=plan, selected=Selected(winner=1))
    return {"case": case, "memory": Memory(), "open": session, "rollouts": rollouts}


async def noted(cast: Cast, **knobs: str) -> CourseState:
    runtime: Runtime[Knobs] = Runtime(context=knobs_of(cast, **knobs))
    return await remember(cast.deps)(state_of(cast), runtime)


async def test_the_chosen_rollout_is_remembered_and_numbers_become_lines() -> None:
    cast = Cast({"recall": [NOTED]})
    recalled = (await noted(cast))["recalled"]
    assert recalled
    first_line = case_of("en07").profile.disclosure.at_once[0]  # type: ignore[union-attr]
    assert recalled.recall == Recall(
        session_index=1,
        told=(first_line,),
        said=("I spoke of the cat",),
        details=("Index",),
        left="Quietly.",
    )
    assert recalled.usage.roles["recall"].calls == 1
    assert "My cat is called Index." in "".join(m["content"] for m in cast.asked("recall")[0])


async def test_a_person_is_not_asked_what_it_remembers() -> None:
    cast = Cast({"recall": []})
    assert await noted(cast, client="human") == {"recalled": None}
    assert cast.asked("recall") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_asked_behind_the_clients_own_messages(language: Language) -> None:
    cast = Cast({}, language=language)
    brief = brief_for(cast.deps, case_of(f"{language.value}07"))
    prompt, last = recall_prompt(cast.deps, brief, SAID), client_prompt(cast.deps, brief, SAID[:3])
    assert prompt.messages[: len(last.messages)] == last.messages
    assert [m["role"] for m in prompt.messages] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert (prompt.role, prompt.call) == (Role.RECALL, brief.call(Role.RECALL))
    task = prompt.messages[-1]["content"]
    for number, line in enumerate(client_view(brief).lines, start=1):
        assert f"{number}. {line}" in task
    assert "SECRET" not in repr(prompt.messages)


def test_behind_a_dialogue_that_the_counselor_ended_the_request_joins_its_words() -> None:
    cast = Cast({})
    prompt = recall_prompt(cast.deps, brief_for(cast.deps, case_of("en07")), SAID[:3])
    assert [m["role"] for m in prompt.messages] == ["system", "user", "assistant", "user"]
    assert prompt.messages[-1]["content"].startswith("Goodbye.\n\n[The session is over")


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_the_last_session_no_next_one_is_spoken_of(language: Language) -> None:
    cast = Cast({}, language=language, max_sessions=3)
    next_time, over = {
        Language.EN: ("until next time", "no meeting with the counselor follows"),
        Language.ZH: ("下次之前", "以后不再见面"),
    }[language]
    for index in (1, 2, 3):
        brief = brief_for(cast.deps, case_of(f"{language.value}07"), session_index=index)
        task = recall_prompt(cast.deps, brief, SAID).messages[-1]["content"]
        assert (next_time in task, over in task) == (index < 3, index == 3)


async def test_where_no_notes_can_be_read_the_client_remembers_nothing() -> None:
    cast = Cast({"recall": ["nonsense", "[]"]}, max_retries=1)
    recalled = (await noted(cast))["recalled"]
    assert recalled
    assert recalled.recall == Recall(session_index=1)
    assert recalled.usage.roles["recall"].fallbacks == 1
