"""Each scale's best and worst item over an evaluation, with the words they rest on; knows no layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean

from psychagent.domain.base import Language
from psychagent.domain.scores import TOP, ItemScore, Quote, SessionScores
from psychagent.scales.scale import Item, Scale

MOST_WITNESSES = 3
"""Sessions that are shown for an item."""
LEAST_SHARE = 0.1
"""An item competes if at least this share of the sessions holds evidence: one lucky session makes no best."""
_KEPT = 12
"""Sessions kept for an item at each end while reading: of thousands, a report shows a few."""
_UNSUPPORTED = frozenset({"default", "set_back", "no_evidence"})


@dataclass(frozen=True)
class Witness:
    """One session's answer to an item, and the words in the dialogue that it rests on."""

    modality: str
    case_id: str
    session_index: int
    value: int
    """Verified, on the scale's own range."""
    level: float
    """The same on 0 to 10, higher is better."""
    quotes: tuple[Quote, ...]
    """Only those that were found in the turn as claimed."""
    absent: str
    """What the judge says is lacking; empty where it says nothing of the kind."""
    occasion: int | None = None
    """The turn that gave occasion for it."""

    @property
    def place(self) -> tuple[str, str, int]:
        """Modality, case and number of the session."""
        return self.modality, self.case_id, self.session_index


@dataclass(frozen=True)
class ItemLine:
    """One item over all sessions that were judged on it."""

    item: Item
    mean: float
    """Of the verified scores in sessions with evidence, on 0 to 10, higher is better."""
    over_all: float
    """The same over all sessions, those without evidence at the scale's default."""
    sessions: int
    evidenced: int
    """Sessions in which its score rests on found words or on a named absence."""
    witnesses: tuple[Witness, ...] = ()


@dataclass(frozen=True)
class Extremes:
    """A scale's best and worst item, by the sessions with evidence alone.

    A mean over all sessions would call the symptom best that is spoken of least: the default of what
    is not spoken of is the best score there.
    """

    scale: Scale
    language: Language
    """In which the items are worded: Chinese where all the judged sessions are Chinese."""
    best: ItemLine
    worst: ItemLine | None
    """None where no item is worse than the best."""
    compared: int
    """Items with evidence often enough."""


@dataclass
class _Tally:
    """What is known of an item while reading."""

    levels: list[float] = field(default_factory=list)
    """Of every session."""
    evidenced: list[float] = field(default_factory=list)
    """Of the sessions with evidence."""
    high: list[Witness] = field(default_factory=list)
    low: list[Witness] = field(default_factory=list)

    def add(self, answers: Sequence[tuple[Witness, bool]]) -> None:
        """Count a session's answers, one a repeat, each with whether it has evidence."""
        supported = [witness for witness, has_evidence in answers if has_evidence]
        self.levels.append(mean(witness.level for witness, _ in answers))
        self.evidenced += [mean(witness.level for witness in supported)] if supported else []
        shown = [witness for witness in supported if witness.quotes or witness.absent]
        self.high = sorted([*self.high, *shown], key=lambda w: (-w.level, w.place))[:_KEPT]
        self.low = sorted([*self.low, *shown], key=lambda w: (w.level, w.place))[:_KEPT]

    @property
    def competes(self) -> bool:
        """Whether there is evidence often enough to compare the item with others."""
        return len(self.evidenced) >= max(1, LEAST_SHARE * len(self.levels))

    def line(self, item: Item, kept: Sequence[Witness]) -> ItemLine:
        return ItemLine(
            item,
            mean(self.evidenced),
            mean(self.levels),
            sessions=len(self.levels),
            evidenced=len(self.evidenced),
            witnesses=_few(kept),
        )


@dataclass
class _OfScale:
    tallies: dict[str, _Tally] = field(default_factory=dict)
    by_modality: dict[str, dict[str, _Tally]] = field(default_factory=dict)
    languages: set[Language] = field(default_factory=set)


@dataclass(frozen=True)
class ItemExtremes:
    """The best and worst items, over all sessions and by modality."""

    scales: tuple[Extremes, ...] = ()
    by_modality: Mapping[str, tuple[Extremes, ...]] = field(default_factory=dict)
    """Of scales that were judged in several modalities."""

    def witnesses(self) -> Iterator[Witness]:
        """Yield the sessions that are shown."""
        for extremes in self.scales:
            for line in (extremes.best, extremes.worst):
                yield from line.witnesses if line else ()


def find_extremes(sessions: Iterable[SessionScores], scales: Mapping[str, Scale]) -> ItemExtremes:
    """Find the best and worst item of every scale, reading one session at a time."""
    seen: dict[str, _OfScale] = {}
    for session in sessions:
        for name, result in session.scales.items():
            # what enters no mean has no best item
            if name in scales and result.items and not scales[name].is_safety:
                _add(seen.setdefault(name, _OfScale()), session, scales[name])
    chosen = {
        name: _extremes(scales[name], seen[name].tallies, seen[name]) for name in scales if name in seen
    }
    several = [name for name, part in seen.items() if len(part.by_modality) > 1]
    by_modality: dict[str, list[Extremes]] = {}
    for name in (name for name in scales if name in several):
        for modality, tallies in sorted(seen[name].by_modality.items()):
            found = _extremes(scales[name], tallies, seen[name])
            by_modality.setdefault(modality, []).extend([found] if found else [])
    return ItemExtremes(
        tuple(extremes for extremes in chosen.values() if extremes),
        {modality: tuple(found) for modality, found in sorted(by_modality.items()) if found},
    )


def words_of(answer: ItemScore, *, against_first: bool) -> tuple[Quote, ...]:
    """Return the words that an answer rests on and that were found in the dialogue."""
    pair = (answer.against, answer.quotes) if against_first else (answer.quotes, answer.against)
    return tuple(quote for quotes in pair for quote in quotes if not quote.problem)


def is_evidenced(answer: ItemScore) -> bool:
    """Return whether an answer rests on found words or on a named absence."""
    return answer.basis not in _UNSUPPORTED


def _add(part: _OfScale, session: SessionScores, scale: Scale) -> None:
    part.languages.add(session.language)
    answers: dict[str, list[ItemScore]] = {}
    for answer in session.scales[scale.name].items:
        if answer.id in scale.by_id:
            answers.setdefault(answer.id, []).append(answer)
    of_modality = part.by_modality.setdefault(session.modality.value, {})
    for item, repeats in answers.items():
        told = [(_witness(session, scale, a), is_evidenced(a)) for a in repeats]
        for tallies in (part.tallies, of_modality):
            tallies.setdefault(item, _Tally()).add(told)


def _witness(session: SessionScores, scale: Scale, answer: ItemScore) -> Witness:
    lo, hi = scale.range
    height = (answer.verified - lo) * TOP / (hi - lo)
    turned = answer.id in scale.worse_when_higher
    return Witness(
        modality=session.modality.value,
        case_id=session.case_id,
        session_index=session.session_index,
        value=answer.verified,
        level=TOP - height if turned else height,
        # a low number rests on the words against what the item says, be it good or bad
        quotes=words_of(answer, against_first=height < TOP / 2),
        absent=answer.absent if answer.basis == "absent" else "",
        occasion=answer.occasion if answer.basis == "absent" else None,
    )


def _extremes(scale: Scale, tallies: Mapping[str, _Tally], part: _OfScale) -> Extremes | None:
    """Choose the best and worst item; where means are equal, the one with more evidence."""
    known = {item: tallies[item] for item in scale.by_id if item in tallies and tallies[item].competes}
    if not known:
        return None
    means = {item: round(mean(tally.evidenced), 9) for item, tally in known.items()}
    best = min(known, key=lambda item: (-means[item], -len(known[item].evidenced)))
    worst = min(known, key=lambda item: (means[item], -len(known[item].evidenced)))
    low = known[worst].line(scale.by_id[worst], known[worst].low) if means[worst] < means[best] else None
    language = Language.ZH if part.languages == {Language.ZH} else Language.EN
    high = known[best].line(scale.by_id[best], known[best].high)
    return Extremes(scale, language, high, low, compared=len(known))


def _few(kept: Sequence[Witness]) -> tuple[Witness, ...]:
    """Choose a few sessions in their order, of different cases where there are."""
    first: dict[tuple[str, str], Witness] = {}
    for witness in kept:
        first.setdefault(witness.place[:2], witness)
    others = [witness for witness in kept if witness not in first.values()]
    return tuple([*first.values(), *others][:MOST_WITNESSES])
