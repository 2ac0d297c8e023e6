"""The one rule for estimating tokens where no tokenizer is available."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"[。！？…]|[.!?](?=\s)")
_SPACE, _MARK = re.compile(r"\s"), re.compile(r"[，；：、]")
_CJK = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")


def estimate_tokens(text: str) -> int:
    """Estimate tokens: 1 per CJK character, 1 per 4 other characters (rounded up).

    A planning figure, not a bill: providers count with their own tokenizers.
    """
    cjk = len(_CJK.findall(text))
    return cjk + -(-(len(text) - cjk) // 4)


def clip_to_tokens(text: str, limit: int) -> str:
    """Shorten a text to at most `limit` estimated tokens, marking the cut with an ellipsis.

    It is cut behind a sentence if that keeps half of what fits, else between words (in Chinese behind
    a mark of punctuation), and inside a word only where there is no such place.
    """
    if estimate_tokens(text) <= limit:
        return text
    low = most_that_fits(text, limit)
    kept = text[: _place_to_cut(text, low)].rstrip()
    # behind a sentence there was a space, which leaves room for one
    return f"{kept} …" if len(kept) < low and kept.endswith((".", "!", "?")) else f"{kept}…"


def most_that_fits(text: str, limit: int) -> int:
    """Return how many characters fit into a limit with an ellipsis behind them."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if estimate_tokens(text[:middle] + "…") <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _place_to_cut(text: str, most: int) -> int:
    """Find the last good place for a cut among a text's first `most` characters."""
    kept = text[:most]
    sentences = [match.end() for match in _SENTENCE_END.finditer(kept)]
    if sentences and 2 * sentences[-1] >= most:
        return sentences[-1]
    if text[most : most + 1].isspace():
        return most
    places = [match.start() for match in _SPACE.finditer(kept)]
    places += [match.end() for match in _MARK.finditer(kept)]
    # an early comma is no reason to drop most of a Chinese sentence
    return max((place for place in places if 2 * place >= most), default=most)
