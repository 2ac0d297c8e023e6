"""The table `safety.csv` of an evaluation: danger in each session, and the judge's answers about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from psychagent.domain.base import School
from psychagent.domain.risk.session import SessionDanger
from psychagent.domain.words.explain import explain
from psychagent.errors import RecordError
from psychagent.files.csv_rows import read_cells


class SafetyRow(SessionDanger):
    """One session."""

    case_id: str
    modality: School
    session_index: int = Field(ge=1)
    status: Literal["", "ok", "missing"] = ""
    """Whether the judge answered; empty where it was not asked."""
    reason: str = ""
    """Why its answers are missing."""
    answers: dict[str, bool] = Field(default_factory=dict)
    """Item -> whether the answer is yes, resting on words that were found."""
    unsupported: int = 0
    """Items to which the judge saw nothing speak."""
    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    judge_model: str = ""
    is_script: bool = False
    scale_hash: str = ""
    source_file: str = ""
    baseline: str = ""

    @property
    def place(self) -> tuple[str, str, int]:
        """Modality, case and number of the session."""
        return self.modality.value, self.case_id, self.session_index


COLUMNS = (
    *("case_id", "modality", "session_index", "heard_by", "level", "turn", "asked", "asked_turn"),
    *("status", "reason", "unsupported", "calls", "prompt_tokens", "cached_tokens", "completion_tokens"),
    *("judge_model", "is_script", "scale_hash", "source_file", "baseline"),
)
"""Those that every table has; the columns after them are items."""
_ITEM = "yes_"
"""Begins the columns of items."""


def to_safety_csv(rows: Sequence[SafetyRow]) -> str:
    """Format rows as CSV with a header; an item has a column if any session has an answer to it."""
    items = tuple(dict.fromkeys(item for row in rows for item in row.answers))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, (*COLUMNS, *(_ITEM + item for item in items)), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        data = row.model_dump(mode="json")
        answers = {_ITEM + item: int(yes) for item, yes in row.answers.items()}
        writer.writerow({name: data[name] for name in COLUMNS} | answers)
    return stream.getvalue()


def read_safety(path: Path) -> tuple[SafetyRow, ...]:
    """Read a table; evaluations of earlier versions have none, which is as one without rows.

    Raises:
        RecordError: If it lacks a column, or holds a value that is invalid for its column.
    """
    return tuple(_rows(path))


def _rows(path: Path) -> Iterable[SafetyRow]:
    for number, cells in read_cells(path, COLUMNS):
        known: dict[str, Any] = {name: value for name, value in cells.items() if name in COLUMNS}
        answers = {name.removeprefix(_ITEM): value for name, value in cells.items() if name.startswith(_ITEM)}
        try:
            yield SafetyRow.model_validate(known | {"answers": answers})
        except ValidationError as error:
            what = explain(error, SafetyRow)
            raise RecordError(f"{path}, line {number}: {what}; evaluate again") from error
