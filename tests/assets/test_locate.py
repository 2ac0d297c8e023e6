"""Assets are found by override, then in the wheel, then in the checkout; never in the working folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.assets import locate
from psychagent.assets.locate import KINDS, asset_dir
from psychagent.errors import AssetError


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_from_any_working_folder(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / kind).mkdir()
    monkeypatch.chdir(tmp_path)
    found = asset_dir(kind)
    assert any(found.iterdir())
    assert tmp_path not in found.parents


def test_an_override_is_taken_as_it_is(tmp_path: Path) -> None:
    assert asset_dir("prompts", tmp_path) == tmp_path


def test_an_override_that_is_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="prompts folder '.*nowhere' does not exist; name a folder"):
        asset_dir("prompts", tmp_path / "nowhere")


def test_the_wheels_copy_comes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel, checkout = tmp_path / "pkg" / "_assets", tmp_path
    (wheel / "skills").mkdir(parents=True)
    (checkout / "skills").mkdir()
    (checkout / "profiles").mkdir()
    monkeypatch.setattr(locate, "HOMES", (wheel, checkout))
    assert asset_dir("skills") == wheel / "skills"
    assert asset_dir("profiles") == checkout / "profiles"
    with pytest.raises(AssetError, match="no 'configs' folder beside the package; reinstall"):
        asset_dir("configs")
