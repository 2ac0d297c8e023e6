"""A name that leads elsewhere is refused at every door, in one sentence, before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from psychagent.assets.cases import find_cases
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.load import load_settings
from psychagent.cli.eval import default_name
from psychagent.cli.main import app
from psychagent.domain.base import Language
from psychagent.domain.text.name import RULE
from psychagent.errors import AssetError, PsychAgentError, SettingsError
from psychagent.evals.find import Search, find_sessions
from tests.support.names import BAD_NAMES, GOOD_NAMES
from tests.support.shapes import made_up_profile, write

FILES = [
    name for name in BAD_NAMES if name and name.isprintable() and "/" not in name and len(name.encode()) < 250
]
"""Those that a file can have on a system of ours."""


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_system_is_not_named_after_a_way_out_of_the_folder(name: str) -> None:
    with pytest.raises(SettingsError, match="use letters, digits"):
        BaselineSettings(name=name)


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_system_may_have_a_name_in_any_script(name: str) -> None:
    assert BaselineSettings(name=name).name == name


def test_the_attack_of_the_list_removes_nothing(tmp_path: Path) -> None:
    """`name: ..` with --overwrite deleted the folders beside the folder of runs."""
    (tmp_path / "cbt").mkdir()
    (tmp_path / "cbt" / "mine.txt").write_text("mine")
    (tmp_path / "checkpoints.sqlite").write_text("mine")
    for name in ("..", "."):
        (tmp_path / "system.yaml").write_text(f"name: {name}\n")
        with pytest.raises(SettingsError, match="use letters, digits"):
            app(
                ["sample", "--baseline", str(tmp_path / "system.yaml"), "--save-dir", str(tmp_path / "runs")]
                + ["--overwrite"],
                standalone_mode=False,
            )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cbt", "checkpoints.sqlite", "system.yaml"]
    assert (tmp_path / "cbt" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("name", FILES)
def test_a_profile_whose_name_no_evaluation_would_take_is_refused_before_the_first_call(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path / f"{name}.json", made_up_profile(user_id="c1"))
    write(tmp_path / "fine.json", made_up_profile(user_id="c2"))
    with pytest.raises(AssetError) as caught:
        find_cases(DatasetSettings(root=tmp_path, split=None), Language.EN)
    assert str(caught.value).endswith(f"which cannot name a folder; {RULE}; rename the file")


@pytest.mark.parametrize("name", [*BAD_NAMES, *GOOD_NAMES])
def test_what_runs_take_as_a_case_evaluations_take_too(tmp_path: Path, name: str) -> None:
    words = [{"role": "assistant", "content": "What brings you?"}, {"role": "user", "content": "I am tired."}]
    data = {"case_id": name, "modality": "cbt", "transcript": words}
    (tmp_path / "session_1.json").write_text(json.dumps(data))
    inputs, broken = find_sessions(Search(tmp_path))
    if name in GOOD_NAMES:
        assert [item.dialogue.case_id for item in inputs] == [name]
    elif name:
        assert [entry.reason.endswith(f"which cannot name a folder; {RULE}") for entry in broken] == [True]


def test_an_evaluation_is_named_after_the_folder_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gpt-4.1" / "cbt").mkdir(parents=True)
    (tmp_path / "case.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "gpt-4.1" / "cbt")
    named = {path: default_name(Path(path)) for path in (".", "..", "../../case.json")}
    assert named == {".": "cbt", "..": "gpt-4.1", "../../case.json": "case"}
    assert (default_name(Path("/")), default_name(None)) == ("examples", "examples")


def test_settings_name_the_value_and_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text("name: my system\n")
    with pytest.raises(PsychAgentError) as caught:
        load_settings(BaselineSettings, path)
    assert str(caught.value) == f"{path}: field 'name' has 'my system': {RULE}"
