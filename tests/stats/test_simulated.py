"""What a comparison is worth, over simulated experiments: what is there is found, what is not is not.

Each experiment has a reference, a system that is better by half a point of ten, and two that are no better.
Cases differ by one point (standard deviation), partly for all systems alike and partly by how a system fares
with a case; only the latter hides a difference. The four numbers of a case go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import sqrt
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from psychagent.stats.bootstrap import Cell, Sampling
from psychagent.stats.contrasts import Contrast
from psychagent.stats.panels import PANELS, MetricId, Panel, ScoreCell
from psychagent.stats.standings import contrast_systems, rank_systems

EXPERIMENTS, GAIN, CASE_SD, COLUMN_SD = 200, 0.5, 1.0, 0.3
"""The last is what sets the four numbers of a case apart."""
LEVEL = 0.05
ERRORS = 2.33
"""Standard errors of a rate over all experiments that chance exceeds one time in a hundred."""
MOST_FALSE = LEVEL + ERRORS * sqrt(LEVEL * (1 - LEVEL) / EXPERIMENTS)
EFFICIENCY = 3 / np.pi
"""Of the signed rank test against the t test, where differences are normal (Pitman)."""
MEMBERS: dict[Panel, Sequence[MetricId]] = {p: [MetricId(p.side, f"{p.side} {p.group}")] for p in PANELS}
DRAWS = Sampling(resamples=200)

Experiment = dict[str, dict[Panel, Contrast]]
PLANTED = {"reference": 0.0, "better": GAIN, "same": 0.0, "also same": 0.0}
NULL = {"reference": 0.0, "same": 0.0, "also same": 0.0, "same again": 0.0}


class Design(NamedTuple):
    """How many cases, and how much of their variance all systems share."""

    cases: int
    shared: float

    @property
    def difference_sd(self) -> float:
        return sqrt(2 * (CASE_SD**2 * (1 - self.shared) + COLUMN_SD**2))

    @property
    def power(self) -> float:
        """What theory expects of one number, tested by Bonferroni's bound, which Holm's never falls below."""
        tests = len(PANELS) * (len(PLANTED) - 1)
        effect = GAIN / self.difference_sd * sqrt(self.cases * EFFICIENCY)
        critical = stats.t.isf(LEVEL / tests / 2, self.cases - 1)
        return float(stats.nct.sf(critical, self.cases - 1, effect))


USUAL = Design(40, 0.6)
DESIGNS = [USUAL, Design(40, 0.8), Design(100, 0.6)]


def simulate(seed: int, gains: dict[str, float], design: Design = USUAL) -> dict[str, list[ScoreCell]]:
    """Make the scores of one experiment."""
    rng = np.random.default_rng(seed)
    case = rng.normal(0, CASE_SD * sqrt(design.shared), design.cases)
    found = {}
    for name, gain in gains.items():
        own = rng.normal(0, CASE_SD * sqrt(1 - design.shared), design.cases)
        scores = 6 + gain + (case + own)[:, None] + rng.normal(0, COLUMN_SD, (design.cases, len(PANELS)))
        # a score has two digits and stays on its scale
        kept = np.clip(scores, 0, 10).round(2)
        found[name] = [
            Cell(f"case {n}", MEMBERS[panel][0], float(kept[n, place]), f"school {n % 5}")
            for n in range(design.cases)
            for place, panel in enumerate(PANELS)
        ]
    return found


def run(gains: dict[str, float], offset: int, design: Design = USUAL) -> list[Experiment]:
    return [
        contrast_systems(simulate(offset + n, gains, design), MEMBERS, "reference", DRAWS)
        for n in range(EXPERIMENTS)
    ]


def is_better(contrast: Contrast) -> bool:
    return is_found(contrast) and (contrast.difference or 0) > 0


def is_found(contrast: Contrast) -> bool:
    return contrast.p_holm is not None and contrast.p_holm < LEVEL


@cache
def planted(design: Design) -> list[Experiment]:
    return run(PLANTED, 10_000, design)


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: f"{d.cases} cases, {d.shared:.0%} shared")
def test_a_better_system_is_found_as_often_as_theory_says(
    design: Design, capsys: pytest.CaptureFixture[str]
) -> None:
    found = planted(design)
    by_number = [sum(is_better(e["better"][panel]) for e in found) / EXPERIMENTS for panel in PANELS]
    by_any = sum(any(map(is_better, e["better"].values())) for e in found) / EXPERIMENTS
    share, power = sum(by_number) / len(by_number), design.power
    with capsys.disabled():
        print(
            f"\n{GAIN} of 10 better, {design.cases} cases, differences vary by {design.difference_sd:.2f}: "
            f"found by a number {share:.1%} (theory {power:.1%}), by any of four {by_any:.1%}"
        )
    assert share >= power - ERRORS * sqrt(power * (1 - power) / EXPERIMENTS)
    assert by_any >= share
    assert not any(is_found(c) and not is_better(c) for e in found for c in e["better"].values())


@pytest.mark.slow
def test_systems_that_are_no_better_are_not_found_so(capsys: pytest.CaptureFixture[str]) -> None:
    null, sames = run(NULL, 20_000), ("same", "also same")
    alone = sum(any(is_found(c) for ps in e.values() for c in ps.values()) for e in null) / EXPERIMENTS
    beside = sum(any(is_found(c) for n in sames for c in e[n].values()) for e in planted(USUAL)) / EXPERIMENTS
    with capsys.disabled():
        print(f"\nany false finding: {alone:.1%} where all are alike, {beside:.1%} beside a better one")
    assert alone <= MOST_FALSE
    assert beside <= MOST_FALSE


@pytest.mark.slow
def test_the_interval_holds_the_true_difference() -> None:
    held = [(c.low or 0) <= GAIN <= (c.high or 0) for e in planted(USUAL) for c in e["better"].values()]
    # percentile intervals over 40 cases are a little narrow; the four numbers of an experiment go together
    assert 0.88 <= sum(held) / len(held) <= 0.98


@pytest.mark.slow
def test_a_better_system_stands_first_and_equals_change_places() -> None:
    gains = {"reference": 0.0, "better": GAIN, "same": 0.0}
    rankings = [rank_systems(simulate(30_000 + n, gains), MEMBERS, DRAWS)[PANELS[0]] for n in range(50)]
    assert sum(r.ranks["better"].rank == 1 for r in rankings) >= 48
    # the interval of an equal one tells that its place is chance
    assert sum((r.ranks["same"].high or 0) - (r.ranks["same"].low or 0) >= 1 for r in rankings) >= 45
    assert sum(r.friedman is not None and r.friedman.p < LEVEL for r in rankings) >= 40
