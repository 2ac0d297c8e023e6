"""The report of an evaluation: what it says, what it warns of, and that it needs no network."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.prices import Prices
from psychagent.domain.script_note import JUDGED_BY_SCRIPT, MADE_WITH_SCRIPT
from psychagent.errors import RecordError
from psychagent.evals.numbers import compute_numbers
from psychagent.evals.table import load_scores, to_cells
from psychagent.evals.worthless import KINDS
from psychagent.reports.evaluation.figures import draw_trends
from psychagent.reports.evaluation.heatmap import build_grid, draw_heatmap, explain_columns
from psychagent.reports.evaluation.sections import by_metric, coverage, headline, opening
from psychagent.reports.evaluation.versus import degenerate
from psychagent.reports.evaluation.warn import SCRIPT_TITLE, build_notices
from psychagent.reports.evaluation.write import (
    ReportPlan,
    estimate_origin,
    estimate_worthless,
    gather,
    write_report,
)
from psychagent.reports.page.blocks import Gallery, Table, percent, plural
from psychagent.reports.page.html import to_html
from psychagent.reports.page.markdown import to_markdown
from psychagent.scales.metrics import MetricInfo, list_metrics
from psychagent.scales.scale import load_scales
from psychagent.stats.bootstrap import Sampling
from psychagent.stats.panels import PANELS, MetricId
from tests.support.score_tables import make_rows, noisy, write_table

FEW = Sampling(resamples=200)
Rows = list[dict[str, Any]]


def constant(case: str, session: int, info: MetricInfo) -> float | None:
    return 4.0


def only_first(case: str, session: int, info: MetricInfo) -> float | None:
    return 8.0 if session == 1 else None


def words_of(folder: Path) -> str:
    """The report without what is drawn, which takes time."""
    material = gather(ReportPlan(folder, sampling=FEW))
    blocks = [
        *opening(material),
        *build_notices(material.scores, material.numbers),
        *headline(material),
        *by_metric(material),
        *coverage(material),
    ]
    return to_markdown(blocks, "pictures")


def warnings_of(folder: Path) -> str:
    scores = load_scores(folder)
    numbers = compute_numbers(scores, list_metrics(load_scales()), FEW)
    return "\n".join(
        line for notice in build_notices(scores, numbers) for line in (notice.title, *notice.lines)
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full evaluation with its report."""
    folder = tmp_path_factory.mktemp("evaluation")
    worthless = [
        row | {"baseline": kind}
        for kind in ("empty", "shuffled")
        for row in make_rows(constant, cases=1, sessions=1)
    ]
    write_table(folder, worthless, name="degenerate.csv")
    write_table(folder, make_rows(noisy(), cases=3, sessions=2), warnings=["the judge judges itself"])
    write_report(ReportPlan(folder, sampling=FEW, prices=Prices(prompt=2, cached=1, completion=10)))
    return folder


@pytest.fixture(scope="module")
def html(written: Path) -> str:
    return (written / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_no_network(html: str) -> None:
    shown = re.sub(r"data:image/svg\+xml;base64,[\w+/=]+", "", html)
    assert "http" not in shown
    assert "<script" not in shown
    assert "<link" not in shown
    assert "url(" not in shown


def test_the_pictures_fetch_nothing_either(html: str) -> None:
    for data in re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", html):
        svg = base64.b64decode(data).decode()
        assert not re.search(r'(href|src)="(?!#|data:)', svg)


def test_the_page_has_both_themes_and_a_width_for_phones(html: str) -> None:
    assert 'name="viewport"' in html
    assert html.count("prefers-color-scheme: dark") > 2


def test_the_four_headline_numbers_stand_first_with_intervals(html: str) -> None:
    head = html[: html.index("By metric")]
    for panel in PANELS:
        assert panel.label in head
    assert len(re.findall(r'class="range">\d\.\d\d to \d\.\d\d<', head)) == 4


def test_the_papers_numbers_are_marked_as_another_judges(html: str) -> None:
    assert "Paper (other judge): PsychAgent (Qwen3-32B)" in html
    assert "7.32" in html
    assert "Gemini-3; another judge, Chinese dialogues" in html


def test_radars_trends_and_heat_map_are_there(html: str) -> None:
    assert html.count("Radar of") == 4
    assert html.count("by session, higher is better: session 1") == 4
    assert html.count("Heat map of 15 cases") == 1


def test_what_the_evaluation_warned_of_is_repeated(html: str) -> None:
    assert "the judge judges itself" in html


def test_degenerate_sessions_stand_beside_the_real_ones(html: str) -> None:
    section = html[html.index("What worthless sessions score") :]
    assert "empty: nothing is said" in section
    assert "shuffled: the same turns in random order" in section
    assert "the real sessions that the worthless ones below were made of" in section
    assert "5.0 on 15 of the 18 headline metrics" in section
    assert "10.0 on 10 − BDI_II and 10 − IPO" in section


def test_the_real_sessions_that_worthless_ones_were_made_of_have_their_own_numbers(tmp_path: Path) -> None:
    def first_is_better(case: str, session: int, info: MetricInfo) -> float | None:
        return 8.0 if session == 1 else 2.0

    made_of = [row | {"baseline": "empty"} for row in make_rows(constant, cases=2, sessions=1)]
    write_table(tmp_path, made_of, name="degenerate.csv")
    write_table(tmp_path, make_rows(first_is_better, cases=2, sessions=2))
    material = gather(ReportPlan(tmp_path, sampling=FEW))
    origin = estimate_origin(material)
    assert origin is not None
    plain = MetricId("counselor", "WAI")
    assert origin.metrics[plain].mean == pytest.approx(8)
    assert material.numbers.chosen.metrics[plain].mean == pytest.approx(5)


def test_without_worthless_sessions_there_is_nothing_that_they_were_made_of(tmp_path: Path) -> None:
    write_table(tmp_path, make_rows(constant, cases=1, sessions=1))
    assert estimate_origin(gather(ReportPlan(tmp_path, sampling=FEW))) is None


def test_cost_counts_cached_tokens_at_their_price(html: str) -> None:
    # 15 cases x 2 sessions x 9 scales (RRO yields two metrics from one call), and 10 worthless sessions
    each = (300 * 2 + 1200 * 1 + 200 * 10) / 1e6
    assert f"{270 * each:,.4f} USD" in html
    assert f"{(270 + 90) * each:,.4f} USD" in html


def test_the_markdown_says_the_same_and_names_its_pictures(written: Path) -> None:
    text = (written / "report.md").read_text(encoding="utf-8")
    for name in re.findall(r"\]\((report_pictures/\w+\.svg)\)", text):
        assert (written / name).is_file()
    assert text.count("report_pictures/") == 9
    assert "| An empty session, by the default rules | 4.42 | 5.00 | 5.00 | 7.00 |" in text


def test_the_same_scores_give_the_same_bytes(written: Path, html: str) -> None:
    plan = ReportPlan(written, sampling=FEW, prices=Prices(prompt=2, cached=1, completion=10))
    assert write_report(plan).html.read_text(encoding="utf-8") == html


def test_missing_scores_are_neither_zero_nor_hidden(tmp_path: Path) -> None:
    folder = write_table(tmp_path, make_rows(only_first, modalities=("bt",), cases=2, sessions=2))
    material = gather(ReportPlan(folder, sampling=FEW))
    line = next(line for line in material.numbers.metrics if line.id == MetricId("counselor", "WAI"))
    assert line.chosen.mean == pytest.approx(8.0)
    assert (line.scored, line.asked, line.coverage) == (2, 4, 0.5)
    text = words_of(folder)
    assert "2 of 4 | 50.0%" in text
    assert "20 scores of 40 (50.0%) could not be had" in text
    assert "the endpoint never answered in the form asked for" in text


def test_a_headline_number_of_part_of_its_metrics_says_so(tmp_path: Path) -> None:
    rows = [row for row in make_rows(constant, modalities=("bt",)) if row["metric"] != "WAI"]
    text = words_of(write_table(tmp_path, rows))
    assert "4 of 5 metrics" in text
    assert "Counselor shared is without WAI" in text


def test_inverted_metrics_are_counted_as_ten_minus_the_score(tmp_path: Path) -> None:
    folder = write_table(tmp_path, make_rows(constant, modalities=("cbt",)))
    scores = load_scores(folder)
    values = {cell.key.key: cell.value for cell in to_cells(scores.frame)}
    assert (values["BDI_II"], values["CTRS"]) == (6.0, 4.0)
    assert "10 − BDI_II" in words_of(folder)


def test_verified_scores_count_where_the_evaluation_was_configured_so(tmp_path: Path) -> None:
    rows = make_rows(constant, modalities=("bt",))
    assert load_scores(write_table(tmp_path, rows, use="verified")).frame["value"].iloc[0] == 4.5
    assert load_scores(tmp_path, "raw").frame["value"].iloc[0] == 4.0


@pytest.mark.parametrize(
    ("row", "summary"),
    [({"is_script": True}, {}), ({}, {"is_script": True}), ({}, {"scripted_roles": ["client"]})],
)
def test_anything_made_by_a_script_bears_a_banner(
    tmp_path: Path, row: dict[str, Any], summary: dict[str, Any]
) -> None:
    rows = [made | row for made in make_rows(constant, modalities=("bt",))]
    assert SCRIPT_TITLE in warnings_of(write_table(tmp_path, rows, **summary))


def test_models_bear_no_banner(tmp_path: Path) -> None:
    assert SCRIPT_TITLE not in warnings_of(write_table(tmp_path, make_rows(constant)))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("judge_model", "2 judge models are averaged together"),
        ("prompt_hash", "2 versions of the judge's prompts are averaged together"),
        ("scale_hash", "different wordings of a scale are averaged together"),
        ("baseline", "Several systems are pooled: other, system-a"),
    ],
)
def test_scores_that_do_not_belong_together_are_warned_of(tmp_path: Path, column: str, words: str) -> None:
    rows = make_rows(constant, modalities=("bt",))
    rows[0][column] = "other"
    assert words in warnings_of(write_table(tmp_path, rows))


def test_prompts_of_two_languages_are_no_mixture(tmp_path: Path) -> None:
    rows = make_rows(constant, modalities=("bt",))
    rows[0]["prompt_hash"] = "p2"
    folder = write_table(tmp_path, rows, prompt_hashes={"en": "p1", "zh": "p2"})
    assert "averaged together" not in warnings_of(folder)


def test_few_cases_and_unfound_quotes_are_warned_of(tmp_path: Path) -> None:
    rows = [
        *make_rows(constant, modalities=("bt", "cbt"), cases=1),
        *make_rows(constant, modalities=("het",)),
    ]
    text = warnings_of(write_table(tmp_path, rows))
    assert "One case only in bt, cbt" in text
    assert "Only 6 cases: bootstrap intervals are too narrow" in text
    assert "Only 75% of the judge's quotes" in text


@pytest.mark.parametrize("cases", [1, 3, 4])
def test_fewer_than_five_cases_show_no_interval_anywhere_and_say_why(tmp_path: Path, cases: int) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=cases, sessions=2)
    ours, theirs = write_table(tmp_path / "a", rows), write_table(tmp_path / "b", rows)
    report = write_report(ReportPlan(ours, theirs, sampling=FEW))
    text = report.markdown.read_text(encoding="utf-8")
    assert not re.search(r"\d to [−\d]", text.replace("0 to 10", "").replace("−1 to 1", ""))
    assert f"({plural(cases, 'case')})" in text
    assert f"Only {plural(cases, 'case')}: too few for any interval, which takes 5." in text
    assert text.count("No interval is given over fewer than 5 cases") >= 4
    assert "Shaded" not in text
    # a band would stand between the axes' ground and the line
    band = "fill-opacity: 0.18"
    trends = [p for b in report.blocks if isinstance(b, Gallery) for p in b.pictures if "trend" in p.name]
    assert trends
    assert not any(band in picture.light.decode() for picture in trends)


def test_five_cases_show_intervals_in_words_and_in_the_trend(tmp_path: Path) -> None:
    folder = write_table(tmp_path, make_rows(noisy(), modalities=("bt",), cases=5, sessions=2))
    report = write_report(ReportPlan(folder, sampling=FEW))
    text = report.markdown.read_text(encoding="utf-8")
    assert "(5 cases)" not in text
    assert "Shaded: 95% interval" in text
    trends = [p for b in report.blocks if isinstance(b, Gallery) for p in b.pictures if "trend" in p.name]
    assert all("fill-opacity: 0.18" in picture.light.decode() for picture in trends)


def scripted(folder: Path, **summary: Any) -> str:
    write_table(folder, make_rows(noisy(), cases=2, sessions=2), **summary)
    return write_report(ReportPlan(folder, sampling=FEW)).html.read_text(encoding="utf-8")


@pytest.mark.parametrize("summary", [{"is_script": True}, {"scripted_roles": ["client"]}])
def test_a_script_is_not_held_against_the_paper(tmp_path: Path, summary: dict[str, Any]) -> None:
    page = scripted(tmp_path, **summary)
    assert "Paper (other judge)" not in page
    assert "paper, Fig. 3" not in page
    assert "The paper&#39;s numbers are left out" in page
    shown = " ".join(base64.b64decode(d).decode() for d in re.findall(r"base64,([\w+/=]+)", page))
    assert "<!-- this evaluation -->" in shown
    assert "<!-- paper -->" not in shown
    assert "Paper:" not in page


def test_the_numbers_of_a_script_stand_in_grey_and_are_named_as_its(tmp_path: Path) -> None:
    page = scripted(tmp_path, is_script=True)
    assert page.count('class="card muted"') == 4
    assert "Numbers of a script: no result" in page
    assert "Counselor shared (script)" in page
    assert "Headline numbers" not in page


def test_the_numbers_of_models_stand_beside_the_papers_and_not_in_grey(html: str) -> None:
    assert 'class="card muted"' not in html
    shown = " ".join(base64.b64decode(d).decode() for d in re.findall(r"base64,([\w+/=]+)", html))
    assert "<!-- paper -->" in shown


def test_every_axis_of_a_trend_says_that_up_is_better(html: str) -> None:
    shown = [base64.b64decode(d).decode() for d in re.findall(r"base64,([\w+/=]+)", html)]
    # each picture stands in the page in two themes
    assert sum("score, 0 to 10 (higher is better)" in svg for svg in shown) == 8
    assert "up is better on every panel" in html


def test_an_inverted_metric_is_nowhere_called_by_the_scales_name_alone(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("cbt", "pdt"), cases=2, sessions=2)
    ours, theirs = write_table(tmp_path / "a", rows), write_table(tmp_path / "b", rows)
    report = write_report(ReportPlan(ours, theirs, sampling=FEW))
    cells = [cell for b in report.blocks if isinstance(b, Table) for row in b.rows for cell in row]
    assert "10 − BDI_II (client)" in cells
    assert "10 − IPO (client)" in cells
    captions = [b.caption for b in report.blocks if isinstance(b, Gallery)]
    # the paper's source says by itself how it plots them
    words = [*cells, *(caption for caption in captions if not caption.startswith("Paper:"))]
    bare = [w for w in words if re.search(r"(?<!10 − )\b(BDI_II|IPO)\b", w) and "scale of" not in w]
    assert bare == []


def test_files_that_were_not_judged_are_listed(tmp_path: Path) -> None:
    rows = make_rows(constant, modalities=("bt",))
    folder = write_table(tmp_path, rows, skipped=[{"file": "bt/x/session_1.json", "reason": "is truncated"}])
    assert "| bt/x/session_1.json | is truncated |" in words_of(folder)


def test_a_row_that_stands_twice_counts_once(tmp_path: Path) -> None:
    rows = make_rows(constant, modalities=("bt",), cases=1, sessions=1)
    folder = write_table(tmp_path, [*rows, rows[0] | {"raw": "9"}])
    scores = load_scores(folder)
    assert scores.duplicates == 1
    assert len(scores.frame) == len(rows)
    assert "1 row of scores.csv stood twice" in warnings_of(folder)


def test_ids_that_look_like_numbers_or_nothing_stay_as_they_are(tmp_path: Path) -> None:
    rows = make_rows(constant, modalities=("bt",), cases=2, sessions=1)
    names = {"bt_001": "007", "bt_002": "NA"}
    folder = write_table(tmp_path, [row | {"case_id": names[row["case_id"]]} for row in rows])
    assert sorted(load_scores(folder).frame["case_id"].unique()) == ["007", "NA"]


def test_a_chinese_case_id_is_explained_beside_the_heat_map(tmp_path: Path) -> None:
    rows = [r | {"case_id": "来访者一"} for r in make_rows(constant, modalities=("bt",), cases=1, sessions=1)]
    scores = load_scores(write_table(tmp_path, rows))
    grid = build_grid(scores)
    assert grid.rows == ("case 1",)
    assert "case 1 = 来访者一" in " ".join(explain_columns(scores, grid))


def test_one_session_a_case_shows_no_trend(tmp_path: Path) -> None:
    scores = load_scores(write_table(tmp_path, make_rows(constant, modalities=("bt",), sessions=1)))
    numbers = compute_numbers(scores, list_metrics(load_scales()), FEW)
    assert draw_trends(numbers.trends) == ()


def test_many_cases_leave_the_heat_map_readable(tmp_path: Path) -> None:
    folder = write_table(tmp_path, make_rows(noisy(), modalities=("bt", "cbt"), cases=40, sessions=1))
    picture = draw_heatmap(build_grid(load_scores(folder)))
    assert picture.alt.startswith("Heat map of 80 cases")
    assert len(picture.light) < 300_000


def test_a_hostile_case_id_is_shown_as_text(tmp_path: Path) -> None:
    rows = make_rows(constant, modalities=("bt",), cases=1, sessions=1)
    folder = write_table(tmp_path, [r | {"baseline": "<script>alert(1)</script>"} for r in rows])
    page = to_html(opening(gather(ReportPlan(folder, sampling=FEW))), "title")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "scores.csv").unlink(), "run `psychagent eval"),
        (lambda folder: (folder / "scores.csv").write_text("a,b\n1,2\n"), "has no column case_id"),
        (lambda folder: write_table(folder, []), "holds no scores"),
        (lambda folder: _spoil(folder), "line 2: field 'raw'"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, change: Any, words: str) -> None:
    folder = write_table(tmp_path, make_rows(constant, modalities=("bt",), cases=1, sessions=1))
    change(folder)
    with pytest.raises(RecordError, match=words):
        load_scores(folder)


def _spoil(folder: Path) -> None:
    rows = make_rows(constant, modalities=("bt",), cases=1, sessions=1)
    rows[0]["raw"] = "four"
    write_table(folder, rows)


@pytest.mark.parametrize(
    ("share", "words"), [(None, "–"), (0.0, "0%"), (0.5, "50.0%"), (0.9999, "99.9%"), (1.0, "100%")]
)
def test_only_a_full_share_reads_as_hundred_percent(share: float | None, words: str) -> None:
    assert percent(share) == words


def test_the_report_names_the_level_of_its_intervals(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=5, sessions=2)
    ours, theirs = write_table(tmp_path / "a", rows), write_table(tmp_path / "b", rows)
    sampling = Sampling(resamples=200, level=0.975)
    text = write_report(ReportPlan(ours, theirs, sampling=sampling)).markdown.read_text(encoding="utf-8")
    # headline, two tables of contrasts and how they were tested, metrics, modality and its metrics, trend
    assert text.count("97.5% interval") == 8
    assert "95%" not in text


def test_the_banner_says_who_was_a_script_and_the_warnings_do_not_say_it_again(tmp_path: Path) -> None:
    rows = [row | {"is_script": True} for row in make_rows(constant, modalities=("bt",))]
    text = warnings_of(
        write_table(tmp_path, rows, warnings=[JUDGED_BY_SCRIPT, "it rained"], scripted_roles=["client"])
    )
    assert text.count(JUDGED_BY_SCRIPT) == text.count(MADE_WITH_SCRIPT) == 1
    assert "it rained" in text


def test_every_kind_of_worthless_session_is_told_in_words(tmp_path: Path) -> None:
    made = [
        row | {"baseline": kind}
        for kind in (*KINDS, "of_tomorrow")
        for row in make_rows(constant, modalities=("bt",), cases=1, sessions=1)
    ]
    write_table(tmp_path, made, name="degenerate.csv")
    write_table(tmp_path, make_rows(constant, modalities=("bt",), cases=1, sessions=1))
    material = gather(ReportPlan(tmp_path, sampling=FEW))
    text = to_markdown(degenerate(material.numbers, material.infos, estimate_worthless(material)), "")
    assert all(kind.words in text for kind in KINDS.values())
    assert "| of_tomorrow |" in text


def seen(rows: Rows, **shares: float) -> Rows:
    """Add what a table tells of the items with evidence, by metric; half of them unless given."""
    return [
        row | {"coverage": shares.get(row["metric"], 0.5), "evidenced": 7.25, "n_gated": 1, "n_crowded": 2}
        for row in rows
    ]


def coverage_of(folder: Path) -> str:
    material = gather(ReportPlan(folder, sampling=FEW))
    return to_markdown(coverage(material), "pictures")


def test_coverage_and_the_mean_over_evidenced_items_stand_beside_the_score(tmp_path: Path) -> None:
    write_table(tmp_path, seen(make_rows(constant, cases=1, sessions=1), WAI=0.25))
    (line,) = [
        line for line in coverage_of(tmp_path).splitlines() if line.startswith("| WAI") and "7.25" in line
    ]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[2:] == ["25.0%", "4.00", "7.25", "5", "10"]


def test_severity_is_shown_the_way_the_headline_counts_it(tmp_path: Path) -> None:
    write_table(tmp_path, seen(make_rows(constant, cases=1, sessions=1)))
    lines = [line for line in coverage_of(tmp_path).splitlines() if line.startswith("| 10 − BDI_II")]
    assert any("| 6.00 | 2.75 |" in line for line in lines)


def test_a_table_of_before_has_no_such_columns_and_no_warning(tmp_path: Path) -> None:
    write_table(tmp_path, make_rows(constant, cases=1, sessions=1))
    assert "items with evidence" not in coverage_of(tmp_path)
    assert "were not spoken of" not in warnings_of(tmp_path)


@pytest.mark.parametrize(("share", "is_warned"), [(0.1, True), (0.9, False)])
def test_a_low_severity_of_what_was_not_spoken_of_is_warned_of(
    tmp_path: Path, share: float, is_warned: bool
) -> None:
    write_table(tmp_path, seen(make_rows(constant, cases=1, sessions=1), BDI_II=share, IPO=0.9, WAI=0.1))
    told = warnings_of(tmp_path)
    assert ("BDI_II rests on 10.0% of its items" in told) == is_warned
    assert "WAI rests on" not in told
