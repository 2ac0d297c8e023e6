"""Texts in the fields of a typed reply: without thoughts, and empty where nothing can be seen.

They are stored, and others read them. Labels stay: a note may well say "Assessment: ...".
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from psychagent.domain.text.unseen import is_blank
from psychagent.errors import MalformedReplyError
from psychagent.replies.marks import RESPONSE, find_marks
from psychagent.replies.part import part

Place = tuple[int | str, ...]
"""Names and numbers that lead from a value to one inside it."""


def without_thoughts(value: Any) -> Any:
    """Cut thoughts out of every text of a value; of lists, leave out what says nothing.

    A text from which they cannot be parted stays: it may stand in a field that nobody reads.
    """
    if isinstance(value, str):
        return _heard(value)
    if isinstance(value, list):
        return [kept for kept in map(without_thoughts, value) if not _says_nothing(kept)]
    if isinstance(value, dict):
        return {name: without_thoughts(inner) for name, inner in value.items()}
    return value


def _says_nothing(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_says_nothing, value.values() if isinstance(value, dict) else value))
    return value is None or value == ""


def _heard(text: str) -> str:
    try:
        text = _outside(text)
    except MalformedReplyError:
        return text
    return "" if is_blank(text) else text


def _outside(text: str) -> str:
    is_marked = "<|channel|>" in text.lower() or any(mark.name != RESPONSE for mark in find_marks(text))
    return part(text).outside.strip() if is_marked else text


def require_parted(value: Any) -> None:
    """Refuse a value with a text from which thoughts could not be cut.

    Raises:
        MalformedReplyError: Saying what is wrong with its marks.
    """
    if isinstance(value, str):
        _outside(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            require_parted(inner)


_NAMES = re.compile(r"'([^']*)'")
_APART = re.compile(r"[\s_-]+")


def as_meant(data: dict[str, Any], error: ValidationError) -> dict[str, Any]:
    """Rewrite values of another kind that can mean one thing alone.

    Such are a number, or a list of one text, for a text; a text for a list; a choice in other capitals.
    """
    meant = {
        tuple(item["loc"]): mended
        for item in error.errors()
        if not _is_wordless(item) and (mended := _meant(item)) is not None
    }
    rewritten: dict[str, Any] = _with(data, meant, ())
    return rewritten


def _meant(item: ErrorDetails) -> Any:
    """Return what a refused value means; None if that is not plain."""
    value, kind = item["input"], item["type"]
    if kind == "string_type":
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            return value[0]
        return str(value) if type(value) in {int, float} else None
    if kind in {"list_type", "tuple_type", "set_type", "frozen_set_type"} and isinstance(value, str):
        return [value] if value.strip() else []
    if kind in {"enum", "literal_error"}:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        names = _NAMES.findall(str(item.get("ctx", {}).get("expected", "")))
        same = [name for name in names if isinstance(value, str) and _folded(name) == _folded(value)]
        return same[0] if len(same) == 1 else None
    return None


def _folded(name: str) -> str:
    return _APART.sub(" ", name.strip()).casefold()


def _with(value: Any, meant: dict[Place, Any], at: Place) -> Any:
    if at in meant:
        return meant[at]
    if isinstance(value, dict):
        return {name: _with(inner, meant, (*at, name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with(inner, meant, (*at, number)) for number, inner in enumerate(value)]
    return value


def left_out(data: dict[str, Any], error: ValidationError) -> dict[str, Any]:
    """Leave out of an object what was refused and holds no words: nulls, and entries of lists around numbers.

    Models write null where they have nothing to say. What holds words stays, so that it is asked for again.
    """
    places = {item["loc"] for item in error.errors() if _is_wordless(item)}
    kept: dict[str, Any] = _without(data, places, ())
    return kept


def _is_wordless(item: ErrorDetails) -> bool:
    place, value = item["loc"], item["input"]
    is_entry = bool(place) and isinstance(place[-1], int)
    # a number among texts, or what is none among numbers
    return value is None or is_entry and (isinstance(value, int | float) or item["type"].startswith("int_"))


def _without(value: Any, places: set[Place], at: Place) -> Any:
    if isinstance(value, dict):
        inner = {name: (*at, name) for name in value}
        return {n: _without(value[n], places, place) for n, place in inner.items() if place not in places}
    if isinstance(value, list):
        numbered = [((*at, number), item) for number, item in enumerate(value)]
        return [_without(item, places, place) for place, item in numbered if place not in places]
    return value
