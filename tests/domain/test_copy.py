"""A changed copy of a stored value is checked as the value itself is."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from psychagent.domain.base import Record, Speaker
from psychagent.domain.turn import Turn
from psychagent.records.base import StoredFile


class Part(Record):
    name: str


class Whole(Record):
    number: int = Field(default=0, ge=0)
    parts: tuple[Part, ...] = ()


class Stored(StoredFile):
    number: int = 0


REFUSED: dict[str, tuple[Record, dict[str, Any], str]] = {
    "unknown": (Whole(), {"nubmer": 1}, "Whole: unknown key 'nubmer'; did you mean 'number'?"),
    "unknown, of a file": (Stored(), {"nubmer": 1}, "Stored: unknown key 'nubmer'; did you mean 'number'?"),
    "unknown, of a turn": (Turn(speaker=Speaker.CLIENT, text="a"), {"txt": "b"}, "Turn: unknown key 'txt'"),
    "of another kind": (
        Whole(),
        {"number": "many"},
        "Whole: field 'number' has 'many': write a whole number",
    ),
    "out of range": (Whole(), {"number": -1}, "Whole: field 'number' has -1: write 0 or more"),
    "inside": (Whole(), {"parts": [{"name": 4}]}, "Whole: field 'parts.0.name' has 4"),
}


@pytest.mark.parametrize(("record", "update", "said"), REFUSED.values(), ids=REFUSED)
def test_what_a_record_refuses_its_changed_copy_refuses(
    record: Record, update: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match="^") as error:
        record.model_copy(update=update)
    assert str(error.value).startswith(said)


def test_a_changed_copy_holds_what_the_model_would() -> None:
    part = Part(name="a")
    copy = Whole().model_copy(update={"parts": [part], "number": 3})
    assert copy == Whole(parts=(part,), number=3)
    assert copy.parts[0] is part
    assert copy.model_fields_set == {"parts", "number"}


def test_a_copy_without_changes_is_not_checked_again() -> None:
    whole = Whole.model_construct(number=-1)
    assert whole.model_copy() == whole.model_copy(deep=True) == whole
