"""The section on faults of the simulator: what no person would do, each linked to its turn."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.marks.find import Kind
from psychagent.domain.words.cut import cut
from psychagent.evals.marks import MarkRow
from psychagent.records.summary import MarksSummary
from psychagent.reports.page.blocks import (
    Block,
    Finding,
    Findings,
    Heading,
    Quotation,
    Text,
    count,
    percent,
    plural,
)
from psychagent.reports.quotes.transcripts import Pages, Place

MOST_LISTED = 20
"""Faults that are listed of a kind; `marks.csv` holds all."""
_LONGEST = 160
_HOW = (
    "Found by code without a model, by rules that pass over what is doubtful; they enter no score and no "
    "mean. Where sessions have them, scores may say more about the simulator than about the counselor."
)
_KINDS = {
    Kind.FLIP: ("Role flips", "A side says what only the other could say."),
    Kind.LOOP: ("Loops", "A side says one of its own turns again."),
    Kind.ECHO: ("Echoes", "A side says the whole of the other's last turn."),
    Kind.GOODBYES: ("Goodbye ping-pong", "Both sides say goodbye a second time and more."),
    Kind.STAGE: ("Stage directions", "The client describes its gestures instead of speaking."),
}


def listed_marks(rows: Sequence[MarkRow]) -> list[Place]:
    """Name the sessions that are listed."""
    return [row.place for kind in Kind for row in _of(rows, kind)[:MOST_LISTED]]


def marks(rows: Sequence[MarkRow], counted: MarksSummary | None, pages: Pages) -> list[Block]:
    """Show faults of the simulator; nothing where none was found or looked for."""
    if not rows or counted is None:
        return []
    share = percent(counted.marked / counted.sessions) if counted.sessions else ""
    found = f"Found in {counted.marked} of {plural(counted.sessions, 'session')} ({share})."
    findings = tuple(_finding(_of(rows, kind), kind, pages) for kind in _KINDS if _of(rows, kind))
    return [
        Heading("Faults of the simulator"),
        Text(found),
        Text(_HOW, quiet=True),
        Findings(findings),
    ]


def _of(rows: Sequence[MarkRow], kind: Kind) -> list[MarkRow]:
    return [row for row in rows if row.kind is kind]


def _finding(rows: Sequence[MarkRow], kind: Kind, pages: Pages) -> Finding:
    label, text = _KINDS[kind]
    sessions = len({(row.baseline, *row.place) for row in rows})
    more = len(rows) - MOST_LISTED
    note = f"in {plural(sessions, 'session')}" + (f"; {count(more)} more in marks.csv" if more > 0 else "")
    return Finding(
        label, count(len(rows)), text, note, tuple(_quote(row, pages) for row in rows[:MOST_LISTED])
    )


def _quote(row: MarkRow, pages: Pages) -> Quotation:
    again = "" if row.of is None else f", said before in turn {row.of}"
    source = (
        f"{row.modality}/{row.case_id}, session {row.session_index}, turn {row.turn}, {row.speaker}{again}"
    )
    words = row.words or pages.words(row.place, row.turn)
    shown = cut(words, _LONGEST)
    return Quotation(shown or str(row.kind), source, pages.href(row.place, row.turn), bool(shown))
