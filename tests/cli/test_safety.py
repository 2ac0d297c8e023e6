"""`psychagent safety audit`: a broken chain is an exit status, and numbers are for people and programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.cli.main import app
from psychagent.files.write import write_json
from psychagent.records.manifest import Manifest, RunSettings, write_manifest
from tests.support.audits import audit_lines, leave_audit, turn_of


def called(*arguments: str | Path, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["safety", "audit", *map(str, arguments)], env={"COLUMNS": "80"})
    assert done.exit_code == status, done.output
    return done.output


def a_run(folder: Path) -> Path:
    write_json(folder / "manifest.json", {})
    return folder


def test_a_whole_audit_is_ok_with_its_last_hash_to_keep_elsewhere(tmp_path: Path) -> None:
    path = a_run(tmp_path / "run") / "safety.jsonl"
    leave_audit(path)
    last = audit_lines(path)[-1]["hash"]
    for named in (path, path.parent, tmp_path):
        assert called("verify", named) == f"{path}: OK, 3 lines by 1 writer; last hash {last}\n"


def test_a_broken_audit_ends_with_status_1_and_names_the_first_place(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path, range(4))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[2], lines[3]]))
    said = called("verify", path, status=1)
    assert said.splitlines() == [
        f"{path}: BROKEN at line 2, 3 lines by 1 writer",
        "  line 2: removed: does not follow: the line above it is missing",
    ]


def test_one_broken_audit_among_several_is_told_beside_the_whole_ones(tmp_path: Path) -> None:
    for month in ("2026-10", "2026-11"):
        leave_audit(tmp_path / f"{month}.jsonl")
    broken = tmp_path / "2026-10.jsonl"
    broken.write_bytes(broken.read_bytes().replace(b'"level":2', b'"level":1'))
    said = called("verify", tmp_path, status=1)
    assert "2026-10.jsonl: BROKEN at line 1" in said
    assert "2026-11.jsonl: OK" in said


def test_many_broken_places_are_cut_short(tmp_path: Path) -> None:
    leave_audit(tmp_path / "a", range(30))
    (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes().replace(b'"level":2', b'"level":1'))
    said = called("verify", tmp_path / "a", status=1)
    assert len(said.splitlines()) == 12
    assert said.endswith("  and 20 more places\n")


def test_a_run_in_which_nothing_was_found_is_told_so(tmp_path: Path) -> None:
    a_run(tmp_path)
    assert "no audit; the safety gate has recorded nothing here" in called("verify", tmp_path)
    assert called("summary", tmp_path) == f"{tmp_path}: the safety gate has recorded nothing.\n"
    (tmp_path / "safety.jsonl").touch()
    assert called("verify", tmp_path) == f"{tmp_path / 'safety.jsonl'}: OK, 0 lines by 0 writers\n"
    assert called("summary", tmp_path, "--year=2026") == (
        f"{tmp_path}: the safety gate has recorded nothing in 2026.\n"
    )


def test_a_path_without_a_run_is_refused(tmp_path: Path) -> None:
    for command in ("verify", "summary"):
        done = CliRunner().invoke(app, ["safety", "audit", command, str(tmp_path)])
        assert "holds no audit and no run" in str(done.exception)


def test_a_summary_is_for_people(tmp_path: Path) -> None:
    leave_audit(tmp_path / "a").add_help(turn_of(7))
    said = called("summary", tmp_path / "a")
    assert max(map(len, said.splitlines())) <= 80
    rows = {" ".join(line.split()[:-1]): line.split()[-1] for line in said.splitlines() if line.split()}
    assert rows["turns on record"] == rows["level 2, high"] == rows["handled by a card"] == "3"
    assert rows["help asked for"] == "1"
    assert rows["referrals (cards, takeovers, help)"] == "4"
    assert "2026-11 3 0 3 0 3 0 1 4".split() in [line.split() for line in said.splitlines()]


def test_a_summary_is_for_programs(tmp_path: Path) -> None:
    leave_audit(tmp_path / "a").add_help(turn_of(7))
    counted: Any = json.loads(called("summary", tmp_path / "a", "--json", "--year=2026"))
    assert counted["year"] == 2026
    assert counted["total"]["referrals"] == counted["months"]["2026-11"]["referrals"] == 4
    empty: Any = json.loads(called("summary", tmp_path / "a", "--json", "--year=2027"))
    assert (empty["total"]["referrals"], empty["months"]) == (0, {})


def _thrice(data: bytes) -> bytes:
    return data + data.splitlines(keepends=True)[-1] * 3


@pytest.mark.parametrize(
    ("damage", "turns", "flaw"),
    [
        (_thrice, "6", "line 4: inserted: repeats line 3"),
        (lambda data: data.split(b"\n")[0] + b"\n", "1", "lines are missing from its end"),
        (lambda data: b"\n".join(data.split(b"\n")[1:]), "2", "line 1: removed"),
        (lambda data: data + b'{"v":1,', "3", "line 4: torn: is incomplete"),
        (lambda data: b"", "", "lines are missing from its end"),
    ],
    ids=["repeated", "cut", "beheaded", "torn", "emptied"],
)
def test_a_summary_of_a_broken_audit_says_so(
    tmp_path: Path, damage: Callable[[bytes], bytes], turns: str, flaw: str
) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path)
    made = RunSettings(baseline=BaselineSettings(), runtime=RuntimeSettings(), dataset=DatasetSettings())
    last = audit_lines(path)[-1]["hash"]
    write_manifest(tmp_path / "manifest.json", Manifest(settings=made, audit_last=last))
    path.write_bytes(damage(path.read_bytes()))
    for form in ("--year=2026", "--json"):
        done = CliRunner().invoke(app, ["safety", "audit", "summary", str(path), form])
        assert done.exit_code == 1
        assert flaw in done.stderr
        assert "BROKEN" in done.stderr
        assert "these numbers are of the lines that are there" in done.stderr
        assert "recorded nothing" not in done.output
    assert json.loads(done.stdout)["total"]["findings"] == int(turns or 0)
