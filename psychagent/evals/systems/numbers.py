"""Everything that a comparison of systems tells, as numbers; knows no layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psychagent.evals.numbers import Trend, members_of, trends_of
from psychagent.evals.systems.cases import case_cells, panel_members, trend_cells
from psychagent.evals.systems.conduct import Conduct, conduct_of
from psychagent.evals.systems.load import System
from psychagent.evals.systems.mismatch import find_mismatches, judged_otherwise
from psychagent.evals.table import to_cells
from psychagent.stats.bootstrap import DEFAULT_SAMPLING, Estimate, Sampling, resample
from psychagent.stats.contrasts import Contrast
from psychagent.stats.panels import Estimates, Members, Panel, ScoreCell, estimate_panels
from psychagent.stats.standings import Ranking, contrast_systems, rank_systems

Tables = Mapping[str, Sequence[str]]
"""Title -> the systems of the table, in order."""


@dataclass(frozen=True)
class Standing:
    """One system by itself."""

    estimates: Estimates
    """Metrics and headline numbers, as the report of its evaluation has them."""
    trends: tuple[Trend, ...]
    slopes: Mapping[Panel, Estimate]
    """Change a session: the mean over cases of their slopes."""
    conduct: Conduct


@dataclass(frozen=True)
class Contest:
    """Several systems, each by itself, against the reference, and among those of its table."""

    reference: str
    standings: Mapping[str, Standing]
    contrasts: Mapping[str, Mapping[Panel, Contrast]]
    """Every system but the reference, less the reference; one family of tests."""
    rankings: Mapping[str, Mapping[Panel, Ranking]]
    """By title of a table."""
    only_here: Mapping[str, tuple[str, ...]]
    """Every system but the reference -> its cases that the reference lacks."""
    only_there: Mapping[str, tuple[str, ...]]
    """Every system but the reference -> cases of the reference that it lacks."""
    mismatches: Mapping[str, tuple[str, ...]]
    """What speaks against comparing -> the systems that it holds for, against the reference."""
    mixed: Mapping[str, tuple[str, ...]]
    """What speaks against taking evaluations for seeds of one system -> the systems that it holds for."""
    sampling: Sampling


def compare_systems(
    systems: Mapping[str, System], tables: Tables, reference: str, sampling: Sampling = DEFAULT_SAMPLING
) -> Contest:
    """Compute everything that a comparison tells.

    Args:
        systems: By name; the reference is among them.
        tables: Each ranks its own systems.
        reference: The system that all others are held against.
        sampling: How intervals are drawn.
    """
    members = panel_members(frame for system in systems.values() for frame in system.frames)
    cells = {name: case_cells(system.frames) for name, system in systems.items()}
    theirs = systems[reference]
    others = {name: system for name, system in systems.items() if name != reference}
    cases = {name: _cases(system) for name, system in systems.items()}
    return Contest(
        reference=reference,
        standings={name: _standing(system, members, sampling) for name, system in systems.items()},
        contrasts=contrast_systems(cells, members, reference, sampling),
        rankings={
            title: rank_systems({name: cells[name] for name in names}, members, sampling)
            for title, names in tables.items()
        },
        only_here={name: tuple(sorted(cases[name] - cases[reference])) for name in others},
        only_there={name: tuple(sorted(cases[reference] - cases[name])) for name in others},
        mismatches=_mismatches(others, theirs),
        mixed=_mixed(systems),
        sampling=sampling,
    )


def _cases(system: System) -> set[str]:
    return {case for frame in system.frames for case in frame["modality"] + "/" + frame["case_id"]}


def _mismatches(others: Mapping[str, System], theirs: System) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, system in others.items():
        for line in find_mismatches(system.seeds, theirs.seeds):
            found.setdefault(line, []).append(name)
    return {line: tuple(names) for line, names in found.items()}


def _mixed(systems: Mapping[str, System]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for name, system in systems.items():
        first, *others = system.seeds
        for line in (line for other in others for line in judged_otherwise([first], [other])):
            found.setdefault(line, {})[name] = None
    return {line: tuple(names) for line, names in found.items()}


def _standing(system: System, members: Members, sampling: Sampling) -> Standing:
    frame, infos = system.frame, system.infos
    return Standing(
        estimates=estimate_panels(to_cells(frame), members_of(frame, infos), sampling),
        trends=trends_of(frame, infos, sampling),
        slopes=mean_slopes(trend_cells(system.frames), members, sampling),
        conduct=conduct_of(system.seeds),
    )


def mean_slopes(
    cells: Sequence[ScoreCell], members: Members, sampling: Sampling = DEFAULT_SAMPLING
) -> dict[Panel, Estimate]:
    """Estimate each headline number's change a session: the mean of its metrics' mean slopes."""
    if not cells:
        return {panel: Estimate() for panel in members}
    resamples = resample(cells, sampling)
    present = {panel: [m for m in metrics if m in resamples.column] for panel, metrics in members.items()}
    return {panel: resamples.mean_of(found) if found else Estimate() for panel, found in present.items()}
