"""To a person the script promises nothing that a program cannot keep, and says what it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from psychagent.chats.person import person_case
from psychagent.domain.base import Language, Modality
from psychagent.domain.role import ClientKind
from psychagent.flows.single import build_single
from tests.support.offline_courses import lines_of, offline

PROMISES = {
    Language.EN: re.compile(
        r"confidential|stays? (here|between)|between us|won't tell|take whichever|sit down", re.I
    ),
    Language.ZH: re.compile(r"替您保密|是保密的|不会传|随便坐|请坐|请进|不会.{0,4}跟别人讲"),
}
PROGRAM = {Language.EN: "computer program", Language.ZH: "计算机程序"}
ASKS = {Language.EN: "Who can read this? Is it confidential?", Language.ZH: "谁能看到我写的？会保密吗？"}


async def opened(language: Language, modality: Modality, seed: int, *, then: str = "") -> str:
    """Return the counselor's last words in a session of one or two turns with a person."""
    deps = offline(language)
    knobs = replace(
        deps.knobs,
        language=language,
        modality=modality,
        client=ClientKind.HUMAN,
        seed=seed,
        max_counselor_turns=8,
    )
    graph = build_single(deps, InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 60}
    start = {"case": person_case(modality, language, case_id=f"p{seed}")}
    state = await graph.ainvoke(start, config, context=knobs)
    if then:
        state = await graph.ainvoke(Command(resume=then), config, context=knobs)
    return str(state["__interrupt__"][0].value["counselor"])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("modality", Modality)
async def test_a_first_meeting_opens_without_a_promise(language: Language, modality: Modality) -> None:
    for seed in range(6):
        words = await opened(language, modality, seed)
        assert PROGRAM[language] in words
        assert not PROMISES[language].search(words), words


@pytest.mark.parametrize("language", Language)
async def test_who_asks_about_secrecy_is_told_that_there_is_none(language: Language) -> None:
    words = await opened(language, Modality.CBT, 1, then=ASKS[language])
    assert {Language.EN: "no secrecy", Language.ZH: "没法许诺保密"}[language] in words


@pytest.mark.parametrize("language", Language)
def test_no_line_for_persons_promises_secrecy_or_offers_a_chair(language: Language) -> None:
    own = lines_of(language)["counselor"]["to_person"]
    answers = [line for answer in own["answers"] for line in answer["say"]]
    said = [*answers, *(line for name, lines in own.items() if name != "answers" for line in lines)]
    assert [line for line in said if PROMISES[language].search(line)] == []


@pytest.mark.parametrize("language", Language)
def test_lines_for_persons_replace_lines_that_there_are(language: Language) -> None:
    counselor = lines_of(language)["counselor"]
    for name, lines in counselor["to_person"].items():
        assert type(lines) is type(counselor[name])
        assert len(lines) >= (1 if name == "answers" else 2)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.EN, ("I will kill myself tonight.", "No, I am alone.")),
        (Language.ZH, ("我今晚就去自杀。", "没有，我一个人。")),
    ],
)
async def test_after_the_gates_own_words_the_script_stays_with_the_danger(
    language: Language, said: tuple[str, str]
) -> None:
    deps = offline(language)
    knobs = replace(deps.knobs, language=language, client=ClientKind.HUMAN, max_counselor_turns=8)
    graph, asks = build_single(deps, InMemorySaver()), deps.safety(language).rules.asks_about
    config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 60}
    await graph.ainvoke({"case": person_case(Modality.CBT, language, case_id="p1")}, config, context=knobs)
    await graph.ainvoke(Command(resume=said[0]), config, context=knobs)
    state = await graph.ainvoke(Command(resume=said[1]), config, context=knobs)
    assert asks(str(state["__interrupt__"][0].value["counselor"]))
