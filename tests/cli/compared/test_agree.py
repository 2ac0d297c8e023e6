"""`psychagent agree` on packs and on several systems, its numbers held to a worked table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import SettingsError
from tests.support.packs import WORTH, fill, judge, packed

runner = CliRunner()


def call(*words: object) -> str:
    result = runner.invoke(app, [str(word) for word in ("agree", *words)])
    if result.exception:
        raise result.exception
    return result.output


def test_a_pack_that_was_filled_in_is_compared_with_the_judge_of_each_system(tmp_path: Path) -> None:
    folder, key = packed(tmp_path)
    fill(folder, "rater_1", key, lambda system, dimension: WORTH[system])
    fill(folder, "rater_2", key, lambda system, dimension: "3" if dimension == "Ethics" else WORTH[system])
    judges = [word for name in WORTH for word in ("--judge", judge(tmp_path, name, key, 3))]
    told = call(folder, *judges, "--output-root", tmp_path / "out")
    assert "By dimension:\n  Ethics: judge and rater_1 " in told
    assert "By system:\n  first: " in told
    assert "Means of people together: first 4.31 (" not in told
    assert "Means of people together: first 4.31, second 3.44, third 2.12\n" in told
    assert "Kendall's W over 3 systems that all 2 people rated: 1.000." in told
    assert "Kendall's tau between judge and people: undefined over 3 systems (all are ranked alike)." in told
    page = (tmp_path / "out" / "agreement.md").read_text(encoding="utf-8")
    assert "Systems by their means" in page
    assert "Not a result" not in page
    text = (
        (folder / "key.json").read_text(encoding="utf-8").replace('"is_script": false', '"is_script": true')
    )
    (folder / "key.json").write_text(text, encoding="utf-8")
    assert "no language model" in call(folder)
    assert "Not a result" in (folder / "agreement.md").read_text(encoding="utf-8")
    with pytest.raises(SettingsError, match="--low has no effect on a pack, whose key says it"):
        call(folder, "--low", 0)


def test_the_numbers_are_those_of_a_worked_table(tmp_path: Path) -> None:
    ours, theirs = {"A": (4, 4.5, 5, 3), "B": (4, 4, 5, 4)}, {"A": (2, 3, 3, 1), "B": (2, 2, 3, 2)}
    rows = [
        f"{rater},c{n},{model},x,{score}\n"
        for model, scores in (("ours", ours), ("theirs", theirs))
        for rater, given in scores.items()
        for n, score in enumerate(given)
    ]
    path = tmp_path / "r.csv"
    path.write_text("rater,case,model,dimension,score\n" + "".join(rows), encoding="utf-8")
    data = json.loads(call(path, "--json"))
    whole, dimension, one, other = data["agreement"]
    # differences 0 .5 0 1 | 0 1 0 1: squares sum to 3.25; A sums to 25.5 and B to 26, their squares to
    # 93.25 and 94; 1 - 8 x 3.25 / (8 x 187.25 - 2 x 25.5 x 26)
    assert whole["pairs"][0]["kappa_quadratic"] == pytest.approx(1 - 26 / 172)
    assert whole["pairs"][0]["kappa_low"] < 1 - 26 / 172 < whole["pairs"][0]["kappa_high"]
    assert dimension["pairs"][0]["kappa_quadratic"] == whole["pairs"][0]["kappa_quadratic"]
    # ours: squares sum to 1.25; sums 16.5 and 17, squares 70.25 and 73
    assert one["pairs"][0]["kappa_quadratic"] == pytest.approx(1 - 5 / (4 * 143.25 - 2 * 16.5 * 17))
    # theirs: 2; 9 and 9, 23 and 21
    assert other["pairs"][0]["kappa_quadratic"] == pytest.approx(1 - 8 / (4 * 44 - 2 * 81))
    assert other["pairs"][0]["kappa_low"] is None
    written = tmp_path / "agreement_rankings.json"
    assert data["rankings"].items() <= json.loads(written.read_text(encoding="utf-8")).items()
    means = data["rankings"]["means"]
    assert {who: {s: m["mean"] for s, m in of.items()} for who, of in means.items()} == {
        "A": {"ours": 4.125, "theirs": 2.25},
        "B": {"ours": 4.25, "theirs": 2.25},
        "people together": {"ours": 4.1875, "theirs": 2.25},
    }
    # ranks of A: 6 7 8 4 | 2 4 4 1, of B: 6 6 8 6 | 2 2 4 2; their sums lie 146 in squares from 9, one and
    # two triples tie
    assert data["rankings"]["kendall_w"]["dialogues"] == {
        "value": pytest.approx(12 * 146 / (4 * 504 - 2 * 3 * 24)),
        "ranked": 8,
        "raters": 2,
    }
