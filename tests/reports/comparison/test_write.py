"""The report that compares systems: it agrees with each report, says what is missing, hides no script."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Modality
from psychagent.domain.risk.asked import Asked
from psychagent.errors import PsychAgentError
from psychagent.evals.compare import compare
from psychagent.evals.numbers import compute_numbers
from psychagent.evals.table import load_scores
from psychagent.files.seal import KEY
from psychagent.records.evaluation import EvalFolder
from psychagent.records.safety import SafetyRow, to_safety_csv
from psychagent.reports.comparison.figures import MOST_DRAWN
from psychagent.reports.comparison.material import Material
from psychagent.reports.comparison.write import Compared, ComparisonPlan, compare_evals, compose, gather
from psychagent.reports.evaluation.sections import NO_PAPER
from psychagent.reports.evaluation.warn import SCRIPT_TITLE
from psychagent.reports.page.blocks import Gallery, Table
from psychagent.reports.page.html import to_html
from psychagent.reports.page.markdown import to_markdown
from psychagent.scales.metrics import MetricInfo, list_metrics
from psychagent.scales.scale import load_scales
from psychagent.stats.bootstrap import Sampling
from psychagent.stats.panels import PANELS, MetricId
from tests.support.score_tables import Row, make_row, make_rows, noisy, write_table

FEW = Sampling(resamples=200)
Evals = dict[str, list[Path]]


def named(rows: Sequence[Row], name: str, **more: Any) -> list[Row]:
    return [row | {"baseline": name} | more for row in rows]


def make_evals(root: Path, *, sessions: int = 3, cases: int = 6) -> dict[str, list[Path]]:
    """Three systems over two schools, of unequal length; the last lacks a case, and has two seeds."""
    made = {}
    for place, (name, shift) in enumerate((("ours", 0.5), ("plain", -0.5), ("rag", 0.0))):
        rows = make_rows(noisy(place, shift), modalities=("bt", "cbt"), cases=cases, sessions=sessions)
        kept = [row for row in rows if name != "rag" or row["case_id"] != "bt_001"]
        # a school with fewer cases: a mean over cases would not be the headline number
        kept = [row for row in kept if row["case_id"] not in {"cbt_005", "cbt_006"}]
        made[name] = [write_table(root / name, named(kept, name))]
    again = make_rows(noisy(9), modalities=("bt", "cbt"), cases=cases - 2, sessions=1)
    made["rag"].append(write_table(root / "rag-1", named(again, "rag")))
    return made


@pytest.fixture(scope="module")
def evals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    return make_evals(tmp_path_factory.mktemp("evals"))


@pytest.fixture(scope="module")
def written(evals: Evals, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    out = tmp_path_factory.mktemp("out")
    tables = {"Main": ("ours", "plain", "rag"), "Ablation": ("ours", "plain")}
    return compare_evals(evals, out=out, reference="ours", tables=tables, paper=True, sampling=FEW)


def material_of(systems: dict[str, list[Path]], **more: Any) -> Material:
    return gather(ComparisonPlan(systems, **({"sampling": FEW} | more)))


def words_of(material: Material) -> str:
    return to_markdown(compose(material), "pictures")


def test_the_four_numbers_are_those_of_each_report_to_the_digit(evals: Evals, written: Compared) -> None:
    scores = load_scores(evals["plain"][0])
    alone = compute_numbers(scores, list_metrics(load_scales()), FEW).chosen
    assert written.material.contest.standings["plain"].estimates == alone


def test_a_difference_is_that_of_report_against_to_the_digit(evals: Evals, written: Compared) -> None:
    pair = compare(load_scores(evals["plain"][0]), load_scores(evals["ours"][0]), FEW)
    found = written.material.contest.contrasts["plain"]
    for panel in PANELS:
        theirs, mine = pair.panels[panel.label], found[panel]
        for name in ("cases", "ours", "theirs", "difference", "low", "high", "p", "rank_biserial", "dz"):
            assert getattr(theirs, name) == getattr(mine, name), (panel, name)
    # of two systems alone the family is the same too
    two = material_of({"plain": evals["plain"], "ours": evals["ours"]}, reference="ours")
    assert list(two.contest.contrasts["plain"].values()) == list(pair.panels.values())


def test_without_gaps_a_difference_is_that_of_the_headline_numbers(tmp_path: Path) -> None:
    # schools of unequal size: each metric counts alike, not each case
    def rows(shift: float) -> list[Row]:
        return [
            row
            for school, cases in (("bt", 7), ("cbt", 3))
            for row in make_rows(
                lambda case, session, info: 5 + shift * (2 if case.startswith("c") else 1),
                modalities=(school,),
                cases=cases,
                sessions=2,
            )
        ]

    folders = {
        name: [write_table(tmp_path / name, named(rows(shift), name))] for name, shift in (("a", 1), ("b", 0))
    }
    contest = material_of(folders, reference="b").contest
    for panel in PANELS:
        ours, theirs = (contest.standings[name].estimates.panels[panel].value.mean or 0 for name in "ab")
        assert contest.contrasts["a"][panel].difference == pytest.approx(ours - theirs), panel


def test_seeds_of_a_case_are_one_case(written: Compared) -> None:
    conduct = written.material.contest.standings["rag"].conduct
    # nine of the first evaluation, and the one it lacks from the second
    assert (conduct.cases, conduct.sessions) == (10, 9 * 3 + 8)


def test_pairs_are_only_what_both_have_and_the_rest_is_listed(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=6)
    folders = {
        "a": [write_table(tmp_path / "a", named(rows, "a"))],
        "b": [write_table(tmp_path / "b", named([r for r in rows if r["case_id"] != "bt_002"], "b"))],
    }
    material = material_of(folders)
    assert {contrast.cases for contrast in material.contest.contrasts["b"].values()} == {5}
    text = words_of(material)
    assert "1 case without a counterpart" in text
    assert "| bt/bt_002 | a | b |" in text
    assert "b: not the same cases as a" in text


def test_every_table_ranks_its_own_systems(written: Compared) -> None:
    rankings = written.material.contest.rankings
    assert list(rankings["Main"][PANELS[0]].ranks) == ["ours", "plain", "rag"]
    assert list(rankings["Ablation"][PANELS[0]].ranks) == ["ours", "plain"]
    assert rankings["Main"][PANELS[0]].friedman is not None
    assert rankings["Ablation"][PANELS[0]].friedman is None


def test_the_papers_numbers_stand_once_in_grey_and_marked_as_another_judges(written: Compared) -> None:
    page = written.page.html.read_text(encoding="utf-8")
    assert page.count("Paper (other judge): PsychAgent (Qwen3-32B)") == 1
    # the paper's systems, what stands below the ranks of two tables, and a test in three rows
    assert page.count('<tr class="quiet">') == 10 + 2 + 3
    assert "Gemini-3; another judge, Chinese dialogues" in page
    assert written.data["paper"]["TheraMind"]["counselor_shared"] == 6.25


def test_they_stand_there_only_if_asked_for(evals: Evals) -> None:
    assert "Paper" not in words_of(material_of(evals))


@pytest.mark.parametrize(
    ("row", "summary"),
    [({"is_script": True}, {}), ({}, {"is_script": True}), ({}, {"scripted_roles": ["client"]})],
)
def test_a_script_bears_a_banner_and_stands_never_beside_the_paper(
    tmp_path: Path, evals: Evals, row: Row, summary: dict[str, Any]
) -> None:
    made = named(make_rows(noisy(), modalities=("bt", "cbt"), cases=5), "script", **row)
    folders = {**evals, "script": [write_table(tmp_path / "s", made, **summary)]}
    material = material_of(folders, paper=True)
    text = words_of(material)
    assert SCRIPT_TITLE in text
    assert "## Headline numbers (numbers of a script: no result)" in text
    assert NO_PAPER in text
    assert "Paper (other judge)" not in text
    assert material.paper == {}
    own = next(block for block in compose(material) if isinstance(block, Table))
    assert (own.quiet, own.strong) == (frozenset(range(4)), frozenset())
    assert "script and ours: Only one of the two was made by a script" in text


def test_what_was_judged_otherwise_is_said_with_the_systems_that_it_holds_for(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=5)
    folders = {
        "a": [write_table(tmp_path / "a", named(rows, "a"))],
        "b": [write_table(tmp_path / "b", named(rows, "b", judge_model="other"))],
        "c": [write_table(tmp_path / "c", named(rows, "c", judge_model="other"))],
    }
    assert "b, c and a: The two evaluations used different judge models" in words_of(material_of(folders))


def test_seeds_that_were_judged_otherwise_are_said_to_be_mixed(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=5)
    places = {"a": ("judge-a", "judge-b"), "b": ("judge-a", "judge-b")}
    # both systems have both judges, so that between them nothing differs
    folders = {
        name: [write_table(tmp_path / f"{name}{j}", named(rows, name, judge_model=j)) for j in judges]
        for name, judges in places.items()
    }
    text = words_of(material_of(folders))
    assert "Among the evaluations of a, b: The two evaluations used different judge models" in text
    assert "b and a: " not in text


def test_what_the_evaluations_warned_of_is_repeated_once(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=10, sessions=1)
    folders = {
        name: [write_table(tmp_path / name, named(rows, name), warnings=["the judge judges itself"])]
        for name in ("a", "b")
    }
    assert words_of(material_of(folders)).count("a, b: the judge judges itself") == 1


def test_the_pictures_name_every_system_and_fetch_nothing(written: Compared) -> None:
    galleries = [block for block in compose(written.material) if isinstance(block, Gallery)]
    pictures = [picture for gallery in galleries for picture in gallery.pictures]
    names = [picture.name for picture in pictures]
    assert sum(name.startswith("systems_radar") for name in names) == 4
    assert sum(name.startswith("systems_trend") for name in names) == 4
    for picture in pictures:
        svg = picture.light.decode()
        assert not re.search(r'(href|src)="(?!#|data:)', svg)
        assert all(f"<!-- {name} -->" in svg for name in ("ours", "plain", "rag"))
    for name in names:
        assert (written.page.html.parent / "comparison_pictures" / f"{name}.svg").is_file()


def test_more_systems_than_can_be_told_apart_are_said_to_be_left_out(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=2, sessions=2)
    names = [f"s{n}" for n in range(MOST_DRAWN + 1)]
    folders = {name: [write_table(tmp_path / name, named(rows, name))] for name in names}
    text = words_of(material_of(folders, reference=names[-1]))
    # the reference is drawn whatever its place
    assert f"Not drawn, for clearness: {names[-2]}." in text


def test_a_name_that_the_figures_cannot_write_is_explained(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=2, sessions=2)
    folders = {name: [write_table(tmp_path / name, named(rows, name))] for name in ("ours", "基线")}
    assert "system 2 = 基线" in words_of(material_of(folders))


def growing(folder: Path, name: str, gain: float) -> list[Path]:
    def value(case: str, session: int, info: MetricInfo) -> float | None:
        return 5 + gain * session

    return [write_table(folder, named(make_rows(value, modalities=("bt",), cases=5, sessions=4), name))]


def test_change_over_sessions_is_told_with_its_interval(tmp_path: Path) -> None:
    gains = {"grows": 0.25, "stays": 0.0}
    text = words_of(material_of({n: growing(tmp_path / n, n, gain) for n, gain in gains.items()}))
    assert "| grows | 5 | +0.25 (+0.25 to +0.25) |" in text
    assert "| stays | 5 | +0.00 (+0.00 to +0.00) |" in text


def test_safety_is_counted_apart(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=5, sessions=1)
    folders = {name: [write_table(tmp_path / name, named(rows, name))] for name in ("a", "b")}
    found = [
        SafetyRow(case_id=f"bt_{n:03}", modality=Modality.BT, session_index=1, level=2, turn=2, asked=asked)
        for n, asked in enumerate((Asked.AT_ONCE, Asked.AT_ONCE, Asked.NEVER), start=1)
    ]
    EvalFolder(folders["a"][0]).safety.write_text(to_safety_csv(found), encoding="utf-8")
    material = material_of(folders)
    text = words_of(material)
    assert "| a | 3 | 3 | 2 of 3 | 66.7% |" in text
    assert "b: This evaluation was made by a version that did not look for danger" in text
    assert "enter no mean, no rank and no test" in text
    # the same scores with and without danger: the numbers do not move
    first, second = (material.contest.standings[name].estimates for name in "ab")
    assert first == second


def test_the_json_holds_what_the_page_says(written: Compared, evals: Evals) -> None:
    data = json.loads(written.json.read_text(encoding="utf-8"))
    data.pop(KEY)
    assert data == json.loads(json.dumps(written.data))
    contrast = written.material.contest.contrasts["plain"][PANELS[0]]
    assert data["differences"]["plain"]["counselor_shared"]["p_holm"] == contrast.p_holm
    assert data["systems"]["rag"]["evaluations"] == [
        str(s.folder) for s in written.material.systems["rag"].seeds
    ]
    assert data["tables"]["Ablation"]["systems"] == ["ours", "plain"]
    assert (data["reference"], data["made_with_script"]) == ("ours", False)


def test_the_same_scores_give_the_same_bytes(evals: Evals, tmp_path: Path) -> None:
    first, second = (compare_evals(evals, out=tmp_path / name, sampling=FEW) for name in "ab")
    assert first.page.html.read_bytes() == second.page.html.read_bytes()
    assert first.json.read_bytes() == second.json.read_bytes()


def test_it_is_written_over_itself_and_over_nothing_else(evals: Evals, tmp_path: Path) -> None:
    compare_evals(evals, out=tmp_path, sampling=FEW)
    compare_evals(evals, out=tmp_path, sampling=FEW)
    (tmp_path / "comparison.json").write_text('{"mine": 1}', encoding="utf-8")
    with pytest.raises(PsychAgentError, match="is not a file that this command wrote"):
        compare_evals(evals, out=tmp_path, sampling=FEW)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"reference": "nobody"},
            "the reference names 'nobody', which is no system; known: ours",
        ),
        ({"tables": {"main": ["ours", "nobody"]}}, "table 'main' names 'nobody'"),
        ({"tables": {"main": []}}, "table 'main' names no system"),
        ({"use": "both"}, "field 'use' has 'both': write 'raw' or 'verified'"),
    ],
)
def test_a_name_that_is_none_is_refused(evals: Evals, given: dict[str, Any], said: str) -> None:
    with pytest.raises(PsychAgentError, match=said):
        material_of(evals, **given)


def test_paths_may_be_text_and_what_is_none_is_told(evals: Evals, tmp_path: Path) -> None:
    words = {name: [str(path) for path in paths] for name, paths in evals.items()}
    written = compare_evals(words, out=str(tmp_path), sampling=FEW)  # type: ignore[arg-type]
    assert written.json.is_file()
    for given, said in (({}, "no system is given"), ({"a": 5, "b": []}, "field 'systems.a' has 5")):
        with pytest.raises(PsychAgentError, match=said):
            compare_evals(given, out=tmp_path)  # type: ignore[arg-type]


def test_rates_on_safety_alone_are_nothing_to_compare(tmp_path: Path, evals: Evals) -> None:
    folder = write_table(tmp_path / "alone", [])
    row = SafetyRow(case_id="bt_001", modality=Modality.BT, session_index=1, status="ok")
    EvalFolder(folder).safety.write_text(to_safety_csv([row]), encoding="utf-8")
    with pytest.raises(PsychAgentError, match="holds no score, only rates on safety"):
        material_of({**evals, "alone": [folder]})


def test_metrics_outside_the_headline_alone_have_means_and_no_difference(tmp_path: Path) -> None:
    info = list_metrics(load_scales())[MetricId("counselor", "HUMAN_VS_LLM")]
    rows = [make_row("bt", f"bt_{n:03}", 1, info, 5 + n / 2) for n in range(5)]
    folders = {name: [write_table(tmp_path / name, named(rows, name))] for name in ("a", "b")}
    text = words_of(material_of(folders))
    assert "| b | 5 | 5 | – | – | – | – |" in text
    assert "nothing can be compared" in text
    assert "| HUMAN_VS_LLM | counselor | 6.00 | 6.00 |" in text


NAMES = ("<b>", "a")


def test_names_are_written_as_they_are(tmp_path: Path) -> None:
    rows = make_rows(noisy(), modalities=("bt",), cases=2, sessions=1)
    folders = {
        name: [write_table(tmp_path / str(n), named(rows, "x"))] for n, name in enumerate(("<b>", "a"))
    }
    page = to_html(compose(material_of(folders)), "title")
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_no_common_case_says_so(tmp_path: Path) -> None:
    folders = {
        school: [write_table(tmp_path / school, make_rows(noisy(), modalities=(school,), cases=5))]
        for school in ("bt", "cbt")
    }
    material = material_of(folders)
    text = words_of(material)
    assert "No case stands in two of them with a score: nothing can be compared." in text
    cells = {cell for b in compose(material) if isinstance(b, Table) for row in b.rows for cell in row}
    assert "nan" not in cells
