"""Options that commands share: declared once, with the same words, meaning and defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.cli.main import app
from psychagent.cli.options import RunOptions, SettingsFiles, takes
from psychagent.cli.runs.plan import make_plan, read_rollouts
from psychagent.cli.runs.rft import RftOptions
from psychagent.domain.base import Language, Modality
from psychagent.errors import SettingsError
from tests.support.commands import load_command, walk
from tests.support.flat import runtime_of
from tests.support.library_words import library_words


def parameters(name: str) -> dict[str, Any]:
    """A command's parameters by name."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return {parameter.name: parameter for parameter in load_command(root, name).params}


@dataclass(frozen=True)
class Wishes:
    size: Annotated[int, typer.Option("-s", "--size", min=1)] = 2
    color: Annotated[str | None, typer.Option()] = None


def test_the_fields_of_a_dataclass_become_a_commands_options() -> None:
    seen: list[Wishes] = []

    @takes(Wishes)
    def order(wishes: Wishes) -> None:
        """Order one."""
        seen.append(wishes)

    one = typer.Typer()
    one.command()(order)
    for line in ([], ["-s", "3", "--color", "red"]):
        assert CliRunner().invoke(one, line).exit_code == 0
    assert seen == [Wishes(), Wishes(size=3, color="red")]
    assert CliRunner().invoke(one, ["--size", "0"]).exit_code == 2
    assert "Order one." in CliRunner().invoke(one, ["--help"]).output


def test_cases_and_clients_that_are_named_are_all_taken_whatever_the_dataset_limits(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text("{}", encoding="utf-8")
    limits = tmp_path / "dataset.yaml"
    limits.write_text("max_cases: 1\n", encoding="utf-8")
    options = RunOptions(dataset=limits, profile=["en01"], case=["cbt/412", str(file)])
    dataset = make_plan(options).dataset
    assert (dataset.profiles, dataset.cases) == (("en01",), ("cbt/412", str(file)))
    assert dataset.max_cases is None


def test_rft_takes_every_option_of_sample_and_two_more() -> None:
    sample, rft = parameters("sample"), parameters("rft")
    assert rft.keys() - sample.keys() == {"rft_config", "rollouts"}
    for name, option in sample.items():
        assert rft[name].opts == option.opts
        assert (rft[name].help == option.help) is (name != "save_dir")


@pytest.mark.parametrize(
    ("command", "options", "folder"),
    [("sample", RunOptions(), "runs"), ("rft", RftOptions(), "rft"), ("doctor", SettingsFiles(), "runs")],
)
def test_runs_go_where_the_help_says(
    command: str, options: SettingsFiles, folder: str, tmp_path: Path
) -> None:
    assert parameters(command)["save_dir"].help == f"Folder of runs; default: ./{folder}."
    assert options.choose_folder(RuntimeSettings()) == Path.cwd() / folder
    assert options.choose_folder(runtime_of(save_dir=tmp_path)) == tmp_path


def test_options_are_laid_over_the_settings_and_nothing_else_is(tmp_path: Path) -> None:
    file = tmp_path / "baseline.yaml"
    file.write_text("{name: mine, max_sessions: 9}", encoding="utf-8")
    plain = make_plan(RunOptions(baseline=file))
    changed = make_plan(
        RunOptions(
            baseline=file,
            max_sessions=2,
            max_cases=3,
            modalities="pdt, bt",
            language=Language.ZH,
            concurrency=5,
            log_level="debug",
            resume=False,
            save_dir=tmp_path,
        )
    )
    assert changed.baseline == plain.baseline.model_copy(update={"max_sessions": 2})
    assert (changed.dataset.max_cases, changed.dataset.modalities) == (3, (Modality.PDT, Modality.BT))
    runtime = changed.runtime
    assert (runtime.world.language, runtime.machine.concurrency) == (Language.ZH, 5)
    assert runtime.machine.log_level == "debug"
    assert (changed.save_dir, changed.resume, plain.resume, plain.rft) == (tmp_path, False, True, None)


def test_named_clients_are_all_taken_whatever_the_settings_file_allows(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("{}", encoding="utf-8")
    named = make_plan(RunOptions(profile=["en07", str(file)])).dataset
    assert named.profiles == ("en07", str(file.absolute()))
    assert named.max_cases is None
    assert make_plan(RunOptions(profile=["en07"], max_cases=2)).dataset.max_cases == 2
    assert make_plan(RunOptions()).dataset.profiles == ()


def test_the_default_cases_of_rft_are_its_own() -> None:
    options = RftOptions(rollouts=2)
    plan = make_plan(options, rft=read_rollouts(options))
    assert plan.dataset.split == "rft"
    assert plan.rft is not None
    assert (plan.rft.rollout_n, plan.rft.min_rollouts) == (2, 2)


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("export x --out y --format message", ("messages", "sharegpt", "prompt-completion", "preference")),
        ("export x --out y --pairs turn", ("session", "reply")),
        ("eval --input-format xml", ("auto", "run", "eval_case", "psycheval")),
        ("norms x --out y --use rough", ("raw", "verified")),
        ("report x --use rough", ("raw", "verified")),
        ("sample --language fr", ("en", "zh")),
    ],
)
def test_a_word_that_an_option_does_not_know_is_refused_with_the_known_ones(
    line: str, known: tuple[str, ...]
) -> None:
    result = CliRunner().invoke(app, line.split(), env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert all(f"'{word}'" in result.output for word in (*known, line.split()[-1]))


FLOATS = [
    (*words, option.opts[0])
    for words, command in walk(typer.main.get_command(app))
    for option in command.params
    if option.type_descriptor.annotation is float
]


def test_there_are_options_of_numbers() -> None:
    assert ("export", "--min-margin") in FLOATS
    assert ("skills", "validate", "--max-cosine") in FLOATS


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "NaN"])
@pytest.mark.parametrize("words", FLOATS, ids=" ".join)
def test_a_number_that_compares_with_nothing_is_refused(
    words: tuple[str, ...], value: str, tmp_path: Path
) -> None:
    *command, option = words
    (tmp_path / "ratings.csv").write_text("rater,dialogue,dimension,score\nA,x,1,2\nB,x,1,3\n")
    needed = {
        "export": [str(tmp_path), "--out", str(tmp_path / "rows.jsonl")],
        "report": [str(tmp_path)],
        "agree": [str(tmp_path / "ratings.csv")],
    }
    ended = CliRunner().invoke(app, [*command, *needed.get(command[0], []), f"{option}={value}"])
    said = str(ended.exception) if isinstance(ended.exception, SettingsError) else ended.output
    assert ended.exit_code != 0
    assert "finite" in said or ": write " in said
    assert library_words(said) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("x", "has 'x': write a whole number"),
        ("0", "has '0': write 1 or more"),
        ("1.5", "has '1.5': write a whole number"),
    ],
)
def test_a_number_that_an_option_cannot_take_is_told_in_plain_words(value: str, said: str) -> None:
    ended = CliRunner().invoke(app, ["sample", f"--max-sessions={value}"], env={"COLUMNS": "200"})
    assert ended.exit_code == 2
    assert f"Invalid value for '--max-sessions': {said}" in ended.output
