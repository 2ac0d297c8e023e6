"""BM25 over the words of English and the characters of Chinese.

The scores are those of the bm25s library (its default, Lucene's variant), bit for bit; a test compares them.
The library itself imports scipy and tqdm: 28 MB and .2 s in every run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

K1, B = 1.5, 0.75
"""How soon a word's repetition stops to count, and how much a long text is discounted (the usual values)."""

_WORD = re.compile(r"[a-z0-9']+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_STOP = frozenset(
    "a an and are as at be been but by can do does for from had has have he her him his how i if in is it "
    "its me my no not of on or our she so that the their them then there they this to up was we were what "
    "when which who will with would you your".split()
)

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]


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
    """BM25 scores of a fixed list of texts: per word the rows that hold it, with what it adds to each."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index the texts."""
        self._size = size = len(texts)
        self._column: dict[str, int] = {}
        column = self._column
        documents = [
            [column.setdefault(token, len(column)) for token in tokenize(text) or [""]] for text in texts
        ]
        lengths = np.fromiter(map(len, documents), np.int64, size)
        rows = np.repeat(np.arange(size), lengths)
        columns = np.fromiter(chain.from_iterable(documents), np.int64, len(rows))
        # sorted by word, then by row
        keys, times = np.unique(columns * size + rows, return_counts=True)
        columns, self._rows = np.divmod(keys, max(size, 1))
        held = np.bincount(columns, minlength=len(column))
        self._ends = [0, *np.cumsum(held).tolist()]
        rarity = np.array([math.log(1 + (size - n + 0.5) / (n + 0.5)) for n in held.tolist()], np.float32)
        discount = K1 * (1 - B + B * lengths / (lengths.sum() / max(size, 1)))
        self._adds = (rarity[columns] * (times / (discount[self._rows] + times))).astype(np.float32)
        self.own = np.bincount(self._rows, weights=times * self._adds, minlength=size).astype(np.float32)
        """What each text scores as a query for itself: the scale on which its other scores can be read."""

    def scores(self, query: str) -> Scores:
        """Score every text for a query, higher is more similar; shape (number of texts,)."""
        scores = np.zeros(self._size, dtype=np.float32)
        for token in tokenize(query):
            if (column := self._column.get(token)) is not None:
                held = slice(self._ends[column], self._ends[column + 1])
                # no row occurs twice in a word's list
                scores[self._rows[held]] += self._adds[held]
        return scores


def best_rows(scores: Scores, depth: int) -> Rows:
    """Find the rows of the highest scores, best first, ties by row: the head of a stable sort of all."""
    falling = -scores
    if depth >= len(scores):
        return np.argsort(falling, kind="stable")
    # most texts share no word with a query, so sorting them all would mostly sort zeros
    last = np.partition(falling, depth - 1)[depth - 1]
    above = np.flatnonzero(falling < last)
    level = np.flatnonzero(falling == last)[: depth - len(above)]
    return np.concatenate((above[np.argsort(falling[above], kind="stable")], level))
