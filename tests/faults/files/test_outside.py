"""What a command writes lies in no folder of a run, chat, evaluation or cache, but for what is its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.asked import ask
from tests.support.exporting import make_sample

RATINGS = "rater,dialogue,dimension,score\n" + "".join(
    f"{rater},d{n},x,{1 + n % 4}\n" for rater in "AB" for n in range(4)
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the script."""
    return make_sample(tmp_path_factory.mktemp("made"))


def a_run(root: Path, run: Path) -> Path:
    return copytree(run, root / "home")


def a_chat(root: Path, run: Path) -> Path:
    (root / "home").mkdir()
    (root / "home" / "chat.json").write_text("{}", encoding="utf-8")
    return root / "home"


def an_evaluation(root: Path, run: Path) -> Path:
    (root / "home").mkdir()
    for name in ("summary.json", "eval.log"):
        (root / "home" / name).write_text("{}", encoding="utf-8")
    return root / "home"


def a_cache(root: Path, run: Path) -> Path:
    (root / "home").mkdir()
    (root / "home" / "0123456789abcdef.npz").touch()
    return root / "home"


HOMES: dict[str, Callable[[Path, Path], Path]] = {
    "a run": a_run,
    "a chat": a_chat,
    "an evaluation": an_evaluation,
    "a cache of vectors": a_cache,
}
WRITES: dict[str, tuple[str, str]] = {
    "export": ("export {run} --out {place}/rows.jsonl", "--out"),
    "norms": ("norms {root}/scores --out {place}/norms.yaml", "--out"),
    "agree": ("agree {ratings} --output-root {place}", "--output-root"),
    "compare": ("compare a={root}/scores b={root}/scores --out {place}", "--out"),
    "train": ("train --config tiny --data {ratings} --output-dir {place}/model", "--output-dir"),
    "skills import": ("skills import {root} --out {place}/skills", "--out"),
    "init": ("init {place}/own", "DIR"),
    "eval": ("eval --methods SRS --output-root {place}/evals", "--output-root"),
    "sample": ("sample --max-cases 1 --save-dir {place}/runs", "--save-dir"),
    "experiment": ("experiment run strategies --save-dir {place}/experiments", "--save-dir"),
    "chat": ("chat --save-dir {place}/chats", "--save-dir"),
}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("within", [".", "new"])
@pytest.mark.parametrize("held", HOMES)
@pytest.mark.parametrize("command", WRITES)
def test_nothing_new_is_written_into_a_home(
    run: Path, tmp_path: Path, command: str, held: str, within: str
) -> None:
    home = HOMES[held](tmp_path, run)
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(RATINGS, encoding="utf-8")
    before = files(tmp_path)
    line, option = WRITES[command]
    place = (home / within).as_posix() if within != "." else home.as_posix()
    ended = ask(*line.format(run=run, root=tmp_path, ratings=ratings, place=place).split())
    assert ended.status == 2
    assert f"lies in {home}, which holds {held}" in ended.error
    assert option in ended.error.rpartition("name another ")[2]
    assert files(tmp_path) == before


def test_ratings_that_lie_in_a_run_say_where_else_to_write(run: Path, tmp_path: Path) -> None:
    home = a_run(tmp_path, run)
    (home / "ratings.csv").write_text(RATINGS, encoding="utf-8")
    error = ask("agree", home / "ratings.csv").error
    assert error.endswith("which holds a run; name another --output-root")
    assert ask("agree", home / "ratings.csv", "--output-root", tmp_path / "agreed").status == 0


def test_agreement_with_a_judge_is_written_beside_its_scores(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert ask("eval", "--methods", "HUMAN_VS_LLM", "--case-limit", "1", "--output-root", out).status == 0
    places = sorted(
        path.relative_to(out) for path in out.glob("*/*/session_*.json") if "degen" not in str(path)
    )
    rows = [f"A,{place.as_posix()},{name},3" for place in places for name in ("Ethics", "Interaction")]
    (tmp_path / "r.csv").write_text("\n".join(["rater,dialogue,dimension,score", *rows]), encoding="utf-8")
    assert ask("agree", tmp_path / "r.csv", "--judge", out).status == 0
    assert (out / "agreement.html").is_file()
