"""What a judge may see of a session: the words that were spoken, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated

from pydantic import Field

from psychagent.domain.base import Language, Record, School, Speaker
from psychagent.errors import RecordError
from psychagent.files.digest import hash_json
from psychagent.replies.strip import visible_text

_OPENER = re.compile(
    r"\s*(?:\[[^\[\]]*\]|【[^【】]*】"  # ours
    r"|这是第\s*[0-9０-９一二三四五六七八九十]+\s*次(?:会话|咨询|会谈)"  # of others
    r"|this is session \d+)[。.]?\s*",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3400-\u9fff]")


class Line(Record):
    """One utterance, without thoughts or markup."""

    speaker: Speaker
    text: str


class Dialogue(Record):
    """One session as a judge reads it."""

    case_id: str
    modality: School
    session_index: Annotated[int, Field(ge=1)] = 1
    language: Language
    lines: tuple[Line, ...]
    profile: str = ""
    """The client's profile, for scales that declare it as input."""
    plan: str = ""
    """The plan, for scales that declare it as input."""

    @cached_property
    def hash(self) -> str:
        """sha256 of everything in it that a judge may read."""
        data = [[line.speaker.value, line.text] for line in self.lines]
        return hash_json([data, self.profile, self.plan])


def why_one_sided(speakers: Iterable[Speaker]) -> str:
    """Say who alone speaks; empty if both sides do, for the scales are about what passes between them."""
    there = set(speakers)
    if there == set(Speaker):
        return ""
    return f"only the {there.pop().value} speaks" if there else "neither side speaks"


def is_opener(line: Line) -> bool:
    """Return whether a first line is the stage direction that fills the user slot, not speech."""
    return line.speaker is Speaker.CLIENT and bool(_OPENER.fullmatch(line.text))


def to_lines(
    utterances: Sequence[tuple[Speaker, str]], *, as_said: Collection[Speaker] = ()
) -> tuple[Line, ...]:
    """Turn utterances into lines of visible words; an opener and empty lines are left out.

    Args:
        utterances: Who spoke, and what.
        as_said: Whose words are taken as they are: a person's are never parsed.

    Raises:
        RecordError: Naming the utterance whose thoughts cannot be told from its words.
    """
    lines = _visible(utterances, as_said)
    return tuple(line for line, number in zip(lines, _numbers(lines), strict=True) if number)


def number_lines(
    utterances: Sequence[tuple[Speaker, str]], *, as_said: Collection[Speaker] = ()
) -> tuple[int | None, ...]:
    """Number utterances as `to_lines` counts them, from 1; None for those that it leaves out.

    Raises:
        RecordError: As `to_lines` does.
    """
    return tuple(_numbers(_visible(utterances, as_said)))


def _visible(utterances: Sequence[tuple[Speaker, str]], as_said: Collection[Speaker]) -> list[Line]:
    lines = []
    for number, (speaker, text) in enumerate(utterances, start=1):
        try:
            words = text.strip() if speaker in as_said else visible_text(text)
            lines.append(Line(speaker=speaker, text=words))
        except RecordError as error:
            raise RecordError(f"utterance {number}: {error}") from error
    return lines


def _numbers(lines: Sequence[Line]) -> Iterator[int | None]:
    number = 0
    for place, line in enumerate(lines):
        is_said = bool(line.text) and not (place == 0 and is_opener(line))
        number += is_said
        yield number if is_said else None


def guess_language(lines: Sequence[Line]) -> Language:
    """Guess the language of a dialogue."""
    return guess_text_language("".join(line.text for line in lines))


def guess_text_language(text: str) -> Language:
    """Guess Chinese if more than one character in five is Chinese, else English."""
    return Language.ZH if len(_CJK.findall(text)) * 5 > len(text) else Language.EN
