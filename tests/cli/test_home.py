"""Commands go on where the user's home is odd, and tell why they are slow then."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import Any

import pytest

from psychagent.cli.settings import default_cache_dir, read_skill_settings


@pytest.fixture(autouse=True)
def _no_other_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


@pytest.mark.parametrize("home", ["/dev/null", "/proc/nobody", "file", "file/x"])
def test_a_home_in_which_nothing_can_be_kept_is_told(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / home))
    assert read_skill_settings().cache_dir is None
    told = capsys.readouterr().err
    assert told.startswith("note: vectors of skills are not kept, so each command embeds them anew")
    assert told.count("\n") == 1


def test_a_home_that_can_be_used_is_not_spoken_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for _ in range(2):
        assert read_skill_settings().cache_dir == tmp_path / ".cache" / "psychagent" / "vectors"
    assert capsys.readouterr().err == ""


def test_a_user_without_a_home_has_no_cache(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody(number: int) -> Any:
        raise KeyError(number)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert default_cache_dir() is None
    assert read_skill_settings().cache_dir is None
    assert "no home folder is known" in capsys.readouterr().err
