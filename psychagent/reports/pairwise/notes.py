"""What a reader of a comparison in pairs must know: scripts, what is lacking, what the judge leans to."""

from __future__ import annotations

from collections.abc import Iterator

from psychagent.domain.script_note import JUDGED_BY_SCRIPT, MADE_WITH_SCRIPT
from psychagent.evals.pairwise.plan import SAFETY
from psychagent.evals.pairwise.result import PairwiseResult, Ranking
from psychagent.evals.pairwise.run import PairwiseRun
from psychagent.evals.ratings.names import list_names
from psychagent.reports.page.blocks import percent, plural
from psychagent.stats.bootstrap import FEWEST_CASES

_MANY_FLIPS, _FAIR = 0.2, (0.4, 0.6)


def script_notes(run: PairwiseRun) -> tuple[str, ...]:
    """Say where a script had a part."""
    made = any(system.is_script for system in run.systems)
    return (*((JUDGED_BY_SCRIPT,) if run.is_script else ()), *((MADE_WITH_SCRIPT,) if made else ()))


def notes_on(run: PairwiseRun, result: PairwiseResult) -> tuple[str, ...]:
    """Say in sentences what the numbers leave out, and what speaks against them."""
    return (*run.notes, *_lacking(run), *(note for one in result.rankings for note in _of_ranking(one)))


def _lacking(run: PairwiseRun) -> Iterator[str]:
    if run.lacking:
        where, why = run.lacking[0]
        many = plural(len(run.lacking), "comparison")
        yield f"{many} without verdicts in both orders, which count nowhere; the first: {where} ({why})."
    if run.of_others:
        many = plural(run.of_others, "stored verdict")
        yield f"{many} of another judge, other prompts, scales or dialogues count nowhere."
    if SAFETY in run.scales and not any(one.scale == SAFETY for one in run.judged):
        yield "No danger was voiced in any of the sessions, so nothing is compared on safety."


def _of_ranking(ranking: Ranking) -> Iterator[str]:
    overall = ranking.respects[0]
    groups: dict[int, list[str]] = {}
    for strength in overall.strengths:
        groups.setdefault(strength.group, []).append(strength.system)
    if len(groups) > 1:
        told = "; ".join(list_names(names) for names in groups.values())
        yield (
            f"{ranking.scale}: not all systems were compared, not even by way of others, so no strength and "
            f"no rank holds between these groups: {told}."
        )
    cases = max((pair.cases for pair in overall.pairs), default=0)
    if cases < FEWEST_CASES:
        yield (
            f"{ranking.scale}: at most {plural(cases, 'case')} a pair of systems; intervals take "
            f"{FEWEST_CASES} cases."
        )
    flipped = ranking.flips / ranking.outcomes
    if flipped > _MANY_FLIPS:
        yield (
            f"{ranking.scale}: {percent(flipped)} of the outcomes flip with the order: the judge hardly "
            "tells these sessions apart."
        )
    if ranking.first_share is not None and not _FAIR[0] <= ranking.first_share <= _FAIR[1]:
        yield (
            f"{ranking.scale}: of the verdicts with a winner, {percent(ranking.first_share)} name the "
            "session that was shown first; the flips that follow count as ties."
        )
