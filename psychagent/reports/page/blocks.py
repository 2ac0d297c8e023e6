"""A report as blocks, whatever the output format; knows neither numbers nor HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psychagent.stats.bootstrap import FEWEST_CASES, Estimate

NONE, MINUS = "–", "−"
"""Shown where there is no number; the sign of a negative one."""


@dataclass(frozen=True)
class Heading:
    """Title of a section; level 1 is the report's."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Notice:
    """Something that the reader must not miss."""

    kind: Literal["banner", "warning"]
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One big number."""

    label: str
    value: str
    interval: str
    note: str
    muted: bool = False
    """Whether it is no result, and so stands in grey."""


@dataclass(frozen=True)
class Cards:
    """Big numbers in a row."""

    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Table:
    """Rows of text; the first `labels` columns are words, the rest numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    labels: int = 1
    folded: str = ""
    """If set, the table is folded away under this line."""
    strong: frozenset[int] = frozenset()
    """Indices of rows to emphasize."""
    quiet: frozenset[int] = frozenset()
    """Indices of rows that stand in grey, because they are not of the same kind as the others."""


@dataclass(frozen=True)
class Picture:
    """One figure in both themes."""

    name: str
    alt: str
    light: bytes
    """SVG for a light page, background included."""
    dark: bytes


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side where there is room."""

    pictures: tuple[Picture, ...]
    caption: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Quotation:
    """Words from a dialogue."""

    text: str
    source: str
    """Where they stand, in words."""
    href: str = ""
    """Page and anchor of it, relative to this page; empty where there is none."""
    is_said: bool = True
    """Whether somebody said it; otherwise it is a remark, and bears no quotation marks."""


@dataclass(frozen=True)
class Finding:
    """A statement with the words it rests on."""

    label: str
    value: str
    text: str
    note: str
    quotes: tuple[Quotation, ...]


@dataclass(frozen=True)
class Findings:
    """Statements side by side where there is room."""

    findings: tuple[Finding, ...]
    muted: bool = False
    """Whether they are no results, and so stand in grey."""


@dataclass(frozen=True)
class Said:
    """One turn of a dialogue."""

    number: int
    """Its anchor is `turn-<number>`."""
    speaker: str
    text: str
    is_counselor: bool


@dataclass(frozen=True)
class Transcript:
    """A dialogue for people to read."""

    turns: tuple[Said, ...]


@dataclass(frozen=True)
class Link:
    """A way to another page."""

    text: str
    href: str


Block = Heading | Text | Notice | Cards | Table | Gallery | Findings | Transcript | Link
Blocks = Sequence[Block]


def number(value: float | None, digits: int = 2) -> str:
    """Write a number, or a dash where there is none."""
    if value is None:
        return NONE
    text = f"{value:.{digits}f}"
    # a rounded zero has no sign, and a hyphen is no minus
    return text.lstrip("-") if not float(text) else text.replace("-", MINUS)


def signed(value: float | None, digits: int = 2) -> str:
    """Write a difference with its sign."""
    return NONE if value is None else f"{value:+.{digits}f}".replace("-", MINUS)


def percent(value: float | None) -> str:
    """Write a share as a percentage; 100% only if nothing is missing."""
    if value is None:
        return NONE
    return f"{min(value * 100, 99.9) if value < 1 else 100:.{0 if value in {0, 1} else 1}f}%"


def interval(low: float | None, high: float | None, *, sign: bool = False) -> str:
    """Write an interval."""
    if low is None or high is None:
        return NONE
    write = signed if sign else number
    return f"{write(low)} to {write(high)}"


def interval_or_why(estimate: Estimate, *, sign: bool = False) -> str:
    """Write an estimate's interval, or why it has none."""
    if estimate.mean is None:
        return "no interval"
    if estimate.low is None or estimate.high is None:
        few = estimate.cases < FEWEST_CASES
        return f"no interval ({plural(estimate.cases, 'case') if few else 'a metric of one case'})"
    return interval(estimate.low, estimate.high, sign=sign)


def with_interval(estimate: Estimate, *, sign: bool = False) -> str:
    """Write a mean and, where there is one, its interval in brackets."""
    between = interval(estimate.low, estimate.high, sign=sign)
    mean = (signed if sign else number)(estimate.mean)
    return mean if between == NONE else f"{mean} ({between})"


WHY_NO_INTERVAL = (
    f"No interval is given over fewer than {FEWEST_CASES} cases, nor for a number with a metric of a single "
    "case: so few do not show how much cases differ."
)


def interval_name(level: float) -> str:
    """Name an interval by its level, as tables and notes do."""
    return f"{100 * level:g}% interval"


def count(value: int) -> str:
    """Write a whole number with thousands separated."""
    return f"{value:,}"


def plural(value: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{count(value)} {noun}" + ("" if value == 1 else "s")


def p_value(value: float | None) -> str:
    """Write a p value."""
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
