"""`psychagent export` and `psychagent train` as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from psychagent.assets.locate import asset_dir
from psychagent.cli.main import app
from psychagent.errors import SettingsError
from tests.support.exporting import make_rft, read_rows


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rft(tmp_path_factory.mktemp("rft"), cases=2)


def call(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_run_becomes_a_file_with_its_card(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "data.jsonl"
    told = call("export", run, "--out", out, "--format", "messages", "--tasks", "summary,counselor")
    rows = read_rows(out)
    assert {row["meta"]["task"] for row in rows} == {"counselor", "summary"}
    assert f"all: {len(rows)} samples of 2 cases" in told
    assert "no language model wrote these words" in told
    assert (tmp_path / "data.card.md").is_file()
    assert (tmp_path / "data.card.json").is_file()


def test_splits_are_written_side_by_side(run: Path, tmp_path: Path) -> None:
    call("export", run, "--out", tmp_path / "d.jsonl", "--split", "train=0.5,val=0.5", "--strip-think")
    for name in ("d.train.jsonl", "d.val.jsonl"):
        assert all("<think>" not in row["completion"][0]["content"] for row in read_rows(tmp_path / name))


def test_pairs_and_filters_are_told_apart_in_what_was_left_out(run: Path, tmp_path: Path) -> None:
    told = call("export", run, "--out", tmp_path / "p.jsonl", "--format", "preference", "--min-margin", "0.9")
    assert "left out: pairs: min_margin" in told
    assert all(row["meta"]["margin"] >= 0.9 for row in read_rows(tmp_path / "p.jsonl"))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--tasks", "summery"), "did you mean 'summary'"),
        (("--tasks", ","), "--tasks has ',', which names nothing"),
        (("--format", "preference", "--tasks", "summary"), "preference data holds that alone"),
        (("--top-fraction", "0"), "give a share above 0"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        call("export", tmp_path, "--out", tmp_path / "x.jsonl", *words)


@pytest.mark.slow
def test_training_prints_the_loss_before_and_after(run: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl", reason="needs the extra `train`: pip install -e '.[train]'")
    data = tmp_path / "d.jsonl"
    call("export", run, "--out", data, "--tasks", "counselor", "--top-fraction", "0.1")
    text = (asset_dir("configs") / "train" / "tiny.yaml").read_text(encoding="utf-8")
    template = asset_dir("configs") / "train" / "chatml.jinja"
    text = text.replace("chatml.jinja", str(template)).replace("max_steps: 16", "max_steps: 2")
    config = tmp_path / "two_steps.yaml"
    config.write_text(text.replace("log_every: 4", "log_every: 1"), encoding="utf-8")
    told = call("train", "--config", config, "--data", data, "--output-dir", tmp_path / "model")
    assert "step      2  loss" in told
    assert "loss on the training data:" in told
    assert "shows that training works, and no more" in told
    assert (tmp_path / "model" / "training.json").is_file()


def test_the_use_of_skills_is_counted_over_a_run(run: Path) -> None:
    told = call("skills", "use", run)
    assert "counselor turns of" in told
    for row in ("shown a skill for danger", "naming a skill that was shown", "skills shown a turn"):
        assert row in told


@pytest.mark.parametrize("out", [".", "..", "folder", "folder/..", "名\udcff.jsonl"])
def test_what_can_be_no_file_of_rows_is_refused_before_anything_is_rebuilt(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    refused = CliRunner().invoke(app, ["export", "no-run", f"--out={out}"])
    assert isinstance(refused.exception, SettingsError), refused.exception
    assert str(refused.exception).startswith(f"--out has {out!r}, wh")
