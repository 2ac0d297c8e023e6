"""The rollouts in a session's file: every candidate, its scores, and why one was chosen."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, field_validator

from psychagent.domain.base import Record
from psychagent.domain.risk.finding import RiskFinding
from psychagent.domain.rollout import Choice, Failure, FinishedSession, Rollout
from psychagent.domain.scores import SessionScores
from psychagent.domain.usage import Usage
from psychagent.records.transcript import StoredTurns, Utterance, to_transcript


class StoredRollout(Record):
    """One candidate session."""

    model_config = ConfigDict(extra="ignore")

    rollout_index: int
    reward_score: float | None = None
    """In standard deviations; None if the rollout could not be compared."""
    scores: dict[str, float] = Field(default_factory=dict)
    """The judge's scores, by side and metric."""
    holdout_scores: dict[str, float] = Field(default_factory=dict)
    """The second judge's scores, in the same form."""
    holdout_changes: dict[str, float] = Field(default_factory=dict)
    """The second judge's client scores without items on danger, where a scale has such items."""
    holdout_missing: dict[str, str] = Field(default_factory=dict)
    """Scales that the second judge could not fill in, and why."""
    missing_methods: tuple[str, ...] = ()
    """Scales that the judge could not fill in."""
    judgement: SessionScores | None = None
    failure: Failure | None = None
    transcript: tuple[Utterance, ...] = ()
    """Empty if the rollout was rejected and such dialogues are not kept."""
    turns: StoredTurns = ()
    risk: tuple[RiskFinding, ...] = ()
    """Turns of the client in which the safety gate found danger, also where the dialogue was not kept."""
    usage: Usage = Usage()


class RolloutData(Record):
    """All rollouts of a session; fields that the reference release lacks are optional."""

    model_config = ConfigDict(extra="ignore")

    rollout_n: int = 0
    winner_rollout_index: int
    rollout_rewards: tuple[float | None, ...] = ()
    selection: Choice | None = None
    rollout_candidates: tuple[StoredRollout, ...] = ()

    @field_validator("selection", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @property
    def rewards(self) -> dict[int, float]:
        """Rollout index -> reward, for rollouts that could be compared."""
        return self.selection.rewards if self.selection else {}


def to_rollout_data(session: FinishedSession, *, keep_all: bool) -> RolloutData | None:
    """Convert a session's rollouts for its file; None if there was only one.

    Args:
        session: The session to store.
        keep_all: Whether to keep the dialogues of rollouts that were not chosen.
    """
    if not session.rollouts:
        return None
    rewards = session.selection.rewards if session.selection else {}
    return RolloutData(
        rollout_n=len(session.rollouts),
        winner_rollout_index=session.winner,
        rollout_rewards=tuple(rewards.get(r.index) for r in session.rollouts),
        selection=session.selection,
        rollout_candidates=tuple(
            _stored(r, rewards.get(r.index), keep=keep_all or r.index == session.winner)
            for r in session.rollouts
        ),
    )


def _stored(rollout: Rollout, reward: float | None, *, keep: bool) -> StoredRollout:
    scores, turns = rollout.judgement, rollout.turns if keep else ()
    return StoredRollout(
        rollout_index=rollout.index,
        reward_score=reward,
        scores=scores.values() if scores else {},
        holdout_scores=rollout.holdout.values() if rollout.holdout else {},
        holdout_changes=_changes(rollout.holdout),
        holdout_missing=rollout.holdout.why_missing() if rollout.holdout else {},
        missing_methods=scores.missing_scales() if scores else (),
        judgement=scores,
        failure=rollout.failure,
        transcript=to_transcript(turns),
        turns=turns,
        risk=rollout.risk,
        usage=rollout.usage,
    )


def _changes(scores: SessionScores | None) -> dict[str, float]:
    if scores is None:
        return {}
    whole = scores.values()
    return {name: value for name, value in scores.values(change=True).items() if value != whole[name]}
