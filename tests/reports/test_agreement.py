"""The report on agreement: readable and right however many raters there are, and whatever they are called."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import pytest

from psychagent.evals.ratings.columns import read_columns
from psychagent.evals.ratings.ranges import Ranges
from psychagent.evals.ratings.table import RatingTable, read_ratings
from psychagent.reports.agreement.compute import MOST_RATERS, compute_agreement
from psychagent.reports.agreement.notes import notes_on
from psychagent.reports.agreement.picture import draw_kappas
from psychagent.reports.agreement.write import write_agreement

HEAD = "rater,dialogue,dimension,score\n"
DIMENSIONS = ("Ethics", "Warmth")
HOSTILE = {
    "rich": "[red]A[/red]",
    "rich that closes nothing": "A[/]",
    "html": "<script>alert(1)</script>",
    "a link": "[A](http://example.org)",
    "a table": "A | B |",
    "a formula": r"$\frac{$",
    "a code": "`A`",
    "a title": "# A",
    "long": "A" * 5000 + "Z",
    "another alphabet": "\u8bc4\u5206\u8005",
    "from right to left": "\u05d0\u05d1\u05d2",
    "half a character": "\ud800",
}


def make_table(tmp_path: Path, text: str, *, high: float = 5) -> RatingTable:
    path = tmp_path / "r.csv"
    path.write_text(text, encoding="utf-8")
    return read_ratings(path, read_columns(""), Ranges(high=high))


def many(raters: int, *, dialogues: int = 10) -> str:
    rows = [
        f"r{rater:03},d{n},{name},{1 + (n * (1 + rater % 4) + len(name) + rater) % 5}\n"
        for rater in range(raters)
        for n in range(dialogues)
        for name in DIMENSIONS
    ]
    return HEAD + "".join(rows)


@pytest.mark.parametrize("raters", [2, MOST_RATERS, MOST_RATERS + 1, 70])
def test_every_pair_is_told_and_many_are_summed_up(tmp_path: Path, raters: int) -> None:
    agreement, (html, markdown, data) = write_agreement(make_table(tmp_path, many(raters)), tmp_path)
    pairs = raters * (raters - 1) // 2
    parts = json.loads(data.read_text(encoding="utf-8"))
    assert [len(part["pairs"]) for part in parts] == [pairs] * 3
    text = markdown.read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line.startswith("| all |")]
    if raters <= MOST_RATERS:
        assert len(lines) == pairs + 1
    else:
        kappas = [pair["kappa_quadratic"] for pair in parts[0]["pairs"]]
        assert [line.split(" | ")[1] for line in lines[:3]] == ["median", "lowest", "highest"]
        assert f"| all {pairs:,} pairs | 20 |" in lines[0]
        low, high = min(kappas), max(kappas)
        assert f" {low:.3f} ".replace("-", "\u2212") in lines[1]
        assert f" {high:.3f} " in lines[2]
    assert (tmp_path / "agreement_pictures" / "kappa.svg").is_file()
    assert html.stat().st_size < 1_000_000


def test_two_hundred_raters_are_reported_in_a_page(tmp_path: Path) -> None:
    # pair by pair this took four minutes; all at once it takes two seconds
    _, (html, markdown, data) = write_agreement(make_table(tmp_path, many(200, dialogues=40)), tmp_path)
    assert [len(part["pairs"]) for part in json.loads(data.read_text(encoding="utf-8"))] == [19_900] * 3
    assert len(markdown.read_text(encoding="utf-8").split("\n")) < 300
    assert html.stat().st_size < 2_000_000


def test_every_alpha_has_the_units_that_it_rests_on(tmp_path: Path) -> None:
    text = HEAD + "A,d1,x,1\nB,d1,x,2\nA,d2,x,4\nB,d2,x,4\nC,d2,x,5\nA,d3,x,1\nA,d4,y,1\nB,d4,y,2\n"
    _, (_, markdown, data) = write_agreement(make_table(tmp_path, text), tmp_path)
    parts = json.loads(data.read_text(encoding="utf-8"))
    assert [(p["over"], p["units"], p["alpha_units"], p["alpha_scores"]) for p in parts] == [
        ("all", 4, 3, 7),
        ("x", 3, 2, 5),
        ("y", 1, 1, 2),
    ]
    assert "| x | 3 | 2 | 5 | " in markdown.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("column", ["rater", "dialogue", "dimension"])
def test_a_hostile_name_is_a_name(tmp_path: Path, column: str, name: str) -> None:
    cells = {"rater": "A", "dialogue": "1", "dimension": "x", column: name}
    rows = [
        {
            "rater": cells["rater"] if rater == "A" else rater,
            "dialogue": cells["dialogue"] if n == 1 else n,
            "dimension": cells["dimension"],
            "score": n,
        }
        for rater in "ABC"
        for n in (1, 2, 3)
    ]
    agreement, (html, markdown, data) = write_agreement(make_table(tmp_path, json.dumps(rows)), tmp_path)
    assert [pair.kappa for pair in agreement.whole.pairs] == [1, 1, 1]
    assert agreement.whole.alpha.value == 1
    page, text = html.read_text(encoding="utf-8"), markdown.read_text(encoding="utf-8")
    assert "<script>" not in page + text
    assert "[A](http" not in text.replace("\\[", "")
    tables = [line for line in text.split("\n") if line.startswith("| ") and not line.startswith("| :")]
    assert {line.replace("\\|", "").count("|") for line in tables} <= {5 + 1, 7 + 1, 8 + 1}
    assert all(len(line) < 400 for line in tables)
    assert json.loads(data.read_text(encoding="utf-8"))


def test_what_counts_nowhere_is_named(tmp_path: Path) -> None:
    text = (
        HEAD
        + "A,d1,x,1\nB,d1,x,2\nA,d1,y,1\n"
        + "".join(f"A,alone{n},x,1\n" for n in range(7))
        + "C,own,x,3\nD,d1,x,NA\n"
    )
    assert notes_on(make_table(tmp_path, text)) == (
        "1 rating without a score counts nowhere.",
        "1 rater gave no score at all: D.",
        "8 dialogues that no two raters rated on the same dimension count in no kappa and no alpha: "
        "alone0, alone1, alone2, alone3, alone4 and 3 more.",
        "1 further score that one rater alone gave counts in none either: y of d1.",
        "1 rater shared no dialogue with another: C.",
    )


def test_nothing_is_said_where_nothing_is_left_out(tmp_path: Path) -> None:
    assert notes_on(make_table(tmp_path, many(3))) == ()


def test_scores_of_a_wide_range_have_no_column_for_each_level(tmp_path: Path) -> None:
    rows = [f"{rater},d{n},x,{n * 7 % 101}\n" for rater in "AB" for n in range(1, 60)]
    _, (_, markdown, _) = write_agreement(make_table(tmp_path, HEAD + "".join(rows), high=999), tmp_path)
    text = markdown.read_text(encoding="utf-8")
    assert "| rater | scores | mean |" in text


def test_dimensions_of_different_ranges_alone_have_a_picture(tmp_path: Path) -> None:
    # over all of them together nothing is defined, and a picture of nothing is none
    text = many(12)
    path = tmp_path / "r.csv"
    path.write_text(text, encoding="utf-8")
    table = read_ratings(path, read_columns(""), Ranges(own={"Warmth": (0, 10)}))
    _, (_, markdown, _) = write_agreement(table, tmp_path)
    text = markdown.read_text(encoding="utf-8")
    assert "none of 66 pairs" in text
    assert "kappa.svg" not in text


def test_of_too_many_pairs_each_rater_is_summed_up_in_the_data(tmp_path: Path) -> None:
    agreement, (_, _, data) = write_agreement(make_table(tmp_path, many(210, dialogues=2)), tmp_path)
    parts = json.loads(data.read_text(encoding="utf-8"))
    assert data.stat().st_size < 400_000
    for part in parts:
        assert (part["pairs"], part["pairs_left_out"]) == ([], 210 * 209 // 2)
        assert len(part["raters"]) == 210
    own = [p.kappa for p in agreement.whole.pairs if "r000" in (p.first, p.second) and p.kappa is not None]
    first = parts[0]["raters"][0]
    assert first["rater"] == "r000"
    assert first["pairs_with_kappa"] == len(own) > 0
    assert first["median_kappa_quadratic"] == median(own)


@pytest.mark.parametrize("letters", [24, 25, 60])
@pytest.mark.parametrize("dimensions", [2, 12, 39])
@pytest.mark.parametrize("raters", [2, 12])
def test_names_of_any_length_leave_room_for_the_picture(
    tmp_path: Path, letters: int, dimensions: int, raters: int
) -> None:
    rows = [
        f"{'r' * letters}{rater},d{n},{name:W<{letters}},{1 + (n + rater) % 5}\n"
        for rater in range(raters)
        for n in range(3)
        for name in map(str, range(dimensions))
    ]
    agreement = compute_agreement(make_table(tmp_path, HEAD + "".join(rows)))
    assert draw_kappas(agreement, one_by_one=MOST_RATERS) is not None
