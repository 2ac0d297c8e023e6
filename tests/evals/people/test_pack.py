"""Sessions for people: drawn evenly, without a word that names a system, and with their key apart."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from psychagent.domain.base import Language, Speaker
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.pairwise.systems import System, read_systems
from psychagent.evals.people.blind import make_blind, names_of
from psychagent.evals.people.draw import draw_sessions
from psychagent.evals.people.key import KEY, load_key
from psychagent.evals.people.pack import PackPlan, pack_ratings
from psychagent.evals.people.study import read_study
from psychagent.scales.dialogue import Line
from tests.support.pairing import write_run


def runs(root: Path, *names: str, sessions: int = 2) -> dict[str, list[Path]]:
    for name in names:
        for school in ("bt", "cbt", "pdt"):
            write_run(root, name, ("en01", "en02"), word="word", modality=school, sessions=sessions)
    return {name: [root / name] for name in names}


@pytest.mark.parametrize("number", [3, 6, 7, 10, 18, 23])
def test_sessions_are_drawn_evenly_over_systems_and_schools(tmp_path: Path, number: int) -> None:
    systems, _ = read_study(runs(tmp_path, "a", "b"))
    drawn = draw_sessions(systems, number, 1)
    for counts in (
        Counter(one.system for one in drawn),
        Counter(one.session.place[0] for one in drawn),
    ):
        assert max(counts.values()) - min(counts.values()) <= 1
    assert len({one.name for one in drawn}) == number


def test_the_same_cases_are_drawn_of_every_system_and_others_by_another_seed(tmp_path: Path) -> None:
    systems, _ = read_study(runs(tmp_path, "a", "b"))
    by_seed = []
    for seed in range(4):
        drawn = draw_sessions(systems, 12, seed)
        places = [{one.session.place for one in drawn if one.system == name} for name in "ab"]
        assert places[0] == places[1]
        by_seed.append(frozenset(places[0]))
    assert len({*by_seed}) > 1
    with pytest.raises(SettingsError, match=r"--sessions is 25, the runs hold 24; draw fewer"):
        draw_sessions(systems, 25, 0)


def system(name: str, root: Path, *models: str) -> System:
    return System(name, root, {}, models)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("I am Qwen3, not a person.", "I am (name), not a person."),
        ("My name is qwen.", "My name is (name)."),
        ("I run as Qwen/Qwen3-32B here.", "I run as (name) here."),
        ("This is ours_bo8 speaking.", "This is (name) speaking."),
        ("A gpt-5.4 told you", "A (name) told you"),
        ("Gemini said so", "(name) said so"),
        ("It was plainly so, and courses are long.", "It was plainly so, and courses are long."),
    ],
)
def test_names_of_systems_folders_and_models_are_removed(tmp_path: Path, said: str, left: str) -> None:
    systems = [
        system("ours_bo8", tmp_path / "ours", "Qwen/Qwen3-32B"),
        system("other", tmp_path / "x9", "gpt-5.4", "google/gemini-3"),
    ]
    line = Line(speaker=Speaker.COUNSELOR, text=said)
    (blind,), removed = make_blind([line], names_of(systems), Language.EN)
    assert (blind.text, removed) == (left, int(said != left))


def test_a_system_called_by_an_everyday_word_leaves_the_word_in_its_sentences(tmp_path: Path) -> None:
    for name, word in (("plain", "a plain word"), ("rag", "a plain word"), ("theramind", "I am TheraMind")):
        write_run(tmp_path, name, word=word)
    systems, _ = read_systems({name: tmp_path / name for name in ("plain", "rag", "theramind")})
    assert names_of(systems) == ["theramind", "rag"]


def test_each_rater_has_a_folder_in_an_order_of_its_own_and_the_key_is_apart(tmp_path: Path) -> None:
    out = tmp_path / "pack"
    named = runs(tmp_path, "secret_a", "secret_b", sessions=1)
    key, notes = pack_ratings(PackPlan(named, out, sessions=8, raters=2, seed=3, repeats=2))
    assert (notes, key) == ([], load_key(out / KEY))
    assert sorted(path.name for path in out.iterdir()) == [KEY, "rater_1", "rater_2"]
    orders = [[task.dialogue for task in tasks.values()] for tasks in key.raters.values()]
    assert orders[0] != orders[1]
    for order, rater in zip(orders, key.raters, strict=True):
        assert len(order) == 10
        assert len({*order}) == 8
        files = sorted((out / rater).iterdir())
        assert len(files) == 12
        written = "".join(path.read_text(encoding="utf-8") for path in files)
        assert not [word for word in ("secret", str(tmp_path), "session_") if word in written]
        with (out / rater / "ratings.csv").open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert [*rows[0]] == ["task", "dimension", "score", "for", "against"]
        assert {row["task"] for row in rows} == {*key.raters[rater]}
        assert len(rows) == 40
    first = (out / "rater_1" / "task_01.md").read_text(encoding="utf-8")
    source = json.loads(
        (
            named[key.raters["rater_1"]["task_01"].system][0] / key.raters["rater_1"]["task_01"].source_file
        ).read_text(encoding="utf-8")
    )
    assert source["transcript"][1]["content"] in first


def test_the_same_seed_packs_the_same_bytes_and_a_pack_is_never_written_over(tmp_path: Path) -> None:
    named = runs(tmp_path, "a", "b")
    packs = [tmp_path / name for name in ("one", "two", "three")]
    for out, seed in zip(packs, (1, 1, 2), strict=True):
        pack_ratings(PackPlan(named, out, sessions=6, raters=1, seed=seed))
    one, two, three = (
        {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        for out in packs
    )
    assert one == two != three
    with pytest.raises(RecordError, match="holds a pack whose key would be lost"):
        pack_ratings(PackPlan(named, packs[0], sessions=6, raters=1))
