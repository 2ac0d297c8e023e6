"""Headline numbers against the paper's values and numbers worked by hand."""

from __future__ import annotations

import pytest

from psychagent.errors import ScoringError
from psychagent.reports.evaluation.published import load_published
from psychagent.scales.metrics import MetricInfo, headline_members, list_metrics
from psychagent.scales.scale import load_scales
from psychagent.stats.bootstrap import Cell, Estimate
from psychagent.stats.panels import (
    PANELS,
    MetricId,
    Panel,
    ScoreCell,
    estimate_panels,
    mean_of_metrics,
    to_headline,
)

WAI = MetricId("counselor", "WAI")
MITI = MetricId("counselor", "MITI")
SHARED = Panel("counselor", "shared")


@pytest.fixture(scope="module")
def infos() -> dict[MetricId, MetricInfo]:
    return list_metrics(load_scales())


def one_case_each(metric: MetricId, values: list[float]) -> list[ScoreCell]:
    return [Cell(f"case {n}", metric, value, "bt") for n, value in enumerate(values)]


def test_the_papers_figure_gives_the_papers_table(infos: dict[MetricId, MetricInfo]) -> None:
    published = load_published()
    cells = [
        Cell("case", metric, value, infos[metric].scale.modalities[0])
        for metric, value in published.figure3.by_metric().items()
    ]
    table = published.table1.by_panel(published.table1.rows[0])
    panels = estimate_panels(cells, headline_members(infos.values())).panels
    for panel in PANELS:
        # within 0.02 as both are printed, with two digits
        assert round(panels[panel].value.mean or 0, 2) == pytest.approx(table[panel], abs=0.0201), panel
        assert not panels[panel].absent


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


def test_a_panel_weighs_its_metrics_alike_however_many_sessions_each_has() -> None:
    cells = [*one_case_each(WAI, [4.0] * 9), *one_case_each(MITI, [8.0])]
    members = {SHARED: [WAI, MITI]}
    assert estimate_panels(cells, members).panels[SHARED].value.mean == pytest.approx(6.0)
    assert mean_of_metrics({WAI: 4.0, MITI: 8.0}, members) == {SHARED: 6.0}


def test_a_metric_without_scores_is_named_and_not_counted_as_zero() -> None:
    panel = estimate_panels(one_case_each(WAI, [6.0, 7.0]), {SHARED: [WAI, MITI]}).panels[SHARED]
    assert panel.value.mean == pytest.approx(6.5)
    assert panel.absent == (MITI,)


def test_a_panel_without_any_score_is_empty() -> None:
    panel = estimate_panels([], {SHARED: [WAI]}).panels[SHARED]
    assert panel.value == Estimate()
    assert mean_of_metrics({}, {SHARED: [WAI]}) == {}


def test_a_panel_with_a_metric_of_one_case_has_no_interval() -> None:
    cells = [*one_case_each(WAI, [4.0, 6.0, 5.0, 5.0, 5.0]), *one_case_each(MITI, [8.0])]
    estimates = estimate_panels(cells, {SHARED: [WAI, MITI]})
    assert estimates.metrics[WAI].low is not None
    assert estimates.panels[SHARED].value.low is None
