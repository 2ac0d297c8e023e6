"""Standard output that cannot end a command: whatever its encoding, and whether or not anybody reads it."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TextIO


class Output(io.TextIOWrapper):
    """A stream that shows `?` for what its encoding lacks, and goes quiet once it cannot be written.

    Files of a run do not depend on what is printed of it, so a full disk behind `>` or a `head` that has
    seen enough must not cost the calls that were paid for.
    """

    lost: str = ""
    """Why output was lost; empty if it was not, or if the reader wanted no more."""
    replaced: TextIO | None = None
    """The stream that it took the place of; were that one freed, it would close the buffer of both."""

    def write(self, text: str, /) -> int:
        """Write a text, or drop it."""
        try:
            return super().write(text)
        except OSError as error:
            self._go_quiet(error)
            return len(text)

    def flush(self) -> None:
        """Flush what was written, or drop it."""
        try:
            super().flush()
        except OSError as error:
            self._go_quiet(error)

    def _go_quiet(self, error: OSError) -> None:
        if error.errno != errno.EPIPE:
            self.lost = self.lost or error.strerror or str(error)
        # what is still in the buffer has to go somewhere when the process ends
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, self.fileno())
        finally:
            os.close(nowhere)


def harden(stream: TextIO | None) -> TextIO | None:
    """Return a stream of the process that cannot fail; one without a buffer, or none at all, as it is."""
    if stream is None or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    hard = Output(
        stream.buffer,
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
    hard.replaced = stream
    return hard


def harden_output() -> None:
    """Let neither output, the sentence of an error nor a stream that is closed end the process."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # it also takes the descriptor, which would be given to the next file of a run
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))
    if isinstance(sys.stdin, io.TextIOWrapper):
        # a byte of another encoding is one sign that cannot be read, and no end of what is typed
        sys.stdin.reconfigure(errors="replace")
    sys.stdout, sys.stderr = harden(sys.stdout), harden(sys.stderr)


def lost_output() -> str:
    """Return why standard output was lost; empty if all of it was written."""
    if isinstance(sys.stdout, Output):
        sys.stdout.flush()
        return sys.stdout.lost
    return ""
