"""Two evaluations paired by case, against numbers worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.evals.compare import Comparison, compare
from psychagent.evals.table import load_scores
from psychagent.reports.evaluation.versus import against
from psychagent.reports.evaluation.write import ReportPlan, write_report
from psychagent.reports.page.markdown import to_markdown
from psychagent.scales.metrics import MetricInfo
from psychagent.stats.bootstrap import Sampling
from psychagent.stats.contrasts import Contrast
from tests.support.score_tables import Row, make_rows, noisy, write_table

FEW = Sampling(resamples=200)


def rows_of(values: list[float], *, sessions: int = 1, modality: str = "bt") -> list[Row]:
    def value(case: str, session: int, info: MetricInfo) -> float | None:
        return values[int(case[-3:]) - 1]

    return make_rows(value, modalities=(modality,), cases=len(values), sessions=sessions)


def compared(folder: Path, ours: list[Row], theirs: list[Row]) -> Comparison:
    first, second = write_table(folder / "a", ours), write_table(folder / "b", theirs)
    return compare(load_scores(first), load_scores(second), FEW)


def contrast(found: Comparison, name: str) -> Contrast:
    return {**found.panels, **found.metrics}[name]


def test_the_signed_rank_test_is_as_worked_by_hand(tmp_path: Path) -> None:
    found = compared(tmp_path, rows_of([5.1, 5.2, 5.3, 5.4, 5.5, 5.6]), rows_of([5.0] * 6))
    wai = contrast(found, "WAI (counselor)")
    assert wai.difference == pytest.approx(0.35)
    assert wai.p == pytest.approx(2 / 2**6)
    assert wai.rank_biserial == pytest.approx(1.0)
    assert (wai.wins, wai.ties, wai.losses) == (6, 0, 0)


def test_panels_and_metrics_are_corrected_apart(tmp_path: Path) -> None:
    found = compared(tmp_path, rows_of([5.1, 5.2, 5.3, 5.4, 5.5, 5.6]), rows_of([5.0] * 6))
    for family in (found.panels, found.metrics):
        expected = pytest.approx(len(family) * 2 / 2**6)
        assert [c.p_holm for c in family.values()] == [expected] * len(family)


def test_cases_that_tie_throughout_are_not_tested(tmp_path: Path) -> None:
    found = compared(tmp_path, rows_of([5.0, 6.0]), rows_of([5.0, 6.0]))
    wai = contrast(found, "WAI (counselor)")
    assert (wai.p, wai.p_holm, wai.rank_biserial) == (None, None, None)
    assert (wai.wins, wai.ties, wai.losses) == (0, 2, 0)


def test_a_case_is_the_mean_of_its_sessions(tmp_path: Path) -> None:
    found = compared(tmp_path, rows_of([6.0, 8.0], sessions=5), rows_of([5.0, 5.0], sessions=2))
    wai = contrast(found, "WAI (counselor)")
    assert wai.cases == 2
    assert wai.difference == pytest.approx(2.0)


def test_less_harm_counts_as_a_win(tmp_path: Path) -> None:
    found = compared(tmp_path, rows_of([2.0, 3.0], modality="cbt"), rows_of([4.0, 4.0], modality="cbt"))
    assert contrast(found, "10 − BDI_II (client)").wins == 2
    assert contrast(found, "CTRS (counselor)").losses == 2
    assert contrast(found, "Client specific").difference == pytest.approx(1.5)


def test_cases_of_one_side_only_are_listed_and_not_counted(tmp_path: Path) -> None:
    found = compared(tmp_path, rows_of([5.0, 6.0]), rows_of([5.0, 6.0, 7.0]))
    assert found.only_ours == ()
    assert found.only_theirs == ("bt/bt_003",)
    assert contrast(found, "WAI (counselor)").cases == 2


def test_a_missing_score_takes_its_case_out_of_that_metric_alone(tmp_path: Path) -> None:
    ours = rows_of([5.0, 6.0])
    gap = next(row for row in ours if row["metric"] == "WAI")
    gap.update(raw="", verified="", missing=True)
    found = compared(tmp_path, ours, rows_of([5.0, 5.0]))
    assert contrast(found, "WAI (counselor)").cases == 1
    assert contrast(found, "HTAIS (counselor)").cases == 2
    assert contrast(found, "Counselor shared").cases == 2


def test_systems_of_other_names_are_paired_all_the_same(tmp_path: Path) -> None:
    theirs = [row | {"baseline": "system-b"} for row in rows_of([5.0, 5.0])]
    assert contrast(compared(tmp_path, rows_of([6.0, 6.0]), theirs), "WAI (counselor)").cases == 2


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("judge_model", "different judge models"),
        ("prompt_hash", "different judge prompts"),
        ("scale_hash", "wording of these scales differs"),
    ],
)
def test_evaluations_that_were_judged_differently_are_warned_of(
    tmp_path: Path, column: str, words: str
) -> None:
    theirs = [row | {column: "other"} for row in rows_of([5.0])]
    assert words in " ".join(compared(tmp_path, rows_of([5.0]), theirs).warnings)


def test_a_script_against_a_model_is_warned_of(tmp_path: Path) -> None:
    theirs = [row | {"is_script": True} for row in rows_of([5.0])]
    assert "Only one of the two was made by a script" in " ".join(
        compared(tmp_path, rows_of([5.0]), theirs).warnings
    )


def test_schools_of_unequal_size_weigh_alike_as_in_the_headline_number(tmp_path: Path) -> None:
    ours = [*rows_of([6.0] * 6), *rows_of([8.0] * 2, modality="het")]
    theirs = [*rows_of([5.0] * 6), *rows_of([5.0] * 2, modality="het")]
    specific = contrast(compared(tmp_path, ours, theirs), "Counselor specific")
    # MITI by 1, TES by 3; over cases it would be 1.5
    assert (specific.ours, specific.theirs) == (7.0, 5.0)
    assert specific.difference == pytest.approx(2.0)
    assert (specific.cases, specific.wins) == (8, 8)


@pytest.mark.slow
def test_the_report_shows_the_comparison(tmp_path: Path) -> None:
    ours = write_table(tmp_path / "a", make_rows(noisy(1), modalities=("bt", "cbt")))
    theirs = write_table(tmp_path / "b", make_rows(noisy(2, -1.5), modalities=("bt", "cbt"), cases=5))
    text = write_report(ReportPlan(ours, against=theirs, sampling=FEW)).markdown.read_text(encoding="utf-8")
    assert "over 8 cases that both hold" in text
    assert f"2 cases only in {theirs}" in text
    assert "Holm's correction" in text


def test_few_pairs_say_that_nothing_can_be_significant(tmp_path: Path) -> None:
    found = compared(tmp_path, rows_of([6, 7]), rows_of([5, 5]))
    assert "no difference can reach p < 0.05" in to_markdown(against(found, "a", "b"), "")


def test_evaluations_without_a_common_case_say_so(tmp_path: Path) -> None:
    found = compared(tmp_path, rows_of([6]), rows_of([5], modality="cbt"))
    assert "nothing can be compared" in to_markdown(against(found, "a", "b"), "")


def test_an_evaluation_is_not_compared_with_itself(tmp_path: Path) -> None:
    folder = write_table(tmp_path, rows_of([5.0]))
    with pytest.raises(RecordError, match="is the evaluation itself"):
        write_report(ReportPlan(folder, against=folder, sampling=FEW))
