"""A baseline file says how a system is put together; YAML's on and off are read as meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.domain.risk.finding import RiskMode
from psychagent.domain.strategy.kinds import MemoryKind, Planning, SkillUse
from psychagent.errors import SettingsError

WRITTEN = [
    ("planning: off", ("planning", Planning.OFF)),
    ("planning: on", ("planning", Planning.ON)),
    ("planning: 'off'", ("planning", Planning.OFF)),
    ("planning: therapy\nskills: off", ("planning", Planning.THERAPY)),
    ("skills: off", ("skills.use", SkillUse.OFF)),
    ("skills: on", ("skills.use", SkillUse.ON)),
    ("skills: random", ("skills.use", SkillUse.RANDOM)),
    ("skills: {use: off}", ("skills.use", SkillUse.OFF)),
    ("safety: {mode: off}", ("safety.mode", RiskMode.OFF)),
    ("memory: raw_history", ("memory", MemoryKind.HISTORY)),
    ("memory: public_recap", ("memory", MemoryKind.RECAP)),
    ("memory: membank", ("memory", MemoryKind.MEMORYBANK)),
]


@pytest.mark.parametrize(("text", "expected"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_a_word_is_read_as_it_is_meant(tmp_path: Path, text: str, expected: tuple[str, object]) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(text + "\n")
    value: object = load_settings(BaselineSettings, path)
    for name in expected[0].split("."):
        value = getattr(value, name)
    assert value == expected[1]


@pytest.mark.parametrize(
    "text",
    ["planning: maybe", "skills: {use: 3}", "memory: everything", "strategy: on", "safety: {mode: on}"],
)
def test_a_word_that_is_unknown_is_named_with_those_that_are(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(text + "\n")
    with pytest.raises(SettingsError, match=r"field '\S+' has .+: write "):
        load_settings(BaselineSettings, path)
