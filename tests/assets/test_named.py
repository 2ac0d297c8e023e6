"""Settings are named by a path or by the name under which they are bundled."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.judge import load_eval_settings
from psychagent.assets.settings.named import settings_file
from psychagent.assets.settings.rollouts import load_rft_settings
from psychagent.assets.settings.train import load_train_settings
from psychagent.errors import SettingsError

BASELINES = asset_dir("configs") / "baselines"


def found(given: str | None) -> Path:
    return settings_file(given, "baselines", default="offline")


def test_a_word_is_the_name_of_a_bundled_file() -> None:
    assert found("local_smollm2") == BASELINES / "local_smollm2.yaml"


def test_nothing_is_the_default() -> None:
    assert found(None) == BASELINES / "offline.yaml"


@pytest.mark.parametrize("given", ["mine.yaml", "folder/local_smollm2", "./local_smollm2"])
def test_what_looks_like_a_path_is_one(given: str) -> None:
    # a path with a folder in it; Path takes the dot away, so the last of them is a word again
    expected = BASELINES / "local_smollm2.yaml" if given.startswith(".") else Path(given)
    assert found(given) == expected


def test_a_file_of_the_working_folder_goes_before_a_bundled_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "offline").mkdir()
    assert found("offline") == BASELINES / "offline.yaml", "a folder of runs is no settings file"
    (tmp_path / "offline").rmdir()
    (tmp_path / "offline").write_text("name: mine\n")
    assert found("offline") == Path("offline")


def test_a_word_that_is_neither_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(
        SettingsError, match="'local_smolm' is neither a file nor one of the bundled baselines; did you mean"
    ):
        found("local_smolm")


def test_every_kind_of_settings_takes_a_name() -> None:
    configs = asset_dir("configs")
    assert load_eval_settings("offline") == load_eval_settings(configs / "eval" / "offline.yaml")
    assert load_rft_settings("default") == load_rft_settings(None)
    assert load_train_settings("tiny") == load_train_settings(configs / "train" / "tiny.yaml")
