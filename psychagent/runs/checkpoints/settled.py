"""Which courses of a checkpoint file are over, asked of SQLite alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def settled_threads(path: Path) -> frozenset[str]:
    """Name the threads that were compacted to one checkpoint, as is done when a course ends.

    Empty if the file is missing or cannot be read: whoever opens it to go on says what is wrong.
    """
    statement = "SELECT thread_id FROM checkpoints GROUP BY thread_id HAVING count(*) = 1"
    try:
        # rw, which creates no file: a reader that may not write leaves SQLite's side files behind
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            return frozenset(name for (name,) in connection.execute(statement))
    except sqlite3.Error:
        return frozenset()
