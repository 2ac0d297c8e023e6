"""The layout of a table on a narrow console: columns wrap, and no number, date or name is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Column, Table

_LEAST = 10
"""Columns left to free text, whose words may be broken."""
_PADDING = 4
"""Columns around the two that a row is laid out in."""
_ALL = 100_000
"""Columns on which every table fits."""


class _Span(NamedTuple):
    """How wide a column may be, without its padding."""

    least: int
    """Below which something is cut that must not be."""
    whole: int
    """At which no word is broken."""
    most: int
    """At which nothing wraps."""


def laid_out(table: Table, console: Console, options: ConsoleOptions) -> Table:
    """Lay a table out so that it fits: as it is, with its columns wrapped, or each row as lines of its own.

    Left to itself, rich makes the widest column narrower until all fit, and cuts numbers to do so while words
    beside them could wrap. Free text, whose words may be broken, is what folds (`overflow="fold"`).
    """
    spans = [_span(column, table, console, options) for column in table.columns]
    unbounded = table.__rich_measure__(console, options.update(max_width=_ALL)).maximum
    room = options.max_width - (unbounded - sum(span.most for span in spans))
    if sum(span.most for span in spans) <= room:
        return table
    if sum(span.least for span in spans) > room:
        return _row_by_row(table, spans, console, options)
    laid = copy(table)
    widths = zip(table.columns, _spread(spans, room), strict=True)
    laid.columns = [_with_width(column, width) for column, width in widths]
    return laid


def _span(column: Column, table: Table, console: Console, options: ConsoleOptions) -> _Span:
    unbounded = options.update(max_width=_ALL)
    cells = [*([column.header] if table.show_header else []), *column.cells]
    measured = [Measurement.get(console, unbounded, cell) for cell in cells]
    most = max((one.maximum for one in measured), default=0)
    whole = most if column.no_wrap else max((one.minimum for one in measured), default=0)
    if column.max_width is not None:
        most, whole = min(most, column.max_width), min(whole, column.max_width)
    return _Span(min(whole, _LEAST) if column.overflow == "fold" else whole, whole, most)


def _spread(spans: Sequence[_Span], room: int) -> list[int]:
    """Share the room: first no word is broken, then as little as can be wraps, narrow columns first."""
    widths = [span.least for span in spans]
    for wanted in ([span.whole for span in spans], [span.most for span in spans]):
        while sum(widths) < room:
            short = [place for place, width in enumerate(widths) if width < wanted[place]]
            if not short:
                break
            widths[min(short, key=lambda place: widths[place])] += 1
    return widths


def _with_width(column: Column, width: int) -> Column:
    """Copy a column with its cells, which `Column.copy` leaves out."""
    fixed = copy(column)
    fixed.width = width
    return fixed


def _row_by_row(table: Table, spans: Sequence[_Span], console: Console, options: ConsoleOptions) -> Table:
    """Lay out each row as lines: what a column holds stands beside its name, or under it."""
    laid = Table(box=None, show_header=False, title=table.title, caption=table.caption)
    laid.title_justify = laid.caption_justify = "left"
    names = [Measurement.get(console, options, column.header) for column in table.columns]
    room = options.max_width - _PADDING - max(span.least for span in spans)
    is_beside = max(name.minimum for name in names) <= room
    if is_beside:
        laid.add_column(width=min(room, max(name.maximum for name in names)))
    laid.add_column(overflow="fold")
    for number, row in enumerate(table.rows):
        if number:
            laid.add_row("")
        for name, cell in _filled(table, number):
            for cells in [(name, cell)] if is_beside else [(name,), (cell,)]:
                laid.add_row(*cells, style=row.style)
    return laid


def _filled(table: Table, number: int) -> Iterator[tuple[RenderableType, RenderableType]]:
    for column in table.columns:
        cell = list(column.cells)[number]
        if cell != "":
            yield column.header, cell
