"""The log next to a run's files: a line for each retry, fault, failed case and stop."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from psychagent.errors import RecordError
from psychagent.files.change import make_file
from psychagent.files.refused import refused

ROOT = "psychagent"
_FORM = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_WORK: ContextVar[str] = ContextVar("work", default="")
"""The piece of work that a task is at; tasks that it starts inherit it."""
_LOG: ContextVar[Path | None] = ContextVar("log", default=None)
"""The log of the run that a task belongs to; None in threads and tasks that belong to none."""


@contextmanager
def working_on(name: str) -> Iterator[None]:
    """Name the piece of work, such as a case, in every line that is logged while a block runs."""
    token = _WORK.set(name)
    try:
        yield
    finally:
        _WORK.reset(token)


class _LineFormatter(logging.Formatter):
    """Puts the piece of work before a message that does not begin with it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Write a line."""
        work = _WORK.get()
        if work and not record.message.startswith(work):
            record.message = f"{work}: {record.message}"
        return super().formatMessage(record)


class _LogFile(logging.FileHandler):
    """A log file that ignores a full disk: the run reports that itself, and continues or ends."""

    outside: int = logging.NOTSET
    """The logger's level where no run logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave out what another run of the process tells, whose log has it."""
        return _LOG.get() in (None, Path(self.baseFilename)) and bool(super().filter(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Drop a line that cannot be written; report any other error."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


@contextmanager
def log_to(path: Path, level: str) -> Iterator[None]:
    """Append what the package logs to a file while a block runs.

    Records still propagate, so logging that a caller has set up is not affected. Runs beside each other
    each have a log of their own.

    Args:
        path: The log file.
        level: The lowest level that is written: debug, info, warning or error.

    Raises:
        RecordError: If the file cannot be opened.
    """
    logger = logging.getLogger(ROOT)
    make_file(path)
    try:
        # a name of a file may hold bytes that are no character
        handler = _LogFile(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise RecordError(refused(path, "written", error)) from error
    handler.setFormatter(_LineFormatter(_FORM))
    handler.setLevel(level.upper())
    handler.outside = next((other.outside for other in _open_logs(logger)), logger.level)
    logger.addHandler(handler)
    _set_level(logger, handler.outside)
    token = _LOG.set(Path(handler.baseFilename))
    try:
        yield
    finally:
        _LOG.reset(token)
        logger.removeHandler(handler)
        _set_level(logger, handler.outside)
        with contextlib.suppress(OSError):
            handler.close()


def _open_logs(logger: logging.Logger) -> list[_LogFile]:
    return [handler for handler in logger.handlers if isinstance(handler, _LogFile)]


def _set_level(logger: logging.Logger, outside: int) -> None:
    """Let through what any open log takes; where none is left, what was let through before."""
    taken = [handler.level for handler in _open_logs(logger)]
    logger.setLevel(min(outside or logging.CRITICAL, *taken) if taken else outside)
