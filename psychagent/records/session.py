"""A session's file: written from a finished session, read from ours and the reference release's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from psychagent.assets.yaml import to_model
from psychagent.domain.base import Speaker
from psychagent.domain.memory import ClientFile, SessionSummary
from psychagent.domain.plan import Correction, Plan
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage
from psychagent.errors import RecordError
from psychagent.records.files import read_json, write_json

SCHEMA_VERSION = 1
_ROLE = {Speaker.COUNSELOR: "assistant", Speaker.CLIENT: "user"}


class Utterance(BaseModel):
    """One visible utterance: assistant is the counselor, user the client."""

    role: str
    content: str


class SessionRecord(BaseModel):
    """A session as its file tells it; fields that the reference release lacks are optional."""

    model_config = ConfigDict(extra="allow")

    schema_version: int = 0
    modality: str = ""
    case_id: str = ""
    session_index: int = 0
    stage: str = ""
    focus: Any = None
    transcript: tuple[Utterance, ...]
    summary: Any = None
    profile_snapshot: Any = None
    updated_profile: Any = None
    plan: Plan | None = None
    turns: tuple[Turn, ...] = ()
    candidates: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    client_file_before: ClientFile | None = None
    client_file: ClientFile | None = None
    usage: Usage = Field(default_factory=Usage)
    evaluation_score: Any = None
    rollout_data: Any = None

    def typed_summary(self) -> SessionSummary:
        """Return the summary in our own form.

        Raises:
            RecordError: If the file's summary is not in that form (the reference release's is not).
        """
        return to_model(
            SessionSummary, self.summary, origin=f"session {self.session_index}", raise_as=RecordError
        )


def session_path(case_dir: Path, session_index: int) -> Path:
    """Return where a session's file stands."""
    return case_dir / f"session_{session_index}.json"


def to_transcript(turns: tuple[Turn, ...]) -> list[dict[str, str]]:
    """Write turns as the visible transcript."""
    return [{"role": _ROLE[turn.speaker], "content": turn.text} for turn in turns]


def flat_file(file: ClientFile) -> dict[str, Any]:
    """Write a client file as the reference release does: the modality's fields beside the others."""
    data = file.model_dump(mode="json", exclude={"origins", "history", "theory"})
    return data | (file.theory.model_dump(mode="json") if file.theory else {})


def read_session(path: Path) -> SessionRecord:
    """Read a session file.

    Raises:
        RecordError: Naming the file and what is wrong with it.
    """
    data = read_json(path)
    if not isinstance(data, dict):
        raise RecordError(f"{path}: holds {type(data).__name__}, not a session")
    return to_model(SessionRecord, data, origin=str(path), raise_as=RecordError)


def write_session(path: Path, data: dict[str, Any]) -> None:
    """Write a session file whole or not at all."""
    write_json(path, {"schema_version": SCHEMA_VERSION} | data)
