"""An option that would have no effect is refused in one sentence, and never passed over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from psychagent.cli.given.effect import option_name
from psychagent.cli.main import app
from tests.support.asked import ask
from tests.support.commands import walk

RATINGS = "rater,dialogue,dimension,score\n" + "".join(
    f"{rater},d{n},{name},{1 + n % 4}\n" for rater in "AB" for n in range(4) for name in ("x", "y")
)
WITHOUT, WITH = "has no effect without", "has no effect with"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("agree {ratings} --scale WAI", f"--scale {WITHOUT} --judge; give that too, or leave it out"),
        ("export x --out y --pairs reply", f"--pairs {WITHOUT} --format preference; give that too"),
        ("export x --out y --pairs reply --format messages", f"--pairs {WITHOUT} --format preference"),
        ("export x --out y --seed 0", f"--seed {WITHOUT} --split"),
        ("doctor --overwrite", f"--overwrite {WITHOUT} --write"),
        ("safety bench --every 3", f"--every {WITHOUT} --baseline"),
        ("safety bench --misses --json", f"--misses {WITH} --json; leave one of them out"),
        ("sample --resume --overwrite", f"--resume {WITH} --overwrite"),
        ("sample --case cbt/en01 --modalities bt", "--modalities has no effect on --case"),
        (
            "agree {ratings} --ranges x=1-4,y=1-4 --low 0",
            "--low has no effect where --ranges gives every dimension its own; leave it out",
        ),
        ("agree {ratings} --ranges x=1-4,y=1-4 --high 9", "--high has no effect where"),
        ("agree {ratings} --ranges x=1-4,x=1-5", "--ranges has 'x' twice; give each dimension one range"),
        ("agree {ratings} --columns rater=a,rater=b", "--columns has 'rater' twice; give it one column"),
        ("eval --roles Ann=client,ANN=counselor", "--roles has 'ann' twice; let each name stand for one"),
        ("rft -n 3 --rollouts 4", "--rollouts is given 2 times, and only the last would count; give it once"),
    ],
)
def test_an_option_without_effect_is_refused(tmp_path: Path, line: str, told: str) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(RATINGS, encoding="utf-8")
    ended = ask(*line.format(ratings=ratings).split())
    assert ended.status == 2
    assert told in ended.error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ratings.csv"]


@pytest.mark.parametrize(
    "line",
    [
        "sample --dry-run --no-resume --overwrite",
        "sample --dry-run --case cbt/en01 --profile en02 --modalities bt",
        "sample --dry-run --profile en01 --profile en02",
        "agree {ratings} --ranges x=1-4 --low 0",
    ],
)
def test_an_option_with_an_effect_is_taken(tmp_path: Path, line: str) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(RATINGS, encoding="utf-8")
    assert ask(*line.format(ratings=ratings).split()).status == 0


def single_options() -> Iterator[tuple[str, str, str]]:
    """Every option of every command of which one value counts: the command, the option, and a value."""
    for path, command in walk(typer.main.get_command(app)):
        for param in command.params if not isinstance(command, TyperGroup) else ():
            if param.param_type_name == "option" and not param.multiple and param.name != "help":
                yield " ".join(path), option_name(param), "" if param.is_flag else "1"


@pytest.mark.parametrize(("command", "option", "value"), [*single_options()])
def test_an_option_of_which_one_value_counts_is_given_once(command: str, option: str, value: str) -> None:
    ended = ask(*command.split(), *[option, *([value] if value else [])] * 2)
    assert ended.error.startswith(f"{option} is given 2 times")
