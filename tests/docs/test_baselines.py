"""docs/baselines.md names every kind of memory and its ready file, and its numbers are the program's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.domain.strategy.item import MemoryItem
from psychagent.domain.strategy.kinds import MemoryKind, Planning, SkillUse, StrategyKind
from psychagent.domain.strategy.retention import retention

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "baselines.md").read_text(encoding="utf-8")
FILES = {
    "no_memory": MemoryKind.NONE,
    "plain": MemoryKind.RECAP,
    "history": MemoryKind.HISTORY,
    "rag": MemoryKind.RAG,
    "mem0": MemoryKind.MEM0,
    "memorybank": MemoryKind.MEMORYBANK,
}


@pytest.mark.parametrize("kind", list(MemoryKind))
def test_every_kind_of_memory_has_a_row_and_a_section(kind: MemoryKind) -> None:
    assert f"| `{kind.value}`" in PAGE
    assert f"\n## {kind.value}\n" in PAGE


@pytest.mark.parametrize(("name", "kind"), FILES.items())
def test_a_ready_file_is_a_plain_chat_model_with_that_memory(name: str, kind: MemoryKind) -> None:
    settings = load_settings(BaselineSettings, name)
    assert (settings.name, settings.memory) == (name, kind)
    assert settings.strategy is StrategyKind.PLAIN
    assert settings.reply_format == "plain"
    assert settings.skills.use is SkillUse.OFF
    assert settings.planning is Planning.OFF
    assert re.search(rf"\| `{kind.value}`.* \| `{name}\.yaml`", PAGE)


@pytest.mark.parametrize("strength", [1, 2])
def test_the_table_of_what_is_left_of_an_item_is_computed(strength: int) -> None:
    (row,) = re.findall(rf"\| R at S = {strength} \| (.*) \|", PAGE)
    shown = [float(cell.strip("* ")) for cell in row.split("|")]
    item = MemoryItem(id="1.1", text="t", session=1, strength=strength, last_used=1)
    assert shown == [round(retention(item, 1 + sessions), 2) for sessions in range(1, 8)]
