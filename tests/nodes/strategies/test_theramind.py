"""TheraMind-like: two short calls before a reply, a strategy that varies, a school that may change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.turn import Thoughts, Turn
from psychagent.errors import ReplyError, SettingsError
from psychagent.nodes.strategies.theramind import (
    Emotion,
    PerceiveReply,
    lately_used,
    perceive_prompt,
    strategies_for,
    strategize_prompt,
)
from tests.support.courses import held
from tests.support.fakes import Cast, brief_for, case_of, summed_up
from tests.support.flat import baseline_of

SYSTEM: dict[str, Any] = {
    "strategy": "theramind",
    "reply_format": "plain",
    "memory": "recap",
    "planning": "therapy",
    "skills": "off",
}


def perceived(*, rejects: bool = False, ends: bool = False, emotion: str = "sad") -> str:
    return json.dumps({"ends": ends, "rejects": rejects, "emotion": emotion, "intensity": 0.7})


def chosen(strategy: str, aim: str = "") -> str:
    return json.dumps({"strategy": strategy, "aim": aim})


def summary(n: int, school: str) -> str:
    return json.dumps(json.loads(summed_up(f"sum{n}", "intervention")) | {"next_approach": school})


def course(strategies: list[str], **over: Any) -> Cast:
    """Cast two sessions of two turns each."""
    return Cast(
        {
            "counselor": ["Hello.", "I hear you.</end>", "Welcome back.", "Take care.</end>"],
            "client": ["It never helps.", "Bye.", "The same.", "Bye."],
            "perceive": [perceived(rejects=True), perceived(ends=True)],
            "strategize": strategies,
            "summary": [summary(1, "het"), summed_up("sum2", "termination")],
        },
        **(SYSTEM | {"max_sessions": 2, "max_retries": 1} | over),
    )


async def test_each_turn_but_the_first_has_two_calls_before_it_and_shows_what_they_found() -> None:
    cast = course([chosen("own_part", "Mend what went past."), chosen("deepen")])
    _, sessions = await held(cast)
    first, second = (s.usage.roles for s in sessions)
    assert (first["perceive"].calls, first["strategize"].calls, first["counselor"].calls) == (1, 1, 2)
    assert second["perceive"].calls == 1
    tail = cast.asked("counselor")[1][-1]["content"]
    assert "sad (0.7)" in tail
    assert "Mend what went past." in tail
    assert "wants to stop" in cast.asked("counselor")[3][-1]["content"]
    spoken = sessions[0].turns[2]
    assert spoken.thoughts is not None
    assert spoken.thoughts.client_state == "sad (0.7)"
    assert spoken.text == "I hear you."
    assert cast.left() == {}


async def test_what_was_thought_stands_in_no_later_prompt_but_by_the_name_of_the_strategy() -> None:
    cast = course([chosen("own_part", "Mend what went past."), chosen("deepen")])
    await held(cast)
    for role in ("client", "summary"):
        assert "Mend what went past." not in str(cast.asked(role))
    assert "Mend what went past." not in str(cast.asked("counselor")[2:])


async def test_the_next_session_follows_the_school_that_the_summary_chose() -> None:
    cast = course([chosen("own_part"), chosen("deepen")])
    _, sessions = await held(cast)
    assert sessions[0].summary.next_approach is Modality.HET
    heads = [cast.asked("counselor")[n][0]["content"] for n in (0, 2)]
    assert "cognitive-behavioral" in heads[0]
    assert "humanistic-existential" in heads[1]
    task = cast.asked("summary")[0][-1]["content"]
    assert "which approach the next session follows" in task


async def test_a_strategy_of_the_other_attitude_is_asked_for_again() -> None:
    cast = course([chosen("deepen"), chosen("slow_down"), chosen("deepen")])
    _, sessions = await held(cast)
    assert sessions[0].usage.roles["strategize"].calls == 2
    with pytest.raises(ReplyError, match="none of the list"):
        await held(course([chosen("deepen"), chosen("deepen")]))


@pytest.mark.parametrize("language", list(Language))
def test_there_are_four_strategies_for_an_open_client_and_eight_for_a_guarded_one(language: Language) -> None:
    prompts = Cast({}, language=language).deps.prompts(language)
    counts = [
        len(strategies_for(prompts, PerceiveReply(rejects=rejects, emotion=Emotion.SAD, intensity=0)))
        for rejects in (False, True)
    ]
    assert counts == [4, 8]
    assert all(prompts.word(emotion.value) for emotion in Emotion)


def spoken_with(strategy: str) -> Turn:
    return Turn(speaker=Speaker.COUNSELOR, text="x", thoughts=Thoughts(strategy=strategy))


def test_the_strategies_of_the_last_three_turns_are_named() -> None:
    known = {"a": "do a", "b": "do b", "c": "do c", "d": "do d"}
    turns = [spoken_with(text) for text in ("do a; why", "do b", "do c; why; more", "another", "do d; x")]
    assert lately_used(turns, known) == ["c", "d"]


@pytest.mark.parametrize("language", list(Language))
def test_the_prompts_hold_the_dialogue_and_no_thoughts(language: Language) -> None:
    cast = Cast({}, language=language, **SYSTEM)
    case = case_of(f"{language.value}01")
    brief = brief_for(cast.deps, case)
    turns = [
        Turn(speaker=Speaker.COUNSELOR, text="WORDS", thoughts=Thoughts(assessment="SECRET")),
        Turn(speaker=Speaker.CLIENT, text="HEARD"),
    ]
    found = PerceiveReply(rejects=True, emotion=Emotion.TORN, intensity=0.45)
    for prompt in (
        perceive_prompt(cast.deps, brief, turns),
        strategize_prompt(cast.deps, brief, turns, found),
    ):
        text = "\n".join(m["content"] for m in prompt.messages)
        assert "WORDS" in text
        assert "HEARD" in text
        assert "SECRET" not in text


def test_a_change_of_school_is_refused_where_skills_of_one_are_shown() -> None:
    with pytest.raises((SettingsError, ValueError), match="set skills to 'off'"):
        baseline_of(planning="therapy")
