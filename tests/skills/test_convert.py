"""From the reference layout to ours, with nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.domain.base import Language, Modality, Stage
from psychagent.errors import AssetError
from psychagent.skills.convert import convert_library
from psychagent.skills.library import SkillLibrary


def test_ids_and_words_are_kept_as_given(reference_root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ((stage, left_out),) = convert_library(reference_root, out, Language.ZH)
    assert left_out == 1
    ours = SkillLibrary(Language.ZH, out)
    assert not ours.is_reference
    assert ours.stage(Modality.CBT, Stage.INTERVENTION) == stage
    text = (out / "zh" / "cbt" / "intervention.yaml").read_text(encoding="utf-8")
    assert "来访者把结论当成事实。" in text
    assert "id: '32'" in text


def test_the_whole_reference_release_survives_the_way(reference_data: Path, tmp_path: Path) -> None:
    stages = [stage for stage, _ in convert_library(reference_data / "skills", tmp_path / "out", Language.ZH)]
    assert SkillLibrary(Language.ZH, tmp_path / "out").all_stages() == stages


def test_a_file_is_never_overwritten(reference_root: Path, tmp_path: Path) -> None:
    convert_library(reference_root, tmp_path / "out", Language.ZH)
    with pytest.raises(AssetError, match=r"intervention\.yaml: exists already"):
        convert_library(reference_root, tmp_path / "out", Language.ZH)


def test_a_library_of_ours_is_not_imported(small_library: Path, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="not of the reference layout"):
        convert_library(small_library, tmp_path / "out", Language.EN)
