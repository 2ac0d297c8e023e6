"""Checkpoints of a run in SQLite: opened for concurrent tasks, compacted when a course is finished."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.sqlite import SqliteSaver
from pydantic import BaseModel

from psychagent.domain import (
    base,
    cause,
    client_memory,
    ending,
    memory,
    plan,
    profile,
    rollout,
    safety,
    scores,
    turn,
    usage,
)
from psychagent.domain.risk import finding
from psychagent.domain.strategy import item
from psychagent.domain.words.reading import why_not_json
from psychagent.errors import RecordError, RemovedError
from psychagent.files.change import make_file
from psychagent.nodes import state
from psychagent.runs.checkpoints.serde import CompressedSerializer, DamagedError
from psychagent.safety import answer
from psychagent.scales import fill

_STORED = (
    answer,
    base,
    cause,
    client_memory,
    ending,
    finding,
    item,
    memory,
    plan,
    profile,
    rollout,
    safety,
    scores,
    turn,
    usage,
    state,
    fill,
)


def stored_types() -> list[tuple[str, str]]:
    """List the types that a checkpoint may hold, by module and name; LangGraph loads no others."""
    return [
        (kind.__module__, kind.__name__)
        for module in _STORED
        for kind in vars(module).values()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and issubclass(kind, BaseModel | StrEnum)
    ]


@contextmanager
def _reading() -> Iterator[None]:
    """Turn whatever reading a checkpoint raises into what it means: LangGraph takes each value for whole."""
    try:
        yield
    except (DamagedError, UnicodeError, json.JSONDecodeError):
        raise
    except (LookupError, TypeError, ValueError, AttributeError, EOFError) as error:
        reason = f"{type(error).__name__}: {error}" if isinstance(error, LookupError) else error
        raise DamagedError(f"a stored checkpoint is damaged: {reason}") from error


class LoopSaver(SqliteSaver):
    """SQLite asked by the event loop itself, one transaction a checkpoint.

    LangGraph's asynchronous saver hands every statement to a thread and waits for it. A statement takes
    some ten microseconds, but the thread has to wait until the loop lets it run, several times a
    checkpoint: with 16 cases that all open a session at once, this held each up for a tenth of a second.
    """

    def __init__(self, conn: sqlite3.Connection, path: Path, *, serde: SerializerProtocol) -> None:
        """Store where the connection's file is."""
        super().__init__(conn, serde=serde)
        self.path, self.inode = path, path.stat().st_ino

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """Open a cursor for one transaction; if it fails, nothing is stored and nothing stays open."""
        with closing(self.conn.cursor()) as cursor:
            try:
                yield cursor
                self.check()
                if transaction:
                    self.conn.commit()
            except (sqlite3.Error, RemovedError):
                # a full disk may refuse this too, and has then undone the transaction itself
                with suppress(sqlite3.Error):
                    self.conn.rollback()
                raise
            except (json.JSONDecodeError, UnicodeDecodeError) as error:
                # what LangGraph stores beside the values, and reads without a check
                raise DamagedError(f"a stored value is damaged: {why_not_json(error)}") from error

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint."""
        with _reading():
            return super().get_tuple(config)

    def list(self, config: RunnableConfig | None, **choice: Any) -> Iterator[CheckpointTuple]:
        """Read checkpoints, newest first."""
        with _reading():
            yield from super().list(config, **choice)

    def check(self) -> None:
        """Check that the file of this connection is still at its path.

        SQLite goes on with a file that was removed, and all that it stores is gone when the process ends.

        Raises:
            RemovedError: If it was removed or replaced.
        """
        try:
            now = os.stat(self.path).st_ino
        except OSError:
            now = 0
        if now != self.inode:
            raise RemovedError(
                f"{self.path}: was removed while the run works, so nothing more is asked or written; put it "
                "back, or begin anew in another folder"
            )

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint."""
        return self.get_tuple(config)

    async def alist(self, config: RunnableConfig | None, **choice: Any) -> AsyncIterator[CheckpointTuple]:
        """Read checkpoints, newest first."""
        for found in self.list(config, **choice):
            yield found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint."""
        return self.put(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task wrote."""
        self.put_writes(config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Remove a thread."""
        self.delete_thread(thread_id)


@dataclass(frozen=True)
class SqliteCheckpoints:
    """Checkpoints in one SQLite file, written by one process at a time."""

    saver: LoopSaver
    path: Path

    @property
    def place(self) -> str:
        """The path of the file."""
        return str(self.path)

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """Raised for a full disk, a file that is no database or damaged, or one that cannot be written."""
        return (sqlite3.Error, DamagedError)

    def explain(self, error: Exception) -> str:
        """Name the file, the problem and the remedy."""
        return explain(self.path, error)

    def check(self) -> None:
        """Check that the file is still at its path."""
        self.saver.check()

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
        with self.saver.cursor() as cursor:
            for statement, values in statements:
                cursor.execute(statement, values)
        # executescript steps the pragma to completion; execute would free a single page
        self.saver.conn.executescript("PRAGMA incremental_vacuum;")


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[SqliteCheckpoints]:
    """Open the checkpoint file.

    `synchronous=NORMAL` survives a crash of the process, which is what resuming is for, at a third of
    the cost of FULL; a power cut may lose the last steps.

    Raises:
        RecordError: If the file is not a database or cannot be written.
    """
    # SQLite gives its side files the permissions of the database
    make_file(path)
    try:
        with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            # short, because the loop waits too; the run's lock keeps other runs away
            connection.execute("PRAGMA busy_timeout=2000")
            serde = CompressedSerializer(allowed_msgpack_modules=stored_types())
            saver = LoopSaver(connection, path, serde=serde)
            saver.setup()
            connection.execute("PRAGMA synchronous=NORMAL")
            yield SqliteCheckpoints(saver, path)
    except sqlite3.DatabaseError as error:
        raise RecordError(explain(path, error)) from error


_WRITING = {
    "full": "free space",
    "readonly": "mend its permissions",
    "read-only": "mend its permissions",
    "disk i/o": "free space or look after its disk",
    "unable to open": "free space or mend its permissions",
    "locked": "end the program that holds it",
}
"""In messages of SQLite about a file that is whole and cannot be written now -> what helps."""


def explain(path: Path, error: Exception) -> str:
    """Say what an error of a checkpoint file means: it cannot be written, or is not what was written."""
    reason = " ".join(str(error).split())
    if remedy := next((told for word, told in _WRITING.items() if word in reason.lower()), ""):
        return f"{path}: cannot be written ({reason}); {remedy} and run again"
    return (
        f"{path}: is damaged ({reason}); put it back from a copy, or move the file away and start anew with "
        "--overwrite"
    )
