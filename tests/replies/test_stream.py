"""Words are let through while a reply arrives: the same words however it is cut, and no reasoning."""

from __future__ import annotations

import random

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import MalformedReplyError
from psychagent.replies import stream
from psychagent.replies.stream import VisibleText
from psychagent.replies.tags import parse_tagged_reply
from psychagent.replies.words import clear_part

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


class _ReadsAll(VisibleText):
    """Finds out anew with every piece what may be shown."""

    def _is_due(self, known: int) -> bool:
        return True


LONG = ["I am so tired of it, and {}so is he. ", "我很累，{}他也是。", "a <3 b &lt; {}c [sighs] \n"]


@pytest.mark.parametrize(
    "end", ["", "</response>", "</end></response>", " **Assessment** secret", "<think>secret"]
)
@pytest.mark.parametrize("unit", LONG)
def test_a_long_reply_is_shown_a_small_part_behind_and_the_same_in_the_end(unit: str, end: str) -> None:
    rng = random.Random(7)
    text = f"<response>{''.join(unit.format(n) for n in range(30))}{end}"
    for _ in range(2):
        cuts = sorted(rng.sample(range(1, len(text)), k=len(text) // 4))
        now, before, shown, meant = VisibleText(END), _ReadsAll(END), "", ""
        edges = [0, *cuts, len(text)]
        for a, b in zip(edges, edges[1:], strict=False):
            shown, meant = shown + now.feed(text[a:b]), meant + before.feed(text[a:b])
            assert meant.startswith(shown)
            assert len(meant) - len(shown) <= len(text) // 64 + 1 + (b - a)
        # blanks before the closing mark are shown only by who has read the words that far
        assert shown.rstrip() == meant.rstrip() or not end.endswith("</response>")
        assert "secret" not in meant


def test_a_reply_that_arrives_by_the_character_is_not_read_whole_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []

    def counted(words: str, speaker: Speaker) -> str:
        read.append(len(words))
        return clear_part(words, speaker)

    monkeypatch.setattr(stream, "clear_part", counted)
    for size in (800, 3200):
        read.clear()
        visible = VisibleText(END)
        assert len("".join(map(visible.feed, f"<response>{'我很累，' * (size // 4)}</response>"))) == size
        assert len(read) < 400
