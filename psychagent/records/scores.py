"""A session's scores: the file of each session, and the rows of the table `scores.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_serializer, model_validator

from psychagent.domain.base import Record, School
from psychagent.domain.scores import TOP, Direction, Group, Headline, SessionScores, Side
from psychagent.domain.words.explain import explain
from psychagent.domain.words.reading import why_no_table
from psychagent.errors import RecordError
from psychagent.files.csv_rows import opened_table
from psychagent.files.own import require_own
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json


def write_scores(path: Path, scores: SessionScores) -> None:
    """Write a session's scores whole or not at all."""
    write_json(path, scores.model_dump(mode="json"))


def read_scores(path: Path) -> SessionScores:
    """Read a session's scores.

    Raises:
        RecordError: Naming the file and what is wrong with it.
    """
    return to_model(SessionScores, read_json(path), origin=str(path), raise_as=RecordError)


def refuse_other_file(path: Path) -> None:
    """Check that a file which is to be written again holds scores, whole or damaged, as far as one can tell.

    Raises:
        RecordError: If it holds JSON of another kind, or a damaged file does not show that it held scores.
    """
    require_own(path, (b'"judge_model"', b'"input_hash"'), "name another --output-root")


class ScoreRow(Record):
    """One metric of one session, as a row of the table.

    The row of a scale's first metric holds all its calls and tokens and the others hold 0, so that
    the sum of a column is the total.
    """

    case_id: str
    modality: School
    session_index: int = Field(ge=1)
    side: Side
    metric: str
    group: Group
    direction: Direction
    headline: Headline
    raw: float | None = Field(default=None, ge=0, le=TOP)
    """None if the metric is missing."""
    verified: float | None = Field(default=None, ge=0, le=TOP)
    missing: bool
    reason: str = ""
    """Why it is missing."""
    n_items: int = 0
    n_departures: int = 0
    n_quotes: int = 0
    n_verified: int = 0
    n_set_back: int = 0
    n_absent: int = 0
    n_no_evidence: int = 0
    n_against: int = 0
    n_gated: int = 0
    n_crowded: int = 0
    coverage: float | None = Field(default=None, ge=0, le=1)
    """Share of the items to which evidence was found; None in tables that do not tell."""
    evidenced: float | None = Field(default=None, ge=0, le=TOP)
    """Mean over these items alone, 0 to 10, before any inversion."""
    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    judge_model: str = ""
    is_script: bool = False
    prompt_hash: str = ""
    scale_hash: str = ""
    source_file: str = ""
    baseline: str = ""

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, data: Any) -> Any:
        """Treat an empty cell as an absent field, so that it takes the default or is reported as missing."""
        return {k: v for k, v in data.items() if v not in ("", None)} if isinstance(data, dict) else data

    @field_serializer("raw", "verified", "coverage", "evidenced")
    def _short(self, value: float | None) -> str:
        return "" if value is None else f"{value:.6g}"

    @property
    def metric_name(self) -> str:
        """Side and metric, which together are unique over all scales."""
        return f"{self.side}.{self.metric}"


COLUMNS = tuple(ScoreRow.model_fields)
LATER = frozenset({"n_no_evidence", "n_against", "n_gated", "n_crowded", "coverage", "evidenced"})
"""Columns that tables of earlier versions lack."""


def to_csv(rows: Iterable[ScoreRow]) -> str:
    """Format rows as CSV with a header."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.model_dump() for row in rows)
    return stream.getvalue()


def read_rows(path: Path) -> Iterator[ScoreRow]:
    """Read the rows of a table, including those of missing metrics.

    Raises:
        RecordError: If the file is missing, lacks a column, or holds a value that is invalid for its column.
    """
    check_table(path)
    try:
        with opened_table(path) as reader:
            yield from _parse(path, reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordError(
            f"{path}: cannot be read as a table ({why_no_table(error)}); evaluate again"
        ) from error


def check_table(path: Path) -> None:
    """Check that a table is there, without reading it.

    Raises:
        RecordError: If it is not.
    """
    if path.parent.is_file():
        raise RecordError(f"{path.parent}: is a file; name the output folder of `psychagent eval`")
    if not path.exists():
        raise RecordError(f"{path}: no such file; run `psychagent eval --output-root {path.parent}` first")


def _parse(path: Path, reader: csv.DictReader[str]) -> Iterator[ScoreRow]:
    there = reader.fieldnames or ()
    if lacking := [name for name in COLUMNS if name not in there and name not in LATER]:
        raise RecordError(f"{path}: has no column {', '.join(lacking)}; evaluate again with this version")
    for row in reader:
        try:
            yield ScoreRow.model_validate({name: row[name] for name in COLUMNS if name in there})
        except ValidationError as error:
            what = explain(error, ScoreRow)
            raise RecordError(f"{path}, line {reader.line_num}: {what}; evaluate again") from error
