"""Shorten a text at the end of a sentence or, failing that, of a word; never inside one."""

from __future__ import annotations

import re

from psychagent.domain.tokens import estimate_tokens

_SENTENCE = re.compile(r"[.!?…]+[”’\"')]*(?=\s|$)|[。！？…]+[”’」』）]*")
_WORD = re.compile(r"\s+|(?<=[，、；：])")
_CHARACTER = re.compile(r"(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")


def shorten_to_tokens(text: str, limit: int) -> str:
    """Shorten a text to at most `limit` estimated tokens.

    The last sentence that fits ends it, unless that would lose more than half of what fits; then it ends
    after a word or at a comma, with an ellipsis. Chinese without a comma ends between two characters.
    """
    text = " ".join(text.split())
    if estimate_tokens(text) <= limit:
        return text
    # no token is longer than four characters
    text = text[: 4 * limit + 1]
    ends = (text[: match.end()] for match in _SENTENCE.finditer(text))
    whole = [start for start in ends if limit // 2 <= estimate_tokens(start) <= limit]
    if whole:
        return whole[-1]
    for pattern in (_WORD, _CHARACTER):
        starts = (text[: match.start()].rstrip("，、；：,;: ") for match in pattern.finditer(text))
        fitting = [start for start in starts if start and estimate_tokens(f"{start}…") <= limit]
        if fitting:
            return f"{fitting[-1]}…"
    return ""
