"""What each kind of memory takes in after a session, and what a turn recalls of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from psychagent.domain.base import Language, Speaker
from psychagent.domain.memory import Memory
from psychagent.domain.strategy.item import MemoryItem, MemoryStock
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.turn import Thoughts, Turn
from psychagent.errors import ReplyError
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.counselor_view import recall_tokens
from psychagent.nodes.memory.kinds import MEMORIES
from psychagent.nodes.memory.mem0 import Decided, read_decisions
from psychagent.nodes.opening import brief_of
from psychagent.nodes.state import Brief, FileUpdated, OpenSession
from tests.support.every import LANGUAGES
from tests.support.fakes import Cast, case_of, next_turn
from tests.support.memory_parts import summary

TALK = (
    Turn(speaker=Speaker.COUNSELOR, text="Hello. What brings you?"),
    Turn(speaker=Speaker.CLIENT, text="My boss shouts."),
    Turn(speaker=Speaker.COUNSELOR, text="At you?"),
    Turn(speaker=Speaker.CLIENT, text="At all of us, [daily]."),
)


def items(*texts: str, session: int = 1, **over: Any) -> tuple[MemoryItem, ...]:
    """Make items of a session, numbered from 1."""
    return tuple(
        MemoryItem(id=f"{session}.{n}", text=text, session=session, last_used=session, **over)
        for n, text in enumerate(texts, start=1)
    )


def brief(cast: Cast, *held: MemoryItem, session: int = 2, portrait: str = "") -> Brief:
    """Make a session with a memory that holds some items."""
    case = case_of(f"{cast.knobs.language.value}01")
    plan = cast.deps.prompts(case.language).first_plan(case.modality)
    stock = MemoryStock(items=held, portrait=portrait)
    memory = Memory(stock=stock, summaries=(summary("s"),) * (session - 1))
    opened = OpenSession(index=session, plan=plan)
    return brief_of(cast.deps, {"case": case, "memory": memory, "open": opened}, cast.knobs)


async def taken_in(cast: Cast, kind: MemoryKind, given: Brief, turns: Sequence[Turn] = TALK) -> FileUpdated:
    return await MEMORIES[kind].remember(cast.deps, given, turns)


async def recalled(cast: Cast, kind: MemoryKind, given: Brief, words: str) -> tuple[str, ...]:
    turns = [TALK[0], Turn(speaker=Speaker.CLIENT, text=words)]
    return (await MEMORIES[kind].recall(cast.deps, given, turns)).value


def cast_of(kind: MemoryKind, replies: Sequence[Any] = (), **over: Any) -> Cast:
    written = [reply if isinstance(reply, str) else json.dumps(reply) for reply in replies]
    return Cast({"client_file": written}, memory=kind, **over)


def test_every_kind_can_be_chosen() -> None:
    assert MEMORIES.keys() == set(MemoryKind)


@pytest.mark.parametrize(
    ("language", "second"),
    [
        (Language.EN, "client: My boss shouts. counselor: At you? client: At all of us, (daily)."),
        (Language.ZH, "来访者：My boss shouts. 咨询师：At you? 来访者：At all of us, (daily)."),
    ],
)
async def test_windows_name_who_speaks_in_the_language_of_the_prompts(
    language: Language, second: str
) -> None:
    cast = cast_of(MemoryKind.RAG, language=language)
    stock = (await taken_in(cast, MemoryKind.RAG, brief(cast, *items("old")))).stock
    assert [(item.id, item.session, item.turns) for item in stock.items] == [
        ("1.1", 1, ()),
        ("2.1", 2, (0, 1)),
        ("2.2", 2, (1, 2, 3)),
    ]
    assert stock.items[2].text == second


@pytest.mark.parametrize("kind", [MemoryKind.RAG, MemoryKind.MEM0, MemoryKind.MEMORYBANK])
async def test_a_turn_recalls_the_nearest_items_and_none_before_a_word_is_said(kind: MemoryKind) -> None:
    cast = cast_of(kind, memory_top_k=2)
    held = items("The dog barks.", "My boss shouts.", "My boss and the dog.", "Rain.")
    given = brief(cast, *held)
    assert await recalled(cast, kind, given, "my boss again") == ("1.2", "1.3")
    assert (await MEMORIES[kind].recall(cast.deps, given, [])).value == ()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_recalled_stands_at_the_tail_of_the_prompt_in_the_order_of_the_course(
    language: Language,
) -> None:
    cast = cast_of(MemoryKind.RAG, language=language, strategy="plain", reply_format="plain", skills="off")
    held = (*items("The dog."), *items("Boss, [boss]", session=2))
    given = brief(cast, *held, session=3)
    draft = next_turn().model_copy(update={"recalled": ("2.1", "1.1", "9.9")})
    prompt = counselor_prompt(cast.deps, given, TALK, draft)
    tail = prompt.messages[-1]["content"]
    assert tail.index("The dog.") < tail.index("Boss, (boss)")
    assert "The dog." not in prompt.messages[0]["content"]
    bare = counselor_prompt(cast.deps, given, TALK, next_turn())
    assert prompt.messages[:-1] == bare.messages[:-1]


async def test_recalled_text_keeps_to_the_budget_and_a_long_item_is_cut() -> None:
    cast = cast_of(MemoryKind.RAG, memory_tokens=200, memory_top_k=3)
    held = items("boss " * 300, "boss short.", "boss " * 100)
    given = brief(cast, *held)
    ids = await recalled(cast, MemoryKind.RAG, given, "boss")
    bare = counselor_prompt(cast.deps, given, TALK, next_turn())
    draft = next_turn().model_copy(update={"recalled": ids})
    full = counselor_prompt(cast.deps, given, TALK, draft)
    sizes = [estimate_tokens(prompt.messages[-1]["content"]) for prompt in (bare, full)]
    assert 100 < sizes[1] - sizes[0] <= 200


async def test_facts_are_compared_with_the_ten_nearest_and_brought_up_to_date() -> None:
    replies = [
        {"facts": [" Works days now. ", "Has a dog.", "Moved to Leeds.", "Has a dog."]},
        {
            "decisions": [
                {"fact": 1, "event": "update", "item": 2, "text": "Works days since May."},
                {"fact": 2, "event": "NONE", "item": 1, "text": ""},
                {"fact": 3, "event": "ADD", "item": 0, "text": ""},
            ]
        },
    ]
    cast = cast_of(MemoryKind.MEM0, replies)
    held = items("Has a dog.", "Works nights.", "Likes tea.")
    update = await taken_in(cast, MemoryKind.MEM0, brief(cast, *held))
    assert [(item.id, item.text, item.superseded_by) for item in update.stock.items] == [
        ("1.1", "Has a dog.", ""),
        ("1.2", "Works nights.", "2.1"),
        ("1.3", "Likes tea.", ""),
        ("2.1", "Works days since May.", ""),
        ("2.2", "Moved to Leeds.", ""),
    ]
    asked = cast.asked("client_file")[1][-1]["content"]
    assert "1. Works days now.\n2. Has a dog.\n3. Moved to Leeds.\n" in asked
    assert "2. (session 1) Works nights." in asked
    assert "tea" not in asked, "shares no word with any fact"
    assert update.usage.roles["client_file"].calls == 2


async def test_each_fact_is_compared_with_its_own_ten() -> None:
    cast = cast_of(MemoryKind.MEM0, [{"facts": ["cat", "dog"]}, {"decisions": []}])
    held = items(*(f"cat {n}" for n in range(12)), *(f"dog {n}" for n in range(12)))
    await taken_in(cast, MemoryKind.MEM0, brief(cast, *held))
    asked = cast.asked("client_file")[1][-1]["content"]
    assert [asked.count(f") {kind}") for kind in ("cat", "dog")] == [10, 10]


@pytest.mark.parametrize(
    ("mem0", "facts", "held"),
    [("add_only", ["New."], ("Old new.",)), ("two_pass", ["New."], ()), ("two_pass", [], ("Old.",))],
)
async def test_nobody_is_asked_what_becomes_of_facts_that_are_all_kept(
    mem0: str, facts: list[str], held: tuple[str, ...]
) -> None:
    cast = cast_of(MemoryKind.MEM0, [{"facts": facts}], mem0=mem0)
    update = await taken_in(cast, MemoryKind.MEM0, brief(cast, *items(*held)))
    assert [item.text for item in update.stock.items] == [*held, *facts]
    assert update.usage.roles["client_file"].calls == 1


def test_decisions_about_what_is_not_there_are_counted_and_no_fact_is_lost() -> None:
    decided = [
        Decided.model_validate({"fact": 1, "event": "UPDATE", "item": 7, "text": "Works days."}),
        Decided.model_validate({"fact": 1, "event": "NOOP"}),
        Decided.model_validate({"fact": 3, "event": "DELETE", "item": 0}),
        Decided.model_validate({"fact": 9, "event": "ADD"}),
    ]
    decisions, dropped = read_decisions(decided, ["Days.", "Dog.", "Gone."], items("Nights."))
    assert dropped == 3
    assert [(d.text, d.event, d.item) for d in decisions] == [
        ("Works days.", "UPDATE", ""),
        ("Dog.", "ADD", ""),
        ("Gone.", "DELETE", ""),
    ]


async def test_a_decision_of_an_unknown_kind_is_refused() -> None:
    bad = {"decisions": [{"fact": 1, "event": "FORGET", "item": 1, "text": ""}]}
    cast = cast_of(MemoryKind.MEM0, [{"facts": ["Old new."]}, bad])
    with pytest.raises(ReplyError):
        await taken_in(cast, MemoryKind.MEM0, brief(cast, *items("Old.")))


async def test_what_took_another_facts_place_is_recalled_and_the_other_is_not() -> None:
    cast = cast_of(MemoryKind.MEM0)
    held = (*items("Works nights.", superseded_by="2.1"), *items("Works days.", session=2))
    assert await recalled(cast, MemoryKind.MEM0, brief(cast, *held, session=3), "works") == ("2.1",)


async def test_a_session_leaves_an_event_its_exchanges_and_a_portrait() -> None:
    reply = {"event": "She told of her boss.", "portrait": "A clerk who is shouted at."}
    cast = cast_of(MemoryKind.MEMORYBANK, [reply])
    given = brief(cast, *items("a", "b"), portrait="A clerk.")
    turns = [turn.model_copy(update={"recalled": ("1.2",)}) for turn in TALK]
    stock = (await taken_in(cast, MemoryKind.MEMORYBANK, given, turns)).stock
    assert stock.portrait == "A clerk who is shouted at."
    assert [(i.id, i.strength, i.last_used, i.turns) for i in stock.items] == [
        ("1.1", 1, 1, ()),
        ("1.2", 2, 2, ()),
        ("2.0", 1, 2, ()),
        ("2.1", 1, 2, (0, 1)),
        ("2.2", 1, 2, (2, 3)),
    ]
    assert stock.items[2].text == "She told of her boss."
    assert stock.items[4].text == "counselor: At you? client: At all of us, (daily)."
    assert "A clerk." in cast.asked("client_file")[0][-1]["content"]


async def test_what_is_forgotten_is_not_recalled() -> None:
    cast = cast_of(MemoryKind.MEMORYBANK)
    held = (*items("boss one", "boss two", strength=2), *items("boss three", session=4))
    faded = held[0].model_copy(update={"strength": 1})
    given = brief(cast, faded, *held[1:], session=5)
    assert sorted(await recalled(cast, MemoryKind.MEMORYBANK, given, "boss")) == ["1.2", "4.1"]


async def test_the_portrait_takes_its_part_of_the_budget() -> None:
    cast = cast_of(MemoryKind.MEMORYBANK, memory_tokens=400)
    given = brief(cast, portrait="shy " * 2000)
    taken = estimate_tokens(given.view.portrait)
    assert 150 < taken <= 200
    assert recall_tokens(given) == 400 - taken
    assert given.view.portrait in counselor_prompt(cast.deps, given, TALK, next_turn()).messages[0]["content"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("kind", [MemoryKind.MEM0, MemoryKind.MEMORYBANK])
async def test_a_memory_is_written_from_the_dialogue_without_thoughts(
    kind: MemoryKind, shared: bool, language: Language
) -> None:
    reply = {"facts": [], "event": "e", "portrait": "p"}
    cast = cast_of(kind, [reply], language=language, share_prefix=shared)
    thinking = TALK[0].model_copy(update={"thoughts": Thoughts(assessment="SECRET")})
    await taken_in(cast, kind, brief(cast), [thinking, *TALK[1:]])
    text = cast.everything_asked()
    assert all(turn.text.replace("[", "(").replace("]", ")") in text for turn in TALK)
    assert "SECRET" not in text
