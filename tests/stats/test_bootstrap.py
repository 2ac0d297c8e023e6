"""Headline numbers and their intervals against the paper's values and numbers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from psychagent.errors import ScoringError
from psychagent.reports.evaluation.published import load_published
from psychagent.scales.metrics import MetricInfo, headline_members, list_metrics
from psychagent.scales.scale import load_scales
from psychagent.stats.bootstrap import (
    PANELS,
    Cell,
    Estimate,
    MetricId,
    Panel,
    Sampling,
    estimate,
    mean_of_metrics,
    merge_lone,
    to_headline,
)

WAI = MetricId("counselor", "WAI")
SRS = MetricId("client", "SRS")
MITI = MetricId("counselor", "MITI")
SHARED = Panel("counselor", "shared")


@pytest.fixture(scope="module")
def infos() -> dict[MetricId, MetricInfo]:
    return list_metrics(load_scales())


def one_case_each(metric: MetricId, values: list[float], stratum: str = "bt") -> list[Cell]:
    return [Cell(f"case {n}", stratum, metric, value) for n, value in enumerate(values)]


def test_the_papers_figure_gives_the_papers_table(infos: dict[MetricId, MetricInfo]) -> None:
    published = load_published()
    cells = [
        Cell("case", infos[metric].scale.modalities[0], metric, value)
        for metric, value in published.figure3.by_metric().items()
    ]
    table = published.table1.by_panel(published.table1.rows[0])
    found = estimate(cells, headline_members(infos.values())).panels
    for panel in PANELS:
        # within 0.02 as both are printed, with two digits
        assert round(found[panel].value.mean or 0, 2) == pytest.approx(table[panel], abs=0.0201), panel
        assert not found[panel].absent


def test_the_panels_hold_the_metrics_of_the_design(infos: dict[MetricId, MetricInfo]) -> None:
    members = headline_members(infos.values())
    names = {panel: {metric.key for metric in ids} for panel, ids in members.items()}
    assert names[PANELS[0]] == {"Dialogue_Planning", "WAI", "Custom_Dim", "HTAIS", "RRO"}
    assert names[PANELS[1]] == {"MITI", "CTRS", "EFT_TFS", "TES", "PSC"}
    assert names[PANELS[2]] == {"PANAS", "RRO", "SRS"}
    assert names[PANELS[3]] == {"STAI", "BDI_II", "SFBT", "CCT", "IPO"}


def test_only_depression_and_personality_are_inverted(infos: dict[MetricId, MetricInfo]) -> None:
    inverted = {metric.key for metric, info in infos.items() if info.metric.headline == "invert"}
    assert inverted == {"BDI_II", "IPO"}
    assert to_headline(2.5, "invert") == 7.5
    assert to_headline(2.5, "as_is") == 2.5


def test_an_unknown_transform_is_refused() -> None:
    with pytest.raises(ScoringError, match="no headline transform 'negate'"):
        to_headline(1.0, "negate")


def test_an_empty_session_scores_the_middle_but_for_three_metrics(
    infos: dict[MetricId, MetricInfo],
) -> None:
    silent = {m.key: info.silent_headline for m, info in infos.items() if info.panel}
    others = {key: value for key, value in silent.items() if value != pytest.approx(5.0)}
    assert others == {
        "BDI_II": pytest.approx(10.0),
        "IPO": pytest.approx(10.0),
        "HTAIS": pytest.approx(2.115, abs=0.001),
    }


def test_a_metric_is_the_mean_over_sessions_not_over_cases() -> None:
    cells = [*(Cell("a", "bt", WAI, 4.0) for _ in range(3)), Cell("b", "bt", WAI, 8.0)]
    found = estimate(cells, {}).metrics[WAI]
    assert found.mean == pytest.approx(5.0)
    assert (found.sessions, found.cases) == (4, 2)


def test_a_panel_weighs_its_metrics_alike_however_many_sessions_each_has() -> None:
    cells = [*one_case_each(WAI, [4.0] * 9), Cell("case 0", "bt", MITI, 8.0)]
    members = {SHARED: [WAI, MITI]}
    assert estimate(cells, members).panels[SHARED].value.mean == pytest.approx(6.0)
    assert mean_of_metrics({WAI: 4.0, MITI: 8.0}, members) == {SHARED: 6.0}


def test_a_metric_without_scores_is_named_and_not_counted_as_zero() -> None:
    found = estimate(one_case_each(WAI, [6.0, 7.0]), {SHARED: [WAI, MITI]}).panels[SHARED]
    assert found.value.mean == pytest.approx(6.5)
    assert found.absent == (MITI,)


def test_a_panel_without_any_score_is_empty() -> None:
    found = estimate([], {SHARED: [WAI]}).panels[SHARED]
    assert found.value == Estimate()
    assert mean_of_metrics({}, {SHARED: [WAI]}) == {}


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    cells = one_case_each(WAI, [3.0, 5.0, 6.0, 6.5, 9.0])
    first, again, other = (estimate(cells, {}, Sampling(seed=seed)).metrics[WAI] for seed in (1, 1, 2))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


def test_the_interval_is_that_of_theory_where_cases_are_many() -> None:
    values = np.random.default_rng(0).normal(6, 1, 200)
    found = estimate(one_case_each(WAI, values.tolist()), {}, Sampling(resamples=4000)).metrics[WAI]
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert found.low == pytest.approx(values.mean() - half, abs=0.02)
    assert found.high == pytest.approx(values.mean() + half, abs=0.02)


def test_more_sessions_of_the_same_cases_do_not_narrow_the_interval() -> None:
    cells = one_case_each(WAI, [3.0, 5.0, 6.0, 9.0])
    once, tenfold = estimate(cells, {}).metrics[WAI], estimate(cells * 10, {}).metrics[WAI]
    assert (once.low, once.high) == (tenfold.low, tenfold.high)


def test_cases_are_resampled_within_their_modality() -> None:
    cells = [
        Cell(f"{stratum} {n}", stratum, WAI, value)
        for stratum, value in (("bt", 2.0), ("cbt", 8.0))
        for n in range(3)
    ]
    found = estimate(cells, {}).metrics[WAI]
    assert (found.mean, found.low, found.high) == pytest.approx((5.0, 5.0, 5.0))


def test_a_number_that_rests_on_one_case_has_no_interval() -> None:
    cells = [Cell("a", "bt", WAI, 4.0), Cell("a", "bt", WAI, 8.0)]
    found = estimate(cells, {}).metrics[WAI]
    assert (found.mean, found.low, found.high) == (6.0, None, None)


def test_a_panel_with_a_metric_of_one_case_has_no_interval() -> None:
    cells = [*one_case_each(WAI, [4.0, 6.0]), Cell("case 0", "bt", MITI, 8.0)]
    found = estimate(cells, {SHARED: [WAI, MITI]})
    assert found.metrics[WAI].low is not None
    assert found.panels[SHARED].value.low is None


def test_modalities_of_one_case_are_resampled_together() -> None:
    cells = [Cell(name, name, WAI, value) for name, value in (("bt", 2.0), ("cbt", 8.0), ("het", 5.0))]
    found = estimate(cells, {}).metrics[WAI]
    assert found.low == pytest.approx(2.0)
    assert found.high == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("strata", "merged"),
    [
        (["a", "a", "b", "b"], ["a", "a", "b", "b"]),
        (["a", "b", "c", "c"], ["a+b", "a+b", "c", "c"]),
        (["a", "b", "b", "b", "c", "c"], ["a+c", "b", "b", "b", "a+c", "a+c"]),
        (["a"], ["a"]),
    ],
)
def test_strata_of_one_case_find_company(strata: list[str], merged: list[str]) -> None:
    assert merge_lone(strata) == merged


def test_a_resample_without_a_scored_case_is_left_out() -> None:
    cells = [*one_case_each(WAI, [5.0] * 10), Cell("case 0", "bt", SRS, 4.0), Cell("case 1", "bt", SRS, 6.0)]
    found = estimate(cells, {}).metrics[SRS]
    assert (found.low, found.high) == pytest.approx((4.0, 6.0))
