"""How the sessions of a system went and what they took: length, turn limit, calls, tokens; judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from psychagent.domain.role import Role
from psychagent.domain.turn import count_counselor_turns, said_goodbye
from psychagent.domain.usage import RoleUsage
from psychagent.errors import RecordError
from psychagent.evals.systems.worlds import manifest_of, session_paths
from psychagent.evals.table import Scores
from psychagent.records.session import SessionRecord, read_session
from psychagent.stats.rates import Rate, rate_of

NOT_ITS_OWN = frozenset({Role.CLIENT, Role.RECALL, Role.JUDGE, Role.PROBE})
"""Roles whose calls are the client's or a judge's; all others are the system's."""


@dataclass(frozen=True)
class Conduct:
    """How a system's sessions went."""

    cases: int
    sessions: int
    """Judged ones, over all seeds."""
    scores: int
    missing: int
    """Of the scores."""
    turns: float | None
    """Mean number of the counselor's turns; None in evaluations of earlier versions."""
    read: int
    """Sessions whose file in a run of ours is at hand; the numbers below are over these."""
    at_limit: Rate
    """Ended by the limit of turns: nobody said goodbye."""
    used: RoleUsage
    """Calls and tokens of the system itself, the simulated client's and a judge's left out."""

    def per_session(self, name: str) -> float | None:
        """Return a count of `used` by session; None where no file is at hand."""
        return getattr(self.used, name) / self.read if self.read else None


def conduct_of(seeds: Sequence[Scores]) -> Conduct:
    """Count over all evaluations of a system."""
    records = [found for scores in seeds for found in _records(scores)]
    turns = [
        (mean, scores.count_sessions())
        for scores in seeds
        if (mean := scores.summary.computed.get("counselor_turns")) is not None
    ]
    sessions = sum(of for _, of in turns)
    return Conduct(
        cases=len({case for scores in seeds for case in scores.frame["case"]}),
        sessions=sum(scores.count_sessions() for scores in seeds),
        scores=sum(len(scores.frame) for scores in seeds),
        missing=sum(int(scores.frame["missing"].sum()) for scores in seeds),
        turns=sum(mean * of for mean, of in turns) / sessions if sessions else None,
        read=len(records),
        at_limit=rate_of(sum(is_at_limit(record, most) for record, most in records), len(records)),
        used=sum(_own_usage(record for record, _ in records), RoleUsage()),
    )


def is_at_limit(record: SessionRecord, most: int) -> bool:
    """Return whether a session ended because the counselor had used up its turns, without a goodbye."""
    turns = record.turns
    return not (said_goodbye(turns) or record.closed_by) and count_counselor_turns(turns) >= most


def _records(scores: Scores) -> Iterator[tuple[SessionRecord, int]]:
    """Yield the judged sessions of a run of ours, each with its limit of turns."""
    manifest = manifest_of(scores)
    if manifest is None:
        return
    for path in session_paths(scores):
        try:
            record = read_session(path)
        except RecordError:
            # it counts among those that are not at hand
            continue
        if record.turns:
            yield record, manifest.settings.baseline.max_counselor_turns


def _own_usage(records: Iterable[SessionRecord]) -> Iterator[RoleUsage]:
    for record in records:
        yield from (used for role, used in record.usage.roles.items() if role not in NOT_ITS_OWN)
