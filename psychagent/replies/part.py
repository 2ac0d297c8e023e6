"""Part a reply into what is private and what is outside it; what cannot be parted is malformed."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from psychagent.domain.text.unseen import UNSEEN
from psychagent.errors import MalformedReplyError
from psychagent.replies.marks import FIELDS, RESPONSE, THINK, Mark, find_marks

_BODY_ENDS = r"(?=<\|(?:end|return|call|start|channel)\|>|\Z)"
_CHANNEL = re.compile(
    rf"(?:<\|start\|>\s*\w*\s*)?<\|channel\|>\s*(?P<name>\w+)[^<]{{0,80}}(?:<\|message\|>)?(?P<body>.*?){_BODY_ENDS}"
    r"(?:<\|(?:end|return|call)\|>)?",
    re.DOTALL | re.IGNORECASE,
)
_BARE_CHANNELS = re.compile(
    r"\s*(?:assistant(?:analysis|commentary)|(?:analysis|commentary)(?![a-z' ’,.-]))(?P<body>.*)", re.DOTALL
)
_BARE_FINAL = re.compile(r"assistantfinal|assistant\s+final(?![a-z])", re.IGNORECASE)
_RUN_TOGETHER = re.compile(r"(?P<body>.*?(?=assistantfinal).*)", re.DOTALL)
"""No word: thoughts stand before it, also where they began in the prompt."""
_DECORATION = frozenset(("**", "__", "``", "[]", "\\\\"))
_ANSWER = re.compile(
    r"\s*<(?P<name>answer|final_answer|output|solution)>(?P<body>(?:(?!</?(?P=name)>).)*+)</(?P=name)>"
    r"(?:\s|<[^<>\s]{1,40}>)*+",
    re.DOTALL | re.IGNORECASE,
)
"""The tags in which some models always write what they say."""
_BLANK = re.compile(rf"[\s{UNSEEN}]*")


@dataclass(frozen=True)
class Parted:
    """A reply whose private parts are known."""

    text: str
    """The reply; channels are written as tags."""
    hidden: tuple[tuple[int, int], ...]
    """Start and end of each private part, in order, its marks included."""
    thoughts: str
    responses: tuple[Mark, ...]
    """The marks of responses outside private parts."""

    @property
    def outside(self) -> str:
        """What stands outside the private parts."""
        edges = [0, *(edge for span in self.hidden for edge in span), len(self.text)]
        return "".join(self.text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))

    def hides(self, start: int, end: int) -> bool:
        """Return whether any private part lies between two places."""
        return any(a < end and b > start for a, b in self.hidden)


def part(text: str) -> Parted:
    """Part a reply into private reasoning and what is outside it.

    Some chat templates open the reasoning in the prompt, so a reply may hold only the closing mark: then
    all that stands before it is private.

    Raises:
        MalformedReplyError: If reasoning opens and never closes, so that its end is unknown, or closes
            behind a response that was already spoken.
    """
    parting = _Parting(as_tags(text))
    for mark in find_marks(parting.text):
        parting.take(mark)
    return parting.done()


class _Parting:
    """A text on the way to being parted, mark by mark."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.opened: Mark | None = None
        """The mark whose thoughts are open."""
        self.stray: Mark | None = None
        """A closing mark by which the reply cannot be parted."""
        self.hidden: list[tuple[int, int]] = []
        self.starts = [0]
        """Places at which a response is surely meant for the client: no thought can be open there."""
        self.is_nested = False
        """Whether thoughts were opened inside the open ones: the next mark may close either."""
        self.thoughts = deque[str]()
        self.responses: list[Mark] = []

    def take(self, mark: Mark) -> None:
        """Go on to the next mark."""
        ends_thoughts = mark.closes and mark.is_thought
        if self.opened is not None and (self.opened.is_thought or not ends_thoughts):
            self._take_inside(self.opened, mark)
        elif ends_thoughts:
            self._hide_all_before(mark)
        elif mark.name == RESPONSE:
            self.responses.append(mark)
        elif mark.is_empty:
            self.hidden.append((mark.start, mark.end))
        elif mark.closes:
            self.stray = mark
        else:
            self.opened, self.is_nested = mark, False

    def _take_inside(self, opened: Mark, mark: Mark) -> None:
        self.is_nested = self.is_nested or opens_inside(opened, mark)
        if not closes_it(opened, mark):
            return
        self.hidden.append(_decorated(self.text, opened.start, mark.end))
        self.thoughts.append(_thought(self.text, opened, mark))
        self.opened = None
        if mark.name == opened.name and not self.is_nested:
            self.starts.append(self.hidden[-1][1])

    def _hide_all_before(self, mark: Mark) -> None:
        if self._has_spoken():
            self.stray = mark
            return
        # what an earlier mark has hidden from the start on is not copied again: there may be thousands
        hidden_to = self.hidden[0][1] if self.hidden and self.hidden[0][0] == 0 else 0
        rest = tuple((start - hidden_to, end - hidden_to) for start, end in self.hidden if end > hidden_to)
        self.thoughts.appendleft(Parted(self.text[hidden_to : mark.start], rest, "", ()).outside)
        self.hidden, self.responses = [(0, mark.end)], []
        self.opened, self.stray, self.starts = None, None, [mark.end]

    def _has_spoken(self) -> bool:
        """Return whether a response stands where it is surely meant: it may be on a screen already."""
        return any(
            not mark.closes
            and _BLANK.fullmatch(
                self.text, max((s for s in self.starts if s <= mark.start), default=0), mark.start
            )
            for mark in self.responses
        )

    def done(self) -> Parted:
        """Return the parts.

        Raises:
            MalformedReplyError: If there is a mark that leaves them unknown.
        """
        if mark := self.opened:
            raise MalformedReplyError(
                f"<{mark.name}> is never closed; close it with </{mark.name}> before the answer"
            )
        if mark := self.stray:
            raise MalformedReplyError(
                f"private markup: </{mark.name}> closes nothing; keep thoughts in <think>"
            )
        return Parted(
            self.text,
            tuple(self.hidden),
            "".join(self.thoughts),
            tuple(self.responses) or _answer(self.text, self.hidden),
        )


def _answer(text: str, hidden: list[tuple[int, int]]) -> tuple[Mark, ...]:
    """Return the marks of the only answer in tags of its own, if nothing but thoughts stands before it."""
    start = hidden[-1][1] if hidden else 0
    if Parted(text[:start], tuple(hidden), "", ()).outside.strip():
        return ()
    found = _ANSWER.fullmatch(text, start)
    if found is None:
        return ()
    opened = Mark(RESPONSE, False, found.start("name") - 1, found.start("body"))
    return opened, Mark(RESPONSE, True, found.end("body"), found.end("body") + len(found["name"]) + 3)


def _thought(text: str, opened: Mark, closed: Mark) -> str:
    """Return what stands between two marks; a field keeps its tags, by which it is read."""
    inside = text[opened.end : closed.start]
    return f"<{opened.name}>{inside}</{opened.name}>" if opened.name in FIELDS else inside


def _decorated(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in what emphasizes marks on both sides: `**<think>**...**</think>**`, `[[think]]...[[/think]]`."""
    while start > 0 and end < len(text) and text[start - 1 : start] + text[end] in _DECORATION:
        start, end = start - 1, end + 1
    return start, end


def closes_it(opened: Mark, mark: Mark) -> bool:
    """Return whether a mark closes an open one: thoughts end at any name of thoughts, a field at its own."""
    return mark.closes and (mark.name == opened.name or opened.is_thought and mark.is_thought)


def opens_inside(opened: Mark, mark: Mark) -> bool:
    """Return whether a mark opens further thoughts inside open ones."""
    return opened.is_thought and mark.is_thought and not mark.closes and not mark.is_empty


def as_tags(text: str) -> str:
    """Write channels as tags: `final` is said, every other one is thought.

    Where a server drops the marks of channels, their names are left: `analysis...assistantfinal...`.
    """
    if "<|channel|>" in text.lower():
        return _CHANNEL.sub(_to_tag, text)
    bare = _BARE_CHANNELS.fullmatch(text) or _RUN_TOGETHER.fullmatch(text)
    if bare is None:
        return text
    final = _BARE_FINAL.search(bare["body"])
    thought = bare["body"][: final.start()] if final else bare["body"]
    closed = f"</{THINK}>{bare['body'][final.end() :]}" if final else ""
    return f"<{THINK}>{thought}{closed}"


def _to_tag(match: re.Match[str]) -> str:
    body = match["body"]
    return body if match["name"].lower() == "final" else f"<{THINK}>{body}</{THINK}>"
