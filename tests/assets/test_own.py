"""One's own texts are copied whole, used where the environment names them, and compared with the shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.assets.locate import KINDS, OWN, asset_dir, shipped_dir
from psychagent.assets.own import compare, copy_assets
from psychagent.doctor.setup import describe_assets
from psychagent.errors import AssetError


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my texts"
    copy_assets(folder)
    monkeypatch.setenv(OWN, str(folder))
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_is_whole_and_is_what_is_read(own: Path, kind: str) -> None:
    assert asset_dir(kind) == own / kind
    assert compare(kind).is_none
    assert "as shipped" in describe_assets(kind)


def test_a_change_an_addition_and_a_loss_are_counted(own: Path) -> None:
    before = compare("skills").files
    (own / "skills" / "en" / "cbt" / "intervention.yaml").write_text("meta_skills: []\n")
    (own / "skills" / "en" / "cbt" / "mine.yaml").write_text("meta_skills: []\n")
    (own / "skills" / "zh" / "cbt" / "intervention.yaml").unlink()
    changes = compare("skills")
    assert (changes.files, changes.changed, changes.added, changes.missing) == (before, 1, 1, 1)
    assert "1 changed, 1 added, 1 of the shipped ones not there" in describe_assets("skills")


def test_a_kind_that_the_own_folder_lacks_is_the_shipped_one_and_is_said_to_be(own: Path) -> None:
    (own / "profiles").rename(own / "put away")
    assert asset_dir("profiles") == shipped_dir("profiles")
    assert f"the shipped ones: {own} has no profiles" in describe_assets("profiles")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("nowhere", "which is not a folder; make it with"),
        ("file", "which is not a folder; make it with"),
        ("file/x", "which is not a folder; make it with"),
        ("empty", "which holds none of the folders prompts, skills, profiles, configs; name the one that"),
        ("x" * 5000, "which is longer than a path can be"),
        (" ", "which is empty; name a path"),
        ("a\nb", "which holds a control character"),
        ("a\udcff", "which is not a folder; make it with"),
        ("~nobody-of-this-name", "which is not a folder; make it with"),
    ],
)
def test_a_variable_that_names_no_own_folder_is_refused(
    value: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(OWN, value)
    with pytest.raises(AssetError, match=told) as error:
        asset_dir("prompts")
    assert str(error.value).startswith("PSYCHAGENT_ASSETS names ")
    assert str(error.value).endswith("unset the variable")
    assert len(str(error.value)) < 250


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    with pytest.raises(AssetError, match=r"prompts: is there already and is not overwritten"):
        copy_assets(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prompts"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AssetError, match=r"file/own: cannot be written \(Not a directory\)"):
        copy_assets(tmp_path / "file" / "own")
