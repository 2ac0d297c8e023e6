"""A real process in a real terminal: typed into, read, killed; and what is left on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import fcntl, runpy, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "sys.argv[0] = 'psychagent'; runpy.run_module('psychagent', run_name='__main__')"
)
_CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
_MARKS_PASTES = re.compile(r"\x1b\[\?2004[hl]")
"""Asks the terminal to mark what is pasted, which shows nothing."""
_PARTS = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|\r|\n)")


class TerminalProcess:
    """`psychagent` at a terminal."""

    def __init__(self, process: subprocess.Popen[bytes], place: int) -> None:
        self.process, self._place = process, place
        self.raw = ""
        self._seen = 0
        self._bytes = b""

    def wait_for(self, text: str, *, seconds: float = 60) -> None:
        """Wait until something new is on the terminal that holds a text."""
        end = time.monotonic() + seconds
        while text not in self.raw[self._seen :]:
            assert time.monotonic() < end, f"{text!r} did not come; the terminal shows:\n{self.screen()}"
            if not self._read(0.05) and self.process.poll() is not None:
                while self._read(0):
                    pass
                assert text in self.raw[self._seen :], f"ended without {text!r}:\n{self.screen()}"
        self._seen = self.raw.index(text, self._seen) + len(text)

    def wait_until(self, is_so: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait until something is so, while all that is shown is read."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, f"it is not so; the terminal shows:\n{self.screen()}"
            self._read(0.05)

    def type(self, text: str) -> None:
        """Type a text, as it is."""
        os.write(self._place, text.encode())

    def paste(self, text: str) -> None:
        """Paste a text, as a terminal does that marks what is pasted if it was asked to."""
        marks = [mark for mark in _MARKS_PASTES.findall(self._bytes.decode("utf-8", "ignore"))]
        self.type(f"\x1b[200~{text}\x1b[201~" if marks and marks[-1].endswith("h") else text)

    def press(self, key: str) -> int:
        """Press a key until the process ends, and return its exit status.

        One that comes between a prompt and the reading of its line may be taken for a part of the line.
        """
        for _ in range(20):
            self.type(key)
            end = time.monotonic() + 1
            while time.monotonic() < end:
                if not self._read(0.05) and self.process.poll() is not None:
                    return int(self.process.returncode)
        raise AssertionError(f"did not end; the terminal shows:\n{self.screen()}")

    def say(self, words: str, *, after: str = "\nYou: ") -> None:
        """Wait until a line is asked for, and type one."""
        self.wait_for(after)
        self.type(words + "\r")

    def finish(self, *, seconds: float = 60) -> int:
        """Wait until the process ends and return its exit status."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"did not end; the terminal shows:\n{self.screen()}"
            self._read(0.05)
        while self._read(0):
            pass
        return int(self.process.returncode)

    def kill(self) -> None:
        """Kill the process, as by kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def screen(self) -> str:
        """Return what a reader sees, from the first line on."""
        return screen_of(self.raw)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._place], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._place, 65536)
        except OSError:
            # the last process at the terminal has ended
            return False
        self._bytes += data
        self.raw = _MARKS_PASTES.sub("", self._bytes.decode("utf-8", "ignore"))
        return bool(data)


def screen_of(raw: str) -> str:
    """Play what was sent to a terminal, as far as this program uses it, on a screen without an end."""
    lines, row, column = [""], 0, 0
    for part in _PARTS.split(raw):
        control = _CONTROL.fullmatch(part)
        if control and control[2] == "A":
            row = max(row - int(control[1] or 1), 0)
        elif control and control[2] == "J":
            lines[row:] = [lines[row][:column]]
        elif control and control[2] == "K":
            lines[row] = lines[row][:column]
        elif part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif not control:
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def terminal(
    argv: Sequence[str], folder: Path, *, columns: int = 80, rows: int = 40
) -> Iterator[TerminalProcess]:
    """Start `psychagent` in a terminal of its own; what still runs at the end of the block is killed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    around = os.environ | {
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUTF8": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _START, *argv],
        cwd=folder,
        env=around,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield TerminalProcess(process, ours)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        os.close(ours)
