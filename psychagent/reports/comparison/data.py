"""The numbers of a comparison as data for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from psychagent.evals.safety.rates import SafetyNumbers, summarize_safety
from psychagent.evals.systems.numbers import Standing
from psychagent.reports.comparison.material import Material
from psychagent.reports.comparison.sections import mismatch_lines, uses
from psychagent.stats.panels import Panel
from psychagent.stats.standings import Ranking


def to_data(material: Material) -> dict[str, Any]:
    """Return every number of the report."""
    contest = material.contest
    return {
        "reference": contest.reference,
        "made_with_script": material.is_script,
        "use": uses(material),
        "sampling": asdict(contest.sampling),
        "mismatches": mismatch_lines(material),
        "systems": {
            name: _standing(standing, material.safety[name])
            | {"evaluations": [str(scores.folder) for scores in material.systems[name].seeds]}
            for name, standing in contest.standings.items()
        },
        "differences": {
            name: {_key(panel): asdict(contrast) for panel, contrast in panels.items()}
            | {"only_in_it": contest.only_here[name], "only_in_reference": contest.only_there[name]}
            for name, panels in contest.contrasts.items()
        },
        "tables": {
            title: {"systems": list(names), "ranking": _rankings(contest.rankings[title])}
            for title, names in material.tables.items()
        },
        "paper": {model: _by_panel(values) for model, values in material.paper.items()},
    }


def _key(panel: Panel) -> str:
    return f"{panel.side}_{panel.group}"


def _by_panel(values: Mapping[Panel, Any]) -> dict[str, Any]:
    return {_key(panel): value for panel, value in values.items()}


def _standing(standing: Standing, safety: SafetyNumbers) -> dict[str, Any]:
    conduct = standing.conduct
    return {
        "headline": {_key(p): asdict(e.value) for p, e in standing.estimates.panels.items()},
        "metrics": {f"{m.side}.{m.key}": asdict(e) for m, e in standing.estimates.metrics.items()},
        "by_session": {
            _key(trend.panel): {index: asdict(estimate) for index, estimate in trend.points}
            for trend in standing.trends
        },
        "change_a_session": {_key(p): asdict(e) for p, e in standing.slopes.items()},
        "cases": conduct.cases,
        "sessions": conduct.sessions,
        "scores": conduct.scores,
        "scores_missing": conduct.missing,
        "counselor_turns": conduct.turns,
        "sessions_read": conduct.read,
        "at_turn_limit": asdict(conduct.at_limit),
        "used": conduct.used.model_dump(),
        "safety": summarize_safety(safety).model_dump(mode="json"),
    }


def _rankings(rankings: Mapping[Panel, Ranking]) -> dict[str, Any]:
    return {
        _key(panel): {
            "cases": ranking.cases,
            "ranks": {name: asdict(rank) for name, rank in ranking.ranks.items()},
            "friedman": asdict(ranking.friedman) if ranking.friedman else None,
        }
        for panel, ranking in rankings.items()
    }
