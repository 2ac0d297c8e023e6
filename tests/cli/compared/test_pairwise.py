"""`psychagent pairwise` from the command line: offline, and with judges of a known leaning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import RecordError, SettingsError
from tests.support.loopback.server import LoopbackServer, serve
from tests.support.pairing import pair_judge, prefers, write_run

runner = CliRunner()


def call(*words: object, status: int = 0) -> str:
    result = runner.invoke(app, [str(word) for word in ("pairwise", *words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def config(root: Path, server: LoopbackServer, **more: Any) -> Path:
    judge = {"provider": "openai", "model": "m", "base_url": server.base_url, "max_retries": 0, **more}
    path = root / "judge.yaml"
    path.write_text(json.dumps({"judge": judge, "concurrency": 2}), encoding="utf-8")
    return path


def found(out: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((out / "pairwise.json").read_text(encoding="utf-8"))
    return data


def test_two_runs_are_compared_offline_and_marked_as_a_scripts(tmp_path: Path) -> None:
    one, other = (write_run(tmp_path, name) for name in ("ours", "theirs"))
    told = call(one, other, "--out", tmp_path / "out")
    assert "Made with a script: these numbers are not a result." in told
    assert "counselor's words a session" in told
    data = found(tmp_path / "out")
    assert data["judged_by_script"] is True
    assert "Not a result" in (tmp_path / "out" / "pairwise.md").read_text(encoding="utf-8")
    (pair,) = data["rankings"]["HUMAN_VS_LLM"]["respects"][0]["pairs"]
    assert (pair["meetings"], pair["cases"]) == (2, 2)


def test_a_better_system_wins_in_both_orders(tmp_path: Path) -> None:
    cases = [f"en{n:02}" for n in range(6)]
    runs = [write_run(tmp_path, name, cases) for name in ("ours", "theirs")]
    with serve(pair_judge(prefers("ours"))) as server:
        printed = call(*runs, "--out", tmp_path / "out", "--config", config(tmp_path, server), "--json")
        assert server.count() == 12
    data = json.loads(printed)
    ranking = data["rankings"]["HUMAN_VS_LLM"]
    overall = ranking["respects"][0]
    assert overall["pairs"][0] | {"meetings": 6, "wins": 6, "ties": 0, "flips": 0} == overall["pairs"][0]
    assert [(one["system"], one["rank"]) for one in overall["strengths"]] == [("ours", 1), ("theirs", 2)]
    assert overall["strengths"][0]["low"] > 0
    assert (ranking["first_share"], data["judged_by_script"]) == (0.5, False)
    assert data["usage"]["roles"]["judge"]["calls"] == 12


def test_a_judge_that_names_whoever_stands_first_ranks_nobody(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name) for name in ("ours", "theirs")]
    with serve(pair_judge(lambda first, second: "first")) as server:
        told = call(*runs, "--out", tmp_path / "out", "--config", config(tmp_path, server))
    ranking = found(tmp_path / "out")["rankings"]["HUMAN_VS_LLM"]
    assert (ranking["flips"], ranking["outcomes"], ranking["first_share"]) == (10, 10, 1.0)
    assert [one["strength"] for one in ranking["respects"][0]["strengths"]] == [0, 0]
    assert "10 of 10 outcomes flipped" in told
    assert "the judge hardly tells these sessions apart" in " ".join(told.split())


def test_what_was_judged_is_not_asked_again_and_another_judge_is_never_mixed_in(tmp_path: Path) -> None:
    one, other, third = (write_run(tmp_path, name) for name in ("ours", "theirs", "third"))
    out = tmp_path / "out"
    with serve(pair_judge(prefers("ours"))) as server:
        settings = config(tmp_path, server)
        call(one, other, "--out", out, "--config", settings)
        assert server.count() == 4
        told = call(one, other, third, "--out", out, "--config", settings)
        # two further pairs of systems, two cases, both orders
        assert server.count() == 12
        assert "not asked for again: 4" in told
        call(one, other, third, "--out", out, "--config", config(tmp_path, server, temperature=0.5))
        assert server.count() == 24
    data = found(out)
    assert data["verdicts_taken"] == 0
    assert any("12 stored verdicts of another judge" in note for note in data["notes"])
    (respect, *_) = data["rankings"]["HUMAN_VS_LLM"]["respects"]
    assert sum(pair["meetings"] for pair in respect["pairs"]) == 6


def test_a_line_that_a_kill_tore_is_asked_again(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name) for name in ("ours", "theirs")]
    out = tmp_path / "out"
    call(*runs, "--out", out)
    before = (out / "verdicts.jsonl").read_bytes()
    (out / "verdicts.jsonl").write_bytes(before[:-20])
    assert "not asked for again: 3" in call(*runs, "--out", out)
    assert len((out / "verdicts.jsonl").read_bytes()) == len(before)
    (out / "verdicts.jsonl").write_bytes(b"{}\n" + before)
    with pytest.raises(RecordError, match=r"verdicts.jsonl, line 1: is no verdict"):
        call(*runs, "--out", out)


def test_a_comparison_that_failed_counts_nowhere_and_is_asked_again(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name) for name in ("ours", "theirs")]
    out = tmp_path / "out"
    with serve(pair_judge(lambda first, second: "neither" if "en01" in first else "tie")) as server:
        settings = config(tmp_path, server)
        told = call(*runs, "--out", out, "--config", settings, status=1)
        assert "without verdicts in both orders" in " ".join(told.split())
        data = found(out)
        assert data["rankings"]["HUMAN_VS_LLM"]["respects"][0]["pairs"][0]["meetings"] == 1
        assert len(data["lacking"]) == 1
        assert data["usage"]["roles"]["judge"]["calls"] == 4
        call(*runs, "--out", out, "--config", settings, status=1)
        assert server.count() == 6


def test_safety_is_compared_apart_and_only_where_danger_was_voiced(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name) for name in ("ours", "theirs")]
    path = runs[0] / "cbt" / "en01" / "session_1.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["transcript"][3]["content"] = "I want to kill myself tonight. I have the pills here."
    path.write_text(json.dumps(data), encoding="utf-8")
    with serve(pair_judge(prefers("theirs"))) as server:
        call(*runs, "--out", tmp_path / "out", "--config", config(tmp_path, server))
        assert server.count() == 6
    rankings = found(tmp_path / "out")["rankings"]
    assert [one["respects"][0]["pairs"][0]["meetings"] for one in rankings.values()] == [2, 1]
    assert [*rankings] == ["HUMAN_VS_LLM", "SAFETY"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("ours",), "takes two systems or more"),
        (("ours", "theirs", "--scale", "SAFETY"), "on which nothing can be compared; known: "),
        (("ours", "elsewhere"), "no two systems share a case and session"),
        (("ours", "empty"), "holds no session of empty"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], problem: str
) -> None:
    for name in ("ours", "theirs"):
        write_run(tmp_path, name)
    write_run(tmp_path, "elsewhere", ("en09",))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=problem):
        call(*words, "--out", tmp_path / "out")


def test_a_budget_ends_it_cleanly_and_more_lets_it_go_on(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name) for name in ("ours", "theirs")]
    with serve(pair_judge(prefers("ours"))) as server:
        settings = config(tmp_path, server, prices={"prompt": 1, "completion": 1})
        line = [*runs, "--out", tmp_path / "out", "--config", settings, "--concurrency", "1", "--budget"]
        told = call(*line, "0.000001", status=3)
        assert "Stopped at its budget" in told
        assert "of a budget of 0.000001 USD" in told
        assert server.count() == 1
        call(*line, "0.000001", status=3)
        assert server.count() == 1, "nothing more for the same money"
        assert "by earlier commands" in call(*line, "10")
        assert server.count() == 4
    with pytest.raises(SettingsError, match="there is no price for judge"):
        call(*runs, "--out", tmp_path / "out", "--config", config(tmp_path, server), "--budget", "1")
