"""Change over the sessions of a case as one number; knows neither metrics nor files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the least-squares slope of (session, score) pairs: points of score a session.

    None with fewer than two different sessions. One slope a case, and then their mean: what a course of
    many sessions adds to the mean of late ones, because only such cases have them, is no change.

    Source: J. N. S. Matthews, D. G. Altman, M. J. Campbell and P. Royston, Analysis of serial measurements
    in medical research, British Medical Journal 300 (1990), 230-235 ("summary measures").
    """
    sessions, scores = np.array(points, dtype=float).reshape(-1, 2).T
    spread = sessions - sessions.mean() if len(sessions) else sessions
    square = float((spread**2).sum())
    return float((spread * scores).sum() / square) if square else None
