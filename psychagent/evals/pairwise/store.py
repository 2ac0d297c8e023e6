"""Verdicts as stored: one line each, appended before the next is asked for, so that none is asked twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from psychagent.domain.base import Record
from psychagent.domain.scores import JudgeMark
from psychagent.domain.usage import Usage, sum_usage
from psychagent.domain.words.explain import explain
from psychagent.errors import RecordError
from psychagent.files.append import append
from psychagent.files.opened import read_bytes
from psychagent.files.write import to_line, write_bytes
from psychagent.nodes.judging.pair import Pair, Verdict

NAME = "verdicts.jsonl"


class Asked(NamedTuple):
    """What was asked: which dialogues in which order, on which scale, of which judge."""

    scale: str
    first: str
    second: str
    mark: JudgeMark


class StoredVerdict(Record):
    """One line: what was asked and answered, or why there is no answer."""

    scale: str
    modality: str
    case_id: str
    session_index: int
    first: str
    """sha256 of the dialogue that was shown first."""
    second: str
    mark: JudgeMark
    verdicts: Mapping[str, Verdict] = {}
    failure: str = ""
    usage: Usage = Usage()


@dataclass
class VerdictStore:
    """The verdicts of a folder; those of another judge stay in the file and are never taken."""

    path: Path
    found: dict[Asked, StoredVerdict] = field(default_factory=dict)
    used: Usage = field(default_factory=Usage)
    """What all lines cost together."""
    by_model: dict[str, Usage] = field(default_factory=dict)
    """What the lines of each judge that is no script cost."""

    @classmethod
    def open(cls, folder: Path) -> VerdictStore:
        """Read what was judged; a last line that a kill tore is cut off.

        Raises:
            RecordError: Naming the line that is none.
        """
        store = cls(folder / NAME)
        if not store.path.exists():
            return store
        data = read_bytes(store.path, RecordError)
        whole, _, torn = data.rpartition(b"\n")
        if torn:
            write_bytes(store.path, whole + b"\n" if whole else b"")
        for number, line in enumerate(whole.split(b"\n"), start=1):
            if line.strip():
                store._take(_read(store.path, number, line))
        return store

    def find(self, pair: Pair, mark: JudgeMark) -> StoredVerdict | None:
        """Return the verdict on a pair in this order by this judge; None if it was not given yet."""
        return self.found.get(Asked(pair.scale.name, pair.first.hash, pair.second.hash, mark))

    def others(self, marks: set[JudgeMark]) -> int:
        """Count the verdicts of other judges or settings."""
        return sum(asked.mark not in marks for asked in self.found)

    def add(self, stored: StoredVerdict) -> None:
        """Keep a verdict.

        Raises:
            RecordError: If it cannot be written.
        """
        line = to_line(stored.model_dump(mode="json")) + b"\n"
        append(self.path, line, is_new=not self.path.exists())
        self._take(stored)

    def _take(self, stored: StoredVerdict) -> None:
        self.used = sum_usage((self.used, stored.usage))
        if not stored.mark.is_script:
            model = stored.mark.judge_model
            self.by_model[model] = sum_usage((self.by_model.get(model, Usage()), stored.usage))
        if not stored.failure:
            self.found[Asked(stored.scale, stored.first, stored.second, stored.mark)] = stored


def _read(path: Path, number: int, line: bytes) -> StoredVerdict:
    try:
        return StoredVerdict.model_validate_json(line)
    except ValidationError as error:
        raise RecordError(
            f"{path}, line {number}: is no verdict ({explain(error, StoredVerdict)}); remove the line, "
            "and it is asked again"
        ) from error
