"""Settings that are `on`, `off` or a word: YAML reads an unquoted on or off as a truth value."""

from __future__ import annotations

from pydantic import BeforeValidator


def _as_word(value: object) -> object:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value


Switched = BeforeValidator(_as_word)
"""Reads true as `on` and false as `off`; whether the setting knows these words it says itself."""
