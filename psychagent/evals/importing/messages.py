"""Part files of messages into dialogues: one or many, as JSON or as JSON lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psychagent.domain.words.value import as_text, kind_of
from psychagent.errors import RecordError
from psychagent.evals.importing.roles import SPEAKERS, is_pair
from psychagent.files.parse import parse_json
from psychagent.files.read import read_json, read_text

LINES = {".jsonl", ".ndjson"}
_LONGEST = 100
"""Bytes of a case id; a folder is named after it."""
_LISTS = (
    *("messages", "conversations", "conversation", "dialogue", "dialog", "session_dialogue"),
    *("utterances", "turns", "history"),
)
_OF_SESSIONS = {"transcript", "sessions"}
"""Keys of session and case files, which have readers of their own."""
_IDS = ("case_id", "id", "conversation_id", "dialogue_id", "dialog_id", "uuid")
_INDEXES = ("session_index", "session_number", "session")
_SCHOOLS = ("modality", "theoretical", "school")


@dataclass(frozen=True)
class Talk:
    """A dialogue of others, not yet read."""

    utterances: Any
    """A list of them, if the file is as it should be."""
    place: int = 1
    """Which of the file's dialogues, from 1."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What stands beside the list."""
    problem: str = ""
    """Why it cannot be read; empty where that is not known yet."""

    @property
    def name(self) -> str:
        """The id that the file gives it, if any."""
        found = self._first(_IDS)
        return "" if found is None else as_text(found)

    @property
    def index(self) -> Any:
        """The session's number; 1 where the file gives none."""
        index = self._first(_INDEXES)
        return 1 if index is None else index

    @property
    def school(self) -> Any:
        """The school that the file names, if any."""
        return self._first(_SCHOOLS) or ""

    def _first(self, keys: Sequence[str]) -> Any:
        return next((self.about[key] for key in keys if self.about.get(key) not in (None, "")), None)


def read_talks(path: Path) -> list[Talk]:
    """Read the dialogues of a file.

    Raises:
        RecordError: If it cannot be read, or holds none.
    """
    values = list(_lines(path)) if path.suffix.lower() in LINES else [read_json(path)]
    if values and all(_is_utterance(value) for value in values):
        return [Talk(values)]
    talks = [talk for value in values for talk in _talks(value)]
    if not talks:
        raise RecordError("holds no dialogue; write a list of messages, or one under 'messages'")
    return [Talk(t.utterances, n, t.about, t.problem) for n, t in enumerate(talks, start=1)]


def is_messages(data: Any) -> bool:
    """Return whether JSON data are dialogues of others, and not a session or a case."""
    if isinstance(data, list):
        return any(_is_utterance(row) or is_messages(row) for row in data)
    return _holds_list(data) or _wrapped(data) is not None


def _wrapped(value: Any) -> Any:
    """Return the dialogues that a mapping holds under one key of any name; None if under none, or several."""
    if not isinstance(value, dict) or _OF_SESSIONS & value.keys():
        return None
    inner = [part for part in value.values() if is_messages(part)]
    return inner[0] if len(inner) == 1 else None


def hold_to_format(utterances: Any, wanted: str) -> None:
    """Check that a dialogue has the form that was asked for.

    Raises:
        RecordError: If its utterances name their speaker as the other form does.
    """
    key = {"messages": "role", "sharegpt": "from"}.get(wanted)
    rows = [row for row in utterances if isinstance(row, dict)] if isinstance(utterances, list) else []
    if key and any(key not in row for row in rows):
        raise RecordError(
            f"has utterances without {key!r}, which is not format {wanted!r}; leave --input-format out"
        )


def to_case_id(name: str) -> str:
    """Turn a dialogue's name into one that may name a folder, for others name theirs as they like."""
    kept = re.sub(r"[^\w.-]+", "-", name).strip("-.")
    return kept.encode()[:_LONGEST].decode(errors="ignore") or "dialogue"


def _lines(path: Path) -> Iterator[Any]:
    """Yield the value of each line; a line that is not JSON fails alone."""
    for line in read_text(path, RecordError).split("\n"):
        if line.strip():
            try:
                yield parse_json(line)
            except ValueError as error:
                yield Talk(None, problem=f"is not JSON ({error}); mend or remove it")


def _talks(value: Any) -> Iterator[Talk]:
    if isinstance(value, Talk):
        yield value
    elif isinstance(value, dict):
        key = next((key for key in _LISTS if key in value), None)
        wrapped = _wrapped(value) if key is None else None
        if wrapped is not None:
            yield from _talks(wrapped)
        elif key is None:
            yield Talk(None, problem=f"has no list of messages; known keys: {', '.join(_LISTS)}")
        else:
            yield Talk(value[key], about={name: v for name, v in value.items() if name != key})
    elif isinstance(value, list) and any(_is_talk(row) for row in value):
        for row in value:
            yield from _talks(row)
    elif isinstance(value, list):
        yield Talk(value)
    else:
        yield Talk(None, problem=f"holds {kind_of(value)}, no list of messages")


def _is_talk(value: Any) -> bool:
    return (isinstance(value, list) and not is_pair(value)) or _holds_list(value)


def _is_utterance(value: Any) -> bool:
    if is_pair(value):
        return True
    return isinstance(value, dict) and any(key in value for key in SPEAKERS) and not _holds_list(value)


def _holds_list(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(value.get(key), list) for key in _LISTS)
