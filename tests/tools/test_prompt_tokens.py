"""The table of prompt tokens in the docs is what the prompts take."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.domain.base import Language
from psychagent.domain.role import Role
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.turn import Turn
from psychagent.llm.prompt import Prompt, system, user
from tests.support.every import LANGUAGES
from tools.prompt_filler import CLIENT_TOKENS, COUNSELOR_TOKENS, dialogue
from tools.prompt_tokens import LATE, ROLES, measure, write_prompt_tokens

DOC = Path(__file__).resolve().parents[2] / "docs" / "prompts.md"


@pytest.mark.slow
def test_the_table_of_prompt_tokens_is_current() -> None:
    text = DOC.read_text(encoding="utf-8")
    assert text == write_prompt_tokens(), "run `make docs`"
    assert all(text.count(f"\n| {role} |") == len(Language) for role in (*ROLES, "judge"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_turns_that_are_measured_have_the_tokens_that_the_page_names(language: Language) -> None:
    tokens = [estimate_tokens(turn.text) for turn in dialogue(language, 1)]
    assert tokens == [COUNSELOR_TOKENS, CLIENT_TOKENS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_prompt_is_cut_before_and_behind_its_dialogue(language: Language) -> None:
    def prompt(turns: list[Turn]) -> Prompt:
        words = [user(turn.text) for turn in turns]
        return Prompt(role=Role.COUNSELOR, messages=(system("h" * 400), *words, user("t" * 80)))

    sizes = measure(language, prompt)
    assert (sizes.tail, sizes.per_turn) == (20, COUNSELOR_TOKENS + CLIENT_TOKENS)
    assert sizes.head in (100, 101)
    assert abs(sizes.whole - sizes.head - LATE * sizes.per_turn - sizes.tail) <= LATE


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_prompt_without_dialogue_is_all_head(language: Language) -> None:
    sizes = measure(language, lambda turns: Prompt(role=Role.COUNSELOR, messages=(system("h" * 400),)))
    assert (sizes.head, sizes.per_turn, sizes.tail, sizes.whole) == (100, 0, 0, 100)
