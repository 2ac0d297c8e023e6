"""The offline script is given only what stands in the very prompt that it answers."""

from __future__ import annotations

from typing import Any

import pytest

from psychagent.assets.prompts import Rendered
from psychagent.domain.base import Stage
from psychagent.domain.plan import Plan
from psychagent.domain.role import Role
from psychagent.domain.views.memory import MemoryView, RecentSession
from psychagent.llm.prompt import Prompt, assistant, system, user


def seen(values: dict[str, Any], *texts: str) -> dict[str, Any]:
    messages = tuple(system(text) for text in texts)
    return Prompt(role=Role.CLIENT, messages=messages, values=values).visible_values()


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
    prompt = Prompt(role=Role.CLIENT, messages=(system("a"),))
    longer = prompt.plus(assistant("b"), user("c"))
    assert [m["role"] for m in longer] == ["system", "assistant", "user"]
    assert prompt.messages == (system("a"),)


def test_a_record_is_taken_apart_and_only_its_rendered_parts_are_kept() -> None:
    plan = Plan(stage=Stage.INTERVENTION, title="Go on", focus=("one", "two"))
    assert seen({"plan": plan}, "intervention: two") == {"plan": {"stage": "intervention", "focus": ["two"]}}


def test_a_part_of_a_session_keeps_its_name_where_another_part_is_not_rendered() -> None:
    view = MemoryView(recent=(RecentSession(3, "We spoke of sleep.", "to rest", "met", "the move"),))
    kept = seen({"memory": view}, "3: We spoke of sleep. Open: the move")
    assert kept == {
        "memory": {
            "portrait": "",
            "recent": [{"number": 3, "abstract": "We spoke of sleep.", "open": "the move"}],
        }
    }


def test_a_value_that_is_printed_in_another_word_is_kept_too() -> None:
    plan = Plan(stage=Stage.INTERVENTION, title="t", focus=("f",))
    rendered = Rendered("阶段：干预", {"plan": plan}, {"intervention": "干预", "consolidation": "巩固"})
    prompt = Prompt.of(Role.COUNSELOR, (system(rendered),), rendered=[rendered], seed=1)
    assert prompt.visible_values() == {"plan": {"stage": "intervention"}}
    later = Rendered("阶段：", {"plan": plan}, {"intervention": "干预"})
    assert Prompt.of(Role.COUNSELOR, (system(later),), rendered=[later], seed=1).visible_values() == {}


def test_a_prompt_gathers_the_values_of_its_templates() -> None:
    head, tail = Rendered("Hello Ada.", {"name": "Ada", "old": "x"}), Rendered("3 left", {"left": 3})
    prompt = Prompt.of(
        Role.CLIENT, (system(head), user(f"Hi. {tail}")), rendered=[head, tail], seed=5, also={"who": "Hi."}
    )
    assert prompt.values == {"name": "Ada", "old": "x", "left": 3, "who": "Hi."}
    assert prompt.visible_values() == {"name": "Ada", "left": 3, "who": "Hi."}
    assert (prompt.role, prompt.seed) == ("client", 5)


def test_messages_hold_plain_text_and_no_values() -> None:
    rendered = Rendered("Hello.", {"secret": "x"})
    assert [type(make(rendered)["content"]) for make in (system, user, assistant)] == [str, str, str]
