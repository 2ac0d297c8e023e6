"""Tables on narrow consoles: no number, date or name in them is cut, and text may fold."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from rich.table import Table
from rich.text import Text

from psychagent.cli.shown.console import open_console

NUMBERS = ("2,626,536", "104,856,512", "1,024", "12.50 USD")
WIDTHS = (20, 24, 32, 40, 60, 72, 80, 100, 120, 200)


def a_table(rows: int = 2, *, box: bool = True) -> Table:
    table = Table(title="Estimate for 64 cases") if box else Table(box=None)
    table.add_column("role", no_wrap=True)
    table.add_column("model", overflow="fold")
    for name in ("prompt tokens", "of these cached", "calls", "cost"):
        table.add_column(name, justify="right")
    table.add_column("state")
    table.add_column("last written")
    for number in range(rows):
        model = "an-endpoint/with-a-very-long-name-" + "x" * 30 * number
        state = Text("max_sessions", style="red")
        table.add_row(f"[red]role_{number}[/red]", model, *NUMBERS, state, "2026-11-27 22:30")
    return table


def lines(table: Table, width: int) -> list[str]:
    console, stream = open_console(), io.StringIO()
    console.file, console.width = stream, width
    console.print(table)
    return stream.getvalue().splitlines()


def words(said: Sequence[str]) -> list[str]:
    return " ".join(said).replace("│", " ").split()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("box", [True, False])
def test_no_number_date_or_state_is_cut_at_any_width(width: int, box: bool) -> None:
    said = lines(a_table(box=box), width)
    assert max(map(len, said)) <= width
    assert "…" not in "".join(said)
    found = words(said)
    for word in (*NUMBERS[:3], "12.50", "max_sessions", "2026-11-27", "22:30"):
        assert found.count(word) == 2, (word, said)
    assert {"role_0", "role_1"} <= set(found)


def test_a_table_that_fits_stays_as_it_is() -> None:
    table = a_table(1)
    stream = io.StringIO()
    plain = open_console()
    plain.pop_render_hook()
    plain.file, plain.width = stream, 200
    plain.print(table)
    assert lines(table, 200) == stream.getvalue().splitlines()


def test_words_wrap_before_a_long_number_is_cut() -> None:
    table = Table(box=None)
    table.add_column("sum", justify="right")
    table.add_column("what")
    table.add_row("1,234,567,890,123", "as many words as there are")
    said = lines(table, 30)
    assert "1,234,567,890,123" in words(said)
    assert max(map(len, said)) <= 30


def test_a_row_that_does_not_fit_stands_below_its_columns_names() -> None:
    said = [line.strip() for line in lines(a_table(1), 40)]
    assert "calls            1,024" in said
    assert "last written     2026-11-27 22:30" in said
    narrow = [line.strip() for line in lines(a_table(1), 20)]
    assert narrow[narrow.index("calls") + 1] == "1,024"


def test_what_a_table_is_called_is_said_in_every_layout() -> None:
    for width in WIDTHS:
        assert words(lines(a_table(), width))[:4] == ["Estimate", "for", "64", "cases"]


def test_a_table_without_a_row_or_a_column_is_shown() -> None:
    assert lines(a_table(0), 30) is not None
    assert lines(Table(), 30) == [""]
