from __future__ import annotations

from pathlib import Path
from statistics import mean, stdev

import pytest

from psychagent.assets.settings.rollouts import RftSettings
from psychagent.errors import RecordError, ScoringError
from psychagent.evals.norms import compute_norms, write_norms
from psychagent.scales.metrics import MetricInfo
from psychagent.scales.reward import load_norms, to_signals
from tests.support.score_tables import Row, make_rows, noisy, write_table

SESSIONS = 4


def rising(case: str, session: int, info: MetricInfo) -> float | None:
    """A level by case, and a change that grows by session: 0.1, 0.2, 0.3."""
    return int(case[-1]) + 0.1 * session * (session - 1) / 2


def table(folder: Path, rows: list[Row]) -> Path:
    return write_table(folder, rows)


def test_counselor_norms_are_of_levels_and_client_norms_of_changes(tmp_path: Path) -> None:
    rows = make_rows(rising, modalities=("cbt",), cases=4, sessions=SESSIONS)
    found = compute_norms(table(tmp_path, rows))
    levels = [case + 0.1 * s * (s - 1) / 2 for case in range(1, 5) for s in range(1, SESSIONS + 1)]
    wai = found.norms.counselor["WAI"]
    assert (wai.mean, wai.std) == pytest.approx((mean(levels), stdev(levels)), abs=1e-4)
    changes = [0.1 * s for s in range(1, SESSIONS)] * 4
    srs = found.norms.client["SRS"]
    assert (srs.mean, srs.std) == pytest.approx((mean(changes), stdev(changes)), abs=1e-4)
    assert (found.sessions, found.courses) == (16, 4)


def test_a_gap_between_sessions_makes_no_change_and_courses_do_not_run_into_each_other(
    tmp_path: Path,
) -> None:
    rows = make_rows(rising, modalities=("cbt",), cases=6, sessions=SESSIONS)
    holed = [row for row in rows if row["session_index"] != 2]
    found = compute_norms(table(tmp_path, holed), least=2)
    # only the step from session 3 to 4 is left: always 0.3, so nothing can stand out from it
    assert "SRS" not in found.norms.client
    assert found.left_out["client.SRS"].startswith("the same value throughout")


def test_where_lower_is_better_is_taken_from_the_scales(tmp_path: Path) -> None:
    rows = make_rows(noisy(), cases=4, sessions=4)
    norms = compute_norms(table(tmp_path, rows)).norms
    assert {key for key, norm in norms.client.items() if norm.lower_is_better} >= {"BDI_II", "IPO"}
    assert not any(norm.lower_is_better for norm in norms.counselor.values())


def test_the_written_norms_load_and_can_be_named_in_rollout_settings(tmp_path: Path) -> None:
    rows = make_rows(noisy(), cases=4, sessions=4)
    made = compute_norms(table(tmp_path / "eval", rows)).norms
    write_norms(made, tmp_path / "norms.yaml")
    loaded = load_norms(tmp_path / "norms.yaml")
    assert loaded == made
    assert RftSettings(norms=tmp_path / "norms.yaml").norms == tmp_path / "norms.yaml"
    wai = loaded.counselor["WAI"]
    assert to_signals({"counselor.WAI": wai.mean + wai.std}, loaded).z["counselor.WAI"] == pytest.approx(1.0)
    assert str(tmp_path) not in (tmp_path / "norms.yaml").read_text(encoding="utf-8")


def test_too_few_sessions_are_refused_with_the_number_that_is_there(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("cbt",), cases=2, sessions=2)
    with pytest.raises(
        ScoringError, match="holds 4 scored sessions, too few for norms, which need 10 values"
    ):
        compute_norms(table(tmp_path, rows))


def test_a_metric_with_too_few_values_is_left_out_and_told(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt", "cbt"), cases=3, sessions=4)
    rows = [row for row in rows if row["metric"] != "MITI" or row["session_index"] == 1]
    found = compute_norms(table(tmp_path, rows))
    assert "MITI" not in found.norms.counselor
    assert found.left_out["counselor.MITI"] == "3 sessions, fewer than 10"
    assert "WAI" in found.norms.counselor


def test_missing_scores_count_nowhere(tmp_path: Path) -> None:
    rows = make_rows(
        lambda c, s, i: None if s == 1 else rising(c, s, i), modalities=("cbt",), sessions=SESSIONS
    )
    levels = [case + 0.1 * s * (s - 1) / 2 for case in range(1, 5) for s in range(2, SESSIONS + 1)]
    assert compute_norms(table(tmp_path, rows)).norms.counselor["WAI"].mean == pytest.approx(
        mean(levels), abs=1e-4
    )


def test_verified_scores_are_taken_where_asked_for(tmp_path: Path) -> None:
    folder = table(tmp_path, make_rows(rising, modalities=("cbt",), cases=4, sessions=SESSIONS))
    raw, verified = (
        compute_norms(folder, use=use).norms.counselor["WAI"].mean for use in ("raw", "verified")
    )
    assert verified == pytest.approx((raw + 5) / 2, abs=1e-3)


def test_scales_outside_the_reward_have_norms_only_where_asked_for(tmp_path: Path) -> None:
    folder = table(tmp_path, make_rows(noisy(), cases=4, sessions=4))
    assert "DIALOGUE_PLANNING" not in compute_norms(folder).norms.counselor
    assert "DIALOGUE_PLANNING" in compute_norms(folder, all_metrics=True).norms.counselor


def test_scores_of_several_judges_are_refused(tmp_path: Path) -> None:
    rows = make_rows(noisy(), cases=4, sessions=4)
    rows[0]["judge_model"] = "judge-b"
    with pytest.raises(ScoringError, match="judged by judge-a, judge-b"):
        compute_norms(table(tmp_path, rows))


def test_a_row_that_stands_twice_counts_once(tmp_path: Path) -> None:
    rows = make_rows(rising, modalities=("cbt",), cases=4, sessions=SESSIONS)
    once = compute_norms(table(tmp_path / "once", rows)).norms
    assert compute_norms(table(tmp_path / "twice", [*rows, *rows[:40]])).norms.counselor == once.counselor


def test_a_table_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        RecordError, match=r"scores\.csv: no such file; run `psychagent eval --output-root .* first"
    ):
        compute_norms(tmp_path)
    (tmp_path / "scores.csv").write_text("case_id,raw\na,1\n", encoding="utf-8")
    with pytest.raises(
        RecordError, match="has no column modality, session_index, side, metric, .*; evaluate again"
    ):
        compute_norms(tmp_path)
    rows = make_rows(rising, modalities=("cbt",), cases=1, sessions=1)
    rows[1]["raw"] = "high"
    with pytest.raises(RecordError, match=r"scores\.csv, line 3.*'high'"):
        compute_norms(table(tmp_path, rows))
