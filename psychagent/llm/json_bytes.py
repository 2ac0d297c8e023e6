"""JSON of requests and answers as bytes: the fast library first, the tolerant one where it refuses."""

from __future__ import annotations

import json
from typing import Any

import orjson

from psychagent.domain.words.reading import why_not_json


def parse(data: bytes) -> Any:
    """Parse an answer; NaN, which servers do send, is let through, and half characters become `?`.

    A token limit may cut a character in two, and no file, terminal or request can hold the half.

    Raises:
        ValueError: If it is not JSON, or nested or long beyond all reason.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            return without_halves(json.loads(data))
        except (ValueError, RecursionError) as error:
            raise ValueError(why_not_json(error)) from error


def without_halves(value: Any) -> Any:
    """Replace half characters in the strings of a JSON value."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [without_halves(part) for part in value]
    if isinstance(value, dict):
        return {without_halves(name): without_halves(part) for name, part in value.items()}
    return value


def write(value: Any) -> bytes:
    """Write a value on one line, keys in their own order, in which servers fill in a schema."""
    return _write(value, 0)


def write_sorted(value: Any) -> bytes:
    """Write a value on one line, keys sorted, so that equal values are equal bytes."""
    return _write(value, orjson.OPT_SORT_KEYS)


def _write(value: Any, options: int) -> bytes:
    try:
        return orjson.dumps(value, option=options)
    except orjson.JSONEncodeError:
        # a half character or a very large number, which stand in a user's file
        return json.dumps(value, sort_keys=bool(options)).encode()
