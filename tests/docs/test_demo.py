"""`make demo` still prints what the README shows of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
STAMPS = (".made", ".base")
CUT = "..."
"""Ends a line that the README cuts, and stands alone for lines that it leaves out."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile and an environment that is up to date: this one, under another name."""
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for number, name in enumerate(STAMPS):
        (tmp_path / ".venv" / name).touch()
        os.utime(tmp_path / ".venv" / name, (4e9 + number, 4e9 + number))
    command = programs / "psychagent"
    code = "from psychagent.cli.main import run; run()"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -c "{code}" "$@"\n')
    command.chmod(0o755)
    return tmp_path


def shown_lines() -> list[str]:
    """The lines of the README's block of output, in order, without those that only mark a gap."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```text\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    lines = [" ".join(line.split()).removesuffix(CUT) for line in block.splitlines()]
    return [line for line in lines if line]


def test_the_readme_shows_what_the_demo_prints(checkout: Path) -> None:
    dropped = ("MAKE", "MFLAGS", "PYTHON", "COLUMNS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    done = subprocess.run(
        ["make", "demo"],
        cwd=checkout,
        env=env | {"XDG_CACHE_HOME": str(checkout / "cache")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    # where a line is wrapped depends on the terminal
    printed = " ".join(done.stdout.split())
    lines, place = shown_lines(), 0
    assert len(lines) > 25
    for line in lines:
        found = printed.find(line, place)
        assert found >= 0, f"the README shows {line!r}; the demo printed:\n{done.stdout}"
        place = found + len(line)
