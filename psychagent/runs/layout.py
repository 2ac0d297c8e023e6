"""Where a run keeps what: the one place that knows the names of its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psychagent.domain.base import Modality
from psychagent.domain.profile import Case
from psychagent.nodes.state import FinishedSession, Rollout
from psychagent.records.session import flat_file, to_transcript


@dataclass(frozen=True)
class RunFolder:
    """`<save_dir>/<baseline>` and what stands in it."""

    root: Path
    baseline: str

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.root / self.baseline

    @property
    def checkpoints(self) -> Path:
        """The SQLite file of checkpoints."""
        return self.path / "checkpoints.sqlite"

    @property
    def manifest(self) -> Path:
        """What the run was made with."""
        return self.path / "manifest.json"

    @property
    def lock(self) -> Path:
        """The file whose OS lock says that a process is at work here."""
        return self.path / ".lock"

    def case_dir(self, modality: Modality, case_id: str) -> Path:
        """The folder of one case."""
        return self.path / modality.value / case_id

    def course(self, modality: Modality, case_id: str) -> Path:
        """The course file of one case."""
        return self.case_dir(modality, case_id) / "course.json"


def thread_id(modality: Modality, case_id: str) -> str:
    """Name the LangGraph thread of a case."""
    return f"{modality.value}/{case_id}"


def session_data(case: Case, session: FinishedSession, *, keep_all: bool = True) -> dict[str, Any]:
    """Put a finished session into the layout of its file (design 6).

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
