"""What the judge replies for a group of items, and what makes such a reply unusable.

A reply has one property an item, so that a server which holds a shape holds completeness too. Its
value is null where nothing speaks to the item, else a row: quotes by turn and first words, or what
is absent, and the score. The form of before, a list of items with whole quotes, is read as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from psychagent.errors import MalformedReplyError
from psychagent.replies.as_json import Shape, read_object
from psychagent.replies.fields import without_thoughts
from psychagent.scales.scale import Scale

MOST_QUOTES = 2
_QUOTE_CHARS, _ABSENT_CHARS = 80, 120
_TURN = re.compile(
    r"\s*(?:turn\s*|第\s*)?(?P<mark>[\[#]+)?(?P<turn>\d+)\s*轮?"
    r"(?(mark)\]?\s*[:：.、)）-]?|\s*[:：.、)）-])\s*(?P<text>.*)",
    re.DOTALL | re.IGNORECASE,
)
"""A number and words after it are no turn without a mark between: "20 years we fought" is all words."""


_MOST_DIGITS = 12
"""Digits of a number that are read: of any more it is too large, and Python refuses to read thousands."""
_MOST_TURN = 10**9
"""More turns than any dialogue has: a larger number would not fit into a checkpoint."""


class QuoteReply(BaseModel):
    """Words that the judge says were spoken, and where; turn 0 if it does not say where."""

    turn: int = Field(ge=-_MOST_TURN, le=_MOST_TURN)
    text: str


class ItemReply(BaseModel):
    """The judge's answer to one item."""

    id: str
    score: int | None
    """None where nothing speaks to the item."""
    quotes: list[QuoteReply] = Field(default_factory=list)
    """Words that show what the item says."""
    against: list[QuoteReply] = Field(default_factory=list)
    """Words that speak against it."""
    absent: str = ""
    occasion: int | None = None
    """The turn that gave occasion for what is absent."""


class GroupReply(NamedTuple):
    """What could be read of a reply."""

    answers: dict[str, ItemReply]
    problems: dict[str, str]
    """Item -> why there is no answer to it."""


@lru_cache(maxsize=256)
def reply_shape(ids: tuple[str, ...], lo: int, hi: int, *, absence: bool = True) -> Shape:
    """Return the shape that the server is asked to hold: these ids, this range, absences where they count.

    No keyword that a server's grammar may lack: a row is one of four objects, each with all its
    properties required, instead of one object with some left out.
    """
    quotes = {
        "type": "array",
        "items": {"type": "string", "maxLength": _QUOTE_CHARS},
        "minItems": 1,
        "maxItems": MOST_QUOTES,
    }
    fields: dict[str, Any] = {
        "for": quotes,
        "against": quotes,
        "absent": {"type": "string", "maxLength": _ABSENT_CHARS},
        "score": {"type": "integer", "minimum": lo, "maximum": hi},
    }
    rows = _ROWS if absence else _ROWS[:-1]
    kinds = [_record({n: fields[n] for n in (*evidence, "score")}) for evidence in rows]
    row = {"anyOf": [{"type": "null"}, *kinds]}
    schema = _record(dict.fromkeys(ids, {"$ref": "#/$defs/Row"}))
    return Shape("JudgeReply", schema | {"$defs": {"Row": row}})


_ROWS = (("for",), ("against",), ("for", "against"), ("absent",))
"""What a row may hold as evidence, before its score."""


def _record(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def read_group(text: str, scale: Scale, ids: Sequence[str]) -> GroupReply:
    """Read a reply, as far as it answers; the answers come in the order of the items.

    Raises:
        MalformedReplyError: If it is no JSON object, or answers no item; the message tells the judge why.
    """
    shape = reply_shape(tuple(ids), *scale.range)
    return read_object(text, lambda data: _read_rows(_by_item(without_thoughts(data)), scale, ids), shape)


def _read_rows(rows: Mapping[str, Any], scale: Scale, ids: Sequence[str]) -> GroupReply:
    answers: dict[str, ItemReply] = {}
    problems: dict[str, str] = {}
    for item in ids:
        try:
            answers[item] = _read_row(item, rows[item], scale)
        except KeyError:
            problems[item] = "not answered"
        except ValueError as error:
            problems[item] = str(error)
    if not answers:
        raise MalformedReplyError(describe(problems))
    return GroupReply(answers, problems)


def describe(problems: Mapping[str, str]) -> str:
    """Say in a sentence which items have no answer, and why."""
    by_problem: dict[str, list[str]] = {}
    for item, problem in problems.items():
        by_problem.setdefault(problem, []).append(item)
    return "items " + "; ".join(f"{problem}: {', '.join(items)}" for problem, items in by_problem.items())


def _by_item(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers by item; one that is answered twice in a list counts as not answered."""
    items = data.get("items")
    if not isinstance(items, list):
        return dict(data)
    listed = [(str(item["id"]), item) for item in items if isinstance(item, dict) and "id" in item]
    counts = Counter(item for item, _ in listed)
    return {item: row for item, row in listed if counts[item] == 1}


def _read_row(item: str, row: object, scale: Scale) -> ItemReply:
    """Read the answer to one item.

    Raises:
        ValueError: Saying what is wrong with it.
    """
    if row is None or isinstance(row, dict) and row.get("score", 0) is None:
        return ItemReply(id=item, score=None)
    lo, hi = scale.range
    score = _whole(row.get("score") if isinstance(row, dict) else row)
    if score is None:
        raise ValueError(f"not null and without a whole number from {lo} to {hi} as score")
    if not lo <= score <= hi:
        raise ValueError(f"scored outside {lo} to {hi}")
    evidence = row if isinstance(row, dict) else {}
    try:
        absent = _evidence(evidence.get("absent"))[:1]
        return ItemReply(
            id=item,
            score=score,
            absent=absent[0].text if absent else "",
            occasion=(absent[0].turn or None) if absent else None,
            **_sides(evidence, score, scale.defaults[item]),
        )
    except ValidationError as error:
        raise ValueError("with evidence that cannot be read") from error


def _whole(value: object) -> int | None:
    """Read a whole number, also one that is written as text or with a point."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() else None


def _sides(row: Mapping[str, Any], score: int, default: int) -> dict[str, list[QuoteReply]]:
    """Tell quotes for from quotes against; the former form names only what a score rests on."""
    if "quotes" in row:
        rests_on = _evidence(row["quotes"])
        return {"against": rests_on} if score < default else {"quotes": rests_on}
    return {"quotes": _evidence(row.get("for")), "against": _evidence(row.get("against"))}


def _evidence(value: object) -> list[QuoteReply]:
    """Read `4: first words`, a list of such, or objects with turn and text."""
    parts = value if isinstance(value, list) else [value] if value else []
    return [_quote(part) for part in parts if part]


def _quote(part: object) -> QuoteReply:
    if isinstance(part, dict):
        return QuoteReply(turn=part.get("turn", 0), text=part.get("text", part.get("words", "")))
    found = _TURN.fullmatch(str(part))
    return (
        QuoteReply(turn=int(found["turn"][:_MOST_DIGITS]), text=found["text"].strip())
        if found
        else QuoteReply(turn=0, text=str(part))
    )
