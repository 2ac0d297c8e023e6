"""What a variable of the environment names for a served graph, and cannot be used, is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.judge import load_eval_settings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.rollouts import load_rft_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.risk.audit import NO_AUDIT
from psychagent.errors import SettingsError
from psychagent.flows.served import AUDIT, load_named, open_audit
from tests.support.small_disk import small_disk_at

ROOT = Path(__file__).resolve().parents[2]
LOADERS: dict[str, Callable[[Path | None], object]] = {
    "PSYCHAGENT_BASELINE": partial(load_settings, BaselineSettings),
    "PSYCHAGENT_RUNTIME": partial(load_settings, RuntimeSettings),
    "PSYCHAGENT_EVAL": load_eval_settings,
    "PSYCHAGENT_RFT": load_rft_settings,
}
ODD = {
    " ": "is empty",
    "x" * 5000: "is longer than a path can be",
    "a\nb": "holds a control character",
    "folder": "Is a directory",
    "file": "holds text, not a mapping",
    "file/x": "Not a directory",
    "nowhere.yaml": "no such file",
    "~nobody-of-this-name/x.yaml": "no such file",
    "a\udcff": "is neither a file nor one of the bundled",
}


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("variable", LOADERS)
def test_a_variable_that_names_no_settings_is_told(
    variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("words\n")
    given = str(tmp_path / value) if value in {"folder", "file", "file/x"} else value
    with pytest.raises(SettingsError, match=ODD[value]) as error:
        load_named({variable: given}, variable, LOADERS[variable])
    told = str(error.value)
    assert told.startswith(variable)
    assert told.endswith("; or unset the variable")
    assert len(told) < 400
    assert "\n" not in told


@pytest.mark.parametrize("variable", LOADERS)
def test_an_empty_variable_is_the_default(variable: str) -> None:
    assert load_named({variable: ""}, variable, LOADERS[variable]) == LOADERS[variable](None)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("file/x", "is no folder"),
        ("folder", "Is a directory"),
        ("file", "is not an audit"),
        ("x" * 5000, "is longer than a path can be"),
        (" ", "is empty"),
        ("/proc/nobody/x", "No such file or directory"),
    ],
)
def test_an_audit_that_cannot_be_written_is_refused_before_anybody_speaks(
    value: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("words")
    given = value if value.isspace() or len(value) > 255 else str(tmp_path / value)
    with pytest.raises(SettingsError, match=told) as error:
        open_audit({AUDIT: given})
    assert str(error.value).startswith(AUDIT)
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_an_audit_on_a_full_disk_is_refused(tmp_path: Path) -> None:
    with small_disk_at(tmp_path / "disk", "16k") as disk:
        (disk / "filler").write_bytes(bytes(16 * 1024))
        with pytest.raises(SettingsError, match="No space left on device"):
            open_audit({AUDIT: str(disk / "safety.jsonl")})
        assert [path.name for path in disk.iterdir()] == ["filler"]


def test_an_audit_is_made_with_its_first_line_alone(tmp_path: Path) -> None:
    assert open_audit({AUDIT: ""}) is NO_AUDIT
    assert open_audit({AUDIT: str(tmp_path / "new" / "safety.jsonl")}) is not NO_AUDIT
    assert list((tmp_path / "new").iterdir()) == []


def test_the_served_graphs_refuse_to_start_without_their_audit(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = os.environ | {AUDIT: str(tmp_path / "file" / "x")}
    done = subprocess.run(
        [sys.executable, "-c", "import graphs.wiring"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "SettingsError: PSYCHAGENT_AUDIT: " in done.stderr.splitlines()[-1]
