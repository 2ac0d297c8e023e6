"""Means with intervals from a bootstrap over cases, for any hashable key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Key = TypeVar("Key", bound=Hashable)

FEWEST_CASES = 5
"""Fewer cases than this get no interval: so few hardly show their spread, and the percentile interval of
three alike cases would look like great precision."""


@dataclass(frozen=True, slots=True)
class Cell(Generic[Key]):
    """One number that one case contributes, such as a session's score of one metric."""

    case: str
    key: Key
    """What it is a value of; each key gets its own mean."""
    value: float
    stratum: str = ""
    """Cases are resampled within their stratum, such as the modality; by default all are in one."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How intervals are drawn."""

    resamples: int = 2000
    seed: int = 0
    level: float = 0.95


DEFAULT_SAMPLING = Sampling()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its interval, which is None over too few cases; all None where nothing was scored."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    sessions: int = 0
    """The most cells that any one key has in a case, summed over the cases."""
    cases: int = 0


@dataclass(frozen=True, slots=True)
class Resamples(Generic[Key]):
    """One set of cells, resampled once, so that all numbers taken from it rest on the same draws."""

    column: Mapping[Key, int]
    sums: Numbers
    """By case and key."""
    counts: Numbers
    strata: Sequence[str]
    """Of the cases."""
    means: Numbers
    """By resample and key; NaN where a resample holds no value of the key."""
    level: float

    def mean_of(self, keys: Sequence[Key]) -> Estimate:
        """Estimate the unweighted mean of some keys' means.

        It has no interval with fewer than `FEWEST_CASES` cases, nor where a key rests on a single case:
        that case's spread cannot be seen.
        """
        columns = [self.column[key] for key in keys]
        counts = self.counts[:, columns]
        mean = float(np.mean(self.sums[:, columns].sum(axis=0) / counts.sum(axis=0)))
        has_value = counts > 0
        cases = int(has_value.any(axis=1).sum())
        low, high = (None, None)
        if cases >= FEWEST_CASES and all(self._shows_spread(column) for column in has_value.T):
            low, high = percentile_interval(self.means[:, columns].mean(axis=1), self.level)
        return Estimate(mean, low, high, sessions=int(counts.max(axis=1).sum()), cases=cases)

    def _shows_spread(self, has_value: NDArray[np.bool_]) -> bool:
        bearing = Counter(stratum for stratum, has in zip(self.strata, has_value, strict=True) if has)
        return min(bearing.values()) > 1


def bootstrap_means(cells: Iterable[Cell[Key]], sampling: Sampling = DEFAULT_SAMPLING) -> dict[Key, Estimate]:
    """Estimate the mean of every key over all its cells with a percentile interval.

    The interval comes from a bootstrap over cases within their stratum, all cells of a case kept
    together: sessions of one client are not independent. Strata of one case are resampled together,
    which makes intervals wider rather than narrower.
    """
    resamples = resample(cells, sampling)
    return {key: resamples.mean_of([key]) for key in resamples.column}


def resample(cells: Iterable[Cell[Key]], sampling: Sampling = DEFAULT_SAMPLING) -> Resamples[Key]:
    """Resample cases and take every key's mean in each resample; see `bootstrap_means`."""
    every = tuple(cells)
    cases = sorted({(cell.stratum, cell.case) for cell in every})
    row = {case: place for place, case in enumerate(cases)}
    column = {key: place for place, key in enumerate(dict.fromkeys(cell.key for cell in every))}
    sums = np.zeros((len(cases), len(column)))
    counts = np.zeros_like(sums)
    for cell in every:
        place = row[cell.stratum, cell.case], column[cell.key]
        sums[place] += cell.value
        counts[place] += 1
    strata = merge_lone([stratum for stratum, _ in cases])
    weights = draw_weights(strata, sampling)
    return Resamples(column, sums, counts, strata, _divide(weights @ sums, weights @ counts), sampling.level)


def merge_lone(strata: Sequence[str]) -> list[str]:
    """Merge strata of one case; a single such stratum joins the smallest of the others."""
    sizes = Counter(strata)
    lone = [stratum for stratum, size in sizes.items() if size == 1]
    others = sorted((size, stratum) for stratum, size in sizes.items() if size > 1)
    if len(lone) == 1 and others:
        lone.append(others[0][1])
    return ["+".join(sorted(lone)) if stratum in lone else stratum for stratum in strata]


def draw_weights(strata: Sequence[str], sampling: Sampling) -> Numbers:
    """Draw how often each case (columns) occurs in each resample (rows)."""
    rng = np.random.default_rng(sampling.seed)
    weights = np.zeros((sampling.resamples, len(strata)))
    names = np.array(strata)
    for stratum in sorted(set(strata)):
        places = np.flatnonzero(names == stratum)
        share = np.full(len(places), 1 / len(places))
        weights[:, places] = rng.multinomial(len(places), share, size=sampling.resamples)
    return weights


def _divide(sums: Numbers, counts: Numbers) -> Numbers:
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def percentile_interval(draws: Numbers, level: float) -> tuple[float, float]:
    """Return the central interval of resampled means; resamples without a mean are left out."""
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(draws[~np.isnan(draws)], [tail, 100 - tail])
    return float(low), float(high)
