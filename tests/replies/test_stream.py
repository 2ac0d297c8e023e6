"""Words are let through while a reply arrives: the same words however it is cut, and no reasoning."""

from __future__ import annotations

import random

import pytest

from psychagent.errors import MalformedReplyError
from psychagent.replies.stream import VisibleText
from psychagent.replies.tags import parse_tagged_reply

END = "</end>"
GOOD = [
    "<think>plan</think><response>Hello there.</response>",
    "<think>plan</think>\n<response>Good bye.</response></end>",
    "<think>a <response>draft</response> b</think><response>Said.</response>",
    "<response>I <3 that, 2 < 3 and x<y<z.</response>",
    "<response><</response>",
    "<response>ends with <</response>",
    "<response></ende> is no end, nor is < /response> one, <resp either.</response> behind",
    "<response>before</end>after</response>",
    "<response>您好。<3 也是字，<response不是</response>".replace("<response不是", "＜不是"),
    "assessment only</think><response>Here.</response>",
    "<response>a</res</resp></respo</response>",
    "<response>[thinking] and <skillful> are words</response>",
    "<response>Counselor: Hello [sighs] & welcome.</response>",
    "＜think＞a＜/think＞<Response>Hello.</ response></END>",
    "<response>Good bye.<|im_end|></response>",
    "<think></think><response>x</response>",
]
WITHHELD = [
    "no tags first <response>Hello.</response>",
    "<think>a</think>so: <response>Hello.</response>",
    "maybe <response>secret</response> not</think>so: <response>Hello.</response>",
]
REFUSED = [
    "<think>secret",
    "<think>secret <response>secret</response>",
    "secret without tags",
    "<response>Hello <think>secret</think></response>",
    "<response>Hello <assessment>secret</assessment></response>",
    "<response>Hello <STRATEGY>secret</STRATEGY></response>",
    "<response>Hello</response><response>secret</response>",
    "<response>Hello</response>secret<think>secret</think>",
    "<response><thinking>secret</thinking>Hello</response>",
    "<response>Hello [thinking] secret [/thinking]</response>",
    "<response>Hello <inner>secret</inner></response>",
    "<response>**Assessment:** secret\n\nHello</response>",
    "<response>Hello\nClient: secret</response>",
    "<response>secret</response> hm </think><response>Hello</response>",
]
"""The last one is addressed to the client at once, so it is heard, whatever follows; it is no turn."""


def feed(text: str, cuts: list[int], end_token: str = END) -> str:
    visible = VisibleText(end_token)
    edges = [0, *cuts, len(text)]
    return "".join(visible.feed(text[a:b]) for a, b in zip(edges, edges[1:], strict=False))


@pytest.mark.parametrize("text", GOOD)
def test_pieces_of_every_size_show_what_the_whole_reply_says(text: str) -> None:
    spoken = parse_tagged_reply(text, reasoning="", end_token=END).response
    for size in range(1, len(text) + 1):
        assert feed(text, list(range(size, len(text), size))).strip() == spoken


@pytest.mark.parametrize("text", GOOD)
def test_cuts_at_random_places_show_the_same_words(text: str) -> None:
    spoken = parse_tagged_reply(text, reasoning="", end_token=END).response
    rng = random.Random(7)
    for _ in range(100):
        cuts = sorted(rng.sample(range(1, len(text)), k=min(5, len(text) - 1)))
        assert feed(text, cuts).strip() == spoken


@pytest.mark.parametrize("text", WITHHELD)
def test_a_response_that_may_stand_in_thoughts_is_not_shown_before_it_is_whole(text: str) -> None:
    assert parse_tagged_reply(text, reasoning="", end_token=END).response == "Hello."
    for size in range(1, len(text) + 1):
        assert feed(text, list(range(size, len(text), size))) == ""


@pytest.mark.parametrize("text", REFUSED[:-1])
def test_private_words_of_a_refused_reply_are_never_shown(text: str) -> None:
    for size in range(1, len(text) + 1):
        assert "secret" not in feed(text, list(range(size, len(text), size)))


@pytest.mark.parametrize("text", [t for t in REFUSED if "/response>secret<th" not in t])
def test_what_is_held_to_be_refused_is_refused(text: str) -> None:
    with pytest.raises(MalformedReplyError):
        parse_tagged_reply(text, reasoning="", end_token=END)


def test_a_lone_smaller_than_sign_is_not_held_back_once_it_cannot_be_a_mark() -> None:
    visible = VisibleText(END)
    assert visible.feed("<response>I <") == "I "
    assert visible.feed("3") == "<3"
    assert visible.feed(" that <") == " that "
    assert visible.feed(" much") == "< much"


def test_only_what_may_become_a_mark_is_held_back() -> None:
    visible = VisibleText(END)
    visible.feed("<response>")
    assert visible.feed("Well </resp") == "Well "
    assert visible.feed("ite") == "</respite"


def test_an_end_token_without_brackets_is_left_out_too() -> None:
    text = "<response>Bye. [DONE]</response>"
    for size in range(1, len(text)):
        assert feed(text, list(range(size, len(text), size)), "[DONE]").strip() == "Bye."


def test_a_tag_that_an_end_token_cuts_in_two_is_private_all_the_same() -> None:
    text = "<response>Hello <thi</end>nk>secret</think></response>"
    for size in range(1, len(text) + 1):
        assert feed(text, list(range(size, len(text), size))) == "Hello "


def test_an_end_token_that_stands_inside_another_leaves_none_behind() -> None:
    text = "<response>Bye.</e</end>nd></response>"
    assert parse_tagged_reply(text, reasoning="", end_token=END).response == "Bye."
    for size in range(1, len(text) + 1):
        assert feed(text, list(range(size, len(text), size))) == "Bye."
