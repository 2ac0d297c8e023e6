"""BM25 over the words of English and the characters of Chinese, by the bm25s library."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    # in a notebook without widgets it warns of progress bars, which are turned off here anyway
    warnings.filterwarnings("ignore", message="IProgress not found")
    import bm25s

_WORD = re.compile(r"[a-z0-9']+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_STOP = frozenset(
    "a an and are as at be been but by can do does for from had has have he her him his how i if in is it "
    "its me my no not of on or our she so that the their them then there they this to up was we were what "
    "when which who will with would you your".split()
)


def tokenize(text: str) -> list[str]:
    """Split a text: words except the most common, and Han characters singly and in pairs."""
    lowered = text.lower()
    words = [w for w in _WORD.findall(lowered) if w not in _STOP]
    runs = _HAN.findall(lowered)
    return (
        words
        + [c for run in runs for c in run]
        + [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
    )


class LexicalIndex:
    """BM25 scores of a fixed list of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index the texts."""
        self._size = len(texts)
        self._index = bm25s.BM25()
        self._index.index([tokenize(text) or [""] for text in texts], show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Score every text for a query, higher is more similar; shape (number of texts,)."""
        tokens = [t for t in tokenize(query) if t in self._index.vocab_dict]
        if not tokens:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._index.get_scores(tokens), dtype=np.float32)
