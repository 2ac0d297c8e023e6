"""Replies that go on for ever are read in time that grows with their length, and refused above a bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import pytest

from psychagent.domain.base import Language, Speaker
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.nodes.client import read_answer
from psychagent.replies.as_json import parse_json_reply
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import visible_text
from psychagent.replies.tags import parse_tagged_reply, read_speech
from psychagent.replies.words import MOST_CHARS, clear_part, to_words
from psychagent.safety.rules import load_rules
from psychagent.safety.text import normalize

UNITS = [
    *("*", "_", "-", "#", " ", "\n", "...", "very ", "> ", "1. ", "[", "(", "{", "<", "：", "我很累，"),
    *("想", "=", "&lt;", "<|", "</", "<a ", "【", "\\", "Thought: ", "Reasoning\n", "<answer>", "```\n", "«"),
    *("(note: ", ". [note: ", ".\n(", "*/", "|", "Client (think", "（注：", "<p hidden ", ".\n\n", "1) "),
]
RULES = cache(load_rules)
LENGTH = MOST_CHARS - 10
READERS: dict[str, Callable[[str], object]] = {
    "words": lambda text: to_words(text, Speaker.CLIENT),
    "speech": lambda text: read_speech(text, Speaker.CLIENT),
    "what was said": visible_text,
    "still arriving": lambda text: clear_part(text, Speaker.CLIENT),
    "rules, English": lambda text: RULES(Language.EN).hear(text),
    "rules, Chinese": lambda text: RULES(Language.ZH).hear(text),
    "questions": lambda text: RULES(Language.EN).asks_about(text),
}


def _arrives(text: str) -> None:
    visible = VisibleText("</end>")
    whole = f"<response>{text}"
    for at in range(0, len(whole), 100):
        visible.feed(whole[at : at + 100])


READERS |= {
    "a whole reply": lambda text: parse_tagged_reply(
        f"<think>{text}</think><response>{text}</response>", reasoning="", end_token="</end>"
    ),
    "a reply in JSON": lambda text: parse_json_reply(text, end_token="</end>"),
    "a stream": _arrives,
}
SECONDS = 10.0
"""Generous for a busy machine: what grew with the square took minutes."""


@pytest.mark.parametrize("reader", READERS)
def test_whatever_a_reply_repeats_it_is_read_in_time(reader: str) -> None:
    assert RULES(Language.EN) is not RULES(Language.ZH)
    slow = {}
    for unit in UNITS:
        for text in ((unit * LENGTH)[:LENGTH], f"Hello {(unit * LENGTH)[:LENGTH]}x"):
            began = time.perf_counter()
            try:
                READERS[reader](text)
            except (MalformedReplyError, RecordError):
                pass
            if (took := time.perf_counter() - began) > SECONDS:
                slow[unit] = took
    assert slow == {}


def test_an_utterance_beyond_the_bound_is_malformed_and_says_so() -> None:
    with pytest.raises(MalformedReplyError, match=f"has {MOST_CHARS + 1} characters; say at most"):
        to_words("a" * (MOST_CHARS + 1), Speaker.CLIENT)
    assert to_words("a" * MOST_CHARS, Speaker.CLIENT) == "a" * MOST_CHARS


def test_a_person_is_told_what_is_too_long() -> None:
    words, problem = read_answer("a" * (MOST_CHARS + 1), turn=1)
    assert not words
    assert problem == f"the answer has {MOST_CHARS + 1} characters; send at most {MOST_CHARS} at once"


@pytest.mark.parametrize("before", [0, 700, 1490, 3000, 9000])
def test_danger_is_heard_wherever_it_stands_in_a_long_turn(before: int) -> None:
    filler = "The week went by and I went to work. " * 400
    danger = "I have the pills here and I am going to kill myself tonight."
    heard = RULES(Language.EN).hear(f"{filler[:before]}\n{danger}\n{filler[:1500]}")
    assert heard.hard == RULES(Language.EN).hear(danger).hard == 3


def test_a_long_turn_is_cut_between_words() -> None:
    rules, said = RULES(Language.EN), "I want to diet, as my sister does. "
    nothing = rules.hear("")
    assert rules.hear("I want to die") != nothing
    assert rules.hear(said) == nothing
    filler = "we went out and came home. " * 80
    assert [n for n in range(1440, 1520) if rules.hear(filler[:n] + said + filler) != nothing] == []


def test_a_text_without_spaces_is_brought_into_form_in_time() -> None:
    began = time.perf_counter()
    assert normalize("想" * 48_000 + "死") == "想死"
    assert time.perf_counter() - began < SECONDS
