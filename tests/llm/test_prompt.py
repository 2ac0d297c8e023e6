"""The offline script is given only what stands in the very prompt that it answers."""

from __future__ import annotations

from typing import Any

import pytest

from psychagent.llm.prompt import Prompt, assistant, system, user


def seen(values: dict[str, Any], *texts: str) -> dict[str, Any]:
    messages = tuple(system(text) for text in texts)
    return Prompt(role="client", messages=messages, values=values).visible_values()


def test_a_value_that_is_rendered_is_kept_and_another_is_gone() -> None:
    assert seen({"a": "Ada", "b": "Bob"}, "Hello Ada.") == {"a": "Ada"}


def test_values_are_looked_for_in_all_messages() -> None:
    assert seen({"a": "Ada", "b": "Bob"}, "Hello Ada.", "And Bob.") == {"a": "Ada", "b": "Bob"}


def test_lists_keep_the_items_that_are_rendered() -> None:
    assert seen({"lines": ["one", "two", "three"]}, "one and three") == {"lines": ["one", "three"]}
    assert seen({"lines": ["two"]}, "one and three") == {}


def test_a_part_of_a_record_that_is_not_rendered_is_gone() -> None:
    skills = [{"name": "Listening", "example": "I hear."}, {"name": "Asking", "example": "What?"}]
    assert seen({"skills": skills}, "Listening: I hear. Asking") == {
        "skills": [{"name": "Listening", "example": "I hear."}, {"name": "Asking"}]
    }


def test_line_breaks_in_the_prompt_do_not_hide_a_value() -> None:
    assert seen({"a": "two words"}, "two\n   words") == {"a": "two words"}


@pytest.mark.parametrize(("number", "kept"), [(3, True), (9, False)])
def test_numbers_are_values_too(number: int, kept: bool) -> None:
    assert ("n" in seen({"n": number}, "Session 3 of 5")) == kept


def test_further_messages_leave_the_prompt_as_it_was() -> None:
    prompt = Prompt(role="client", messages=(system("a"),))
    longer = prompt.plus(assistant("b"), user("c"))
    assert [m["role"] for m in longer] == ["system", "assistant", "user"]
    assert prompt.messages == (system("a"),)
