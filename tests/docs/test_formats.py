"""docs/formats.md names every field of the files that a run writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from psychagent.records.audit.file import AuditLine
from tests.support.exporting import make_rft

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rft(tmp_path_factory.mktemp("rft"), cases=1)


def part(start: str, end: str) -> set[str]:
    """The words in code marks of one part of the page."""
    return set(re.findall(r"`([\w. ]+)`", TEXT.partition(start)[2].partition(end)[0]))


def read(run: Path, pattern: str) -> Any:
    return json.loads(next(iter(sorted(run.rglob(pattern)))).read_text(encoding="utf-8"))


def test_every_field_of_the_manifest_is_described(run: Path) -> None:
    manifest = read(run, "manifest.json")
    told = part("**`manifest.json`**", "**`course.json`**")
    assert {
        *manifest,
        *manifest["settings"],
        *manifest["hashes"],
        *manifest["settings"]["runtime"],
    } - told == set()


def test_every_field_of_a_course_is_described(run: Path) -> None:
    assert set(read(run, "course.json")) - part("**`course.json`**", "**`session_<k>.json`**") == set()


def test_every_field_of_a_session_is_described(run: Path) -> None:
    session = read(run, "session_*.json")
    rolled = session["rollout_data"]
    told = part("**`session_<k>.json`**", "**`safety.jsonl`**")
    assert {*session, *rolled, *rolled["rollout_candidates"][0], *rolled["selection"]} - told == set()


def test_every_field_of_an_audit_is_described_and_no_other() -> None:
    rows = TEXT.partition("**`safety.jsonl`**")[2].partition("## Scales")[0]
    named = re.findall(r"^\| (`.+?) \|", rows, re.M)
    assert {name for row in named for name in re.findall(r"`(\w+)`", row)} == set(AuditLine.model_fields)


def test_no_field_is_described_that_is_not_written(run: Path) -> None:
    session = read(run, "session_*.json")
    rows = re.findall(
        r"^\| (.+?) \|", TEXT.partition("**`session_<k>.json`**")[2].partition("With rollouts")[0], re.M
    )
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert described - set(session) - set(session["summary"]) == set()
    assert {"homework", "standings", "safety", "ending"} <= described & set(session["summary"])
