"""Turn the judge's checked answers into a scale's result: metrics, coverage and cost; asks no model."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from psychagent.domain.base import Record
from psychagent.domain.scores import EVIDENCED, TOP, ItemScore, MetricScore, ScaleResult, weigh
from psychagent.domain.usage import Usage, sum_usage
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


def fill_scale(scale: Scale, calls: Sequence[GroupCall]) -> ScaleResult:
    """Combine a scale's calls into its result; a failed call makes the scale missing, with its reason."""
    usage = sum_usage(call.usage for call in calls)
    failed = [call for call in calls if call.failure]
    if failed:
        reason = "; ".join(dict.fromkeys(call.failure for call in failed))
        return missing_scale(scale, reason, usage)
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


def missing_scale(scale: Scale, reason: str, usage: Usage | None = None) -> ScaleResult:
    """Make the result of a scale that could not be filled in."""
    spent = usage or Usage()
    return ScaleResult(status="missing", hash=scale.hash, group=scale.group, reason=reason, usage=spent)


def _score(scale: Scale, metric: Metric, items: Sequence[ItemScore]) -> MetricScore:
    members = set(scale.items_of(metric))
    own = [item for item in items if item.id in members]
    seen = [item for item in own if item.basis in EVIDENCED]
    raw, verified = _of_repeats(scale, metric, items)
    on_danger = members & set(scale.safety) if metric.side == "client" else set()
    changes = _of_repeats(scale, metric, items, without=frozenset(on_danger)) if on_danger else None
    return MetricScore(
        side=metric.side,
        key=metric.key,
        direction=metric.direction,
        headline=metric.headline,
        raw=median(raw),
        verified=median(verified),
        spread=max(raw) - min(raw),
        repeats=tuple(raw) if len(raw) > 1 else (),
        change_raw=median(changes[0]) if changes else None,
        change_verified=median(changes[1]) if changes else None,
        evidence=weigh(own),
        coverage=round(len(seen) / len(own), 4) if own else None,
        evidenced=_mean_of_seen(scale, metric, seen) if seen else None,
    )


def _of_repeats(
    scale: Scale, metric: Metric, items: Sequence[ItemScore], *, without: frozenset[str] = frozenset()
) -> tuple[list[float], list[float]]:
    """Score each repeat, from the judge's own and from verified item scores."""
    repeats = [[item for item in items if item.repeat == r] for r in sorted({i.repeat for i in items})]
    return (
        [scale.score(metric, {i.id: i.raw for i in own}, without=without) for own in repeats],
        [scale.score(metric, {i.id: i.verified for i in own}, without=without) for own in repeats],
    )


def _mean_of_seen(scale: Scale, metric: Metric, seen: Sequence[ItemScore]) -> float:
    """Return the plain mean of items to which there is evidence, whatever formula the metric has.

    A formula may need items that nothing speaks to; the mean of what was seen needs none of them.
    """
    lo, hi = scale.range
    lowering = scale.lowering(metric)
    values = [hi - item.verified if item.id in lowering else item.verified - lo for item in seen]
    return round(sum(values) / len(values) * TOP / (hi - lo), 4)
