"""The report's numbers: what choosing gained, and whether another judge agrees; knows no layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from psychagent.domain.seed import derive_seed
from psychagent.reports.rollouts.curve import Curve, best_of_curve
from psychagent.reports.rollouts.read import Candidate, RftRun, Rolled
from psychagent.scales.choose import select_best, select_random
from psychagent.scales.reward import canonical
from psychagent.stats.bootstrap import Cell, Estimate, Sampling, bootstrap_means
from psychagent.stats.ranks import rank_correlation

REWARD, HOLDOUT, LENGTH = "reward", "holdout", "length"
CHOSEN, EXPECTED, GAINED = "metric of the chosen", "metric, expected", "metric, gained"
"""Groups whose names are metrics: the winner's score and the mean of all, 0 to 10, and the gain in standard
deviations."""
_EXPECTED_FIRST = "no_previous_score"
"""Why client metrics do not count in a first session."""

UNASKED = "danger was voiced and not asked about in the counselor's next turn"
"""One kind of reason for which a rollout cannot win."""

Quantity = tuple[str, str]
"""Group and name."""
Estimated = Mapping[Quantity, Estimate]


@dataclass(frozen=True)
class Lost:
    """How often one scale is missing over all rollouts."""

    scale: str
    asked: int
    missing: int

    @property
    def share(self) -> float:
        """Share that the judge could not fill in."""
        return self.missing / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class RftNumbers:
    """Everything that the report prints."""

    whole: Estimated
    by_session: Mapping[int, Estimated]
    """By number of the session."""
    lost: tuple[Lost, ...]
    sessions: int
    cases: int
    rollouts: int
    failed: int
    """Rollouts that failed for good."""
    not_compared: int
    """Rollouts that succeeded and could not be compared."""
    ties: int
    """Sessions in which the winner shares the highest reward with another rollout."""
    skipped: Mapping[str, str]
    """Metrics that a reward left out -> why."""
    excluded: Mapping[str, int]
    """Why rollouts could not win -> how many; those that left danger unasked are one kind."""
    curve: Curve = Curve()

    @property
    def unasked(self) -> int:
        """Rollouts that could not win because voiced danger was not asked about."""
        return self.excluded.get(UNASKED, 0)

    @property
    def has_interval(self) -> bool:
        """Whether any number has an interval."""
        return any(estimate.low is not None for estimate in self.whole.values())

    def of(self, group: str, name: str) -> Estimate:
        """Return an estimate over all sessions; empty if there is none."""
        return self.whole.get((group, name), Estimate())


def compute_rft(run: RftRun, sampling: Sampling) -> RftNumbers:
    """Compute everything; intervals come from a bootstrap over cases, all sessions of a case together."""
    sessions = run.sessions
    numbers = {s.session_index for s in sessions}
    candidates = [c for s in sessions for c in s.candidates]
    return RftNumbers(
        whole=estimated(sessions, sampling),
        by_session={
            index: estimated([s for s in sessions if s.session_index == index], sampling)
            for index in sorted(numbers)
        },
        lost=tuple(_lost(candidates)),
        sessions=len(sessions),
        cases=len({s.case for s in sessions}),
        rollouts=len(candidates),
        failed=sum(bool(c.failure) for c in candidates),
        not_compared=sum(not c.failure and c.reward is None for c in candidates),
        ties=sum(s.winner in s.choice.tied for s in sessions),
        skipped={
            name: why
            for s in sessions
            for name, why in s.choice.skipped.items()
            if why != _EXPECTED_FIRST or s.session_index > 1
        },
        excluded=Counter(_kind_of(why) for s in sessions for why in s.choice.excluded.values()),
        curve=best_of_curve(sessions, sampling),
    )


def _kind_of(why: str) -> str:
    """Return the kind of a reason, which for danger names the turn."""
    return UNASKED if why.startswith("danger") else why


def estimated(sessions: Sequence[Rolled], sampling: Sampling) -> Estimated:
    """Estimate the mean of every quantity over some sessions.

    All cases are in one stratum: few cases of a modality are no reason to show no interval.
    """
    cells = [
        Cell(session.case, (group, name), value)
        for session in sessions
        for group, name, value in quantities(session)
    ]
    return bootstrap_means(cells, sampling)


def quantities(session: Rolled) -> Iterator[tuple[str, str, float]]:
    """List what one session contributes: group, name, value."""
    rewards, holdouts = session.rewards, session.holdouts
    yield from _chosen(REWARD, session, rewards)
    yield from _chosen(HOLDOUT, session, holdouts)
    margin = session.choice.margin()
    if margin is not None:
        yield REWARD, "margin", margin
    if holdouts.keys() & rewards.keys():
        yield from _agreement(session, rewards, holdouts)
    yield from _by_metric(session)
    yield from _lengths(session)


def _chosen(group: str, session: Rolled, values: Mapping[int, float]) -> Iterator[tuple[str, str, float]]:
    """Compare the winner with a random pick, whose expected reward is the mean."""
    if session.winner not in values or len(values) < 2:
        return
    seed = derive_seed(session.case, session.session_index)
    yield group, "winner", values[session.winner]
    yield group, "mean", mean(values.values())
    yield group, "random", values[select_random(values, seed=seed)]
    yield group, "best", max(values.values())
    yield group, "gain", values[session.winner] - mean(values.values())


def _by_metric(session: Rolled) -> Iterator[tuple[str, str, float]]:
    """Compare the winner with a random pick on each metric of the reward, whose mean gain is the reward's."""
    compared = {c.index: c for c in session.candidates if c.index in session.rewards}
    winner = compared.get(session.winner)
    if winner is None or len(compared) < 2:
        return
    for name in session.choice.compared:
        z = [c.z[name] for c in compared.values() if name in c.z]
        if len(z) == len(compared):
            yield GAINED, name, winner.z[name] - mean(z)
            yield CHOSEN, name, canonical_scores(winner)[name]
            yield EXPECTED, name, mean(canonical_scores(c)[name] for c in compared.values())


def canonical_scores(candidate: Candidate) -> dict[str, float]:
    """Return a rollout's scores by the names that norms and rewards use."""
    return {canonical(name): value for name, value in candidate.scores.items()}


def _agreement(
    session: Rolled, rewards: Mapping[int, float], holdouts: Mapping[int, float]
) -> Iterator[tuple[str, str, float]]:
    both = sorted(holdouts.keys() & rewards.keys())
    ours, theirs = [rewards[i] for i in both], [holdouts[i] for i in both]
    correlation = rank_correlation(ours, theirs)
    if correlation is not None:
        yield HOLDOUT, "correlation", correlation
    if len(both) > 1:
        best = select_best({i: rewards[i] for i in both})
        yield HOLDOUT, "same_winner", float(best == select_best({i: holdouts[i] for i in both}))
        yield HOLDOUT, "chance", 1 / len(both)


def _lengths(session: Rolled) -> Iterator[tuple[str, str, float]]:
    usable = [c for c in session.candidates if c.tokens is not None and c.turns is not None and not c.failure]
    chosen = [c for c in usable if c.index == session.winner]
    rejected = [c for c in usable if c.index != session.winner]
    for name, part in (("chosen", chosen), ("rejected", rejected)):
        if part:
            yield LENGTH, f"{name}_turns", mean(c.turns for c in part if c.turns is not None)
            yield LENGTH, f"{name}_tokens", mean(c.tokens for c in part if c.tokens is not None)
    if chosen and rejected:
        own = float(chosen[0].tokens or 0)
        yield LENGTH, "difference_tokens", own - mean(c.tokens for c in rejected if c.tokens is not None)


def _lost(candidates: Sequence[Candidate]) -> Iterator[Lost]:
    asked = Counter(name for c in candidates for name in c.asked)
    missing = Counter(name for c in candidates for name in c.missing)
    for name in sorted(asked):
        yield Lost(name, asked[name], missing[name])
