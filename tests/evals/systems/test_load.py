"""Evaluations are named by the system they judged or by the user, each once, and never mixed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.errors import PsychAgentError
from psychagent.evals.systems.load import load_systems
from psychagent.evals.systems.named import name_systems
from tests.support.score_tables import make_rows, write_table


def make_eval(folder: Path, name: str = "ours", *, also: str = "") -> Path:
    rows = make_rows(lambda *_: 5.0, modalities=("bt",), cases=2, sessions=1)
    rows = [row | {"baseline": name} for row in rows]
    if also:
        rows[0]["baseline"] = also
    return write_table(folder, rows)


def test_a_system_is_named_by_what_was_judged(tmp_path: Path) -> None:
    ours, plain = make_eval(tmp_path / "a"), make_eval(tmp_path / "b", "plain")
    assert name_systems([str(ours), str(plain)]) == {"ours": [ours], "plain": [plain]}


def test_a_name_that_is_given_several_times_has_several_seeds(tmp_path: Path) -> None:
    first, second, plain = (make_eval(tmp_path / name) for name in "abc")
    named = name_systems([f"x={first}", f"x={second}", f"y={plain}"])
    assert named == {"x": [first, second], "y": [plain]}
    systems = load_systems(named)
    assert [len(system.seeds) for system in systems.values()] == [2, 1]
    # the same clients: a case of two seeds is one case
    assert systems["x"].frame["case"].nunique() == 2


def test_a_folder_may_hold_the_sign(tmp_path: Path) -> None:
    odd = make_eval(tmp_path / "t=0.7")
    assert name_systems([str(odd), f"b={odd}"]) == {"ours": [odd], "b": [odd]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{a}", "{b}"), "both judged 'ours'; tell them apart as NAME=PATH"),
        (("ours={a}", "{b}"), "both judged 'ours'"),
        (("{a}", "ours={b}"), "both judged 'ours'"),
        (("={a}",), "is not NAME=PATH"),
        (("x=",), "is not NAME=PATH"),
        (("{nameless}",), "does not say which system it judged; name it: NAME="),
        (("{mixed}",), r"holds scores of several systems \(ours, plain\)"),
        (("{none}",), "no such file; run `psychagent eval"),
    ],
)
def test_what_cannot_be_named_says_what_to_write(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    places = {
        "a": make_eval(tmp_path / "a"),
        "b": make_eval(tmp_path / "b"),
        "nameless": make_eval(tmp_path / "nameless", ""),
        "mixed": make_eval(tmp_path / "mixed", also="plain"),
        "none": tmp_path / "none",
    }
    with pytest.raises(PsychAgentError, match=said):
        name_systems([word.format(**places) for word in words])


def test_one_system_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PsychAgentError, match=r"only one system is given \(a\)"):
        load_systems({"a": [make_eval(tmp_path)]})


def test_an_evaluation_counts_once(tmp_path: Path) -> None:
    folder = make_eval(tmp_path)
    with pytest.raises(PsychAgentError, match="is given twice, as 'a' and as 'b'"):
        load_systems({"a": [folder], "b": [folder / ".." / folder.name]})


def test_a_system_without_an_evaluation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PsychAgentError, match="system 'b' has no evaluation"):
        load_systems({"a": [make_eval(tmp_path)], "b": []})


def test_scores_of_several_systems_are_refused_under_any_name(tmp_path: Path) -> None:
    mixed = make_eval(tmp_path / "mixed", also="plain")
    with pytest.raises(PsychAgentError, match="evaluate each into its own folder"):
        load_systems({"a": [make_eval(tmp_path / "a")], "b": [mixed]})


def test_all_are_read_by_the_scores_that_the_first_is_configured_for(tmp_path: Path) -> None:
    rows = make_rows(lambda *_: 4.0, modalities=("bt",), cases=1, sessions=1)
    first = write_table(tmp_path / "a", rows, use="verified")
    second = write_table(tmp_path / "b", rows, use="raw")
    systems = load_systems({"a": [first], "b": [second]})
    assert [scores.use for system in systems.values() for scores in system.seeds] == ["verified"] * 2
