"""A judge's scores of one session: items, quotes, metrics and cost, as stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from psychagent.domain.base import Language, Modality, Record
from psychagent.domain.usage import Usage, sum_usage

TOP = 10.0
"""Upper end of a score; the lower end is 0."""

Side = Literal["counselor", "client"]
Group = Literal["shared", "specific", "extra"]
Headline = Literal["as_is", "invert", "none"]
Direction = Literal["higher_better", "higher_worse"]
Basis = Literal["default", "quoted", "absent", "set_back"]


class Quote(Record):
    """Words that the judge gave as evidence."""

    turn: int
    text: str
    problem: str = ""
    """Why it does not count; empty if that speaker said it in that turn."""


class ItemScore(Record):
    """One item as the judge answered it and as code verified it."""

    id: str
    raw: int
    verified: int
    """The judge's score, or the default where it departs from it without support."""
    basis: Basis
    """What the verified score rests on."""
    quotes: tuple[Quote, ...] = ()
    absent: str = ""
    repeat: int = 0


class Evidence(Record):
    """How well a set of answers is supported; counts add up."""

    items: int = 0
    departures: int = 0
    """Items whose score departs from the default."""
    quotes: int = 0
    verified: int = 0
    """Quotes that were found."""
    set_back: int = 0
    """Departures without support, set back to the default."""
    absent: int = 0
    """Scores below the default that rest on a stated absence alone."""

    @property
    def quotes_verified_rate(self) -> float | None:
        """Share of quotes that were found; None if there are no quotes."""
        return self.verified / self.quotes if self.quotes else None


def weigh(items: Iterable[ItemScore]) -> Evidence:
    """Count how well a set of answers is supported."""
    answers = list(items)
    quotes = [quote for answer in answers for quote in answer.quotes]
    bases = [answer.basis for answer in answers]
    return Evidence(
        items=len(answers),
        departures=sum(basis != "default" for basis in bases),
        quotes=len(quotes),
        verified=sum(not quote.problem for quote in quotes),
        set_back=bases.count("set_back"),
        absent=bases.count("absent"),
    )


class MetricScore(Record):
    """One metric of one session, on 0 to 10 before any inversion."""

    side: Side
    key: str
    direction: Direction
    headline: Headline
    raw: float
    """Median over the repeats, from the judge's own item scores."""
    verified: float
    """The same from verified item scores."""
    spread: float = 0.0
    """Largest minus smallest raw value over the repeats."""
    repeats: tuple[float, ...] = ()
    """The raw value of each repeat, where there was more than one."""
    evidence: Evidence = Evidence()


class ScaleResult(Record):
    """One scale of one session."""

    status: Literal["ok", "missing"]
    hash: str
    """Hash of the scale."""
    group: Group
    reason: str = ""
    """Why it is missing."""
    items: tuple[ItemScore, ...] = ()
    metrics: dict[str, MetricScore] = Field(default_factory=dict)
    """By side and key, such as `counselor.WAI`."""
    usage: Usage = Usage()
    evidence: Evidence = Evidence()
    quotes_verified_rate: float | None = None


class JudgeMark(Record):
    """What scores were made with; scores with different marks must not be averaged together."""

    judge_model: str
    is_script: bool
    prompt_hash: str
    temperature: float | None = 0
    repeats: int = 1


class _Versioned(Record):
    """A separate base, so that the version is the first key in a file."""

    schema_version: int = 1


class SessionScores(JudgeMark, _Versioned):
    """Everything that a judge scored in one session."""

    case_id: str
    modality: Modality
    session_index: int
    language: Language
    input_hash: str
    """Hash of the dialogue that was judged."""
    source_file: str = ""
    baseline: str = ""
    scales: dict[str, ScaleResult] = Field(default_factory=dict)

    @property
    def mark(self) -> JudgeMark:
        """What the scores were made with."""
        return JudgeMark(**{name: getattr(self, name) for name in JudgeMark.model_fields})

    @property
    def usage(self) -> Usage:
        """Usage of all scales together."""
        return sum_usage(result.usage for result in self.scales.values())

    def without_items(self) -> SessionScores:
        """Return the scores without the answers to items, of which there are a hundred or more."""
        scales = {name: result.model_copy(update={"items": ()}) for name, result in self.scales.items()}
        return self.model_copy(update={"scales": scales})

    def missing_scales(self) -> tuple[str, ...]:
        """Name the scales that could not be filled in."""
        return tuple(name for name, result in self.scales.items() if result.status == "missing")

    def values(self, use: Literal["raw", "verified"] = "raw") -> dict[str, float]:
        """Return every scored metric by side and key; a missing scale contributes none."""
        pairs = (pair for result in self.scales.values() for pair in result.metrics.items())
        return {name: metric.verified if use == "verified" else metric.raw for name, metric in pairs}
