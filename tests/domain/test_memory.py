"""What of memory a prompt shows: the last two sessions, a line for older ones, and never too much."""

from __future__ import annotations

import pytest

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Language
from psychagent.domain.memory import (
    MEMORY_TOKENS,
    Memory,
    file_facts,
    memory_changes,
    to_line,
    view_memory,
)
from psychagent.domain.tokens import estimate_tokens
from tests.support.every import LANGUAGES
from tests.support.memory_parts import client_file, memory, words

SIZES = [10, 60, 200, 500, 1400]


PROMPTS = {language: PromptLibrary(language) for language in Language}


def rendered(view: object, language: Language) -> str:
    return PROMPTS[language].render("shared/memory", memory=view)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sessions", [1, 2, 3, 6, 20, 60])
@pytest.mark.parametrize("homework", [0, 1, 12])
def test_memory_never_takes_more_than_its_tokens_in_a_prompt(
    language: Language, size: int, sessions: int, homework: int
) -> None:
    view = view_memory(memory(sessions, language=language, size=size, homework=homework))
    assert estimate_tokens(rendered(view, language)) <= MEMORY_TOKENS


def test_an_empty_memory_shows_nothing() -> None:
    view = view_memory(Memory())
    assert view.is_empty()
    assert (view.file_lines, view.older, view.recent, view.homework) == ((), (), (), ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_two_sessions_are_shown_with_abstract_status_and_open_points(language: Language) -> None:
    view = view_memory(memory(5, language=language, size=60))
    assert [row[0] for row in view.recent] == [4, 5]
    for number, abstract, status, open_points in view.recent:
        assert abstract.startswith(f"s{number}-abstract")
        assert status.startswith(f"s{number}-status")
        assert open_points.startswith(f"s{number}-open")


def test_short_summaries_of_the_last_two_sessions_are_shown_in_full() -> None:
    held = memory(2, size=80)
    view = view_memory(held)
    for (_, abstract, _, open_points), summary in zip(view.recent, held.summaries, strict=True):
        assert abstract == summary.session_summary_abstract
        assert open_points == summary.client_state_analysis.unresolved_points_or_tensions


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_older_session_has_a_line_oldest_first(language: Language) -> None:
    view = view_memory(memory(7, language=language, size=60))
    assert [line.split(":")[0] for line in view.older] == ["1", "2", "3", "4", "5"]


def test_where_room_is_short_the_oldest_lines_go_first() -> None:
    view = view_memory(memory(60, size=1400))
    numbers = [int(line.split(":")[0]) for line in view.older]
    assert numbers, "some older sessions should still be shown"
    assert numbers == list(range(numbers[0], 59))
    assert numbers[0] > 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_huge_memory_still_shows_homework_both_sessions_and_the_file(language: Language) -> None:
    view = view_memory(memory(30, language=language, size=1400))
    assert view.homework[0].startswith("task0")
    assert len(view.recent) == 2
    assert any("problem" in line for line in view.file_lines)
    assert view.older


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_prompt_shows_homework_then_older_then_recent_sessions_then_the_file(language: Language) -> None:
    text = rendered(view_memory(memory(4, language=language)), language)
    places = [
        text.index(mark) for mark in ("task0", "s1-abstract", "s3-abstract", "s4-abstract", "file-name")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_safety_stays_in_the_prompt_however_long_ago_and_however_much_else_there_is(
    language: Language, size: int
) -> None:
    held = memory(20, language=language, size=size, homework=12)
    noted = [
        summary.model_copy(update={"safety": words(language, min(size, 400), f"danger{number} ")})
        if number in (2, 3, 4, 9)
        else summary
        for number, summary in enumerate(held.summaries, start=1)
    ]
    view = view_memory(held.model_copy(update={"summaries": tuple(noted)}))
    assert [line.split(":")[0] for line in view.safety] == ["3", "4", "9"]
    text = rendered(view, language)
    assert all(f"danger{number}" in text for number in (3, 4, 9))
    assert estimate_tokens(text) <= MEMORY_TOKENS


def test_where_no_danger_was_voiced_nothing_is_said_of_safety() -> None:
    assert view_memory(memory(5)).safety == ()
    assert "Safety" not in rendered(view_memory(memory(5)), Language.EN)


def test_a_smaller_budget_is_kept_too() -> None:
    view = view_memory(memory(9, size=700), budget=300)
    assert estimate_tokens(rendered(view, Language.EN)) <= 300


def test_facts_are_the_filled_fields_by_path() -> None:
    facts = file_facts(client_file("a"))
    assert facts["static_traits.name"] == "a-name"
    assert "static_traits.age" not in facts
    assert {"main_problem", "core_beliefs", "special_situations"} <= set(facts)


def test_a_fact_is_one_line_whatever_its_shape() -> None:
    assert to_line([{"event": "a", "thought": "", "more": ["x", "y"]}, {"event": "b"}]) == (
        "event: a; more: x | y | event: b"
    )


def test_changes_name_path_former_and_new_line() -> None:
    before = client_file("a")
    after = before.model_copy(update={"main_problem": "another", "topic": before.topic})
    assert list(memory_changes(before, after)) == [("main_problem", before.main_problem, "another")]
