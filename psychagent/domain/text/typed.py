"""The words of what a person typed or sent, without what a keyboard or a program sends beside them."""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Cn", "Co"})
"""Categories of what leaves no mark on a screen."""


def typed_words(text: str) -> str:
    """Drop control characters and halves of characters; empty where nothing is left that one can see."""
    whole = text.encode("utf-8", "ignore").decode()
    words = "".join(c for c in whole if c in "\n\t" or unicodedata.category(c) != "Cc").strip()
    return words if any(unicodedata.category(c) not in _UNSEEN for c in words) else ""
