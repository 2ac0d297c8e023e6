"""Which scores a dimension may have, and what stands for none."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.evals.ratings.names import to_name

_NONE = frozenset(
    {"", "na", "n/a", "n.a.", "nan", "none", "null", "nil", "-", "–", "—", "/", "?", "无", "不适用"}
)
"""What tables write where nobody rated, in lower case."""
_RANGE = re.compile(
    r"(?P<name>.+?)\s*=\s*(?P<low>-?\d+(?:\.\d+)?)\s*(?:-|–|\.\.|to)\s*(?P<high>-?\d+(?:\.\d+)?)"
)
_COMMA = re.compile(r"[+-]?\d+,\d+")
_MINUS = "\N{MINUS SIGN}"
MOST_LEVELS = 1000
"""Whole points that a range may have: statistics weigh every level against every other one."""


@dataclass(frozen=True)
class Ranges:
    """Lowest and highest score, by dimension where they differ."""

    low: float = 1
    high: float = 5
    own: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def of(self, dimension: str) -> tuple[float, float]:
        """Return the lowest and the highest score of a dimension."""
        return self.own.get(dimension, (self.low, self.high))

    def check_names(self, dimensions: Collection[str]) -> None:
        """Check that each range of its own is of a dimension that was rated.

        Raises:
            SettingsError: Naming one that is not.
        """
        for name in sorted(self.own.keys() - {*dimensions}):
            raise SettingsError(f"--ranges has {name!r}, which is no dimension{nearest(name, dimensions)}")

    def levels(self, dimension: str, *, halves: bool) -> tuple[float, ...]:
        """List the scores that a dimension may have, in whole or half points."""
        low, high = self.of(dimension)
        steps = 2 if halves else 1
        return tuple(low + n / steps for n in range(round((high - low) * steps) + 1))

    def allow(self, dimension: str, score: float) -> bool:
        """Return whether a dimension may have a score, in whole or half points."""
        low, high = self.of(dimension)
        # as the levels are listed, without listing them for every score; a far one has no number of steps
        steps = round((score - low) * 2) if abs(score - low) <= MOST_LEVELS else -1
        return 0 <= steps <= round((high - low) * 2) and low + steps / 2 == score


def read_ranges(text: str, *, low: float, high: float) -> Ranges:
    """Read ranges of single dimensions such as `Ethics=0-3,Overall=1-10`.

    Raises:
        SettingsError: If a range is none, has no end or too many levels, or ends before it begins.
    """
    own = {}
    for piece in filter(None, (part.strip() for part in text.split(","))):
        match = _RANGE.fullmatch(piece)
        if match is None:
            raise SettingsError(f"--ranges has {shown(piece)}; write NAME=LOW-HIGH, such as Ethics=0-3")
        name = to_name(match["name"])
        if name in own:
            raise SettingsError(f"--ranges has {shown(name)} twice; give each dimension one range")
        own[name] = float(match["low"]), float(match["high"])
    _check_range("--low and --high", low, high)
    for name, (least, most) in own.items():
        _check_range(f"scores of {name}", least, most)
    return Ranges(low, high, own)


def _check_range(what: str, low: float, high: float) -> None:
    between = f"{what} range from {low:g} to {high:g}"
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SettingsError(f"{between}; give two finite numbers")
    if low >= high:
        raise SettingsError(f"{between}; the second must be above the first")
    if high - low >= MOST_LEVELS:
        raise SettingsError(
            f"{between}, which has more than {MOST_LEVELS:,} levels; give the range that raters were told"
        )


def read_missing(text: str) -> frozenset[str]:
    """Read what stands for no score, such as `0,NA`."""
    return frozenset(word for word in (to_name(part).lower() for part in text.split(",")) if word)


def is_missing(value: Any, also: Iterable[str] = ()) -> bool:
    """Return whether a cell holds no score: nothing, a word for it, or what a person named."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    text = to_name(value).lower()
    return text in _NONE or any(text == word or _same_number(value, word) for word in also)


def _same_number(value: Any, word: str) -> bool:
    ours, theirs = to_number(value), to_number(word)
    return ours is not None and ours == theirs


def to_number(value: Any) -> float | None:
    """Read a number; None for anything else. A comma may stand for the point."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = to_name(value).replace(_MINUS, "-")
    if "_" in text:
        # Python reads 1_0 as ten
        return None
    try:
        number = float(text.replace(",", ".") if _COMMA.fullmatch(text) else text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
