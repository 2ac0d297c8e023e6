"""Half a character, which a cut reply or a careless program leaves in a file, ends no command."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from psychagent.files.seal import KEY
from tests.support.asked import Ended, ask
from tests.support.exporting import make_rft, make_sample
from tests.support.judging import loopback_reply
from tests.support.loopback.server import serve
from tests.support.running import run_plan, write_yaml
from tests.support.shapes import made_up_profile
from tests.support.tried import Check, try_all

HALF = "\ud800"
SEED, MOST = 20261127, 5
"""So many places of a file are tried with each command; all of them take minutes."""
Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of plain courses, and one with rollouts."""
    folder = tmp_path_factory.mktemp("made")
    return {"sample": make_sample(folder / "a"), "rft": make_rft(folder / "b", cases=1, n=2)}


def texts_of(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where texts stand, and keys; of the entries of a list, the first two, which are one of each side."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict):
        yield (*place, HALF)
        for key, part in value.items():
            yield from texts_of(part, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value[:2]):
            yield from texts_of(part, (*place, number))


def with_half(data: Any, place: Sequence[Any]) -> Any:
    """Add half a character to the text at a place, or a key of one to a mapping."""
    key, *rest = place
    if not rest:
        put = HALF if key == HALF else f"{data[key]} {HALF}"
        return {**data, key: put} if isinstance(data, dict) else [*data[:key], put, *data[key + 1 :]]
    inner = with_half(data[key], tuple(rest))
    return {**data, key: inner} if isinstance(data, dict) else [*data[:key], inner, *data[key + 1 :]]


def shown(run: Path, out: Path) -> Ended:
    return ask("show", next(run.glob("*/*")), "--thoughts")


def judged(run: Path, out: Path) -> Ended:
    return ask("eval", "--data-root", run, "--output-root", out, "--methods", "SRS")


def reported(run: Path, out: Path) -> Ended:
    judged(run, out)
    return ask("report", out, "--resamples", "100")


def exported(run: Path, out: Path) -> Ended:
    return ask("export", run, "--out", out / "rows.jsonl", "--allow-changed-prompts")


def paired(run: Path, out: Path) -> Ended:
    return ask("export", run, "--out", out / "rows.jsonl", "--format", "preference")


def rolled(run: Path, out: Path) -> Ended:
    return ask("report", run, "--resamples", "100")


def counted(run: Path, out: Path) -> Ended:
    return ask("skills", "use", run)


def listed(run: Path, out: Path) -> Ended:
    return ask("runs", run.parent)


FAILED: set[Place] = {("note",), ("models", "counselor"), ("hashes", "skills", HALF), ("stage",)}
"""Places that some command ended in a traceback for once, or in a sentence that named no file."""
COMMANDS: dict[str, tuple[str, str, Callable[[Path, Path], Ended]]] = {
    "show": ("sample", "session_1.json", shown),
    "eval": ("sample", "session_1.json", judged),
    "export": ("sample", "session_1.json", exported),
    "skills use": ("sample", "session_1.json", counted),
    "pairs": ("rft", "session_1.json", paired),
    "report of rollouts": ("rft", "session_1.json", rolled),
    "runs": ("sample", "course.json", listed),
    "runs, manifest": ("sample", "manifest.json", listed),
    "export, manifest": ("sample", "manifest.json", exported),
    "eval, manifest": ("sample", "manifest.json", judged),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_text_of_a_file_with_half_a_character_ends_a_command(
    name: str, runs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, file, command = COMMANDS[name]
    run = copytree(runs[kind], tmp_path / runs[kind].name)
    path = next(run.rglob(file))
    whole = json.loads(path.read_text(encoding="utf-8"))
    whole.pop(KEY)
    places = list(texts_of(whole))
    tried = {*random.Random(f"{SEED} {name}").sample(places, MOST), *(p for p in places if p in FAILED)}

    def kinds() -> Iterator[tuple[str, Check]]:
        for number, place in enumerate(sorted(tried, key=str)):

            def check(place: Place = place, number: int = number) -> None:
                path.write_text(json.dumps(with_half(whole, place)), encoding="utf-8")
                ended = command(run, tmp_path / f"out{number}")
                assert ended.printed.strip() or ended.error.count("\n") == 0
                assert not ended.error or path.name in ended.error or "left out" in ended.error, ended

            yield f"{name}: {'.'.join(map(ascii, place))}", check

    try_all(f"half characters in files of {name}", kinds(), capsys)


def of_others(words: str) -> dict[str, Any]:
    said = [("assistant", f"What brings you? {words}"), ("user", f"I can't sleep. {words}")]
    return {"id": f"a {words}", "messages": [{"role": role, "content": text} for role, text in said * 2]}


def test_a_dialogue_with_half_characters_is_judged_by_a_model_and_reported(tmp_path: Path) -> None:
    (tmp_path / "cbt").mkdir()
    (tmp_path / "cbt" / "a.json").write_text(json.dumps(of_others(HALF)), encoding="utf-8")
    settings, out = tmp_path / "judge.yaml", tmp_path / "out"
    with serve(loopback_reply) as server:
        judge = {"provider": "openai", "base_url": server.base_url, "model": "loopback"}
        settings.write_text(json.dumps({"judge": judge, "degenerate": 0}), encoding="utf-8")
        ended = ask("eval", "--config", settings, "--data-root", tmp_path / "cbt", "--output-root", out)
    assert (ended.status, ended.error) == (0, "")
    assert "1 sessions" in ended.said
    assert ask("report", out, "--resamples", "100").status == 0
    assert ask("report", out, "--resamples", "100", "--json").status == 0


def test_a_profile_with_half_characters_is_played_or_refused_in_one_sentence(tmp_path: Path) -> None:
    profile = made_up_profile(main_problem=f"I check the stove. {HALF}", topic=HALF)
    path = tmp_path / "cbt" / "a.json"
    path.parent.mkdir()
    path.write_text(json.dumps(profile), encoding="utf-8")
    ended = ask("profiles", "show", path)
    assert ended.status == 0, ended
    with serve() as server:
        argv = write_yaml(tmp_path / "settings", run_plan(tmp_path / "runs", server.base_url))
        ended = ask(*argv, "--case", path, "--max-cases", "1")
    assert ended.status in (0, 2), ended
    assert "\n" not in ended.error
