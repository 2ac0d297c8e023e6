"""Whatever marks a thought holds, and however it is cut: nobody outside hears a word of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from psychagent.errors import MalformedReplyError, RecordError
from psychagent.llm.reply import Reply
from psychagent.nodes.client import read_words
from psychagent.replies.as_json import Shape, parse_json_reply, read_object
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import has_private, visible_text
from psychagent.replies.tags import parse_tagged_reply
from tests.support.misplaced import PAIRS, TAGS

END, SECRET = "</end>", "ZEBRA"
steady = settings(max_examples=300, deadline=None, derandomize=True, database=None)
EVERY_MARK = sorted({mark for pair in (*TAGS, *PAIRS) for mark in pair} - {"<!--", "-->"})
marks = st.sampled_from(
    [
        *EVERY_MARK,
        "<response>",
        "</response>",
        "<Response>",
        "</end>",
        "<|im_end|>",
        "assistantfinal",
        "{",
        '"',
    ]
)
OPENING = {opened for opened, _ in (*TAGS, *PAIRS)}
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
insides = st.lists(st.one_of(marks.filter(lambda mark: mark not in OPENING), words), max_size=5)
"""What a thought may hold: what stands between a mark that closes and one that opens is no thought."""
cuts = st.lists(st.integers(min_value=0, max_value=10_000), max_size=8)


def private(parts: list[str]) -> str:
    return SECRET.join(["", *parts, ""])


def shown(text: str, places: list[int]) -> str:
    visible, edges = VisibleText(END), [0, *sorted(at % (len(text) + 1) for at in places), len(text)]
    return "".join(visible.feed(text[a:b]) for a, b in zip(edges, edges[1:], strict=False))


def heard(text: str) -> list[str]:
    """What every reader makes of a text."""
    found = []
    readers: tuple[Callable[[], str], ...] = (
        lambda: read_words(Reply(content=text)),
        lambda: visible_text(text),
        lambda: parse_tagged_reply(text, reasoning="", end_token=END).response,
        lambda: parse_json_reply(text, end_token=END).response,
    )
    for read in readers:
        with suppress(MalformedReplyError, RecordError):
            found.append(read())
    return found


@steady
@given(st.sampled_from(TAGS), insides, st.sampled_from(["Good.", "<response>Good.</response>"]), cuts)
def test_no_mark_inside_a_thought_opens_a_door(
    tag: tuple[str, str], parts: list[str], said: str, places: list[int]
) -> None:
    text = f"{tag[0]}{private(parts)}{tag[1]}{said}"
    assert not [one for one in heard(text) if SECRET in one]
    assert SECRET not in shown(text, places)


@steady
@given(st.sampled_from(TAGS), insides, cuts)
def test_a_thought_that_only_closes_hides_all_before_it(
    tag: tuple[str, str], parts: list[str], places: list[int]
) -> None:
    text = f"{private(parts)}{tag[1]}<response>Good.</response>"
    assert not [one for one in heard(text) if SECRET in one]
    assert SECRET not in shown(text, places)


@steady
@given(st.sampled_from((*TAGS, *PAIRS)), words, words)
def test_a_thought_among_spoken_words_is_refused_in_every_form(
    tag: tuple[str, str], before: str, behind: str
) -> None:
    spoken = f"{before}{tag[0]}{SECRET}{tag[1]}{behind}"
    texts = (f"<response>{spoken}</response>", json.dumps({"response": spoken}))
    assert not [one for text in texts for one in heard(text) if SECRET in one]
    assert has_private(spoken)


ANY = Shape("Any", {"type": "object"})


@steady
@given(insides, st.booleans())
def test_a_string_of_json_may_quote_whatever_it_likes(parts: list[str], fenced: bool) -> None:
    data = {"said": "".join(parts), "more": ["<think>", "</think>"]}
    text = json.dumps(data, ensure_ascii=False)
    around = f"<think>maybe {text}</think>Here:\n```json\n{text}\n```" if fenced else text
    assert read_object(around, lambda found: found, ANY) == data


@steady
@given(st.lists(st.one_of(marks, words), max_size=8).map("".join), cuts)
def test_any_text_is_shown_alike_however_it_is_cut(body: str, places: list[int]) -> None:
    text = f"<think>a</think><response>{body}</response>"
    # white space before the end is only known for such when the end is there
    assert shown(text, places).rstrip() == shown(text, []).rstrip()
