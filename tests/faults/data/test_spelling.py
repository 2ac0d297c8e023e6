"""Values of JSON and YAML files are shown to people as the files have them: true, null, and no Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.words.value import as_text
from psychagent.errors import PsychAgentError
from psychagent.records.folder import check_place
from psychagent.runs.manifest import compare_settings
from tests.support.asked import ask

PYTHON = re.compile(r"\b(True|False|None)\b|PosixPath|<\w+\.\w+:|\[{'|\{'")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (7, "7"),
        (2.5, "2.5"),
        ("True", "True"),
        ([True, None, "半"], '[true, null, "半"]'),
        ({"a": [1]}, '{"a": [1]}'),
        (Path("a/b"), "a/b"),
        ((Path("a"),), '["a"]'),
    ],
)
def test_a_value_is_written_as_files_have_it(value: object, written: str) -> None:
    assert as_text(value) == written


def rated(tmp_path: Path, *rows: dict[str, Any]) -> str:
    path = tmp_path / "ratings.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    ended = ask("agree", path)
    return f"{ended.error}{ended.said}"


def shown(tmp_path: Path, **fields: Any) -> str:
    path = tmp_path / "session_1.json"
    said = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "I slept badly."}]
    data = {"modality": "cbt", "case_id": "a", "session_index": 1, "stage": "intervention"}
    path.write_text(json.dumps(data | {"focus": ["x"], "transcript": said} | fields), encoding="utf-8")
    return ask("show", path).said


ROW = {"rater": "A", "dialogue": "d", "dimension": "x", "score": 3}
PLACES: dict[str, tuple[Callable[[Path], str], str]] = {
    "a score": (lambda folder: rated(folder, ROW | {"score": True}), "score 'true' of x"),
    "a rater": (
        lambda folder: rated(folder, ROW | {"rater": True}, ROW | {"rater": True}),
        "true rates x of d a second time",
    ),
    "scores in one cell": (
        lambda folder: rated(folder, ROW | {"score": {"p": True, "q": None}}),
        '({"p": true, "q": null})',
    ),
    "an aim": (lambda folder: shown(folder, focus=[True, None, {"why": "tired"}]), "why: tired"),
    "no aim": (lambda folder: shown(folder, focus=None), "Hello."),
    "no summary": (
        lambda folder: shown(folder, summary={"session_summary_abstract": None, "homework": [{"task": "a"}]}),
        "task: a",
    ),
    "no title": (
        lambda folder: shown(
            folder, summary={"next_session_plan": {"stage": "consolidation", "title": None, "focus": ["x"]}}
        ),
        "Hello.",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_people_read_is_spelled_as_in_the_file(tmp_path: Path, place: str) -> None:
    look, told = PLACES[place]
    said = look(tmp_path)
    assert told in said
    assert PYTHON.findall(said) == []


def test_settings_that_differ_are_told_as_in_yaml() -> None:
    old, new = (
        RftSettings.model_validate(data)
        for data in (
            {
                "judging": {"methods": {"cbt": ["WAI"]}, "language": None},
                "keep_all_rollout_transcripts": True,
            },
            {"judging": {"methods": {}, "language": "en"}, "keep_all_rollout_transcripts": False},
        )
    )
    assert {name: (was, now) for name, was, now in compare_settings(old, new, frozenset())} == {
        "judging.language": ("null", "'en'"),
        "judging.methods": ('{"cbt": ["WAI"]}', "{}"),
        "keep_all_rollout_transcripts": ("true", "false"),
    }


def test_a_file_in_the_wrong_place_is_told_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "cbt" / "en01" / "session_1.json"
    (tmp_path / "manifest.json").touch()
    with pytest.raises(PsychAgentError, match=r"field 'case_id' has true, and its place says 'en01'"):
        check_place(file, case_id=True, modality="cbt", index=1)
