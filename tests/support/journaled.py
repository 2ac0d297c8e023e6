"""What tests of journals share: keys, answers, and what a journal's file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from psychagent.domain.call import CallId, Place
from psychagent.domain.usage import RoleUsage
from psychagent.files.seal import add_sum, without_sum
from psychagent.llm.journal import Kept, Key
from psychagent.runs.journals.file import FileJournals

COURSE = "cbt/en01"
COST = RoleUsage(calls=1, prompt_tokens=10, completion_tokens=3)


def key_of(
    thread: str = COURSE,
    session: int = 1,
    rollout: int = 0,
    attempt: int = 0,
    *,
    role: str = "client",
    part: str = "2",
    number: int = 0,
    digest: str = "d",
) -> Key:
    """Make the key of an answer."""
    return Key(CallId(Place(thread, session, rollout, attempt), role, part), number, digest)


def answer(content: str, cost: RoleUsage | None = COST) -> Kept:
    """Make what a journal keeps of a reply."""
    return Kept({"content": content}, cost)


def change_head(path: Path, **fields: object) -> None:
    """Write a journal's first line anew, as another program would have."""
    head, *rest = path.read_bytes().split(b"\n")
    changed = json.dumps(json.loads(without_sum(head)) | fields).encode()
    path.write_bytes(b"\n".join([add_sum(changed), *rest]))


def journal_lines(path: Path) -> list[Any]:
    """Read a journal, every line of which must be whole JSON."""
    data = path.read_bytes()
    assert data.endswith(b"\n"), "the last line is whole"
    return [json.loads(line) for line in data.decode("utf-8").split("\n")[:-1]]


def journals_in(folder: Path) -> list[Path]:
    """List the journals of a run or an evaluation."""
    return sorted((folder / "calls").rglob("*.jsonl"))


def open_journal(folder: Path, thread: str = COURSE, *, keep: bool = False, **how: Any) -> FileJournals:
    journals = FileJournals(folder, keep=keep)
    journals.open(thread, **how)
    return journals


def leave_journal(folder: Path, *keys: Key, **how: Any) -> Path:
    """Leave a journal as an interrupted run does; the answers are numbered in order."""
    journals = open_journal(folder, **how)
    for number, key in enumerate(keys):
        journals.add(key, answer(f"answer {number}"))
    return journals.path(COURSE)


def found_in(journals: FileJournals, key: Key) -> str | None:
    kept = journals.find(key)
    return None if kept is None else str(kept.value["content"])


def kept_calls(folder: Path) -> int:
    """Count the answered calls that a killed run or evaluation left in its journals, torn lines left out."""
    lines = [line for path in journals_in(folder) for line in path.read_bytes().split(b"\n")[1:-1]]
    costs = [json.loads(line).get("cost") or {} for line in lines]
    return sum(cost.get("calls", 0) for cost in costs)
