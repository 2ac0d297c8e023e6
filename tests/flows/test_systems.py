"""Systems that a baseline puts together otherwise: the same graph, other prompts, fewer calls."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from psychagent.domain.base import Language, Stage
from psychagent.domain.memory import Memory
from psychagent.domain.profile import Case
from psychagent.domain.role import ClientKind
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.opening import brief_of
from psychagent.nodes.state import CourseState, OpenSession
from tests.support.courses import held
from tests.support.fakes import Cast, case_of, filed, next_turn, spoken, summed_up
from tests.support.memory_parts import memory

PLAIN: dict[str, Any] = {
    "strategy": "plain",
    "reply_format": "plain",
    "memory": "recap",
    "planning": "off",
    "skills": "off",
}


def three_sessions(said: str = "{n} hello.", *, files: int = 0, **settings: Any) -> Cast:
    """Cast a course of three sessions with one turn each; no reply is left for calls that a system spares."""
    return Cast(
        {
            "counselor": [f"Counselor {said.format(n=n)}</end>" for n in range(1, 4)],
            "client": [f"Client {n} goodbye." for n in range(1, 4)],
            "summary": [summed_up(f"sum{n}", "intervention", homework=[f"task{n}"]) for n in range(1, 4)],
            "client_file": [filed(main_problem=f"problem{n}") for n in range(1, files + 1)],
        },
        **settings,
    )


async def sessions_of(cast: Cast) -> list[FinishedSession]:
    _, sessions = await held(cast)
    return sessions


async def test_a_plain_chat_model_is_asked_once_a_turn_and_once_after_a_session() -> None:
    cast = three_sessions(**PLAIN)
    sessions = await sessions_of(cast)
    assert {role: usage.calls for role, usage in sessions[0].usage.roles.items()} == {
        "counselor": 1,
        "client": 1,
        "summary": 1,
        "recall": 1,
    }
    assert [turn.text for turn in sessions[1].turns] == ["Counselor 2 hello.", "Client 2 goodbye."]
    assert sessions[1].turns[0].ends_session
    assert cast.left() == {}


async def test_a_plain_prompt_has_neither_plan_nor_approach_nor_notes_nor_a_form_for_thoughts() -> None:
    cast = three_sessions(**PLAIN)
    sessions = await sessions_of(cast)
    head, opener = (m["content"] for m in cast.asked("counselor")[2])
    for absent in (sessions[2].plan.title, "Approach", "<think>", "What always holds", "file on the client"):
        assert absent not in head
    assert "[turn" not in opener
    assert "</end>" in head
    assert "sum2 abstract" in head
    assert "task2" in head


REMEMBERED = [
    ("none", (), ("sum1", "sum2", "task", "Counselor 1", "problem")),
    ("recap", ("sum1 abstract", "sum2 abstract", "task2"), ("Counselor 1", "problem")),
    ("history", ("Counselor 1 hello.", "Client 2 goodbye."), ("sum", "task", "problem")),
    ("file", ("sum2 abstract", "problem2"), ("Counselor 1",)),
]


@pytest.mark.parametrize(("kind", "shown", "absent"), REMEMBERED, ids=[row[0] for row in REMEMBERED])
async def test_each_memory_shows_its_own_part_of_the_sessions_before(
    kind: str, shown: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    files = 3 if kind == "file" else 0
    cast = three_sessions(files=files, **{**PLAIN, "memory": kind})
    await sessions_of(cast)
    head = cast.asked("counselor")[2][0]["content"]
    assert [text for text in shown if text not in head] == []
    assert [text for text in absent if text in head] == []
    assert cast.left() == {}


async def test_history_keeps_no_more_turns_than_its_budget_can_show() -> None:
    long = three_sessions("{n} " + "word " * 150, **{**PLAIN, "memory": "history", "memory_tokens": 250})
    state, _ = await held(long)
    items = state["memory"].stock.items
    assert [item.id for item in items] == ["2.1", "3.0", "3.1"], "the older long turn does not fit"


async def test_without_planning_the_number_of_a_session_says_its_stage_and_nothing_is_corrected() -> None:
    cast = three_sessions(**PLAIN)
    sessions = await sessions_of(cast)
    assert [s.plan.stage for s in sessions] == [
        Stage.CONCEPTUALIZATION,
        Stage.INTERVENTION,
        Stage.CONSOLIDATION,
    ]
    assert all(not s.corrections for s in sessions)
    assert [s.plan.title for s in sessions[1:]] == ["Testing one thought", "Going on alone"]


@pytest.mark.parametrize("use", ["off", "random"])
async def test_without_retrieval_no_call_is_made_for_it(use: str) -> None:
    cast = Cast(
        {
            "counselor": [spoken("One."), spoken("Two."), spoken("Bye.", ends=True)],
            "client": ["First.", "Second.", "Bye."],
            "summary": [summed_up("s", "intervention")],
            "client_file": [filed()],
        },
        query="rewrite",
        skills=use,
        max_sessions=1,
    )
    (session,) = await sessions_of(cast)
    shown = [turn.skills for turn in session.turns[::2]]
    if use == "off":
        assert shown == [(), (), ()]
    else:
        assert [len(ids) for ids in shown] == [0, 3, 3]
        assert shown[1] != shown[2]
        assert not {i for ids in shown for i in ids if "safety" in i}, "a control draws none for danger"
    assert cast.left() == {}


async def test_skills_drawn_by_seed_are_the_same_when_drawn_again() -> None:
    def cast() -> Cast:
        return Cast(
            {
                "counselor": [spoken("One."), spoken("Bye.", ends=True)],
                "client": ["First.", "Bye."],
                "summary": [summed_up("s", "intervention")],
                "client_file": [filed()],
            },
            skills="random",
            max_sessions=1,
        )

    (one,), (two,) = await sessions_of(cast()), await sessions_of(cast())
    assert one.turns == two.turns


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", [MemoryKind.NONE, MemoryKind.HISTORY])
def test_with_a_person_every_system_has_the_rules_for_danger_and_the_notes(
    language: Language, kind: MemoryKind
) -> None:
    cast = Cast({}, language=language, **{**PLAIN, "memory": kind})
    case = case_of(f"{language.value}01")
    plan = cast.deps.prompts(language).first_plan(case.modality)
    state: CourseState = {
        "case": case,
        "memory": memory(2, language=language),
        "open": OpenSession(index=3, plan=plan),
    }
    holds = cast.deps.prompts(language).render("shared/holds", client="human")
    heads, tails = [], []
    for client in ClientKind:
        brief = brief_of(cast.deps, state, replace(cast.knobs, client=client))
        messages = counselor_prompt(cast.deps, brief, [], next_turn()).messages
        heads.append(messages[0]["content"])
        tails.append(messages[-1]["content"])
    assert len(heads) == len(tails) == 2
    assert [holds in head for head in heads] == [False, True]
    assert ["[turn 1" in tail or "[第 1 轮" in tail for tail in tails] == [False, True]


async def test_another_clients_files_are_not_read_on_the_event_loop() -> None:
    read: list[int] = []

    def lent(case: Case, sessions: int) -> Memory:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        read.append(sessions)
        return memory(sessions) if sessions else Memory()

    cast = three_sessions(files=3, **{**PLAIN, "memory": "file"})
    cast.deps = replace(cast.deps, other_client=lent)
    assert len(await sessions_of(cast)) == 3
    assert set(read) == {0, 1, 2}
