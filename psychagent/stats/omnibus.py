"""One test of several conditions over the same cases, before any two are compared. Needs scipy (`eval`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

DIGITS = 9
"""Values that differ further on are equal but for rounding."""
FEWEST_CONDITIONS = 3
"""Two conditions are compared by the signed rank test."""


@dataclass(frozen=True, slots=True)
class Friedman:
    """Friedman's test: are all conditions ranked alike, or is at least one mostly above another?"""

    cases: int
    conditions: int
    statistic: float
    """Chi-squared with `conditions` - 1 degrees of freedom, corrected for ties."""
    p: float
    """By the chi-squared approximation, which is rough below about ten cases."""
    w: float
    """Kendall's coefficient of concordance: 0 for no order at all, 1 if all cases rank alike."""


def friedman(table: Sequence[Sequence[float]]) -> Friedman | None:
    """Test whether the conditions (columns) differ over cases (rows), each case ranked by itself.

    None with fewer than three conditions or two cases, or where every case ties throughout.

    Source: M. Friedman, Journal of the American Statistical Association 32 (1937), 675-701; W of Kendall
    and Babington Smith (1939) is the statistic over its largest value, cases x (conditions - 1).
    """
    values = np.array(table, dtype=float).round(DIGITS)
    if values.ndim < 2 or len(values) < 2 or values.shape[1] < FEWEST_CONDITIONS:
        return None
    if (values == values[:, :1]).all():
        return None
    cases, conditions = values.shape
    test = stats.friedmanchisquare(*values.T)
    statistic = float(test.statistic)
    return Friedman(cases, conditions, statistic, float(test.pvalue), statistic / (cases * (conditions - 1)))
