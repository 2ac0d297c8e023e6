"""Checkpoints of a run in SQLite: opened for concurrent tasks, compacted when a course is finished."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from pydantic import BaseModel

from psychagent.domain import base, ending, memory, plan, profile, rollout, scores, turn, usage
from psychagent.errors import RecordError
from psychagent.nodes import state
from psychagent.runs.checkpoints.serde import CompressedSerializer
from psychagent.scales import fill

_STORED = (base, ending, memory, plan, profile, rollout, scores, turn, usage, state, fill)


def stored_types() -> list[tuple[str, str]]:
    """List the types that a checkpoint may hold, by module and name; LangGraph loads no others."""
    return [
        (item.__module__, item.__name__)
        for module in _STORED
        for item in vars(module).values()
        if isinstance(item, type)
        and item.__module__ == module.__name__
        and issubclass(item, BaseModel | StrEnum)
    ]


@dataclass(frozen=True)
class SqliteCheckpoints:
    """Checkpoints in one SQLite file, written by one process at a time."""

    saver: AsyncSqliteSaver
    path: Path

    @property
    def place(self) -> str:
        """The path of the file."""
        return str(self.path)

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """Raised for a full disk, a file that is no database, or one that cannot be written."""
        return (sqlite3.Error,)

    async def forget(self, thread: str) -> None:
        """Remove every checkpoint of a course."""
        await self.saver.adelete_thread(thread)

    async def compact(self, thread: str) -> None:
        """Keep a finished course's latest root checkpoint and drop the rest.

        The checkpoints of its sessions are no longer needed, because its files hold the dialogues.
        """
        statements: Sequence[tuple[str, tuple[str, ...]]] = (
            ("DELETE FROM checkpoints WHERE thread_id = ? AND checkpoint_ns != ''", (thread,)),
            (
                "DELETE FROM checkpoints WHERE thread_id = ? AND checkpoint_id != "
                "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)",
                (thread, thread),
            ),
            (
                "DELETE FROM writes WHERE thread_id = ? AND checkpoint_id NOT IN "
                "(SELECT checkpoint_id FROM checkpoints WHERE thread_id = ?)",
                (thread, thread),
            ),
        )
        async with self.saver.lock:
            for statement, values in statements:
                await self.saver.conn.execute(statement, values)
            await self.saver.conn.commit()
            # executescript steps the pragma to completion; execute would free a single page
            await self.saver.conn.executescript("PRAGMA incremental_vacuum;")


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[SqliteCheckpoints]:
    """Open the checkpoint file.

    `synchronous=NORMAL` survives a crash of the process, which is what resuming is for, at a third of
    the cost of FULL; a power cut may lose the last steps.

    Raises:
        RecordError: If the file is not a database or cannot be written.
    """
    try:
        _check_openable(path)
        async with aiosqlite.connect(path) as connection:
            await connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            await connection.execute("PRAGMA busy_timeout=60000")
            saver = AsyncSqliteSaver(
                connection, serde=CompressedSerializer(allowed_msgpack_modules=stored_types())
            )
            await saver.setup()
            await connection.execute("PRAGMA synchronous=NORMAL")
            yield SqliteCheckpoints(saver, path)
    except sqlite3.DatabaseError as error:
        raise RecordError(f"{path}: {error}; free space, or move the file away and start anew") from error


def _check_openable(path: Path) -> None:
    """Open the file once in this thread: if opening fails, aiosqlite's thread may outlive the event loop."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA schema_version")
