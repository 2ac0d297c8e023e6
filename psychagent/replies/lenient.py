"""Read an object that is JSON but for slips of the pen whose meaning is plain.

Such are a comma before a closing bracket, comments, single quotation marks, and Python's names of constants.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(
    r"(?P<string>\"(?:[^\"\\]|\\.)*+\")|(?P<comment>//[^\n]*+|/\*.*?\*/)|(?P<space>\s++)"
    r"|(?P<opened>[{\[])|(?P<closed>[}\]])|(?P<comma>,)|(?P<colon>:)"
    r"|(?P<single>'(?:[^'\\]|\\.|'(?!\s*+(?:[,:}\]]|//|/\*)))*+')|(?P<word>[\w.+-]++)",
    re.DOTALL,
)
_WORDS = {"True": "true", "False": "false", "None": "null"}
_ESCAPED = re.compile(r"\\(.)|\"", re.DOTALL)


def decode(text: str, at: int) -> tuple[Any, int]:
    """Read the object that begins at a place of a text; return it, and where it ends.

    Raises:
        ValueError: If it is none, or may mean several things.
    """
    parts: list[str] = []
    depth, comma = 0, ""
    for token in _tokens(text, at):
        kind, part = token.lastgroup, token.group()
        if kind in {"comment", "space"}:
            continue
        # one before a closing bracket parts nothing
        parts += [comma] if comma and kind != "closed" else []
        comma = part if kind == "comma" else ""
        if comma:
            continue
        parts.append(_strict(kind, part))
        depth += (kind == "opened") - (kind == "closed")
        if depth == 0:
            return json.loads("".join(parts), strict=False), token.end()
    raise ValueError("an object that does not end")


def _tokens(text: str, at: int) -> Iterator[re.Match[str]]:
    while token := _TOKEN.match(text, at):
        yield token
        at = token.end()


def _strict(kind: str | None, part: str) -> str:
    if kind == "word":
        return f"{_WORDS.get(part, part)} "
    return f'"{_ESCAPED.sub(_escape, part[1:-1])}"' if kind == "single" else part


def _escape(match: re.Match[str]) -> str:
    return "'" if match[1] == "'" else '\\"' if match[0] == '"' else match[0]
