"""Stored utterances: only what was said aloud is left, and all of it."""

from __future__ import annotations

import pytest

from psychagent.errors import RecordError
from psychagent.replies.strip import visible_text


@pytest.mark.parametrize("said", ["5 &lt; 6 &amp;gt; 4", "&LT;", "write &lt;b&gt; for bold", "a &lt;- b"])
def test_escaped_brackets_that_show_no_tag_are_left_as_they_were_said(said: str) -> None:
    assert visible_text(f"<think>x</think><response>{said}</response>") == said
    assert visible_text(said) == said


@pytest.mark.parametrize(
    "stored",
    [
        "<response>SECRET</response><response>Hello.</response>",
        "<think>never closed <response>SECRET</response> no: <response>Hello.</response>",
        "<response>SECRET</think><response>Hello.</response>",
        "<think>a</thinking><response>SECRET<think>b</think><response>Hello.</response>",
        "<think>a</think><response>SECRET</response> b </think><response>Hello.</response>",
    ],
)
def test_of_several_responses_none_is_taken_for_speech(stored: str) -> None:
    with pytest.raises(RecordError, match=r"several responses|never closed|closes nothing") as problem:
        visible_text(stored)
    assert "SECRET" not in str(problem.value)


def test_thoughts_go_on_to_the_last_mark_that_closes_them() -> None:
    stored = "<think>a</thinking> b <response>SECRET</response> c</think><response>Hello.</response>"
    assert visible_text(stored) == "Hello."


def test_a_response_that_is_tried_out_in_closed_thoughts_is_not_spoken() -> None:
    assert visible_text("<think>or <response>no</response></think><response>Hello.</response>") == "Hello."
