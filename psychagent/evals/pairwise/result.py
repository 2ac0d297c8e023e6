"""Count verdicts: who won, what flipped with the order, the lengths, how strong each system is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from psychagent.domain.base import Speaker
from psychagent.evals.pairwise.run import Judged, PairwiseRun
from psychagent.files.given import require
from psychagent.nodes.judging.pair import OVERALL, Better
from psychagent.scales.dialogue import Dialogue
from psychagent.scales.quotes import to_words
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Sampling
from psychagent.stats.bradley_terry import Match, Strength, bradley_terry

Kind = Literal["same", "flip", "wavered"]
_POINTS: Mapping[Better, float] = {"first": 1.0, "second": 0.0, "tie": 0.5}


class Outcome(NamedTuple):
    """Both orders of one meeting in one respect."""

    won: float
    """By ours: 1, 0, or 0.5 for a tie."""
    kind: Kind
    """`flip`: each order has another winner; `wavered`: one order has a winner. Both count as ties."""


def settle(ours_first: Better, theirs_first: Better) -> Outcome:
    """Put the verdicts of both orders together: who does not win in both has not won."""
    one, other = _POINTS[ours_first], 1 - _POINTS[theirs_first]
    if one == other:
        return Outcome(one, "same")
    return Outcome(0.5, "flip" if one + other == 1 else "wavered")


@dataclass(frozen=True)
class PairCount:
    """Two systems in one respect, over all sessions that both were judged on."""

    one: str
    other: str
    meetings: int
    cases: int
    wins: int
    """Of the first."""
    ties: int
    """Flips and wavered ones included."""
    losses: int
    flips: int
    wavered: int


@dataclass(frozen=True)
class Respect:
    """All systems in one respect: a dimension, or overall."""

    name: str
    pairs: tuple[PairCount, ...]
    strengths: tuple[Strength, ...]


@dataclass(frozen=True)
class Ranking:
    """All systems on one scale."""

    scale: str
    respects: tuple[Respect, ...]
    """Overall first."""
    flips: int
    wavered: int
    outcomes: int
    """Meetings times respects."""
    first_share: float | None
    """Of the verdicts that name a winner, how many name the session that was shown first; half is fair."""
    longer_share: float | None
    """Of the meetings that have a winner overall, in how many the winner's counselor said more; None where
    there is none."""
    decided: int
    """Meetings that have a winner overall."""


class Length(NamedTuple):
    """How much a system's counselor says in the sessions that were compared."""

    system: str
    sessions: int
    words: float
    """Of the counselor in a session; a Chinese character counts as a word."""
    turns: float
    """Of both, in a session."""


@dataclass(frozen=True)
class PairwiseResult:
    """Everything that a report of a comparison in pairs shows."""

    rankings: tuple[Ranking, ...]
    """One for each scale; they are never put together."""
    lengths: tuple[Length, ...]


def count_pairwise(run: PairwiseRun, sampling: Sampling = DEFAULT_SAMPLING) -> PairwiseResult:
    """Count what was judged, each scale by itself."""
    names = [system.name for system in require(PairwiseRun, run, "the run").systems]
    rankings = []
    for name, scale in run.scales.items():
        if judged := [one for one in run.judged if one.scale == name]:
            respects = [OVERALL, *(item.id for item in scale.items)]
            rankings.append(_rank(name, respects, names, judged, sampling))
    return PairwiseResult(tuple(rankings), tuple(_lengths(names, run.judged)))


def _rank(
    scale: str, respects: Sequence[str], names: Sequence[str], judged: Sequence[Judged], sampling: Sampling
) -> Ranking:
    outcomes = {name: [_settled(one, name) for one in judged] for name in respects}
    every = [outcome for of_one in outcomes.values() for outcome in of_one]
    named = [
        verdict.better
        for one in judged
        for verdicts in (one.ours_first, one.theirs_first)
        for verdict in verdicts.values()
        if verdict.better != "tie"
    ]
    longer = [
        _is_longer(one, o.won) for one, o in zip(judged, outcomes[OVERALL], strict=True) if o.won != 0.5
    ]
    return Ranking(
        scale,
        tuple(_respect(name, names, judged, outcomes[name], sampling) for name in respects),
        flips=sum(outcome.kind == "flip" for outcome in every),
        wavered=sum(outcome.kind == "wavered" for outcome in every),
        outcomes=len(every),
        first_share=named.count("first") / len(named) if named else None,
        longer_share=sum(longer) / len(longer) if longer else None,
        decided=len(longer),
    )


def _settled(one: Judged, respect: str) -> Outcome:
    return settle(one.ours_first[respect].better, one.theirs_first[respect].better)


def _respect(
    name: str,
    names: Sequence[str],
    judged: Sequence[Judged],
    outcomes: Sequence[Outcome],
    sampling: Sampling,
) -> Respect:
    by_pair: dict[tuple[str, str], list[tuple[Judged, Outcome]]] = defaultdict(list)
    for one, outcome in zip(judged, outcomes, strict=True):
        by_pair[one.meeting.one, one.meeting.other].append((one, outcome))
    matches = [
        Match(one.meeting.place[1], one.meeting.one, one.meeting.other, outcome.won, one.meeting.place[0])
        for one, outcome in zip(judged, outcomes, strict=True)
    ]
    pairs = tuple(_count(*pair, met) for pair, met in by_pair.items())
    return Respect(name, pairs, tuple(bradley_terry(names, matches, sampling)))


def _count(one: str, other: str, met: Sequence[tuple[Judged, Outcome]]) -> PairCount:
    won = [outcome.won for _, outcome in met]
    kinds = [outcome.kind for _, outcome in met]
    return PairCount(
        one,
        other,
        meetings=len(met),
        cases=len({judged.meeting.place[:2] for judged, _ in met}),
        wins=won.count(1.0),
        ties=won.count(0.5),
        losses=won.count(0.0),
        flips=kinds.count("flip"),
        wavered=kinds.count("wavered"),
    )


def _words(dialogue: Dialogue) -> int:
    return sum(len(to_words(line.text)) for line in dialogue.lines if line.speaker is Speaker.COUNSELOR)


def _is_longer(one: Judged, won: float) -> bool:
    """Return whether the counselor of the winner said more."""
    ours, theirs = _words(one.meeting.ours.dialogue), _words(one.meeting.theirs.dialogue)
    return ours > theirs if won == 1 else theirs > ours


def _lengths(names: Iterable[str], judged: Sequence[Judged]) -> Iterable[Length]:
    # by its hash: under several seeds a system has several sessions at one place
    sessions: dict[str, dict[tuple[object, ...], Dialogue]] = {name: {} for name in names}
    for one in judged:
        for name, shown in ((one.meeting.one, one.meeting.ours), (one.meeting.other, one.meeting.theirs)):
            sessions[name][(*one.meeting.place, shown.dialogue.hash)] = shown.dialogue
    for name, by_place in sessions.items():
        if by_place:
            many = len(by_place)
            words = sum(map(_words, by_place.values())) / many
            turns = sum(len(dialogue.lines) for dialogue in by_place.values()) / many
            yield Length(name, many, words, turns)
