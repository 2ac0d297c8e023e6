"""Count the rollouts that a judge left without scores, and why: a choice among fewer, or by less, is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from psychagent.domain.base import Record
from psychagent.domain.scores import SessionScores
from psychagent.domain.words.cut import one_line
from psychagent.errors import RecordError
from psychagent.records.rollouts import RolloutData, StoredRollout
from psychagent.records.session import SessionRecord

_REASON_CHARS, _MOST_REASONS = 200, 5


class Unscored(Record):
    """Rollouts that lack scores."""

    rollouts: int = 0
    """All that were judged."""
    none: int = 0
    """Of these, how many have no score at all."""
    some: int = 0
    """Of these, how many lack one scale or more, and have others."""
    sessions: int = 0
    """In how many sessions there is one of either kind."""
    reasons: dict[str, int] = {}
    """Scale and why it is missing -> in how many rollouts; the most frequent ones."""

    @property
    def any(self) -> int:
        """How many lack something."""
        return self.none + self.some

    def __add__(self, other: Unscored) -> Unscored:
        """Sum two counts."""
        return Unscored(
            rollouts=self.rollouts + other.rollouts,
            none=self.none + other.none,
            some=self.some + other.some,
            sessions=self.sessions + other.sessions,
            reasons=dict((Counter(self.reasons) + Counter(other.reasons)).most_common(_MOST_REASONS)),
        )

    def _whys(self) -> Iterator[str]:
        """Say each reason once, with the scales that are missing for it."""
        scales: dict[tuple[str, int], list[str]] = {}
        for reason, times in self.reasons.items():
            name, _, why = reason.partition(": ")
            scales.setdefault((why, times), []).append(name)
        for (why, times), names in scales.items():
            yield f"{', '.join(names)}: {why} ({times}x)"

    def sentence(self) -> str:
        """Say it in one sentence; empty if nothing is lacking."""
        if not self.any:
            return ""
        parts = [f"{self.none} have no score"] if self.none else []
        parts += [f"{self.some} lack scales"] if self.some else []
        place = f"in {self.sessions} session{'s' if self.sessions > 1 else ''}"
        why = "; ".join(self._whys())
        return f"the judge failed: of {self.rollouts} judged rollouts {' and '.join(parts)}, {place}: {why}"


def count_unscored(sessions: Iterable[SessionRecord]) -> Unscored:
    """Count over sessions; those without rollouts, or in a form that is not ours, count as nothing."""
    total = Unscored()
    for session in sessions:
        try:
            data = session.typed_rollouts()
        except RecordError:
            continue
        if data is not None:
            total += _of_session(data)
    return total


def _of_session(data: RolloutData) -> Unscored:
    judged = [c for c in data.rollout_candidates if c.judgement]
    lacking = [c for c in judged if _reasons(c)]
    none = sum(not (c.judgement and c.judgement.values()) for c in lacking)
    reasons = Counter(reason for candidate in lacking for reason in _reasons(candidate))
    return Unscored(
        rollouts=len(judged),
        none=none,
        some=len(lacking) - none,
        sessions=int(bool(lacking)),
        reasons=dict(reasons.most_common(_MOST_REASONS)),
    )


def _reasons(candidate: StoredRollout) -> list[str]:
    own = reasons_of(candidate.judgement) if candidate.judgement else []
    return own + [f"second judge, {line}" for line in _lines(candidate.holdout_missing)]


def reasons_of(scores: SessionScores) -> list[str]:
    """List the scales that could not be filled in, each with its reason on one line."""
    return _lines(scores.why_missing())


def _lines(missing: Mapping[str, str]) -> list[str]:
    return [f"{name}: {one_line(reason, _REASON_CHARS)}" for name, reason in missing.items()]
