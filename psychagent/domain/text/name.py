"""The one rule for names that become a file or a folder: of a system, a case, a chat, whoever chose them."""

from __future__ import annotations

import unicodedata

from psychagent.domain.words.value import shown

MOST_BYTES = 120
"""In UTF-8. Files are named after it with some more letters, and a file system takes 255."""
RULE = f"use letters, digits, '.', '_' and '-', no '.' at its beginning, at most {MOST_BYTES} bytes"
_INNER = "._-"
_MARKS = frozenset({"Mn", "Mc"})
"""Categories of the marks of which some scripts make letters."""


def is_name(text: str) -> bool:
    """Return whether a text may name a folder: one component of a path, never `.`, `..` or hidden."""
    return (
        0 < len(text.encode(errors="replace")) <= MOST_BYTES
        and text[0] != "."
        and all(each.isalnum() or each in _INNER or unicodedata.category(each) in _MARKS for each in text)
    )


def why_no_name(text: str) -> str:
    """Say, as the tail of an error message, why a text is no name and what to do."""
    return f"has {shown(text)}, which cannot name a folder; {RULE}"


def checked_name(text: str) -> str:
    """Return a name as it is, for a model's field.

    Raises:
        ValueError: Saying what names are made of, if it is none.
    """
    if not is_name(text):
        raise ValueError(RULE)
    return text
