"""A session's file: written from a finished session; reads our files and the reference release's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue

from psychagent.domain.cause import Cause
from psychagent.domain.client_memory import Recall
from psychagent.domain.memory import ClientFile, SessionSummary
from psychagent.domain.plan import Correction, Plan
from psychagent.domain.profile import Case
from psychagent.domain.risk.finding import RiskFinding
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.strategy.item import MemoryStock
from psychagent.domain.usage import Usage
from psychagent.domain.words.value import kind_of
from psychagent.errors import RecordError
from psychagent.files.given import to_path
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json
from psychagent.records.base import StoredFile
from psychagent.records.rollouts import RolloutData, to_rollout_data
from psychagent.records.transcript import StoredTurns, Utterance, to_transcript

SCHEMA_VERSION = 1
_OF_ROLLOUTS = {"evaluation_score", "rollout_data"}


class SessionRecord(StoredFile):
    """A session as stored in its file.

    `stage`, `focus`, `profile_snapshot`, `transcript`, `updated_profile` and `evaluation_score` are names
    of the reference release. In our files they duplicate our own fields, so that tools made for the
    release can read them; its own files may hold nothing else, and in other shapes than ours.
    """

    modality: str = ""
    case_id: str = ""
    session_index: int = 0
    stage: str = ""
    focus: JsonValue = None
    profile_snapshot: JsonValue = None
    transcript: tuple[Utterance, ...]
    """Visible words only."""
    summary: JsonValue = None
    updated_profile: JsonValue = None
    plan: Plan | None = None
    turns: StoredTurns = ()
    candidates: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    client_file_before: ClientFile | None = None
    stock_before: MemoryStock | None = None
    """What a memory without a client file held before the session; null where it held nothing."""
    client_file: ClientFile | None = None
    recall: Recall | None = None
    """What the client remembers; None where a person was the client, and in files of earlier versions."""
    risk: tuple[RiskFinding, ...] = ()
    """Turns of the client in which the safety gate found danger; empty in files of earlier versions."""
    closed_by: Cause | None = None
    """Why a turn could not be answered, if the session closed for that; null in files of earlier versions."""
    usage: Usage = Usage()
    evaluation_score: JsonValue = None
    """The scores of the chosen rollout."""
    rollout_data: RolloutData | JsonValue = Field(default=None, union_mode="left_to_right")

    def typed_summary(self) -> SessionSummary:
        """Return the summary as our own model.

        Raises:
            RecordError: If it has another form, as in files of the reference release.
        """
        return to_model(SessionSummary, self.summary, origin="summary", raise_as=RecordError)

    def typed_rollouts(self) -> RolloutData | None:
        """Return the rollouts as our own model; None if there was only one.

        Raises:
            RecordError: If the file holds them in another form.
        """
        data = self.rollout_data
        if data is None or isinstance(data, RolloutData):
            return data
        return to_model(RolloutData, data, origin="rollout_data", raise_as=RecordError)

    def to_file(self) -> dict[str, Any]:
        """Return the file's content as JSON data, without the keys for rollouts if there are none."""
        data = super().to_file()
        return {name: value for name, value in data.items() if name not in _OF_ROLLOUTS or value is not None}


def read_session(path: Path | str) -> SessionRecord:
    """Read a session file.

    Raises:
        RecordError: Naming the file and what is wrong with it.
    """
    data = read_json(to_path(path, "the session's file"))
    if not isinstance(data, dict):
        raise RecordError(f"{path}: holds {kind_of(data)}, not a session")
    return to_model(SessionRecord, data, origin=str(path), raise_as=RecordError)


def write_session(path: Path, record: SessionRecord) -> None:
    """Write a session file whole or not at all."""
    write_json(path, record.to_file())


def to_record(case: Case, session: FinishedSession, *, keep_all: bool = True) -> SessionRecord:
    """Convert a finished session for its file.

    Args:
        case: The client's case.
        session: The session to store.
        keep_all: Whether to keep the dialogues of rollouts that were not chosen.
    """
    winner = next((r for r in session.rollouts if r.index == session.winner), None)
    scores = winner.judgement.values() if winner and winner.judgement else {}
    return SessionRecord(
        schema_version=SCHEMA_VERSION,
        modality=case.modality.value,
        case_id=case.case_id,
        session_index=session.session_index,
        stage=session.plan.stage.value,
        focus=list(session.plan.focus),
        profile_snapshot=flat_file(session.file_before),
        transcript=to_transcript(session.turns),
        summary=session.summary.model_dump(mode="json"),
        updated_profile=flat_file(session.file_after),
        plan=session.plan,
        turns=session.turns,
        candidates=session.candidates,
        corrections=session.corrections,
        client_file_before=session.file_before,
        stock_before=None if session.stock_before == MemoryStock() else session.stock_before,
        client_file=session.file_after,
        recall=session.recall,
        risk=session.risk,
        closed_by=session.closed_by,
        usage=session.usage,
        evaluation_score=dict(scores) if session.rollouts else None,
        rollout_data=to_rollout_data(session, keep_all=keep_all),
    )


def flat_file(file: ClientFile) -> dict[str, JsonValue]:
    """Flatten a client file as the reference release does, with the modality's fields next to the others."""
    data = file.model_dump(mode="json", exclude={"origins", "history", "theory"})
    return data | (file.theory.model_dump(mode="json") if file.theory else {})
