"""Tables of ratings as others write them: read as the same scores, or refused by row with what to say."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.errors import PsychAgentError, RecordError, SettingsError
from psychagent.evals.ratings.columns import read_columns
from psychagent.evals.ratings.ranges import read_missing, read_ranges, to_number
from psychagent.evals.ratings.table import RatingTable, read_ratings
from psychagent.reports.agreement.compute import compute_agreement
from psychagent.reports.agreement.write import write_agreement
from psychagent.stats.agreement import agree_pairs
from tests.support.children import finish, psychagent
from tests.support.tried import Check, try_all

Rows = list[dict[str, Any]]
RATERS, DIALOGUES, DIMENSIONS = ("A", "B"), ("d1", "d2"), ("Ethics", "Warmth")
GIVEN = {"A": (1, 2, 3, 5), "B": (1, 3, 3, 4)}
SCORES = {
    rater: dict(zip([(d, x) for d in DIALOGUES for x in DIMENSIONS], GIVEN[rater], strict=True))
    for rater in RATERS
}
"""Rater -> dialogue and dimension -> score: what every table below holds."""
LONG: Rows = [
    {"rater": r, "dialogue": d, "dimension": x, "score": score}
    for r, scores in SCORES.items()
    for (d, x), score in scores.items()
]
BY_DIMENSION: Rows = [
    {"rater": r, "dialogue": d} | {x: SCORES[r][d, x] for x in DIMENSIONS} for r in RATERS for d in DIALOGUES
]
BY_RATER: Rows = [
    {"dialogue": d, "dimension": x} | {r: SCORES[r][d, x] for r in RATERS}
    for d in DIALOGUES
    for x in DIMENSIONS
]
NESTED: Rows = [
    {"dialogue": d} | {x: {r: SCORES[r][d, x] for r in RATERS} for x in DIMENSIONS} for d in DIALOGUES
]
IN_ORDER: Rows = [
    {"dialogue": d} | {x: [SCORES[r][d, x] for r in RATERS] for x in DIMENSIONS} for d in DIALOGUES
]
INSIDE: Rows = [
    {"rater": r, "dialogue": d, "scores": {x: SCORES[r][d, x] for x in DIMENSIONS}}
    for r in RATERS
    for d in DIALOGUES
]
TWICE: Rows = [
    {"dialogue": d, "scores": {r: {x: SCORES[r][d, x] for x in DIMENSIONS} for r in RATERS}}
    for d in DIALOGUES
]


def separated(rows: Rows, mark: str = ",", end: str = "\n") -> str:
    head = list(rows[0])
    table = [head, *([str(row.get(name, "")) for name in head] for row in rows)]
    return "".join(mark.join(cells) + end for cells in table)


def renamed(rows: Rows, **names: str) -> Rows:
    return [{names.get(name, name): value for name, value in row.items()} for row in rows]


def put(path: Path, data: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8", newline="")
    return path


def read(
    path: Path, *, columns: str = "", ranges: str = "", missing: str = "", high: float = 5
) -> RatingTable:
    allowed = read_ranges(ranges, low=1, high=high)
    return read_ratings(path, read_columns(columns), allowed, read_missing(missing))


def lines(rows: Rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


SAME: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "comma": ("r.csv", separated(LONG), {}),
    "semicolon": ("r.csv", separated(LONG, ";"), {}),
    "tab": ("r.tsv", separated(LONG, "\t"), {}),
    "tab in a csv": ("r.csv", separated(LONG, "\t"), {}),
    "bar": ("r.txt", separated(LONG, "|"), {}),
    "capitals": ("R.CSV", separated(LONG, ";"), {}),
    "no suffix": ("ratings", separated(LONG), {}),
    "byte-order mark": ("r.csv", "\ufeff" + separated(LONG), {}),
    "windows": ("r.csv", separated(LONG, ";", "\r\n"), {}),
    "sep line": ("r.csv", "sep=;\n" + separated(LONG, ";"), {}),
    "blank lines": ("r.csv", "\n" + separated(LONG).replace("\n", "\n\n"), {}),
    "spaces": ("r.csv", separated(LONG).replace(",", " , "), {}),
    "quoted": ("r.csv", '"rater","dialogue","dimension","score"\n' + separated(LONG).split("\n", 1)[1], {}),
    "points as text": ("r.csv", separated([{**row, "score": f"{row['score']}.0"} for row in LONG]), {}),
    "decimal commas": ("r.csv", separated([{**row, "score": f"{row['score']},0"} for row in LONG], ";"), {}),
    "head in capitals": ("r.csv", separated(renamed(LONG, rater="Rater", score="SCORE")), {}),
    "other heads": (
        "r.csv",
        separated(
            renamed(
                LONG, rater="annotator", dialogue="conversation_id", dimension="criterion", score="rating"
            )
        ),
        {},
    ),
    "own heads": (
        "r.csv",
        separated(renamed(LONG, rater="who", score="p")),
        {"columns": "rater=who,score=p"},
    ),
    "heads that trade places": (
        "r.csv",
        separated(renamed(LONG, rater="dialogue", dialogue="rater")),
        {"columns": "rater=dialogue,dialogue=rater"},
    ),
    "one column left": ("r.csv", separated(renamed(LONG, score="mark_given")), {}),
    "json lines": ("r.jsonl", lines(LONG), {}),
    "json lines in a csv": ("r.csv", lines(LONG), {}),
    "json list": ("r.json", LONG, {}),
    "json under a key": ("r.json", {"study": "x", "ratings": LONG}, {}),
    "json indented": ("r.json", json.dumps(LONG, indent=2), {}),
    "by dimension": ("r.csv", separated(BY_DIMENSION), {}),
    "by dimension, semicolons": ("r.csv", separated(BY_DIMENSION, ";"), {}),
    "by dimension, json": ("r.json", BY_DIMENSION, {}),
    "by dimension with a comment": (
        "r.csv",
        separated([{**row, "comment": "n/a" if n else "went well"} for n, row in enumerate(BY_DIMENSION)]),
        {},
    ),
    "by dimension with numbers that are none": (
        "r.csv",
        separated([{**row, "weight": 37} for row in BY_DIMENSION]),
        {"columns": "skip=weight"},
    ),
    "by dimension with numbers of rows": (
        "r.csv",
        separated(
            [{"id": n, "Turn": 2, "study ID": 3, **row} for n, row in enumerate(BY_DIMENSION, start=1)]
        ),
        {},
    ),
    "heads of two words": (
        "r.csv",
        separated(renamed(BY_DIMENSION, rater="Rater ID", dialogue="Case-ID")),
        {},
    ),
    "a mark at the end of rows": (
        "r.csv",
        separated(LONG).replace("\n", ",\n").replace("score,", "score"),
        {},
    ),
    "by rater": ("r.csv", separated(BY_RATER), {}),
    "by rater, tabs": ("r.tsv", separated(BY_RATER, "\t"), {}),
    "nested": ("r.jsonl", lines(NESTED), {}),
    "nested scores": ("r.jsonl", lines(INSIDE), {}),
    "nested twice": ("r.json", TWICE, {}),
    "with nulls": ("r.json", [*LONG, {**LONG[0], "dialogue": "d9", "score": None}], {}),
}


def scores_of(table: RatingTable) -> dict[str, dict[Any, float]]:
    return {rater: dict(scores) for rater, scores in table.ratings.items()}


def test_a_table_in_any_form_is_read_as_the_same_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def kinds() -> Iterator[tuple[str, Check]]:
        for name, (file, data, more) in SAME.items():

            def check(name: str = name, file: str = file, data: Any = data, more: Any = more) -> None:
                table = read(put(tmp_path / name / file, data), **more)
                assert scores_of(table) == SCORES

            yield name, check

    try_all("forms of rating tables", kinds(), capsys)


def test_a_list_of_scores_is_by_raters_in_order(tmp_path: Path) -> None:
    table = read(put(tmp_path / "r.jsonl", lines(IN_ORDER)))
    assert scores_of(table) == {"rater 1": SCORES["A"], "rater 2": SCORES["B"]}
    row = {"dialogue": "d1", "criterion_3": [4, 5, 3, 4]}
    assert read(put(tmp_path / "one.json", [row])).ratings["rater 3"] == {("d1", "criterion_3"): 3}


def test_columns_of_raters_without_a_dimension_are_said_to_be_raters(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", "dialogue,A,B\nd1,1,2\nd2,3,3\n")
    assert scores_of(read(path, columns="rater=*")) == {
        "A": {("d1", "score"): 1, ("d2", "score"): 3},
        "B": {("d1", "score"): 2, ("d2", "score"): 3},
    }
    assert list(read(path).ratings) == ["rater"]


WORDS = ("", "NA", "N/A", "n/a", "nan", "None", "null", "-", "–", "?", "不适用")


@pytest.mark.parametrize("word", [*WORDS, "N/A\u200b", "\u202eNA", "\ufeff", "\u00a0n/a"])
@pytest.mark.parametrize("rows", [LONG, BY_DIMENSION, BY_RATER], ids=["long", "by dimension", "by rater"])
def test_a_word_for_no_score_is_unrated_and_counted(tmp_path: Path, rows: Rows, word: str) -> None:
    key = next(name for name, value in rows[0].items() if isinstance(value, int))
    table = read(put(tmp_path / "r.csv", separated([{**rows[0], key: word}, *rows[1:]])))
    assert table.unrated == 1
    assert sum(len(scores) for scores in table.ratings.values()) == len(LONG) - 1


@pytest.mark.parametrize(
    ("given", "said"), [(0, "0,NA"), ("0.0", "0"), (99, "99"), ("not seen", "NA,Not Seen")]
)
def test_what_is_said_to_be_missing_is_unrated_and_counted(tmp_path: Path, given: Any, said: str) -> None:
    path = put(tmp_path / "r.csv", separated([{**LONG[0], "score": given}, *LONG[1:]]))
    assert read(path, missing=said).unrated == 1
    with pytest.raises(RecordError, match=r"line 2: score '.*' of Ethics is none of 1 to 5; .*--missing"):
        read(path)


def test_half_points_are_levels_between_whole_ones(tmp_path: Path) -> None:
    rows = [{**row, "score": row["score"] + (0.5 if row["score"] < 5 else 0)} for row in LONG]
    table = read(put(tmp_path / "r.csv", separated(rows)))
    assert table.levels["Ethics"] == (1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5)
    found = compute_agreement(table).whole.pairs[0]
    assert (found.bias, found.within_one) == (-0.125, 1)
    # the same kappa as of the same scores in steps of one
    doubled = {name: {u: 2 * s for u, s in scores.items()} for name, scores in table.ratings.items()}
    assert found.kappa == agree_pairs(doubled, range(2, 11))[0].kappa


def test_half_points_on_one_dimension_leave_the_others_on_the_same_range(tmp_path: Path) -> None:
    table = read(put(tmp_path / "r.csv", separated([{**LONG[0], "score": 1.5}, *LONG[1:]])))
    assert len(set(table.levels.values())) == 1
    assert compute_agreement(table).whole.pairs[0].kappa is not None


def test_dimensions_of_different_ranges_are_compared_one_by_one(tmp_path: Path) -> None:
    rows = [{**row, "score": row["score"] * (2 if row["dimension"] == "Warmth" else 1)} for row in LONG]
    path = put(tmp_path / "r.csv", separated(rows))
    with pytest.raises(
        RecordError, match=r"score '10' of Warmth is none of 1 to 5; .*--ranges 'Warmth=LOW-HIGH'"
    ):
        read(path)
    table = read(path, ranges="Warmth=0-10")
    agreement, paths = write_agreement(table, tmp_path / "out")
    assert [pair.kappa for pair in agreement.whole.pairs] == [None]
    assert (agreement.whole.alpha.value, agreement.whole.pairs[0].units) == (None, 4)
    assert all(pair.kappa is not None for part in agreement.dimensions for pair in part.pairs)
    text = paths[1].read_text(encoding="utf-8")
    assert "Dimensions of different ranges (Ethics 1 to 5, Warmth 0 to 10) are compared one by one" in text


@pytest.mark.parametrize("text", ["Ethics", "Ethics=3", "Ethics=a-b", "=0-3"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="write NAME=LOW-HIGH"):
        read_ranges(text, low=1, high=5)


@pytest.mark.parametrize(("text", "low", "high"), [("Ethics=3-0", 1, 5), ("", 5, 1), ("", 2, 2)])
def test_a_range_that_ends_before_it_begins_is_refused(text: str, low: float, high: float) -> None:
    with pytest.raises(SettingsError, match="the second must be above the first"):
        read_ranges(text, low=low, high=high)


@pytest.mark.parametrize(
    ("text", "low", "high", "said"),
    [
        ("", 1, math.nan, "--low and --high range from 1 to nan; give two finite numbers"),
        ("", math.nan, 5, "from nan to 5; give two finite numbers"),
        ("", -math.inf, 5, "from -inf to 5; give two finite numbers"),
        ("", 1, math.inf, "from 1 to inf; give two finite numbers"),
        (f"E=0-{'9' * 400}", 1, 5, "scores of E range from 0 to inf; give two finite numbers"),
        ("", 1, 1e8, "from 1 to 1e+08, which has more than 1,000 levels"),
        ("E=0-999999999999", 1, 5, "scores of E range from 0 to 1e+12, which has more than 1,000 levels"),
        ("E=0-1000", 1, 5, "more than 1,000 levels; give the range that raters were told"),
        ("", -1e308, 1e308, "more than 1,000 levels"),
    ],
)
def test_a_range_without_an_end_is_refused(text: str, low: float, high: float, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_ranges(text, low=low, high=high)
    assert said in str(error.value)


@pytest.mark.parametrize(("low", "high"), [(1, 5), (0, 999), (-2.5, 2), (0.1, 3.1)])
def test_a_score_is_allowed_where_it_is_a_level(low: float, high: float) -> None:
    ranges = read_ranges("", low=low, high=high)
    levels = set(ranges.levels("E", halves=True))
    tried = {low - 1 + n / 8 for n in range(int(high - low + 2) * 8)} | levels
    assert {score for score in tried if ranges.allow("E", score)} == levels
    assert not any(ranges.allow("E", score) for score in (low - 0.5, high + 0.5, 1.7e308, -1.7e308))


@pytest.mark.parametrize("text", ["Empathy, warm=1-10", "A=-3-3", "A = 0 .. 4", "A=0 to 4"])
def test_ranges_are_written_in_more_than_one_way(text: str) -> None:
    assert read_ranges(text.rpartition(", ")[2], low=1, high=5).own


BAD: dict[str, tuple[str, Any, str]] = {
    "out of range": ("r.csv", separated([{**LONG[0], "score": 6}]), "score '6' of Ethics is none of 1 to 5"),
    "a word": ("r.csv", separated([{**LONG[0], "score": "good"}, *LONG]), "score 'good' of Ethics is none"),
    "a word among numbers": (
        "r.csv",
        separated([{**BY_DIMENSION[0], "Ethics": "good"}, *BY_DIMENSION[1:]]),
        "line 2: score 'good' of Ethics",
    ),
    "a weight": (
        "r.csv",
        separated([{**row, "weight": 37} for row in BY_DIMENSION]),
        "skip=weight if it is no score",
    ),
    "true": ("r.json", [{**LONG[0], "score": True}], "score 'true'"),
    "infinite": ("r.csv", separated([{**LONG[0], "score": "inf"}]), "score 'inf'"),
    "a third": ("r.csv", separated([{**LONG[0], "score": 2.33}]), "score '2.33'"),
    "two at once": ("r.json", [{**LONG[0], "score": [1, 2]}], "several scores of one rater on one dimension"),
    "twice": ("r.csv", separated([*LONG, LONG[0]]), "A rates Ethics of d1 a second time"),
    "no rater": ("r.csv", separated([{**LONG[0], "rater": ""}]), "line 2: has no rater"),
    "no dialogue": ("r.csv", separated([{**LONG[0], "dialogue": ""}]), "line 2: has no dialogue"),
    "no column of dialogues": ("r.csv", "rater,x,score\nA,1,2\n", "no column names the dialogue"),
    "no column of scores": ("r.csv", "rater,dialogue\nA,d1\n", "no column holds the scores"),
    "two columns of scores": (
        "r.csv",
        separated([{**row, "again": 1} for row in renamed(LONG, score="mark_given")]),
        "no column holds the scores",
    ),
    "a column twice": ("r.csv", "rater,dialogue,dimension,score,score\nA,d1,x,1,2\n", "'score' stands twice"),
    "a short row": ("r.csv", "rater,dialogue,dimension,score\nA,d1,x\n", "line 2: has 3 cells, the head 4"),
    "a long row": (
        "r.csv",
        "rater,dialogue,dimension,score\nA,d1,x,1,5\n",
        "line 2: has 5 cells, the head 4",
    ),
    "a decimal comma without quotes": (
        "r.csv",
        "rater,dialogue,dimension,score\nA,d1,x,1,5\n",
        "give it one for each column, in double quotes where one holds ','",
    ),
    "a row behind blank lines": ("r.csv", "\nrater,dialogue,score\n\n\nA,d1,9\n", "line 5: score '9'"),
    "a row behind a cell of several lines": (
        "r.csv",
        'rater,dialogue,note,score\nA,d1,"one\ntwo\n",1\nB,d1,"x\ny",9\n',
        "line 5: score '9'",
    ),
    "a row behind a sep line": ("r.csv", "sep=;\nrater;dialogue;score\nA;d1;9\n", "line 3: score '9'"),
    "a line of JSON": ("r.jsonl", "\n" + lines([LONG[0], {**LONG[1], "score": 9}]), "line 3: score '9'"),
    "no head": ("r.csv", "A,d1,x,1\nB,d1,x,2\n", "put a line of names above it"),
    "too many columns to name": (
        "r.csv",
        ",".join(f"column{n}" for n in range(999)) + "\n" + "1," * 998 + "1\n",
        "column23 and 975 more",
    ),
    "an underscore in a number": ("r.csv", separated([{**LONG[0], "score": "0_3"}]), "score '0_3' of Ethics"),
    "far too large": ("r.csv", separated([{**LONG[0], "score": "1e400"}]), "score '1e400' of Ethics"),
    "a score that steers a terminal": (
        "r.csv",
        separated([{**LONG[0], "score": "\x1b[31m9\u202e"}]),
        "score '9' of Ethics",
    ),
    "an open quote": ("r.csv", 'rater,dialogue,dimension,score\n"A,d1,x,1\n', "line 2: is no table"),
    "empty": ("r.csv", "", "holds no rating"),
    "a head alone": ("r.csv", "rater,dialogue,dimension,score\n", "holds no rating"),
    "nothing rated": ("r.csv", separated([{**row, "score": "NA"} for row in LONG]), "holds no rating"),
    "half a list": ("r.json", '[{"rater": "A"', "is not JSON"),
    "half a line": ("r.jsonl", lines(LONG) + "{", "line 9: is not JSON"),
    "deep": ("r.json", "[" * 9000, "is not JSON"),
    "a list of numbers": ("r.json", "[1, 2]", "is no object with columns"),
    "a spreadsheet": ("r.xlsx", "PK", "is a spreadsheet; save it as CSV"),
    "another encoding": ("r.csv", "", "UTF-8"),
}


def test_a_table_that_bends_a_number_is_refused_by_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def kinds() -> Iterator[tuple[str, Check]]:
        for name, (file, data, said) in BAD.items():

            def check(name: str = name, file: str = file, data: Any = data, said: str = said) -> None:
                path = put(tmp_path / name / file, data)
                if name == "another encoding":
                    path.write_bytes("rater;dialogue;dimension;score\nJürgen;d;x;1\n".encode("latin-1"))
                with pytest.raises(RecordError) as error:
                    read(path)
                assert said in str(error.value)
                assert str(path) in str(error.value)

            yield name, check

    try_all("rating tables that are refused", kinds(), capsys)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("\u200b4", 4),
        ("4\u00a0", 4),
        ("\u202d4\u202c", 4),
        ("\u22124", -4),
        ("\u22121,5", -1.5),
        ("1_0", None),
        ("", None),
    ],
)
def test_a_number_is_read_as_it_looks(text: str, score: float | None) -> None:
    assert to_number(text) == score


@pytest.mark.parametrize("chars", [1000, 200_000, 3_000_000])
def test_a_cell_may_be_as_long_as_a_dialogue(tmp_path: Path, chars: int) -> None:
    rows = [{**row, "transcript": "I said so. " * (chars // 11)} for row in LONG]
    assert scores_of(read(put(tmp_path / "r.csv", separated(rows)))) == SCORES


@pytest.mark.parametrize(
    ("kind", "said"), [("folder", "is a folder"), ("pipe", "is a pipe"), ("link", "is a pipe")]
)
def test_what_is_no_plain_file_is_refused_and_not_waited_for(tmp_path: Path, kind: str, said: str) -> None:
    path = tmp_path / "r.csv"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        os.mkfifo(tmp_path / "p.csv")
        path.symlink_to(tmp_path / "p.csv")
    with pytest.raises(RecordError) as error:
        read(path)
    assert str(error.value) == f"{path}: {said}; name a file of ratings (CSV, JSON)"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("rater=who", "--columns has 'who', which is no column; known: dialogue"),
        ("ratr=who", "did you mean 'rater'"),
        ("score=*", "only rater or dimension may be '*'"),
        ("rater", "write ours=theirs"),
    ],
)
def test_a_column_that_is_not_there_is_refused(tmp_path: Path, columns: str, said: str) -> None:
    with pytest.raises(PsychAgentError) as error:
        read(put(tmp_path / "r.csv", separated(LONG)), columns=columns)
    assert said in str(error.value)


def run(argv: list[str], folder: Path) -> tuple[int, str]:
    log = folder / "output.txt"
    log.unlink(missing_ok=True)
    with psychagent(argv, log) as process:
        status = finish(process)
    return status, log.read_text(encoding="utf-8")


def test_the_command_tells_what_was_left_out_and_unrated(tmp_path: Path) -> None:
    rows = [
        {**row, "note": "x", "Ethics": 0 if n == 0 else row["Ethics"]} for n, row in enumerate(BY_DIMENSION)
    ]
    path = put(tmp_path / "r.csv", separated(rows, ";"))
    status, told = run(
        ["agree", str(path), "--missing", "0,NA", "--output-root", str(tmp_path / "o")], tmp_path
    )
    assert status == 0
    assert "Raters: A, B; dimensions: Ethics, Warmth" in told
    assert "1 rating without a score counts nowhere" in told
    assert "Columns left out: note" in told
    assert "A and B: weighted kappa" in told
    assert (tmp_path / "o" / "agreement.md").is_file()
    status, told = run(["agree", str(path)], tmp_path)
    assert status == 2
    assert "--missing 0 if it means none" in " ".join(told.split())
