"""The order of a prompt is a contract: what was sent before comes again, byte for byte, and then the new."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.text.fence import unbracketed
from psychagent.domain.turn import Thoughts, Turn
from psychagent.llm.prompt import Message, Prompt
from psychagent.nodes.client import client_prompt
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.retrieval.query import rewrite_prompt
from psychagent.nodes.state import Brief
from tests.support.every import LANGUAGES, MODALITIES
from tests.support.fakes import Cast, brief_for, case_of, next_turn
from tests.support.memory_parts import memory

TURNS = 12


def dialogue(length: int) -> list[Turn]:
    """Make a dialogue of turns with thoughts, brackets and blank lines in them."""
    turns = []
    for number in range(length):
        turns.append(
            Turn(
                speaker=Speaker.COUNSELOR,
                text=f"Question {number}?\n\nWith two lines.",
                thoughts=Thoughts(assessment=f"THOUGHT{number}", strategy=f"THOUGHT{number}"),
            )
        )
        turns.append(Turn(speaker=Speaker.CLIENT, text=f"Answer {number}.\n\n[she laughs]"))
    return turns


def brief_after(cast: Cast, language: Language, modality: Modality, sessions: int) -> Brief:
    held = memory(sessions, language=language, size=200) if sessions else None
    case = case_of(f"{language.value}03", modality)
    return brief_for(cast.deps, case, memory=held, session_index=sessions + 1, max_counselor_turns=TURNS)


def counselor_prompts(cast: Cast, brief: Brief) -> list[tuple[Prompt, str]]:
    """Return the prompt of every counselor turn of a session, with the last words of the client."""
    stage = cast.deps.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage)
    ids, said = [s.id for s in stage.skills()], dialogue(TURNS)
    prompts = []
    for turn in range(TURNS):
        skills = [ids[(turn * 5 + n) % len(ids)] for n in range(5)]
        said[2 * turn] = said[2 * turn].model_copy(update={"skills": tuple(skills)})
        heard = unbracketed(said[2 * turn - 1].text) if turn else ""
        prompts.append((counselor_prompt(cast.deps, brief, said[: 2 * turn], next_turn(skills)), heard))
    return prompts


def without_tail(prompt: Prompt, heard: str) -> tuple[Message, ...]:
    """Cut this turn's skills off the last message."""
    last = prompt.messages[-1]
    kept = heard or last["content"].split("\n\n[")[0]
    assert last["content"].startswith(kept)
    return (*prompt.messages[:-1], {**last, "content": kept})


def as_bytes(messages: tuple[Message, ...]) -> bytes:
    """Write messages as a chat template would: one after the other."""
    return "".join(f"<{m['role']}>{m['content']}" for m in messages).encode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("sessions", [0, 4])
@pytest.mark.parametrize("reply_format", ["tags", "json"])
def test_a_counselors_prompt_without_its_tail_begins_the_next_one(
    language: Language, modality: Modality, sessions: int, reply_format: str
) -> None:
    cast = Cast({}, language=language, reply_format=reply_format)
    prompts = counselor_prompts(cast, brief_after(cast, language, modality, sessions))
    for (one, heard), (following, _) in zip(prompts, prompts[1:], strict=False):
        kept = without_tail(one, heard)
        assert following.messages[: len(kept)] == kept
        assert as_bytes(following.messages).startswith(as_bytes(kept))


@pytest.mark.parametrize("language", LANGUAGES)
def test_this_turns_skills_stand_last_and_are_not_kept(language: Language) -> None:
    cast = Cast({}, language=language)
    brief = brief_after(cast, language, Modality.CBT, 2)
    stage = cast.deps.skills(language).stage(Modality.CBT, brief.plan.stage)
    names = {skill.name for skill in stage.skills()}
    for prompt, _ in counselor_prompts(cast, brief)[1:]:
        before = "\n".join(m["content"] for m in prompt.messages[:-1])
        assert not [name for name in names if f"- {name}" in before]
        assert prompt.messages[-1]["role"] == "user"


def keeping(language: Language, **baseline: Any) -> Cast:
    """Cast a counselor whose skills stay in the history."""
    kept = {"method": "lexical", "keep_in_history": True}
    return Cast({}, language=language, retrieval=kept, **baseline)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sessions", [0, 4])
def test_with_skills_kept_a_counselors_whole_prompt_begins_the_next_one(
    language: Language, sessions: int
) -> None:
    cast = keeping(language)
    prompts = counselor_prompts(cast, brief_after(cast, language, Modality.CBT, sessions))
    for (one, _), (following, _) in zip(prompts, prompts[1:], strict=False):
        assert following.messages[: len(one.messages)] == one.messages


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_kept_skill_is_shown_in_full_once_and_then_by_name(language: Language) -> None:
    cast = keeping(language)
    brief = brief_after(cast, language, Modality.CBT, 0)
    stage = cast.deps.skills(language).stage(Modality.CBT, brief.plan.stage)
    first, *others = stage.skills()[:5]
    shown = [skill.id for skill in (*others, first)]
    said = [turn.model_copy(update={"skills": tuple(shown)}) for turn in dialogue(2)]
    text = "\n".join(
        m["content"] for m in counselor_prompt(cast.deps, brief, said, next_turn([first.id])).messages
    )
    assert text.count(f"- {first.name}") == 3
    # whatever its place: a card that left its example out could not bring it later
    for words in (first.description, first.trigger, first.example):
        assert words
        assert text.count(words) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cast_of", [keeping, lambda language: Cast({}, language=language)])
def test_roles_alternate_behind_one_system_message_as_chat_templates_demand(
    language: Language, cast_of: Callable[[Language], Cast]
) -> None:
    cast = cast_of(language)
    for prompt, _ in counselor_prompts(cast, brief_after(cast, language, Modality.BT, 1)):
        roles = [message["role"] for message in prompt.messages]
        assert roles == ["system", *(["user", "assistant"] * len(roles))[: len(roles) - 1]]
        assert roles[-1] == "user"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sessions", [0, 3])
def test_a_clients_prompt_begins_the_next_one(language: Language, sessions: int) -> None:
    cast = Cast({}, language=language)
    brief, said = brief_after(cast, language, Modality.PDT, sessions), dialogue(TURNS)
    prompts = [client_prompt(cast.deps, brief, said[: 2 * n + 1]) for n in range(TURNS)]
    for one, following in zip(prompts, prompts[1:], strict=False):
        assert as_bytes(following.messages).startswith(as_bytes(one.messages))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rewrite_prompt_begins_the_next_one_but_where_its_window_moves_on(language: Language) -> None:
    cast = Cast({}, language=language)
    brief, said = brief_after(cast, language, Modality.CBT, 2), dialogue(2 * TURNS)
    # the fence that closes behind the last turn is no part of what may be kept
    sent = {
        end: as_bytes(rewrite_prompt(cast.deps, brief, said[:end]).messages).removesuffix(b"</dialogue>")
        for end in range(2, 48, 2)
    }
    moved = [end for end in range(4, 48, 2) if not sent[end].startswith(sent[end - 2])]
    assert moved == [12, 20, 28, 36, 44]


@pytest.mark.parametrize("language", LANGUAGES)
def test_earlier_thoughts_are_in_no_prompt(language: Language) -> None:
    cast = Cast({}, language=language)
    brief: Any = brief_after(cast, language, Modality.HET, 1)
    said = dialogue(TURNS)
    prompts = [prompt for prompt, _ in counselor_prompts(cast, brief)]
    prompts += [rewrite_prompt(cast.deps, brief, said[: 2 * n]) for n in range(1, TURNS)]
    prompts += [client_prompt(cast.deps, brief, said[: 2 * n + 1]) for n in range(TURNS)]
    assert not [m for p in prompts for m in p.messages if "THOUGHT" in m["content"]]
    assert any("Question 3?" in m["content"] for m in prompts[-1].messages)
