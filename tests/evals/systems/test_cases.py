"""One number a case and metric: sessions, then seeds; what is missing stays missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psychagent.evals.systems.cases import case_cells, panel_members, trend_cells
from psychagent.evals.table import load_scores
from psychagent.scales.metrics import MetricInfo
from psychagent.stats.panels import PANELS, MetricId
from tests.support.score_tables import Row, make_rows, write_table

WAI, BDI = MetricId("counselor", "WAI"), MetricId("client", "BDI_II")


def table(values: dict[int, float | None], *, modality: str = "bt") -> list[Row]:
    """One case with a score a session."""

    def value(case: str, session: int, info: MetricInfo) -> float | None:
        return values[session]

    return make_rows(value, modalities=(modality,), cases=1, sessions=len(values))


def load(folder: Path, values: dict[int, float | None], **more: str) -> Any:
    return load_scores(write_table(folder, table(values, **more))).frame


def test_a_case_is_the_mean_of_its_seeds_and_a_seed_of_its_sessions(tmp_path: Path) -> None:
    # the second seed has one session: it weighs as much as the two of the first
    seeds = [load(tmp_path / "0", {1: 4.0, 2: 6.0}), load(tmp_path / "1", {1: 8.0})]
    (cell,) = [cell for cell in case_cells(seeds) if cell.key == WAI]
    assert (cell.case, cell.stratum) == ("bt_001", "bt")
    assert cell.value == pytest.approx((5 + 8) / 2)


def test_what_is_missing_in_one_seed_is_taken_from_the_other_and_in_both_is_missing(tmp_path: Path) -> None:
    gap = load(tmp_path / "0", {1: None})
    seeds = [gap, load(tmp_path / "1", {1: 8.0})]
    assert {cell.value for cell in case_cells(seeds)} == {8.0}
    assert case_cells([gap]) == []
    assert case_cells([]) == []


def test_what_measures_harm_enters_as_the_headline_counts_it(tmp_path: Path) -> None:
    frame = load(tmp_path, {1: 3.0}, modality="cbt")
    values = {cell.key: cell.value for cell in case_cells([frame])}
    assert (values[BDI], values[WAI]) == (7.0, 3.0)


def test_the_slope_of_a_case_is_the_mean_of_its_seeds(tmp_path: Path) -> None:
    seeds = [load(tmp_path / "0", {1: 4.0, 2: 5.0, 3: 6.0}), load(tmp_path / "1", {1: 8.0, 2: 8.0})]
    (cell,) = [cell for cell in trend_cells(seeds) if cell.key == WAI]
    assert cell.value == pytest.approx((1 + 0) / 2)


def test_one_session_has_no_slope(tmp_path: Path) -> None:
    assert trend_cells([load(tmp_path, {1: 4.0, 2: None})]) == []


def test_the_metrics_of_a_number_are_those_of_the_tables(tmp_path: Path) -> None:
    frames = [load(tmp_path / "0", {1: 4.0}), load(tmp_path / "1", {1: 4.0}, modality="cbt")]
    members = panel_members(frames)
    assert [len(members[panel]) for panel in PANELS] == [5, 2, 3, 2]
