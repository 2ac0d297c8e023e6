"""Whatever a file or a server holds, it does nothing to the terminal it is printed on."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.cli.shown.console import harmless, open_console

EVIL = "a\x1b]0;title\x07b\x1b[2Jc\x9b31md\x00e"


def printed(*things: object) -> str:
    console, stream = open_console(), io.StringIO()
    console.file = stream
    console.print(*things, soft_wrap=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    "thing",
    [EVIL, escape(EVIL), Text(EVIL), Panel(EVIL), [EVIL]],
    ids=["str", "escaped", "text", "panel", "list"],
)
def test_nothing_that_is_printed_steers_the_terminal(thing: object) -> None:
    shown = printed(thing)
    assert not {"\x1b", "\x9b", "\x9d", "\x07", "\x00"} & set(shown)
    assert "b" in shown


def test_tables_are_clean_and_styles_of_our_own_stay() -> None:
    table = Table("name")
    table.add_row(EVIL)
    assert "\x1b" not in printed(table)
    console = harmless(Console(file=io.StringIO(), force_terminal=True, color_system="standard"))
    console.print(f"[bold]hi[/bold] {EVIL}")
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert shown.startswith("\x1b[1mhi\x1b[0m")
    assert not re.sub(r"\x1b\[[\d;]*m", "", shown).count("\x1b")


@pytest.mark.parametrize("thoughts", [[], ["--thoughts"]], ids=["words", "thoughts"])
def test_a_session_file_that_holds_sequences_is_shown_without_them(
    tmp_path: Path, thoughts: list[str]
) -> None:
    case = tmp_path / "cbt" / "en01"
    case.mkdir(parents=True)
    session = {
        "transcript": [{"role": "assistant", "content": EVIL}, {"role": "user", "content": EVIL}],
        "stage": "intervention",
        "focus": [EVIL],
        "modality": "cbt",
        "session_index": 1,
        "summary": {"session_summary_abstract": EVIL, "homework": [EVIL]},
    }
    (case / "session_1.json").write_text(json.dumps(session), encoding="utf-8")
    done = CliRunner().invoke(app, ["show", str(case), *thoughts])
    assert done.exit_code == 0, done.output
    assert not {"\x1b", "\x9b", "\x07", "\x00"} & set(done.output)
