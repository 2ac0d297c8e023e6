"""Count an audit: levels, what was done, and how often somebody was referred to help; by month and year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import computed_field

from psychagent.domain.base import Record
from psychagent.domain.risk.finding import About, Classifier, Handling
from psychagent.records.audit.file import AuditLine


class Counts(Record):
    """Numbers of a time."""

    findings: int
    """Turns of clients on record: danger, or a model that gave no answer."""
    subjects: int
    """Courses with a line."""
    levels: Mapping[str, int]
    """By level: 1 concern, 2 high, 3 imminent; 0 where only the model failed."""
    about: Mapping[str, int]
    handling: Mapping[str, int]
    classifier: Mapping[str, int]
    help: int
    """How often a person asked for help."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def referrals(self) -> int:
        """How often somebody was shown where to find help: cards, takeovers, and help that was asked for."""
        return self.handling[Handling.CARD] + self.handling[Handling.TAKEOVER] + self.help


class AuditSummary(Record):
    """Numbers of all lines that were asked for."""

    year: int | None
    """None for all years."""
    total: Counts
    months: Mapping[str, Counts]
    """By month in UTC, as `2026-11`, in order; those without a line are left out."""


def summarize(lines: Iterable[AuditLine], year: int | None = None) -> AuditSummary:
    """Count the lines of a year, or of all, as a whole and by month; times are in UTC."""
    months: defaultdict[str, list[AuditLine]] = defaultdict(list)
    for line in lines:
        if line.event != "restart" and year in (None, line.time.year):
            months[f"{line.time:%Y-%m}"].append(line)
    return AuditSummary(
        year=year,
        total=_count([line for month in months.values() for line in month]),
        months={month: _count(months[month]) for month in sorted(months)},
    )


def _count(lines: list[AuditLine]) -> Counts:
    found = [line for line in lines if line.event == "finding"]
    return Counts(
        findings=len(found),
        subjects=len({line.subject for line in lines}),
        levels={str(level): sum(line.level == level for line in found) for level in range(4)},
        about=_tally(About, (line.about for line in found)),
        handling=_tally(Handling, (line.handling for line in found)),
        classifier=_tally(Classifier, (line.classifier for line in found)),
        help=sum(line.event == "help" for line in lines),
    )


def _tally(kinds: type[StrEnum], values: Iterable[StrEnum]) -> dict[str, int]:
    """Count each kind, those that do not occur included."""
    seen = Counter(values)
    return {kind.value: seen[kind] for kind in kinds}
