"""Why a text cannot be read as JSON, YAML or a table: where it goes wrong, and why, in our words."""

from __future__ import annotations

import json
import re

JSON_WORDS = {
    "Expecting value": "a value is missing, or is written as JSON has none",
    "Expecting ',' delimiter": "a comma is missing",
    "Expecting ':' delimiter": "a colon is missing behind a key",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Illegal trailing comma before end of object": "a comma stands before the end of a mapping",
    "Illegal trailing comma before end of array": "a comma stands before the end of a list",
    "Extra data": "more stands behind its end",
    "Unterminated string starting at": "a text begins that has no end",
    "Invalid control character": "a control character or line break stands in a text",
    "Invalid \\escape": "a backslash stands before a letter that takes none",
    "Invalid \\uXXXX escape": "a backslash and u stand without four digits behind them",
    "Unexpected UTF-8 BOM": "a byte-order mark stands at its beginning",
}
"""How the messages of the JSON library begin -> what is wrong."""
YAML_WORDS = {
    "found character that cannot start any token": "a tab, or a sign that needs quotes around the text",
    "mapping values are not allowed": "a colon where none may stand; mend the indentation, or use quotes",
    "did not find expected key": "a line that is indented otherwise than those above, or a missing quote",
    "did not find expected node content": "a value is missing",
    "did not find expected ',' or '}'": "a comma or the closing brace is missing",
    "did not find expected ',' or ']'": "a comma or the closing bracket is missing",
    "did not find expected '-' indicator": "an entry of a list without its dash",
    "could not find expected ':'": "a colon is missing behind a key",
    "block sequence entries are not allowed": "a dash of a list where none may stand; indent the line",
    "found unexpected end of stream": "a quote is opened and never closed",
    "found unhashable key": "a key that is a list or a mapping",
    "could not determine a constructor": "a tag that is not known here",
    "but found another document": "another document begins",
    "found unknown escape character": "a backslash stands before a letter that takes none",
    "failed to convert base64": "a value is no base64",
    "found undefined alias": "an alias (*) of something that is not named before (&)",
}
"""How the messages of the YAML library begin -> what is wrong."""
TOO_DEEP = "nested too deeply"
_DIGITS = re.compile(r"Exceeds the limit \((\d+) digits\)")
_TABLE_WORDS = {
    "line contains NUL": "it holds a zero byte",
    "field larger than field limit": "a cell is too long; a quote may be missing",
    "new-line character seen": "it holds line breaks of an old kind",
    "unexpected end of data": "a quote is opened and never closed",
    "',' expected after": "a quote stands in the middle of a cell",
}


def why_not_json(error: Exception) -> str:
    """Say why a text is no JSON; what is raised by a check of ours is said as it is."""
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {_ours(error.msg, JSON_WORDS)}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is 0x{error.object[error.start]:02x}, which is not UTF-8"
    if isinstance(error, RecursionError):
        return TOO_DEEP
    digits = _DIGITS.match(str(error))
    return f"a number of more than {int(digits[1]):,} digits" if digits else str(error)


def why_not_yaml(problem: str, line: int | None, column: int | None) -> str:
    """Say why a text is no YAML, from what the library found where, both counted from 0."""
    place = "" if line is None or column is None else f"line {line + 1}, column {column + 1}: "
    return f"{place}{_ours(problem, YAML_WORDS)}"


def why_no_table(error: Exception) -> str:
    """Say why a text is no table of rows and cells."""
    if isinstance(error, UnicodeDecodeError):
        return why_not_json(error)
    return _ours(str(error), _TABLE_WORDS)


def _ours(message: str, words: dict[str, str]) -> str:
    return next((ours for theirs, ours in words.items() if message.startswith(theirs)), message)
