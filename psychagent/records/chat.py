"""A chat's own file: what was chosen when a person began it; it holds none of their words."""

from __future__ import annotations

from pathlib import Path

from psychagent.domain.base import Language, Modality
from psychagent.errors import RecordError
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json
from psychagent.records.base import StoredFile

SCHEMA_VERSION = 1
CHAT = "chat.json"
UNSENT = ".unsent.json"


class ChatRecord(StoredFile):
    """`chat.json`."""

    case_id: str
    """Random; never a name."""
    modality: Modality
    language: Language
    region: str | None = None
    """Two letters; empty where the person would not say, None where nobody has asked yet."""


class Unsent(StoredFile):
    """`.unsent.json`: the person's last words, until the course has them; they need not be typed again."""

    session: int
    turns: int
    """How many turns the session had when they were typed."""
    text: str


def read_chat(path: Path) -> ChatRecord:
    """Read a chat's file.

    Raises:
        RecordError: Naming the file and what is wrong with it.
    """
    return to_model(ChatRecord, read_json(path), origin=str(path), raise_as=RecordError)


def write_chat(path: Path, record: ChatRecord) -> None:
    """Write a chat's file whole or not at all."""
    write_json(path, record.to_file())


def read_unsent(path: Path) -> Unsent | None:
    """Read words that may not have arrived; None if there are none, or if the file is of no use."""
    try:
        return to_model(Unsent, read_json(path), origin=str(path), raise_as=RecordError)
    except RecordError:
        return None


def write_unsent(path: Path, unsent: Unsent) -> None:
    """Write the words whole or not at all."""
    write_json(path, unsent.to_file())
