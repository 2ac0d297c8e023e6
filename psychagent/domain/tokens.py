"""The one rule for estimating tokens where no tokenizer is available."""

from __future__ import annotations

import re

_CJK = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")


def estimate_tokens(text: str) -> int:
    """Estimate tokens: 1 per CJK character, 1 per 4 other characters (rounded up).

    A planning figure, not a bill: providers count with their own tokenizers.
    """
    cjk = len(_CJK.findall(text))
    return cjk + -(-(len(text) - cjk) // 4)


def clip_to_tokens(text: str, limit: int) -> str:
    """Shorten a text to at most `limit` estimated tokens, marking the cut with an ellipsis."""
    if estimate_tokens(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if estimate_tokens(text[:middle] + "…") <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"
