from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.errors import AssetError

RUN = CliRunner()


def _profile(**over: Any) -> dict[str, Any]:
    return {
        "user_id": "p1",
        "basic_info": {"static_traits": {"name": "Ada", "age": "30"}, "main_problem": "I cannot sleep."},
        "theory": {"cbt": {"core_beliefs": ["I must cope"], "special_situations": []}},
        "disclosure": {"at_once": ["I lie awake."], "after_trust": ["I am afraid."]},
    } | over


def _write(folder: Path, name: str, data: dict[str, Any]) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_the_bundled_profiles_pass_their_own_check() -> None:
    result = RUN.invoke(app, ["profiles", "validate", "--strict"])
    assert result.exit_code == 0, result.output
    assert "72 profiles read, 0 problems, 0 hints" in result.output


def test_a_missing_field_is_named_with_its_file(tmp_path: Path) -> None:
    broken = _profile()
    del broken["basic_info"]["main_problem"]
    _write(tmp_path, "bad", broken)
    _write(tmp_path, "good", _profile())
    result = RUN.invoke(app, ["profiles", "validate", str(tmp_path)])
    assert result.exit_code == 1
    assert "bad.json" in result.output
    assert "main_problem" in result.output
    assert "1 profiles read" in result.output


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"disclosure": {"at_once": ["Same.", "Same."]}}, "stands twice"),
        ({"theory": {}}, "no block"),
        ({"disclosure": {"at_once": []}}, "at_once"),
    ],
)
def test_what_makes_a_profile_useless_is_a_problem(tmp_path: Path, over: dict[str, Any], said: str) -> None:
    _write(tmp_path, "p", _profile(**over))
    result = RUN.invoke(app, ["profiles", "validate", str(tmp_path)])
    assert result.exit_code == 1
    assert said in result.output


def test_two_clients_of_one_id_are_a_problem(tmp_path: Path) -> None:
    _write(tmp_path, "a", _profile())
    _write(tmp_path, "b", _profile())
    result = RUN.invoke(app, ["profiles", "validate", str(tmp_path)])
    assert "used 2 times" in result.output


def test_a_profile_can_be_read(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["profiles", "show", str(_write(tmp_path, "p", _profile()))])
    assert result.exit_code == 0
    for part in ("Ada", "I cannot sleep.", "I must cope", "I lie awake.", "I am afraid."):
        assert part in result.output


def test_the_reference_profiles_and_cases_can_be_read(reference_data: Path) -> None:
    result = RUN.invoke(app, ["profiles", "validate", str(reference_data / "profiles")])
    assert result.exit_code == 0, result.output
    for case in sorted((reference_data / "psycheval").rglob("*.json")):
        assert RUN.invoke(app, ["profiles", "show", str(case)]).exit_code == 0


@pytest.mark.parametrize(
    ("over", "said"),
    [
        (
            {"disclosure": {"at_once": ["I lie awake."], "after_trust": ["Last time you asked."]}},
            "Last time you",
        ),
        ({"disclosure": {"at_once": ["您让我写的，我写了。"]}}, "您让我"),
        ({"theory": {"cbt": {"core_beliefs": ["她认定自己没用"]}}}, "third person"),
        (
            {"theory": {"cbt": {"special_situations": [{"event": "x", "automatic_thoughts": "他想：完了"}]}}},
            "“我",
        ),
    ],
)
def test_what_an_actor_would_stumble_over_is_a_hint(tmp_path: Path, over: dict[str, Any], said: str) -> None:
    _write(tmp_path, "p", _profile(**over))
    result = RUN.invoke(app, ["profiles", "validate", str(tmp_path)])
    assert result.exit_code == 0
    assert said in result.output
    assert RUN.invoke(app, ["profiles", "validate", "--strict", str(tmp_path)]).exit_code == 1


@pytest.mark.parametrize("thought", ["她觉得我烦", "他一定后悔招了我", "I fail", "想起他就难受"])
def test_a_thought_about_somebody_else_is_the_clients_own(tmp_path: Path, thought: str) -> None:
    _write(tmp_path, "p", _profile(theory={"cbt": {"core_beliefs": [thought]}}))
    result = RUN.invoke(app, ["profiles", "validate", str(tmp_path)])
    assert "third person" not in result.output


def test_a_bundled_client_is_shown_by_its_id_one_field_a_line() -> None:
    shown = RUN.invoke(app, ["profiles", "show", "en07"])
    assert shown.exit_code == 0
    lines = [line.strip() for line in shown.output.splitlines()]
    assert lines[0].startswith("Ruth Abelson (en07)")
    assert "function: Keeps the full weight of the loss behind a door" in lines
    assert "theme: aloneness" in lines
    assert RUN.invoke(app, ["profiles", "show", "zh08"]).output.startswith("何子豪 (zh08)")


def test_an_id_that_is_none_is_one_sentence_with_the_nearest_name() -> None:
    shown = RUN.invoke(app, ["profiles", "show", "en007"])
    assert isinstance(shown.exception, AssetError)
    assert str(shown.exception) == "no profile 'en007'; did you mean 'en07'?"


@pytest.mark.parametrize("user_id", ["", "  ", "..", "../../evil", "a" * 400, "a\nb", "a\u202eb"])
def test_an_id_that_can_name_no_folder_is_a_problem(tmp_path: Path, user_id: str) -> None:
    _write(tmp_path, "p", _profile(user_id=user_id))
    result = RUN.invoke(app, ["profiles", "validate", str(tmp_path)], env={"COLUMNS": "1000"})
    assert result.exit_code == 1
    assert "which cannot name a folder; use letters" in " ".join(result.output.split())
    assert "\u202e" not in result.output


@pytest.mark.parametrize("theory", [{}, {"cbt": {"core_beliefs": ["I must cope"]}}])
def test_a_client_without_a_block_for_what_is_asked_is_named(tmp_path: Path, theory: dict[str, Any]) -> None:
    path = _write(tmp_path, "p", _profile(theory=theory))
    line = ["sample", "--profile", str(path), "--modalities", "bt", "--save-dir", str(tmp_path / "runs")]
    told = RUN.invoke(app, line).exception
    assert isinstance(told, AssetError)
    assert str(told) == f"{path}: has no block under 'theory' for bt; add one"
