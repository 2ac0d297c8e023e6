"""The words of what a person typed or sent, without what a keyboard or a program sends beside them."""

from __future__ import annotations

import unicodedata

from psychagent.domain.text.unseen import is_blank


def typed_words(text: str) -> str:
    """Drop control characters and halves of characters; empty where nothing is left that one can see."""
    whole = text.encode("utf-8", "ignore").decode()
    words = "".join(c for c in whole if c in "\n\t" or unicodedata.category(c) != "Cc").strip()
    return "" if is_blank(words) else words
