"""A session's file: written from a finished session, read from ours and the reference release's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from psychagent.domain.base import Speaker
from psychagent.domain.memory import ClientFile, SessionSummary
from psychagent.domain.plan import Correction, Plan
from psychagent.domain.profile import Case
from psychagent.domain.rollout import FinishedSession, Rollout
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage
from psychagent.errors import RecordError
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json

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


def session_data(case: Case, session: FinishedSession, *, keep_all: bool = True) -> dict[str, Any]:
    """Put a finished session into the layout of its file.

    Args:
        case: Whose session it is.
        session: What is stored.
        keep_all: Whether to keep the dialogues of rollouts that were not chosen.
    """
    data: dict[str, Any] = {
        "modality": case.modality.value,
        "case_id": case.case_id,
        "session_index": session.session_index,
        "stage": session.plan.stage.value,
        "focus": list(session.plan.focus),
        "profile_snapshot": flat_file(session.file_before),
        "transcript": to_transcript(session.turns),
        "summary": session.summary.model_dump(mode="json"),
        "updated_profile": flat_file(session.file_after),
        "plan": session.plan.model_dump(mode="json"),
        "turns": [turn.model_dump(mode="json", exclude_defaults=True) for turn in session.turns],
        "candidates": list(session.candidates),
        "corrections": [c.model_dump(mode="json") for c in session.corrections],
        "client_file_before": session.file_before.model_dump(mode="json"),
        "client_file": session.file_after.model_dump(mode="json"),
        "usage": session.usage.model_dump(mode="json"),
    }
    return data | (_rollout_data(session, keep_all=keep_all) if session.rollouts else {})


def _rollout_data(session: FinishedSession, *, keep_all: bool) -> dict[str, Any]:
    winner = next(r for r in session.rollouts if r.index == session.winner)
    choice = session.selection
    rewards = choice.rewards if choice else {}
    return {
        "evaluation_score": winner.judgement.values() if winner.judgement else {},
        "rollout_data": {
            "rollout_n": len(session.rollouts),
            "winner_rollout_index": session.winner,
            "rollout_rewards": [rewards.get(str(r.index)) for r in session.rollouts],
            "selection": choice.model_dump(mode="json") if choice else {},
            "rollout_candidates": [
                _candidate(r, rewards, keep=keep_all or r.index == session.winner) for r in session.rollouts
            ],
        },
    }


def _candidate(rollout: Rollout, rewards: dict[str, float], *, keep: bool) -> dict[str, Any]:
    judged = rollout.judgement
    missing = [n for n, s in judged.scales.items() if s.status == "missing"] if judged else []
    return {
        "rollout_index": rollout.index,
        "reward_score": rewards.get(str(rollout.index)),
        "scores": judged.values() if judged else {},
        "holdout_scores": rollout.holdout.values() if rollout.holdout else {},
        "missing_methods": missing,
        "judgement": judged.model_dump(mode="json") if judged else None,
        "failure": rollout.failure.model_dump() if rollout.failure else None,
        "transcript": to_transcript(rollout.turns) if keep else [],
        "turns": [t.model_dump(mode="json", exclude_defaults=True) for t in rollout.turns] if keep else [],
        "usage": rollout.usage.model_dump(mode="json"),
    }
