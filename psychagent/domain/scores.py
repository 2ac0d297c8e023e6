"""A judge's scores of one session: items, quotes, metrics and cost, as stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from psychagent.domain.base import Language, Record, School
from psychagent.domain.usage import Usage, sum_usage

TOP = 10.0
"""Upper end of a score; the lower end is 0."""

Side = Literal["counselor", "client"]
Group = Literal["shared", "specific", "extra", "safety"]
"""`safety` is told in rates of its own and enters no mean: such a scale yields no metric."""
Headline = Literal["as_is", "invert", "none"]
Direction = Literal["higher_better", "higher_worse"]
Use = Literal["raw", "verified"]
Basis = Literal["no_evidence", "default", "quoted", "stated", "absent", "set_back"]
"""What a verified score rests on.

`no_evidence`: the judge saw nothing that speaks to the item. `default`: the score for no evidence, given
without evidence that was found. `stated`: the same score, on words that were found. `quoted`: another
score on such words. `absent`: a worse one, on a named omission. `set_back`: another score without support.
"""
EVIDENCED: frozenset[Basis] = frozenset({"quoted", "stated", "absent"})
DEPARTURES: frozenset[Basis] = frozenset({"quoted", "absent", "set_back"})
Gate = Literal["", "against", "quotes"]
MOST_ITEMS_A_QUOTE = 2
"""More items of one scale that rest on the same words are counted as crowding."""


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
    """Words that show what the item says."""
    against: tuple[Quote, ...] = ()
    """Words that speak against it."""
    absent: str = ""
    occasion: int | None = None
    """The turn that gave occasion for what is absent."""
    gate: Gate = ""
    """Why a supported score was lowered: something speaks against it, or it needs two quotes."""
    repeat: int = 0

    @property
    def words(self) -> frozenset[tuple[int, str]]:
        """The words that were found, by turn."""
        return frozenset((q.turn, q.text) for q in (*self.quotes, *self.against) if not q.problem)


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
    no_evidence: int = 0
    """Items to which the judge saw nothing speak."""
    against: int = 0
    """Quotes against an item that were found."""
    gated: int = 0
    """Supported scores that were lowered by what a scale asks of good ones."""
    crowded: int = 0
    """Uses of a quote beyond its second in the same scale and repeat."""

    @property
    def quotes_verified_rate(self) -> float | None:
        """Share of quotes that were found; None if there are no quotes."""
        return self.verified / self.quotes if self.quotes else None


def weigh(items: Iterable[ItemScore]) -> Evidence:
    """Count how well a set of answers is supported."""
    answers = list(items)
    against = [quote for answer in answers for quote in answer.against]
    quotes = [*against, *(quote for answer in answers for quote in answer.quotes)]
    bases = [answer.basis for answer in answers]
    uses = Counter((answer.repeat, *words) for answer in answers for words in answer.words)
    return Evidence(
        items=len(answers),
        departures=sum(basis in DEPARTURES for basis in bases),
        quotes=len(quotes),
        verified=sum(not quote.problem for quote in quotes),
        set_back=bases.count("set_back"),
        absent=bases.count("absent"),
        no_evidence=bases.count("no_evidence"),
        against=sum(not quote.problem for quote in against),
        gated=sum(bool(answer.gate) for answer in answers),
        crowded=sum(max(0, n - MOST_ITEMS_A_QUOTE) for n in uses.values()),
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
    change_raw: float | None = None
    """`raw` of a client metric without the scale's items on danger, which rewards of change compare: to tell
    of danger is no harm. None if it has no such item, and in files of earlier versions."""
    change_verified: float | None = None
    """The same from verified item scores."""
    evidence: Evidence = Evidence()
    coverage: float | None = None
    """Share of the items to which evidence was found; None in files that do not tell."""
    evidenced: float | None = None
    """Mean over these items alone, each on 0 to 10 as the metric counts it; None if there are none."""

    def value(self, use: Use = "raw", *, change: bool = False) -> float:
        """Return the score; with `change` the one that rewards of change compare."""
        whole, part = (
            (self.verified, self.change_verified) if use == "verified" else (self.raw, self.change_raw)
        )
        return part if change and part is not None else whole


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


class Talk(Record):
    """What can be counted in a dialogue and is not left to a judge; Chinese characters count as words."""

    counselor_turns: int = 0
    client_turns: int = 0
    counselor_share: float | None = None
    """The counselor's share of all words; None if nothing is said."""
    counselor_words_per_turn: float | None = None
    client_words_per_turn: float | None = None
    questions_per_turn: float | None = None
    """Question marks in a turn of the counselor, those in a row as one."""
    longest_turn: int = 0
    """Words of the counselor's longest turn."""


class _Versioned(Record):
    """A separate base, so that the version is the first key in a file."""

    schema_version: int = 2
    """Version 1 lacks coverage, quotes against and what is computed, and is read too."""


class SessionScores(JudgeMark, _Versioned):
    """Everything that a judge scored in one session."""

    case_id: str
    modality: School
    session_index: int
    language: Language
    input_hash: str
    """Hash of the dialogue that was judged."""
    source_file: str = ""
    baseline: str = ""
    computed: Talk | None = None
    """What was counted by code; None in files of version 1."""
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
        """Return the scores without the answers to items, of which there are a hundred or more.

        A scale without metrics keeps them: they are all that it yields.
        """
        scales = {
            name: result if result.group == "safety" else result.model_copy(update={"items": ()})
            for name, result in self.scales.items()
        }
        return self.model_copy(update={"scales": scales})

    def missing_scales(self) -> tuple[str, ...]:
        """Name the scales that could not be filled in."""
        return tuple(name for name, result in self.scales.items() if result.status == "missing")

    def why_missing(self) -> dict[str, str]:
        """Return the reason of every scale that could not be filled in."""
        return {name: self.scales[name].reason for name in self.missing_scales()}

    def values(self, use: Use = "raw", *, change: bool = False) -> dict[str, float]:
        """Return every scored metric by side and key; a missing scale contributes none.

        Args:
            use: Scores as the judge gave them, or as code verified them.
            change: Leave items on danger out of client metrics, which rewards compare as changes.
        """
        pairs = (pair for result in self.scales.values() for pair in result.metrics.items())
        return {name: metric.value(use, change=change) for name, metric in pairs}
