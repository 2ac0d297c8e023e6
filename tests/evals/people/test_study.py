"""Several runs of one system are one system of a study: none counts twice, and nothing is read twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from psychagent.errors import SettingsError
from psychagent.evals.people.blind import names_of
from psychagent.evals.people.draw import USUAL, draw_sessions
from psychagent.evals.people.pack import PackPlan, pack_ratings
from psychagent.evals.people.read import read_pack
from psychagent.evals.people.study import name_runs, read_study
from psychagent.evals.ratings.judge import SCALE, add_judge
from tests.support.packs import fill, judge
from tests.support.pairing import write_run


def study(root: Path, **runs: int) -> dict[str, list[Path]]:
    """Write systems with so many runs each, of two cases in two schools."""
    named: dict[str, list[Path]] = {}
    for name, number in runs.items():
        for run in range(number):
            for school in ("bt", "cbt"):
                folder = write_run(root / str(run), name, word=f"{name} {run} {school}", modality=school)
            named.setdefault(name, []).append(folder)
    return named


def test_a_system_with_more_runs_has_no_more_than_its_share(tmp_path: Path) -> None:
    systems, notes = read_study(study(tmp_path, ours=3, plain=1))
    assert notes == []
    drawn = draw_sessions(systems, 8, 1)
    assert Counter(one.system for one in drawn) == {"ours": 4, "plain": 4}
    # each client once before any client a second time, and of each system the same ones
    places = [{one.session.place for one in drawn if one.system == name} for name in ("ours", "plain")]
    assert places[0] == places[1]
    assert len(places[0]) == 4
    assert {one.run for one in drawn if one.system == "ours"} > {1}
    assert {one.run for one in drawn if one.system == "plain"} == {0}
    everything = draw_sessions(systems, None, 1)
    assert len({one.name for one in everything}) == 16 < USUAL


def test_words_that_two_runs_share_are_read_once(tmp_path: Path) -> None:
    twins = [write_run(tmp_path / run, "ours", word="same") for run in "ab"]
    systems, _ = read_study({"ours": twins})
    assert len(draw_sessions(systems, None, 0)) == 2
    with pytest.raises(SettingsError, match="--sessions is 3, the runs hold 2; draw fewer"):
        draw_sessions(systems, 3, 0)


def test_a_run_that_says_its_own_name_does_not_make_it_an_everyday_word(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / run, "plain", word=f"plain {run}") for run in "ab"]
    systems, _ = read_study({"plain": runs, "ours": [write_run(tmp_path, "ours")]})
    assert "plain" in names_of([run for system in systems for run in system.runs])


def test_a_study_takes_the_cases_that_it_is_about(tmp_path: Path) -> None:
    named = study(tmp_path, ours=1)
    systems, _ = read_study(named, {"cbt/en01"})
    assert [one.name for one in draw_sessions(systems, None, 0)] == ["ours/cbt/en01/session_1"]
    with pytest.raises(SettingsError, match="holds no session of ours on the cases that are studied"):
        read_study(named, {"cbt/en09"})


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["a/run", "x=b/run"], {"run": ["a/run"], "x": ["b/run"]}),
        (["x=a/run", "x=b/run", "y=c"], {"x": ["a/run", "b/run"], "y": ["c"]}),
    ],
)
def test_a_name_that_is_given_several_times_has_several_runs(
    given: list[str], named: dict[str, list[str]]
) -> None:
    assert name_runs(given) == {name: [*map(Path, paths)] for name, paths in named.items()}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["a/run", "b/run"], "b/run and a/run are both called 'run'; tell them apart as NAME=PATH, or give"),
        (["a/run", "run=b/run"], "give both as run=PATH if they are runs of one system"),
        (["run=a/run", "b/run"], "give both as run=PATH if they are runs of one system"),
        (["x=a/run", "x=a/run"], "a/run is given 2 times; name each system once"),
    ],
)
def test_runs_that_are_named_by_chance_alike_are_refused(given: list[str], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        name_runs(given)


def test_ratings_of_several_runs_meet_the_judge_by_the_words_that_were_read(tmp_path: Path) -> None:
    named = study(tmp_path, first=2, second=1)
    key, _ = pack_ratings(PackPlan(named, tmp_path / "pack", sessions=None, raters=2))
    assert key.systems == {"first": 8, "second": 4}
    for rater in key.raters:
        fill(tmp_path / "pack", rater, key, lambda system, dimension: "3" if system == "first" else "4")
    table = read_pack(tmp_path / "pack")
    assert {name for name in table.systems if "/run_" not in name} == {
        name for name, system in table.systems.items() if system == "second"
    }
    scored = add_judge(table, judge(tmp_path, "second", key, 4), SCALE)
    assert {dialogue for dialogue, _ in scored.ratings["judge"]} == {
        name for name, system in table.systems.items() if system == "second"
    }


def test_two_systems_that_said_the_same_are_both_judged(tmp_path: Path) -> None:
    named = {name: [write_run(tmp_path, name, ["en01"], word="same")] for name in ("first", "second")}
    key, _ = pack_ratings(PackPlan(named, tmp_path / "pack", sessions=2, raters=1))
    fill(tmp_path / "pack", "rater_1", key, lambda system, dimension: "3")
    table = read_pack(tmp_path / "pack")
    folders = [judge(tmp_path, name, key, score) for name, score in (("first", 2), ("second", 4))]
    for folder in folders:
        # an evaluation names its system by the run that was judged
        path = next(folder.rglob("session_1.json"))
        path.write_text(path.read_text(encoding="utf-8").replace("run-of-", ""), encoding="utf-8")
    scores = add_judge(table, folders[0], SCALE, folders[1]).ratings["judge"]
    assert scores["first/cbt/en01/session_1", "Ethics"] == 2
    assert scores["second/cbt/en01/session_1", "Ethics"] == 4
