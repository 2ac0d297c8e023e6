"""What a request's body may hold: values that JSON can write, and that read back as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from psychagent.domain.words.cut import cut
from psychagent.domain.words.explain import UnshownError
from psychagent.domain.words.value import kind_of, shown

_NAME_CHARS = 40
"""Of a key that a message names."""


def as_json(value: object, place: str = "") -> object:
    """Return a value as JSON holds it: numbers that are keys as text, all else as it is.

    Raises:
        UnshownError: If something in it is of a kind that JSON lacks, such as the dates and sets of YAML.
    """
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise UnshownError(f"{shown(place)} has {shown(value)}; write a finite number")
        return value
    if isinstance(value, Mapping):
        return _mapping(value, place)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [as_json(part, _below(place, number)) for number, part in enumerate(value)]
    where = f"{shown(place)} holds" if place else "holds"
    raise UnshownError(f"{where} {kind_of(value)}, which JSON does not have; write it as text, in quotes")


def _mapping(fields: Mapping[object, object], place: str) -> dict[str, object]:
    written: dict[str, object] = {}
    for name, part in fields.items():
        # tokens are named by their numbers, as in `logit_bias`
        is_number = isinstance(name, int | float) and not isinstance(name, bool)
        if not is_number and not isinstance(name, str):
            where = f"{shown(place)} has " if place else "has "
            raise UnshownError(
                f"{where}the key {shown(name, _NAME_CHARS)}, which is no text; put it in quotes"
            )
        if str(name) in written:
            raise UnshownError(
                f"{shown(_below(place, str(name)))} stands twice, as number and as text; keep one"
            )
        written[str(name)] = as_json(part, _below(place, str(name)))
    return written


def _below(place: str, name: object) -> str:
    shortened = cut(str(name), _NAME_CHARS)
    return f"{place}.{shortened}" if place else shortened
