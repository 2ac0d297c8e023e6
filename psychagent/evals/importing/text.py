"""Read a dialogue from a text file of lines `Name: words`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from psychagent.domain.base import Speaker
from psychagent.errors import RecordError
from psychagent.evals.importing.roles import Roles, part_of, plain, require_both, which_side

SUFFIXES = {".txt", ".text"}
_LINE = re.compile(
    r"\s*(?:(?:[-*•>]+|\d{1,4}[.)])\s+)?"  # a list's mark, or a number
    r"(?:[\[(（【]?\d{1,2}:\d{2}(?::\d{2})?[\])）】]?\s+)?"  # a time
    r"(?:\*\*|__)?(?P<name>[^\W\d_][^:：\n*]{0,39}?)(?:\*\*|__)?\s*[:：](?!//)(?:\*\*|__)?\s*(?P<words>.*)"
)
_MOST_WORDS = 3
"""Of a name; a sentence before a colon is longer."""


def read_named_lines(text: str, roles: Roles) -> list[tuple[Speaker, str]]:
    """Read who says what; a line that begins with no name goes on with the words before it.

    Raises:
        RecordError: If a line begins with a name of neither side: its words must not pass for another's.
    """
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    strangers = Counter(_strangers(lines, roles))
    certain = [name for name, times in strangers.items() if times > 1 or _may_be_name(name)]
    if certain:
        names = ", ".join(f"{name!r} ({strangers[name]})" for name in certain[:5])
        raise RecordError(
            f"lines begin with {names}, which is neither side; {which_side(certain[0])}, "
            "or with '=text' where it is no name"
        )
    said = [(part, words.strip()) for part, words in _parts(lines, roles) if isinstance(part, Speaker)]
    require_both((speaker for speaker, _ in said), "begin each utterance with 'Counselor:' or 'Client:'")
    return said


def _may_be_name(text: str) -> bool:
    """Return whether a text that stands before one colon only may be a name: “I thought” is none."""
    return text.istitle() or not text.isascii() or len(text.split()) == 1


def _parts(lines: list[str], roles: Roles) -> Iterator[tuple[object, str]]:
    """Gather each speaker's words; what stands before the first is a heading."""
    speaker: object = None
    words: list[str] = []
    for line in lines:
        match = _LINE.fullmatch(line)
        part = part_of(match["name"], roles) if match else None
        if match is None or part in (None, "text"):
            words.append(line.strip())
            continue
        yield speaker, "\n".join(words)
        speaker, words = part, [match["words"].strip()]
    yield speaker, "\n".join(words)


def _strangers(lines: list[str], roles: Roles) -> Iterator[str]:
    """Yield what stands before the colon of a line, where it looks like a name and is not known."""
    for line in lines:
        match = _LINE.fullmatch(line)
        if (
            match
            and part_of(match["name"], roles) is None
            and len(plain(match["name"]).split()) <= _MOST_WORDS
        ):
            yield match["name"].strip()
