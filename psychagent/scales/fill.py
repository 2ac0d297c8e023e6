"""Turn the judge's replies into a scale's result: quotes checked, metrics computed; asks no model."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from psychagent.domain.base import Record
from psychagent.domain.scores import ItemScore, MetricScore, Quote, ScaleResult, weigh
from psychagent.domain.usage import Usage, sum_usage
from psychagent.scales.dialogue import Line
from psychagent.scales.quotes import quote_problem
from psychagent.scales.reply import ItemReply
from psychagent.scales.scale import Metric, Scale


class GroupCall(Record):
    """One call to the judge: one group of a scale's items, in one repeat."""

    scale: str
    group: int
    repeat: int
    items: tuple[ItemScore, ...] = ()
    usage: Usage = Usage()
    failure: str = ""
    """Why there is no answer; empty if there is one."""


def verify_item(scale: Scale, answer: ItemReply, lines: Sequence[Line], repeat: int = 0) -> ItemScore:
    """Check an answer's support.

    A score that departs from the default counts if one of its quotes is found. Without one it may
    state what is absent if it lies below the default (above it for a reversed item: what is
    missing never makes a session better). Any other departure is set back to the default.
    """
    item, default = scale.by_id[answer.id], scale.defaults[answer.id]
    quotes = tuple(
        Quote(turn=q.turn, text=q.text, problem=quote_problem(lines, item.rates, q.turn, q.text))
        for q in answer.quotes
    )
    lowers = answer.score > default if answer.id in scale.reverse else answer.score < default
    verified = answer.score
    if answer.score == default:
        basis = "default"
    elif any(not quote.problem for quote in quotes):
        basis = "quoted"
    elif lowers and answer.absent.strip():
        basis = "absent"
    else:
        basis, verified = "set_back", default
    return ItemScore(
        id=answer.id,
        raw=answer.score,
        verified=verified,
        basis=basis,
        quotes=quotes,
        absent=answer.absent.strip(),
        repeat=repeat,
    )


def fill_scale(scale: Scale, calls: Sequence[GroupCall]) -> ScaleResult:
    """Combine a scale's calls into its result; a failed call makes the scale missing, with its reason."""
    usage = sum_usage(call.usage for call in calls)
    failed = [call for call in calls if call.failure]
    if failed:
        reason = "; ".join(dict.fromkeys(call.failure for call in failed))
        return ScaleResult(status="missing", hash=scale.hash, group=scale.group, reason=reason, usage=usage)
    ordered = sorted(calls, key=lambda call: (call.repeat, call.group))
    items = tuple(item for call in ordered for item in call.items)
    evidence = weigh(items)
    return ScaleResult(
        status="ok",
        hash=scale.hash,
        group=scale.group,
        items=items,
        metrics={metric.name: _score(scale, metric, items) for metric in scale.metrics},
        usage=usage,
        evidence=evidence,
        quotes_verified_rate=evidence.quotes_verified_rate,
    )


def _score(scale: Scale, metric: Metric, items: Sequence[ItemScore]) -> MetricScore:
    members = set(scale.items_of(metric))
    repeats = sorted({item.repeat for item in items})
    raw = [scale.score(metric, {i.id: i.raw for i in items if i.repeat == r}) for r in repeats]
    verified = [scale.score(metric, {i.id: i.verified for i in items if i.repeat == r}) for r in repeats]
    return MetricScore(
        side=metric.side,
        key=metric.key,
        direction=metric.direction,
        headline=metric.headline,
        raw=median(raw),
        verified=median(verified),
        spread=max(raw) - min(raw),
        repeats=tuple(raw) if len(raw) > 1 else (),
        evidence=weigh(item for item in items if item.id in members),
    )
