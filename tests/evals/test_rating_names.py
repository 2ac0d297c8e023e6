"""Names in tables of ratings: those that look the same are the same, and none harms a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psychagent.errors import RecordError, SettingsError
from psychagent.evals.ratings.columns import read_columns
from psychagent.evals.ratings.names import drop_endings, list_names, show_name, to_name
from psychagent.evals.ratings.ranges import read_ranges
from psychagent.evals.ratings.table import RatingTable, read_ratings

HEAD = "rater,dialogue,dimension,score\n"
ALIKE = {
    "accents": ("Ren\u00e9", "Rene\u0301"),
    "no width": ("Ann", "An\u200bn"),
    "joiners": ("Ann", "\u2060Ann\ufeff"),
    "direction": ("Ann", "\u202eAnn\u202c"),
    "soft hyphen": ("Ann", "An\u00adn"),
    "hidden between accents": ("Ren\u00e9", "Rene\u034f\u0301"),
    "fillers": ("Ann", "Ann\u3164"),
    "variation": ("Ann", "Ann\ufe0f"),
    "tags": ("Ann", "Ann\U000e0041"),
    "a space that does not break": ("Ann B", "Ann\u00a0B"),
    "a wide space": ("Ann B", "Ann\u3000B"),
    "spaces at the ends": ("Ann", " Ann \u00a0"),
    "spaces within": ("Ann B", "Ann  \t B"),
    "a line break": ("Ann B", "Ann\nB"),
    "a bell": ("Ann", "Ann\x07"),
    "a color": ("Ann", "\x1b[31mAnn\x1b[0m"),
    "a title": ("Ann", "\x1b]0;other\x07Ann"),
    "a zero byte": ("Ann", "A\x00nn"),
}


def read(path: Path, *, columns: str = "", ranges: str = "") -> RatingTable:
    return read_ratings(path, read_columns(columns), read_ranges(ranges, low=1, high=5))


def put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_names_that_look_the_same_are_one(one: str, other: str) -> None:
    assert to_name(other) == to_name(one) == one


@pytest.mark.parametrize(
    ("one", "other"), [("Ann", "ann"), ("d1", "d01"), ("-1", "1"), ("A", "\uff21"), ("e", "\u00e9")]
)
def test_names_that_look_apart_are_two(one: str, other: str) -> None:
    assert to_name(one) != to_name(other)


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, ""), (float("nan"), ""), ("\u200b", ""), (7, "7"), (7.0, "7"), (7.5, "7.5"), ("7.0", "7.0")],
)
def test_what_is_no_text_is_a_name_too(value: Any, name: str) -> None:
    assert to_name(value) == name


@pytest.mark.parametrize("column", ["rater", "dialogue", "dimension"])
@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_a_name_spelled_in_two_ways_is_one_rater_dialogue_or_dimension(
    tmp_path: Path, column: str, one: str, other: str
) -> None:
    rows = [{"rater": "A", "dialogue": f"d{n}", "dimension": "x", "score": 3} for n in (1, 2)]
    rows += [{**row, "rater": "B"} for row in rows]
    for n, row in enumerate(rows):
        # with a dialogue of its own for each spelling, no row repeats another
        row |= {"dialogue": f"e{n}", column: one if n % 2 else other}
        row |= {"rater": f"r{n}"} if column != "rater" else {}
    table = read(put(tmp_path / "r.json", json.dumps(rows)))
    found = {
        "rater": {*table.ratings},
        "dialogue": {unit[0] for scores in table.ratings.values() for unit in scores},
        "dimension": {*table.levels},
    }
    assert found[column] == {one}


def test_the_same_cell_in_two_spellings_is_told_apart_by_its_characters(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", f"{HEAD}Ren\u00e9,d1,x,1\nB,d1,x,1\nRene\u0301,d1,x,2\n")
    with pytest.raises(RecordError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}, line 4: Ren\u00e9 rates x of d1 a second time, after line 2 "
        r"(which has 'Ren\xe9' for 'Rene\u0301'); keep one, or say --repeats if both are meant"
    )


@pytest.mark.parametrize(
    ("names", "joined"),
    [
        ({"d1", "d1.json"}, {"d1.json": "d1"}),
        ({"a/d1", "a/d1.JSON", "d2.json"}, {"a/d1.JSON": "a/d1"}),
        ({"d1", "d1.txt"}, {"d1.txt": "d1"}),
        ({"d1", "d1.v2", "d1.5"}, {}),
        ({"d1.json", "d2"}, {}),
        ({"d1", "d1.json", "d1.txt"}, {}),
    ],
)
def test_the_ending_of_a_session_file_is_dropped_where_both_occur(
    names: set[str], joined: dict[str, str]
) -> None:
    assert drop_endings(names) == joined


def test_a_session_and_its_file_are_one_dialogue(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", f"{HEAD}A,d1,x,1\nB,d1.json,x,2\nA,d2.json,x,3\nB,d2.json,x,3\n")
    units = {("d1", "x"), ("d2.json", "x")}
    assert [scores.keys() for scores in read(path).ratings.values()] == [units, units]
    path = put(path, f"{HEAD}A,d1,x,1\nA,d1.json,x,2\n")
    with pytest.raises(RecordError, match=r"line 3: A rates x of d1 a second time, after line 2 \(which has"):
        read(path)


def test_heads_that_look_the_same_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="column 'Ethics' stands twice; rename one"):
        read(put(tmp_path / "r.csv", "rater,dialogue,Ethics,Ethics\u200b\nA,d1,1,2\n"))
    row = {"rater": "A", "dialogue": "d1", "Ethics": 1, "Ethics ": 2}
    with pytest.raises(RecordError, match="row 1: column 'Ethics' stands twice"):
        read(put(tmp_path / "r.json", json.dumps([row])))


def test_options_name_columns_and_dimensions_as_they_look(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", "e\u0301valuateur,dialogue,Qualite\u0301\u200b\nA,d1,9\nB,d1,8\n")
    table = read(path, columns="rater=\u00e9valuateur", ranges="Qualit\u00e9=1-10")
    assert {*table.ratings} == {"A", "B"}
    assert table.levels["Qualit\u00e9"][-1] == 10


@pytest.mark.parametrize(
    ("columns", "ranges", "said"),
    [
        ("", "Ethic=0-9", "--ranges has 'Ethic', which is no dimension; did you mean 'Ethics'?"),
        ("skip=weigth", "", "--columns skips 'weigth', which is no column; did you mean 'weight'?"),
    ],
)
def test_an_option_about_what_is_not_there_is_refused(
    tmp_path: Path, columns: str, ranges: str, said: str
) -> None:
    path = put(tmp_path / "r.csv", "rater,dialogue,Ethics,weight\nA,d1,1,2\n")
    with pytest.raises(SettingsError) as error:
        read(path, columns=columns, ranges=ranges)
    # what a person said of the columns is told with the table that it was said of
    assert str(error.value).removeprefix(f"{path}: ") == said


def test_two_columns_of_one_known_name_are_told_apart(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", "Rater,rater,dialogue,score\nA,1,d1,1\nB,1,d1,2\n")
    with pytest.raises(
        SettingsError, match=r"columns 'Rater' and 'rater' both name the rater; say --columns"
    ):
        read(path)
    for columns in ("rater=Rater", "skip=rater"):
        assert {*read(path, columns=columns).ratings} == {"A", "B"}


def test_a_dialogue_of_two_systems_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", "rater,dialogue,system,score\nA,d1,x,1\nB,d1,y,2\n")
    with pytest.raises(RecordError, match=r"line 3: dialogue d1 is of y, in line 2 of x; name the dialogues"):
        read(path)


def test_a_long_name_is_shown_short_with_its_end() -> None:
    assert show_name("a" * 60) == "a" * 60
    assert show_name("a" * 500 + "end") == "a" * 39 + "\u2026" + "a" * 17 + "end"
    assert list_names([*"abcdefg"]) == "a, b, c, d, e and 2 more"
