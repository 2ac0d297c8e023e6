"""The one definition of what is private in a reply: the marks around thoughts, in every spelling.

Every reader builds on it: of tags, of JSON, of a client's words, of a stream, of a stored utterance.
It finds marks and changes no word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from psychagent.domain.text.unseen import LATIN, UNSEEN

THINK, RESPONSE = "think", "response"
FIELDS = ("assessment", "client_state", "skill", "strategy")
"""The fields of a thought, in the order in which they are written."""

THOUGHTS = (
    *(THINK, "thinking", "thought", "thoughts", "thought_process", "think_process", "thinking_process"),
    *("reason", "reasoning", "reasoning_content", "analysis", "reflection", "scratchpad", "rationale"),
    *("deliberation", "cot", "chain_of_thought", "monologue", "inner_monologue", "internal_monologue"),
    *("inner_thought", "inner_thoughts", "internal_thought", "internal_thoughts", "inner_voice"),
    *("internal_reasoning", "internal", "private", "antthinking", "longcat_think", "seed:think", "mm:think"),
    *(
        "思考",
        "思考过程",
        "思维过程",
        "思维链",
        "推理",
        "推理过程",
        "内心",
        "内心独白",
        "内心活动",
        "心理活动",
    ),
)
"""Names of the tags in which models think. `_` stands for a space, a hyphen, or nothing, too."""
_MORE_FIELDS = ("skills", "评估", "来访者状态", "技能", "策略")
_BEGINS, _ENDS = ("begin_of_", "begin_", "start_of_", "start_"), ("end_of_", "end_", "stop_")
_BEGINS_BEHIND, _ENDS_BEHIND = ("_begin", "_start"), ("_end", "_stop")
PRIVATE = frozenset({*THOUGHTS, *FIELDS, *_MORE_FIELDS})

OPEN = r"(?:[<＜◁‹«⟨〈﹤]|&(?:amp;){0,3}(?:lt|lang|#0{0,5}60|#x0{0,5}3c);?|\\u003c|%3c)"
CLOSE = r"(?:[>＞▷›»⟩〉﹥]|&(?:amp;){0,3}(?:gt|rang|#0{0,5}62|#x0{0,5}3e);?|\\u003e|%3e)"
QUOTES = "«‹〈"
"""Those of them that are quotation marks in some languages."""
SQUARE = r"[\[［【〔「『(（{｛]"
_SQUARE_CLOSE = r"[\]］】〕」』)）}｝]"
_FILL = re.compile(rf"[{UNSEEN}\s_-]")


class Mark(NamedTuple):
    """A tag around thoughts, around a field of them, or around the response."""

    name: str
    closes: bool
    start: int
    end: int
    is_empty: bool = False
    """Whether it opens and closes at once."""
    is_whole: bool = True
    """Whether its own bracket is closed; where it is not, more of the mark may follow."""

    @property
    def is_thought(self) -> bool:
        """Whether it stands around whole thoughts, not around a field or the response."""
        return self.name in THOUGHTS


def spelled(name: str) -> str:
    """Return a pattern of a name in any case and width, with letters that look alike and unseen ones."""
    return "".join(f"[ _-]?[{UNSEEN}]*" if letter == "_" else _letter(letter) for letter in name)


def _letter(letter: str) -> str:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in (letter, letter.upper()) if "!" <= c <= "~")
    return f"[{re.escape(letter + letter.upper() + wide)}][{UNSEEN}]*"


@lru_cache(maxsize=1024)
def plain(name: str) -> str:
    """Write a spelled name in lower case, without what may stand between its letters."""
    bare = unicodedata.normalize("NFKC", _FILL.sub("", name))
    return _FILL.sub("", bare).translate(LATIN).lower()


@cache
def _known() -> dict[str, tuple[str, bool]]:
    """Map every name of a mark, plainly written, to its own name, and whether it closes by itself."""
    return {
        plain(before + name + behind): (name, before in _ENDS or behind in _ENDS_BEHIND)
        for name in (*PRIVATE, RESPONSE)
        for before in ("", *_BEGINS, *_ENDS)
        for behind in ("", *_BEGINS_BEHIND, *_ENDS_BEHIND)
    }


# a pattern of all names in all spellings takes a second to compile, so a run of letters is looked up
_ANGLE = re.compile(
    rf"(?P<open>{OPEN})(?P<lead>[\s{UNSEEN}|｜/]{{0,6}})(?P<run>[^\W\d_][\w\s{UNSEEN}:-]{{0,60}})",
    re.IGNORECASE,
)
_REST = re.compile(
    rf"(?P<tail>[\s{UNSEEN}|｜/]{{0,6}}){CLOSE}|(?P<more>[^<>＜＞]{{0,200}}?[>＞])", re.IGNORECASE
)
_SQUARED = re.compile(
    rf"(?P<open>{SQUARE})(?P<lead>[\s{UNSEEN}|/]{{0,6}})(?P<run>[^\W\d_][\w\s{UNSEEN}:-]{{0,60}})"
    rf"\|?{_SQUARE_CLOSE}",
    re.IGNORECASE,
)
_EDGE = re.compile(r"(?<=\w)(?=[\s:-])|\Z")


@lru_cache(maxsize=1024)
def _name_in(run: str) -> tuple[str, bool, int] | None:
    """Find the longest name that a run of letters begins with; also whether it closes, and where it ends."""
    for edge in sorted((match.start() for match in _EDGE.finditer(run)), reverse=True):
        if found := _known().get(plain(run[:edge])):
            return (*found, edge)
    return None


def find_marks(text: str, *, sure: bool = False) -> Iterator[Mark]:
    """Yield the marks of a text, in order.

    Args:
        text: The text.
        sure: Leave out marks in brackets or quotation marks that only a closing one behind them makes marks.
    """
    found = [mark for match in _ANGLE.finditer(text) if (mark := _angle(match)) and not _is_quote(match)]
    doubtful = list(_doubtful(text))
    closed = frozenset() if sure else frozenset(mark.name for mark, _ in doubtful if mark.closes)
    # "[thinking]" without its closing tag is a stage direction: somebody who hesitates; «analysis» is a word
    found += [mark for mark, is_sure in doubtful if is_sure or mark.closes or mark.name in closed]
    yield from sorted(found, key=lambda mark: mark.start)


def hesitations(text: str) -> Iterator[int]:
    """Yield where names of thoughts in brackets or quotes end: one may still turn out to be a mark."""
    yield from (mark.end for mark, is_sure in _doubtful(text) if not is_sure)


def _angle(match: re.Match[str]) -> Mark | None:
    """Read a match of a tag; None if it is none: "a < think of it", "<response" without its bracket."""
    found = _name_in(match["run"])
    if found is None:
        return None
    name, ends, size = found
    end = match.start("run") + size
    rest = _REST.match(match.string, end)
    lead, tail, more = match["lead"], rest and rest["tail"], rest and rest["more"]
    if tail is None:
        is_loose = match["open"] != "<" and "&" not in match["open"] or any(c.isspace() for c in lead)
        if is_loose or name == RESPONSE and (more is None or "/" in lead):
            return None
    closes = ends or "/" in lead
    is_empty = not closes and (tail or more or "").rstrip("> ").endswith("/")
    return Mark(name, closes, match.start(), rest.end() if rest else end, is_empty, rest is not None)


def _is_quote(match: re.Match[str]) -> bool:
    return match["open"] in QUOTES


def _doubtful(text: str) -> Iterator[tuple[Mark, bool]]:
    """Yield names in quotes and other brackets, and whether each is a mark whatever stands in the text."""
    if any(quote in text for quote in QUOTES):
        for match in _ANGLE.finditer(text):
            if _is_quote(match) and (mark := _angle(match)):
                yield mark, mark.name == THINK
    for match in _SQUARED.finditer(text):
        name, ends = _known().get(plain(match["run"]), ("", False))
        if name:
            closes = ends or "/" in match["lead"]
            is_sure = name == THINK and match["open"] in "[［【〔「『"
            yield Mark(name, closes, match.start(), match.end()), is_sure


END = "</end>"
"""The end token that the reference release was trained on, which any model may write by itself."""


@cache
def end_marks(end_token: str) -> re.Pattern[str]:
    """Return the pattern of an end token; one that is a tag has the spellings of a tag."""
    tag = re.fullmatch(r"<\s*/?\s*(\w+)\s*/?\s*>", end_token)
    if tag is None:
        return re.compile(re.escape(end_token))
    gap = rf"[\s{UNSEEN}]{{0,4}}"
    name = f"(?a:{spelled(tag[1].lower())})"
    return re.compile(rf"{OPEN}{gap}/?{gap}{name}{gap}/?{gap}{CLOSE}", re.IGNORECASE)


def without_end(text: str, end_token: str) -> str:
    """Remove the end token from a text until none is left: removing one may form another."""
    pattern = end_marks(end_token)
    while True:
        text, count = pattern.subn("", text)
        if not count:
            return text


_TOKENS = (
    "s",
    "bos",
    "eos",
    "pad",
    "unk",
    "eot",
    "start_of_turn",
    "end_of_turn",
    "endoftext",
    "inst",
    "sys",
    "end",
)


@cache
def _starts() -> frozenset[str]:
    """Return all beginnings of names of marks and of a chat template's tokens."""
    names = (*_known(), *map(plain, _TOKENS))
    return frozenset(name[:size] for name in names for size in range(len(name) + 1))


_TAIL = re.compile(
    rf"(?:(?:{OPEN}|{SQUARE})(?P<lead>[\s{UNSEEN}|｜/]{{0,6}})(?P<word>[\w\s{UNSEEN}:-]{{0,40}})[|｜/]?"
    r"|&[#a-z0-9;]{0,12}|\\[u0-9a-f]{0,5}|%3?)\Z",
    re.IGNORECASE,
)


def may_begin(text: str) -> int:
    """Count the characters at the end of a text that may be the beginning of a mark."""
    match = _TAIL.search(text, max(0, len(text) - 64))
    if match is None:
        return 0
    word, lead = match["word"], match["lead"] or ""
    if word is None or "|" in lead or "｜" in lead or plain(word) in _starts():
        return len(text) - match.start()
    return 0
