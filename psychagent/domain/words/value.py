"""A value of a file as a message shows it: by its kind where it is large or could hold a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from datetime import date, time
from math import isfinite, isnan

from psychagent.domain.words.cut import cut

MOST_CHARS = 80
"""Of a value that a message repeats."""
_LONGEST_BITS = 1000
"""Of a whole number that is shown: Python refuses to print one of more than some thousand digits."""


def kind_of(value: object) -> str:
    """Name what a value is, as somebody would who writes files and no programs."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (type(None), "nothing"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "text"),
        (Mapping, "a mapping of keys"),
        ((list, tuple), "a list"),
        (Set, "a set"),
        ((date, time), "a date"),
        ((bytes, bytearray), "bytes"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "something else")


def as_text(value: object) -> str:
    """Write a value as a JSON or YAML file does, where it is no message about one: a text as it is."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | list | tuple | Mapping) or value is None:
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def shown(value: object, most: int = MOST_CHARS) -> str:
    """Show a value: text in quotes, and what holds other values by its kind alone."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(cut(str(value), most))
    if isinstance(value, int) and value.bit_length() > _LONGEST_BITS:
        return "a very long number"
    if isinstance(value, float) and not isfinite(value):
        return "what is no number" if isnan(value) else "an infinite number"
    if isinstance(value, int | float):
        return cut(f"{value}".removesuffix(".0"), most)
    if isinstance(value, date | time):
        return f"the date {value.isoformat()}" if isinstance(value, date) else f"the time {value.isoformat()}"
    if isinstance(value, Mapping | list | tuple | Set) and not value:
        return kind_of(value).replace("a ", "an empty ", 1).removesuffix(" of keys")
    return kind_of(value)
