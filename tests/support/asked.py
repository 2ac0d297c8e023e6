"""Ask the command line in this process: what it printed, or the one sentence of its error."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import NamedTuple

from psychagent.cli.main import app
from psychagent.cli.shown.output import harden
from psychagent.errors import PsychAgentError


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    printed: str
    error: str = ""
    """Its sentence; empty if there was none."""

    @property
    def said(self) -> str:
        """All that it said, without the breaks of lines that a narrow terminal asks for."""
        return " ".join(f"{self.printed} {self.error}".split())


def ask(*words: str | Path) -> Ended:
    """Run a command as `psychagent` does; an error that is not of ours is raised, for it is a traceback."""
    kept = io.BytesIO()
    out = harden(io.TextIOWrapper(kept, encoding="utf-8", write_through=True))
    status, error = 0, ""
    with contextlib.redirect_stdout(out):
        try:
            status = app([str(word) for word in words], standalone_mode=False) or 0
        except PsychAgentError as raised:
            status, error = 2, str(raised)
        except SystemExit as end:
            status = int(end.code or 0)
        assert out is not None
        out.flush()
    return Ended(status, kept.getvalue().decode(), error)
