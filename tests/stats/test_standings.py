"""Several systems over the same cases: pairing, one family of tests, ranks over what all of them have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from psychagent.stats.bootstrap import Cell, Sampling
from psychagent.stats.contrasts import Pair, contrast_pairs
from psychagent.stats.panels import PANELS, MetricId, ScoreCell
from psychagent.stats.standings import contrast_systems, pair_cells, rank_systems

FEW = Sampling(resamples=200)
WAI, HTAIS = MetricId("counselor", "WAI"), MetricId("counselor", "HTAIS")
MITI, CTRS = MetricId("counselor", "MITI"), MetricId("counselor", "CTRS")
SHARED, SPECIFIC = PANELS[:2]
MEMBERS = {SHARED: [WAI, HTAIS], SPECIFIC: [MITI, CTRS]}


def cells(values: Mapping[MetricId, Sequence[float | None]], stratum: str = "bt") -> list[ScoreCell]:
    return [
        Cell(f"case {n}", metric, value, stratum)
        for metric, of_cases in values.items()
        for n, value in enumerate(of_cases)
        if value is not None
    ]


def test_a_difference_of_a_panel_is_the_mean_of_its_metrics_as_the_panel_is() -> None:
    # one school with four cases, one with a single metric and two: the headline weighs both metrics alike
    ours = [*cells({MITI: [7.0] * 4}), *cells({CTRS: [9.0] * 2}, "cbt")]
    theirs = [*cells({MITI: [6.0] * 4}), *cells({CTRS: [6.0] * 2}, "cbt")]
    found = contrast_systems({"a": ours, "b": theirs}, MEMBERS, "b", FEW)["a"][SPECIFIC]
    assert found.difference == pytest.approx((1 + 3) / 2)
    assert (found.ours, found.theirs) == (8.0, 6.0)
    assert (found.cases, found.wins) == (6, 6)
    # the test counts cases, whatever the metrics
    assert found.p == pytest.approx(2 / 2**6)


def test_a_case_enters_the_test_once_however_many_metrics_it_has() -> None:
    pairs = [Pair(f"case {n}", 6.0 + k, 5.0, key=k) for n in range(6) for k in range(3)]
    found = contrast_pairs(pairs, FEW)
    assert (found.cases, found.wins) == (6, 6)
    assert found.difference == pytest.approx(2)
    assert found.p == pytest.approx(2 / 2**6)


def test_what_one_of_two_lacks_is_left_out_by_metric_and_case() -> None:
    ours = cells({WAI: [6.0, None, 7.0], HTAIS: [6.0, 6.0, None]})
    theirs = cells({WAI: [5.0, 5.0, None], HTAIS: [5.0, 5.0, 5.0]})
    pairs = pair_cells(ours, theirs)
    assert [(pair.case, pair.key) for pair in pairs] == [
        ("case 0", HTAIS),
        ("case 0", WAI),
        ("case 1", HTAIS),
    ]
    assert contrast_systems({"a": ours, "b": theirs}, MEMBERS, "b", FEW)["a"][SHARED].cases == 2


def test_all_systems_and_numbers_are_one_family() -> None:
    values = {WAI: [6.1, 6.2, 6.3, 6.4, 6.5, 6.6], MITI: [6.1, 6.2, 6.3, 6.4, 6.5, 6.6]}
    scored = {"ref": cells({WAI: [6.0] * 6, MITI: [6.0] * 6}), "a": cells(values), "b": cells(values)}
    found = contrast_systems(scored, MEMBERS, "ref", FEW)
    # four tests, each 2 / 2^6
    corrected = [contrast.p_holm for panels in found.values() for contrast in panels.values()]
    assert corrected == [pytest.approx(4 * 2 / 2**6)] * 4


def test_a_number_that_nobody_has_is_no_test() -> None:
    found = contrast_systems(
        {"ref": cells({WAI: [5.0] * 6}), "a": cells({WAI: [6.0] * 6})}, MEMBERS, "ref", FEW
    )
    assert found["a"][SPECIFIC].cases == 0
    assert found["a"][SPECIFIC].p_holm is None
    assert found["a"][SHARED].p_holm == found["a"][SHARED].p


def test_ranks_are_over_what_every_system_has() -> None:
    # b looks better only because it lacks the case that is hard for all
    scored = {
        "a": cells({WAI: [7.0, 7.1, 7.0, 7.2, 7.0, 1.0]}),
        "b": cells({WAI: [6.0, 6.1, 6.0, 6.2, 6.0, None]}),
        "c": cells({WAI: [5.0, 5.1, 5.0, 5.2, 5.0, 0.0]}),
    }
    ranking = rank_systems(scored, MEMBERS, FEW)[SHARED]
    assert ranking.cases == 5
    assert [ranking.ranks[name].rank for name in scored] == [1, 2, 3]
    assert [(ranking.ranks[name].low, ranking.ranks[name].high) for name in scored] == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]
    assert ranking.friedman is not None
    assert ranking.friedman.statistic == pytest.approx(10)
    assert ranking.friedman.w == pytest.approx(1)


def test_few_cases_have_ranks_without_an_interval() -> None:
    scored = {"a": cells({WAI: [7.0, 7.0]}), "b": cells({WAI: [6.0, 6.0]})}
    ranking = rank_systems(scored, MEMBERS, FEW)[SHARED]
    assert (ranking.ranks["a"].rank, ranking.ranks["a"].low) == (1, None)


def test_systems_without_a_common_case_have_no_rank() -> None:
    scored = {"a": cells({WAI: [7.0, None]}), "b": cells({WAI: [None, 6.0]})}
    ranking = rank_systems(scored, MEMBERS, FEW)[SHARED]
    assert (ranking.cases, ranking.ranks, ranking.friedman) == (0, {}, None)
