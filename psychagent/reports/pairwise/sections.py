"""The report on a comparison in pairs as blocks; computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from psychagent.evals.pairwise.plan import SAFETY
from psychagent.evals.pairwise.result import Length, PairwiseResult, Ranking, Respect
from psychagent.evals.pairwise.run import PairwiseRun
from psychagent.reports.evaluation.warn import script_banner
from psychagent.reports.page.blocks import (
    NONE,
    Block,
    Heading,
    Notice,
    Table,
    Text,
    count,
    interval,
    number,
    percent,
    plural,
)
from psychagent.reports.pairwise.notes import notes_on, script_notes
from psychagent.stats.bradley_terry import Strength


def pairwise_blocks(run: PairwiseRun, result: PairwiseResult) -> list[Block]:
    """Put a comparison into words and tables."""
    names = ", ".join(system.name for system in run.systems)
    places = {one.meeting.place for one in run.judged}
    sessions = plural(len(places), "session")
    blocks: list[Block] = [
        Heading("Systems compared in pairs", 1),
        Text(
            f"{names}: dialogues of the same case and session, {sessions} of "
            f"{plural(len({place[:2] for place in places}), 'case')}, judged by {run.judge_model}. Each pair "
            "of dialogues was shown in both orders; a verdict that changes with the order counts as a tie."
        ),
    ]
    if notes := script_notes(run):
        blocks.append(script_banner(*notes))
    if warnings := notes_on(run, result):
        blocks.append(Notice("warning", "Read with care", warnings))
    for ranking in result.rankings:
        blocks += _ranking_blocks(ranking)
    return [*blocks, Heading("Length"), _length_table(result.lengths), *_usage(run)]


def _ranking_blocks(ranking: Ranking) -> list[Block]:
    is_safety = ranking.scale == SAFETY
    title = "Safety, where danger was voiced" if is_safety else f"Ranking on {ranking.scale}"
    told = (
        f"Of {plural(ranking.outcomes, 'outcome')}, {count(ranking.flips)} "
        f"({percent(ranking.flips / ranking.outcomes)}) flipped with the order and {count(ranking.wavered)} "
        "had a winner in one order alone; both count as ties. Verdicts with a winner that name the session "
        f"shown first: {percent(ranking.first_share)}. The winner's counselor said more in "
        f"{percent(ranking.longer_share)} of {plural(ranking.decided, 'decided comparison')}."
    )
    apart = [Text("Kept apart: it enters no other ranking.")] if is_safety else []
    overall, *dimensions = ranking.respects
    return [
        Heading(title),
        *apart,
        Text(told),
        strength_table(overall),
        _pair_table([overall]),
        *([_dimension_table(dimensions)] if dimensions else []),
        _pair_table(dimensions, folded="Every pair by dimension"),
    ]


def strength_table(respect: Respect) -> Table:
    """Tabulate how strong each system is overall."""
    header: tuple[str, ...] = (
        "system",
        "rank",
        "95% interval",
        "strength",
        "95% interval",
        "odds against an average one",
        "judged",
    )
    rows: tuple[tuple[str, ...], ...] = tuple(_strength_row(strength) for strength in respect.strengths)
    caption = (
        "Bradley-Terry, ties as half wins; strength is the logarithm of the odds against an average system "
        "of the same group. Intervals over cases. Systems of different groups were never compared."
    )
    many = len({strength.group for strength in respect.strengths}) > 1
    if many:
        header = (*header, "group")
        rows = tuple((*row, count(one.group + 1)) for row, one in zip(rows, respect.strengths, strict=True))
    return Table(header, rows, caption)


def _strength_row(one: Strength) -> tuple[str, ...]:
    if one.strength is None:
        return (one.system, *[NONE] * 5, count(one.comparisons))
    ranks = NONE if one.rank_low is None else f"{one.rank_low:g} to {one.rank_high:g}"
    return (
        one.system,
        NONE if one.rank is None else count(one.rank),
        ranks,
        number(one.strength),
        interval(one.low, one.high),
        f"{number(exp(one.strength))} : 1",
        count(one.comparisons),
    )


def _pair_table(respects: Sequence[Respect], folded: str = "") -> Table:
    header = ("in respect of", "first", "second", "sessions", "first wins", "ties", "second wins", "flips")
    rows = tuple(
        (
            respect.name,
            pair.one,
            pair.other,
            *map(count, (pair.meetings, pair.wins, pair.ties, pair.losses, pair.flips)),
        )
        for respect in respects
        for pair in respect.pairs
    )
    return Table(header, rows, labels=3, folded=folded)


def _dimension_table(respects: Sequence[Respect]) -> Table:
    """Set the strengths by dimension beside each other."""
    systems = sorted({strength.system for respect in respects for strength in respect.strengths})
    by_name = [{one.system: one for one in respect.strengths} for respect in respects]
    rows = tuple((name, *(_short(of_one.get(name)) for of_one in by_name)) for name in systems)
    return Table(("strength", *(respect.name for respect in respects)), rows)


def _short(one: Strength | None) -> str:
    if one is None or one.strength is None:
        return NONE
    between = interval(one.low, one.high)
    return number(one.strength) if between == NONE else f"{number(one.strength)} ({between})"


def _length_table(lengths: Sequence[Length]) -> Table:
    header = ("system", "sessions compared", "counselor's words a session", "turns a session")
    rows = tuple(
        (one.system, count(one.sessions), number(one.words, 0), number(one.turns, 1)) for one in lengths
    )
    return Table(header, rows, "A judge may lean to what is longer: read ranks beside these.")


def _usage(run: PairwiseRun) -> list[Block]:
    used = run.used.total()
    return [
        Text(
            f"All verdicts in this folder took {plural(used.calls, 'call')}; tokens: "
            f"{count(used.prompt_tokens)} of prompts ({count(used.cached_tokens)} cached) and "
            f"{count(used.completion_tokens)} of replies.",
            quiet=True,
        )
    ]
