"""The labelled turns that the gate is measured on: `configs/safety/gold/<language>/*.jsonl`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Record
from psychagent.domain.risk.finding import IMMINENT, NO_RISK
from psychagent.domain.words.explain import explain
from psychagent.errors import AssetError
from psychagent.files.read import read_text

TRAPS, PLAIN = "traps", "plain"
_FILES = ("danger", TRAPS, PLAIN)


class Half(StrEnum):
    """Which part of the turns: one was before the eyes of those who wrote the rules, the other was not."""

    TUNING = "tuning"
    HELD_OUT = "held_out"


class GoldTurn(Record):
    """One turn of a client, with the level that it voices."""

    id: str
    half: Half
    level: int = Field(ge=NO_RISK, le=IMMINENT)
    kind: str
    """What kind of danger, or of trap."""
    may_be: int = Field(default=NO_RISK, ge=NO_RISK, le=IMMINENT)
    """Level up to which hearing more than `level` is no false alarm."""
    before: str = ""
    """The counselor's words before it, where its meaning rests on them."""
    text: str = Field(min_length=1)
    part: str = ""
    """The file that it stands in: danger, traps or plain."""


def load_gold(language: Language, root: Path | None = None) -> tuple[GoldTurn, ...]:
    """Read the labelled turns of a language.

    Raises:
        AssetError: Naming the file, the line and what is wrong with it.
    """
    folder = asset_dir("configs", root) / "safety" / "gold" / language.value
    return tuple(turn for part in _FILES for turn in _read(folder / f"{part}.jsonl", part))


def _read(path: Path, part: str) -> list[GoldTurn]:
    turns = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line:
            continue
        try:
            turns.append(GoldTurn.model_validate_json(line).model_copy(update={"part": part}))
        except ValidationError as error:
            raise AssetError(f"{path}, line {number}: {explain(error, GoldTurn)}") from error
    return turns
