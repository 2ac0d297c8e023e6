"""What raters filled in is read with the key; several systems, repeats and wide public tables as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.evals.people.read import read_pack
from psychagent.evals.ratings.columns import read_columns
from psychagent.evals.ratings.judge import SCALE, add_judge
from psychagent.evals.ratings.ranges import Ranges, read_missing, read_ranges
from psychagent.evals.ratings.table import read_ratings
from psychagent.reports.agreement.compute import compute_agreement
from psychagent.reports.agreement.rankings import PEOPLE
from tests.support.packs import WORTH, fill, judge, packed


def test_a_pack_is_read_by_system_with_half_points_of_either_spelling(tmp_path: Path) -> None:
    folder, key = packed(tmp_path)
    for rater in key.raters:
        fill(folder, rater, key, lambda system, dimension: WORTH[system])
    table = read_pack(folder)
    assert table.systems["first/cbt/en01/session_1"] == "first"
    assert table.ratings["rater_1"]["first/cbt/en01/session_1", "Ethics"] == 4.5
    assert len(table.ratings["rater_2"]) == 24
    means = compute_agreement(table).rankings.means[PEOPLE]
    assert {name: one.mean for name, one in means.items()} == {"first": 4.5, "second": 3.5, "third": 2}


def test_a_task_that_was_shown_twice_is_a_repeat_and_its_median_counts(tmp_path: Path) -> None:
    folder, key = packed(tmp_path, repeats=3)
    fill(folder, "rater_1", key, lambda system, dimension: "3")
    path = folder / "rater_1" / "ratings.csv"
    # the repeats come last, and one of them is scored otherwise
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[-1] = lines[-1].replace(";3;", ";5;")
    path.write_text("\n".join(lines), encoding="utf-8")
    table = read_pack(folder)
    assert sorted({*table.repeats["rater_1"].values()}) == [(3, 3), (3, 5)]
    assert {*table.ratings["rater_1"].values()} == {3}
    assert table.silent == ("rater_2",)
    pair = compute_agreement(table).rankings.alone["rater_1"]
    assert (pair.units, pair.exact) == (12, 11 / 12)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("task_01;Ethics", "task_99;Ethics", r"ratings.csv, line 2: 'task_99' is no task of rater_1"),
        ("task_01;Ethics", "task_01;Ethic", r"'Ethic' is no dimension; did you mean 'Ethics'"),
        ("task_01;Ethics;3", "task_01;Ethics;3.2", r"line 2: score '3.2' of Ethics is none of 1 to 5"),
        ("task;", "tasks;", r"has no column 'task'; keep the first line as it was packed"),
        ("task_01;Interaction", "task_01;Ethics", r"line 3: rater_1 rates Ethics of .* a second time"),
    ],
)
def test_what_does_not_fit_the_key_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    folder, key = packed(tmp_path)
    for rater in key.raters:
        fill(folder, rater, key, lambda system, dimension: "3")
    path = folder / "rater_1" / "ratings.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RecordError, match=problem):
        read_pack(folder)


def test_evaluations_of_several_systems_are_one_judge_and_rank_beside_people(tmp_path: Path) -> None:
    folder, key = packed(tmp_path)
    for rater in key.raters:
        fill(folder, rater, key, lambda system, dimension: WORTH[system])
    # the judge changes the places of the first two
    folders = [
        judge(tmp_path, name, key, score) for name, score in (("first", 3), ("second", 5), ("third", 2))
    ]
    table = add_judge(read_pack(folder), folders[0], SCALE, *folders[1:])
    assert len(table.ratings["judge"]) == 24
    rankings = compute_agreement(table).rankings
    # two of three pairs in the same order
    assert rankings.ranked == 3
    assert rankings.tau == pytest.approx(1 / 3)
    ranked = [(one.over, one.ranked) for one in rankings.concordance]
    assert ranked == [("systems", 3), ("dialogues", 6)]
    assert [one.w for one in rankings.concordance] == [pytest.approx(1)] * 2


CASES = "rater,case,system,dimension,score\n"


def put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_case_of_several_systems_is_a_dialogue_of_each(tmp_path: Path) -> None:
    rows = [
        f"{rater},{case},{system},x,{score}\n"
        for rater, more in (("A", 0), ("B", 1))
        for case in ("c1", "c2")
        for system, score in (("ours", 4 - more), ("theirs", 2))
    ]
    table = read_ratings(put(tmp_path / "r.csv", CASES + "".join(rows)), read_columns(""), Ranges())
    assert table.systems == {f"{s}/{c}": s for c in ("c1", "c2") for s in ("ours", "theirs")}
    means = compute_agreement(table).rankings.means
    assert {who: {s: one.mean for s, one in of_one.items()} for who, of_one in means.items()} == {
        "A": {"ours": 4, "theirs": 2},
        "B": {"ours": 3, "theirs": 2},
        PEOPLE: {"ours": 3.5, "theirs": 2},
    }


@pytest.mark.parametrize(("column", "said"), [("repeat", False), ("", True)])
def test_several_rows_of_a_rater_are_repeats_where_that_is_said(
    tmp_path: Path, column: str, *, said: bool
) -> None:
    head = f"rater,dialogue,score{',' + column if column else ''}\n"
    rows = [f"A,d1,{score}{f',{n}' if column else ''}\n" for n, score in enumerate((2, 5, 4))]
    rows.append(f"B,d1,4{',0' if column else ''}\n")
    path = put(tmp_path / "r.csv", head + "".join(rows))
    table = read_ratings(path, read_columns(""), Ranges(), repeats=said)
    assert table.ratings["A"] == {("d1", "score"): 4}
    assert table.repeats == {"A": {("d1", "score"): (2, 5, 4)}}


def test_a_wide_public_table_is_read_as_it_is(tmp_path: Path) -> None:
    # a list by annotators for each criterion, 0 for not applicable, and ranges that differ
    rows = [
        {
            "id": f"c{n}",
            "model": model,
            "overall": [4 + worth, 5 + worth, 6],
            "empathy": [worth, 3, 0],
            "safe": [1, 1, 1 - (n % 2)],
        }
        for n in range(6)
        for model, worth in (("m1", 1), ("m2", 3))
    ]
    path = tmp_path / "public.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    table = read_ratings(
        path, read_columns(""), read_ranges("overall=1-10", low=1, high=5), read_missing("0")
    )
    assert [*table.ratings] == ["rater 1", "rater 2", "rater 3"]
    assert table.ratings["rater 1"]["m2/c0", "overall"] == 7
    # 12 of empathy and 6 of safe
    assert table.unrated == 18
    agreement = compute_agreement(table)
    assert {part.name: part.units for part in agreement.dimensions} == {
        "overall": 12,
        "empathy": 12,
        "safe": 12,
    }
    assert agreement.rankings.means == {}
