"""Faults of the simulator in judged sessions, beside the scores: marked, counted, and kept in `marks.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from psychagent.assets.marks import load_mark_words
from psychagent.domain.base import Record, School, Speaker
from psychagent.domain.marks.find import Kind, Mark, find_marks
from psychagent.domain.turn import Turn
from psychagent.domain.words.explain import explain
from psychagent.errors import RecordError
from psychagent.evals.find import JudgeInput
from psychagent.files.csv_rows import read_cells
from psychagent.records.summary import MarkCount, MarksSummary
from psychagent.scales.dialogue import Dialogue, guess_language


class MarkRow(Record):
    """One fault in one session; turns are numbered from 1, as a transcript page numbers them."""

    case_id: str
    modality: School
    session_index: int = Field(ge=1)
    kind: Kind
    turn: int = Field(ge=1)
    speaker: Speaker
    of: int | None = None
    """The turn that is said again; None where none is."""
    words: str = ""
    """The words that are the fault; empty where it is the whole turn."""
    source_file: str = ""
    baseline: str = ""

    @property
    def place(self) -> tuple[str, str, int]:
        """Modality, case and number of the session."""
        return self.modality.value, self.case_id, self.session_index


def to_marks_csv(rows: Sequence[MarkRow]) -> str:
    """Format rows as CSV with a header."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, tuple(MarkRow.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.model_dump(mode="json") for row in rows)
    return stream.getvalue()


def read_marks(path: Path) -> tuple[MarkRow, ...]:
    """Read a table; evaluations of earlier versions have none, which is as one without rows.

    Raises:
        RecordError: If it lacks a column, or holds a value that is invalid for its column.
    """
    rows = []
    for number, cells in read_cells(path, tuple(MarkRow.model_fields)):
        try:
            rows.append(MarkRow.model_validate(cells))
        except ValidationError as error:
            raise RecordError(f"{path}, line {number}: {explain(error, MarkRow)}; evaluate again") from error
    return tuple(rows)


def marks_of(dialogue: Dialogue, fixed: Collection[str] = ()) -> tuple[Mark, ...]:
    """Mark the faults of a session as a judge sees it.

    Args:
        dialogue: The session.
        fixed: Texts that the safety gate said in the counselor's place, which may repeat.
    """
    turns = [
        Turn(speaker=line.speaker, text=line.text, by_gate=line.text in fixed) for line in dialogue.lines
    ]
    # not the dialogue's language, which may be that of a judge's prompts
    return find_marks(turns, load_mark_words(guess_language(dialogue.lines)))


def mark_rows(inputs: Sequence[JudgeInput]) -> tuple[MarkRow, ...]:
    """List the faults of all sessions, in their order."""
    return tuple(
        MarkRow(
            case_id=item.dialogue.case_id,
            modality=item.dialogue.modality,
            session_index=item.dialogue.session_index,
            kind=mark.kind,
            turn=mark.turn + 1,
            speaker=mark.speaker,
            of=None if mark.of is None else mark.of + 1,
            words=mark.words,
            source_file=item.source_file,
            baseline=item.baseline,
        )
        for item in inputs
        for mark in marks_of(item.dialogue, item.fixed)
    )


def count_marks(rows: Sequence[MarkRow], sessions: int) -> MarksSummary:
    """Count faults by kind, and the sessions that have any."""
    places = {kind: [(row.baseline, *row.place) for row in rows if row.kind is kind] for kind in Kind}
    return MarksSummary(
        sessions=sessions,
        marked=len({place for found in places.values() for place in found}),
        kinds={
            kind.value: MarkCount(marks=len(found), sessions=len(set(found)))
            for kind, found in places.items()
            if found
        },
    )
