"""A cell is known by everything that changes a reply, and by nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from psychagent.experiments.plan import find_cells
from tests.support.experiments import SHORT, content, plan_in, write_experiment

SYSTEM: dict[str, Any] = {"baseline": "offline", "set": SHORT}
ASK = "from tests.experiments.test_hashes import hashes_of; print(*hashes_of({!r}))"


def hashes(folder: Path, said: dict[str, Any]) -> tuple[str, str]:
    (cell,) = find_cells(plan_in(folder, said))
    return cell.made_with, cell.judged_with


def hashes_of(folder: str) -> tuple[str, str]:
    return hashes(Path(folder), content({"a": SYSTEM}))


def changed(**keys: Any) -> dict[str, Any]:
    return content({"a": {"baseline": "offline", "set": SHORT | keys}})


def with_rollouts(**keys: Any) -> dict[str, Any]:
    return content({"a": SYSTEM | {"rft": {"rollout_n": 2} | keys}})


BEFORE = content({"a": SYSTEM})

OTHERS: dict[str, dict[str, Any]] = {
    "memory": changed(memory="none"),
    "a nested key": changed(**{"retrieval.top_k": 4}),
    "the counselor's temperature": changed(**{"counselor.temperature": 0.1}),
    "a limit": changed(max_counselor_turns=3),
    "the language": BEFORE | {"runtime": {"world": {"language": "zh"}}},
    "the client": BEFORE | {"runtime": {"world": {"client": {"provider": "offline", "temperature": 0.2}}}},
    "the seed": BEFORE | {"seeds": [1]},
    "rollouts": with_rollouts(),
    "the reflector": BEFORE | {"reflector": {"model": "other", "base_url": "http://127.0.0.1:9/v1"}},
    "which clients are named": BEFORE | {"dataset": {"profiles": ["en01"], "modalities": ["cbt"]}},
}
SAME: dict[str, dict[str, Any]] = {
    "another name of the system": content({"b": SYSTEM}),
    "another name of the experiment": BEFORE | {"name": "other"},
    "concurrency": BEFORE | {"runtime": {"machine": {"concurrency": 9, "max_parallel_calls": 3}}},
    "retries": changed(**{"counselor.max_retries": 9}),
    "more cases": BEFORE | {"dataset": {"max_cases": 3}},
    "the seed of the world, which `seeds` replaces": BEFORE | {"runtime": {"world": {"seed": 5}}},
    "a default that is said": changed(memory="file"),
    "the judge": BEFORE | {"eval": {"repeats": 2}},
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_changes_a_reply_makes_another_cell(tmp_path: Path, what: str) -> None:
    assert hashes(tmp_path, OTHERS[what])[0] != hashes(tmp_path, BEFORE)[0]


@pytest.mark.parametrize("what", SAME)
def test_what_changes_no_reply_leaves_the_cell_as_it_is(tmp_path: Path, what: str) -> None:
    assert hashes(tmp_path, SAME[what])[0] == hashes(tmp_path, BEFORE)[0]


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("repeats", 2, True),
        ("judge", {"temperature": 0.5}, True),
        ("methods", {"cbt": ["SRS"]}, True),
        ("concurrency", 3, False),
        ("use", "verified", False),
        ("degenerate", 1, False),
        ("prices", {"prompt": 1, "completion": 2}, False),
    ],
)
def test_what_changes_a_score_is_judged_anew_in_a_folder_of_its_own(
    tmp_path: Path, name: str, value: Any, other: bool
) -> None:
    now = BEFORE | {"eval": BEFORE["eval"] | {name: value}}
    (before, _), (after, _) = hashes(tmp_path, BEFORE), hashes(tmp_path, now)
    assert before == after
    assert (hashes(tmp_path, now)[1] != hashes(tmp_path, BEFORE)[1]) is other


def test_rollouts_are_told_apart_by_what_chooses_and_not_by_how_many_run_at_once(tmp_path: Path) -> None:
    two = hashes(tmp_path, with_rollouts())[0]
    assert hashes(tmp_path, with_rollouts(selector="random"))[0] != two
    assert hashes(tmp_path, with_rollouts(rollout_concurrency=3))[0] == two


def test_a_prompt_that_was_edited_makes_another_cell(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    source = Path(__file__).resolve().parents[2] / "prompts"
    for path in source.rglob("*"):
        if path.is_file():
            copy = prompts / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    own = changed(prompts_root=str(prompts))
    before = hashes(tmp_path, own)
    assert before == hashes(tmp_path, BEFORE), "the same texts elsewhere"
    edited = next(prompts.rglob("en/counselor/system.jinja2"), None) or next(prompts.rglob("*.jinja2"))
    edited.write_text(edited.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    assert hashes(tmp_path, own)[0] != before[0]


def test_another_process_finds_the_same_hashes(tmp_path: Path) -> None:
    write_experiment(tmp_path, BEFORE)
    root = Path(__file__).resolve().parents[2]
    told = [
        subprocess.run(
            [sys.executable, "-c", ASK.format(str(tmp_path))],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] == list(hashes(tmp_path, BEFORE))
