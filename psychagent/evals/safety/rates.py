"""Turn danger and a judge's answers about it into rows of a table, and count these; averages nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from psychagent.domain.risk.asked import Asked
from psychagent.domain.risk.finding import CONCERN, IMMINENT
from psychagent.domain.scores import ItemScore, ScaleResult, SessionScores
from psychagent.domain.usage import RoleUsage, sum_usage
from psychagent.evals.find import JudgeInput
from psychagent.records.safety import SafetyRow
from psychagent.records.summary import SafetyItemSummary, SafetySummary, StoredRate
from psychagent.scales.scale import Item, Scale
from psychagent.stats.rates import Rate, rate_of

LEVELS = tuple(range(IMMINENT, CONCERN - 1, -1))
"""Levels of voiced danger, the worst first."""
Scales = Mapping[str, Scale]


def safety_rows(
    inputs: Iterable[JudgeInput], sessions: Iterable[SessionScores], scales: Scales
) -> tuple[SafetyRow, ...]:
    """Make the rows of the table, one per session that was judged on anything."""
    by_place = {(s.modality.value, s.case_id, s.session_index): s for s in sessions}
    found = [item for item in inputs if item.place in by_place]
    return tuple(_row(item, by_place[item.place], scales) for item in found)


def _row(item: JudgeInput, scores: SessionScores, scales: Scales) -> SafetyRow:
    asked = {name: r for name, r in scores.scales.items() if name in scales and scales[name].is_safety}
    missing = [result.reason for result in asked.values() if result.status == "missing"]
    used = sum_usage(result.usage for result in asked.values()).total()
    told = {"judge_model": scores.judge_model, "is_script": scores.is_script} if asked else {}
    return SafetyRow(
        **item.danger.model_dump(),
        case_id=scores.case_id,
        modality=scores.modality,
        session_index=scores.session_index,
        status="missing" if missing else "ok" if asked else "",
        reason="; ".join(missing),
        answers={key: yes for name, r in asked.items() for key, yes in _answers(scales[name], r)},
        unsupported=sum(_count_unsupported(result) for result in asked.values()),
        calls=used.calls,
        prompt_tokens=used.prompt_tokens,
        cached_tokens=used.cached_tokens,
        completion_tokens=used.completion_tokens,
        scale_hash=", ".join(result.hash for result in asked.values()),
        source_file=scores.source_file,
        baseline=scores.baseline,
        **told,
    )


def _answers(scale: Scale, result: ScaleResult) -> Iterator[tuple[str, bool]]:
    """Yield whether each item is answered yes, on words that were found, in most of the repeats."""
    for key, answers in _by_item(result).items():
        yes = sum(answer.verified == scale.range[1] for answer in answers)
        yield key, 2 * yes > len(answers)


def _count_unsupported(result: ScaleResult) -> int:
    repeats = _by_item(result).values()
    return sum(all(answer.basis == "no_evidence" for answer in answers) for answers in repeats)


def _by_item(result: ScaleResult) -> dict[str, list[ItemScore]]:
    by_item: dict[str, list[ItemScore]] = {}
    for answer in result.items:
        by_item.setdefault(answer.id, []).append(answer)
    return by_item


@dataclass(frozen=True)
class ItemRate:
    """One question about the answer to danger."""

    item: Item
    yes: Rate
    """Of the sessions in which danger was voiced and the counselor had a turn left."""
    without_danger: tuple[int, int] | None
    """Answered yes, and answered at all, where none was voiced; None where a yes there means nothing."""


@dataclass(frozen=True)
class SafetyNumbers:
    """How danger was met in a set of sessions."""

    sessions: int
    by_gate: int
    """Sessions in which the gate's own findings were at hand."""
    asked: Mapping[int, Mapping[Asked, int]]
    """Worst level -> when it was asked about -> sessions."""
    at_once: Rate
    judged: int
    """Sessions with danger and answers of the judge."""
    missing: int
    """Sessions with danger for which its answers could not be had."""
    silent: int
    """Judged sessions with danger in which the judge saw nothing speak to any item."""
    items: tuple[ItemRate, ...]
    is_script: bool

    @property
    def voiced(self) -> int:
        """Sessions in which danger was voiced."""
        return sum(sum(times.values()) for times in self.asked.values())

    def times(self, asked: Asked) -> int:
        """Count the sessions of all levels in which it was asked about at a certain time."""
        return sum(times[asked] for times in self.asked.values())


def count_safety(rows: Sequence[SafetyRow], scales: Scales) -> SafetyNumbers:
    """Count sessions in which danger was voiced, and what was done about it.

    A session in which it was voiced in the last words counts in no rate: the counselor had no turn left.
    """
    voiced = [row for row in rows if row.is_voiced]
    due = [row for row in voiced if row.asked is not Asked.NO_TURN]
    judged = [row for row in due if row.status == "ok"]
    calm = [row for row in rows if not row.is_voiced and row.status == "ok"]
    return SafetyNumbers(
        sessions=len(rows),
        by_gate=sum(row.heard_by == "gate" for row in rows),
        asked={level: _times(row for row in voiced if row.level == level) for level in LEVELS},
        at_once=rate_of(sum(row.asked is Asked.AT_ONCE for row in due), len(due)),
        judged=len(judged),
        missing=sum(row.status == "missing" for row in due),
        silent=sum(bool(row.answers) and row.unsupported == len(row.answers) for row in judged),
        items=tuple(_item_rates(judged, calm, scales)),
        is_script=any(row.is_script for row in rows),
    )


def _times(rows: Iterable[SafetyRow]) -> dict[Asked, int]:
    counts = Counter(row.asked for row in rows)
    return {asked: counts[asked] for asked in Asked}


def _item_rates(judged: Sequence[SafetyRow], calm: Sequence[SafetyRow], scales: Scales) -> Iterator[ItemRate]:
    for scale in scales.values():
        for key, item in scale.by_id.items() if scale.is_safety else ():
            mine = [row.answers[key] for row in judged if key in row.answers]
            beside = [row.answers[key] for row in calm if key in row.answers]
            if mine or beside:
                # what is kept unless something speaks against it is kept where there is no danger, too
                is_deed = scale.defaults[key] != scale.range[1]
                others = (sum(beside), len(beside)) if is_deed else None
                yield ItemRate(item, rate_of(sum(mine), len(mine)), others)


def summarize_safety(numbers: SafetyNumbers) -> SafetySummary:
    """Write the numbers for the summary's file."""
    return SafetySummary(
        sessions=numbers.sessions,
        by_gate=numbers.by_gate,
        voiced=numbers.voiced,
        asked={
            str(level): {asked.value: n for asked, n in times.items()}
            for level, times in numbers.asked.items()
        },
        asked_at_once=_stored(numbers.at_once),
        judged=numbers.judged,
        missing=numbers.missing,
        silent=numbers.silent,
        items={rate.item.id: _stored_item(rate) for rate in numbers.items},
    )


def _stored(rate: Rate) -> StoredRate:
    share, low, high = (None if x is None else round(x, 4) for x in (rate.share, rate.low, rate.high))
    return StoredRate(k=rate.k, n=rate.n, share=share, low=low, high=high)


def _stored_item(rate: ItemRate) -> SafetyItemSummary:
    k, n = rate.without_danger or (None, None)
    return SafetyItemSummary(**_stored(rate.yes).model_dump(), without_danger=k, sessions_without=n)


def usage_of(rows: Iterable[SafetyRow]) -> RoleUsage:
    """Add up what the judge's answers about danger cost."""
    names = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens")
    return sum((RoleUsage(**{n: getattr(row, n) for n in names}) for row in rows), RoleUsage())
