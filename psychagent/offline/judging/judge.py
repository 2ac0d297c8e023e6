"""The script as judge: it scores items by counted features of the dialogue, with real quotes.

It is not a language model, understands nothing and says so; its numbers mean nothing beyond a demo.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psychagent.offline.judging.features import (
    COUNSELOR,
    Feature,
    Spoken,
    count_features,
    first_words,
    quote,
    read_turns,
)
from psychagent.offline.scene import Scene

_SYMPTOM = "symptom"
_ABSENT_BELOW = 0.34


@dataclass(frozen=True)
class Opinion:
    """How far the script leans from an item's default before rounding, -1 to 1, and which feature says so."""

    lean: float
    feature: str


def play_judge(scene: Scene) -> str:
    """Answer a group of items, or compare two sessions where there are two."""
    judge = scene.lines["judge"]
    if "other_turns" in scene.values:
        return play_pair(scene)
    spoken = read_turns(scene.value("turns", []), judge["to_judge"], judge["claims"])
    features = count_features(spoken, judge) if spoken else {}
    traits = judge["items"].get(scene.value("name", ""), {})
    lo, hi = scene.value("lo", 1), scene.value("hi", 5)
    ids = [item["id"] for item in scene.value("items", [])]
    spotted = judge.get("spotted", {}).get(scene.value("name", ""), {})
    rows = {
        item: _spot(spotted[item], traits[item], (lo, hi), spoken, judge)
        if item in spotted
        else _answer(place, traits[item], (lo, hi), features, judge)
        for place, item in enumerate(ids)
        if item in traits
    }
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


_TIE_BELOW = 0.04
"""Leans that are nearer than this tie."""


def play_pair(scene: Scene) -> str:
    """Compare two sessions on each item by what the script leans to in either, and overall by their mean."""
    judge = scene.lines["judge"]
    weights = judge["weights"].get("counselor", {})
    items = [item["id"] for item in scene.value("items", [])]
    leans: list[list[float]] = []
    for name in ("turns", "other_turns"):
        spoken = read_turns(scene.value(name, []), judge["to_judge"], judge["claims"])
        features = count_features(spoken, judge) if spoken else {}
        seen = (
            [_quality(n, weights, features).lean for n in range(len(items))] if weights and features else []
        )
        leans.append([*seen, sum(seen) / len(seen)] if seen else [0.0] * (len(items) + 1))
    rows = {
        item: {"why": "", "better": _better(one - other)}
        for item, one, other in zip([*items, "overall"], *leans, strict=True)
    }
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _better(lead: float) -> str:
    if abs(lead) < _TIE_BELOW:
        return "tie"
    return "first" if lead > 0 else "second"


def _spot(
    words: Sequence[str],
    trait: Mapping[str, Any],
    span: tuple[int, int],
    spoken: Sequence[Spoken],
    judge: Mapping[str, Any],
) -> dict[str, Any] | None:
    """Answer one item by the counselor's first turn with certain words; null where there is none.

    An item that has the best score without them gets the worst for them. The parameters are those of
    `_answer`, but for the turns.
    """
    said = next((t for t in spoken if t.speaker == COUNSELOR and any(w in t.low for w in words)), None)
    if said is None or not judge["weights"].get(trait["kind"]):
        return None
    is_kept = trait["default"] == span[1]
    where = f"{said.number}: {first_words(quote(said, words))}"
    return {"against": [where], "score": span[0]} if is_kept else {"for": [where], "score": span[1]}


def _answer(
    place: int,
    trait: Mapping[str, Any],
    span: tuple[int, int],
    features: Mapping[str, Feature],
    judge: Mapping[str, Any],
) -> dict[str, Any] | None:
    """Answer one item: null, or another score than its default with the support of a quote or an absence.

    Args:
        place: Number of the item in its group; picks the feature that weighs most for it.
        trait: Its `default`, its `kind` (whose features weigh) and `sign` (-1 where more of it is worse).
        span: Lowest and highest score.
        features: What was counted; empty for a session without words.
        judge: Weights and words.
    """
    weights, default = judge["weights"].get(trait["kind"], {}), trait["default"]
    if not features or not weights:
        return None
    opinion = (
        _suffering(weights, features) if trait["kind"] == _SYMPTOM else _quality(place, weights, features)
    )
    score = _rounded(opinion.lean * trait["sign"], default, span, place)
    if score == default:
        return None
    better = (score > default) == (trait["sign"] > 0) or trait["kind"] == _SYMPTOM
    whose = "client" if better and trait["effect"] else trait["rates"]
    support = _support(opinion, weights, features, judge, better=better, whose=whose, place=place)
    if "quotes" not in support:
        return support | {"score": score} if support else None
    score, quotes = _within_gate(score, support["quotes"], trait, sum(span))
    side = "for" if score > default else "against"
    return {side: quotes, "score": score} if score != default else None


def _within_gate(score: int, quotes: list[str], trait: Mapping[str, Any], ends: int) -> tuple[int, list[str]]:
    """Give two quotes where the scale asks for them, and a lower score where there is only one."""
    worth = score if trait["sign"] > 0 else ends - score
    if worth < trait["two_quotes_from"]:
        return score, quotes[:1]
    if len(quotes) < 2:
        worth = trait["two_quotes_from"] - 1
    return worth if trait["sign"] > 0 else ends - worth, quotes


def _rounded(lean: float, default: int, span: tuple[int, int], place: int) -> int:
    """Move from the default towards an end; items round at different points, so that means move smoothly."""
    room = span[1] - default if lean > 0 else default - span[0]
    moved = default + lean * room
    threshold = ((place * 7 + 3) % 10) / 10 - 0.45
    return min(max(round(moved + threshold * min(1.0, room / 4)), span[0]), span[1])


def _quality(place: int, weights: Mapping[str, int], features: Mapping[str, Feature]) -> Opinion:
    """Weigh all features of a kind, with extra weight on the one that the item's place picks."""
    good = [name for name, weight in weights.items() if weight > 0]
    total = sum(weights[name] for name in good)
    wanted = sum(weights[name] * (2 * features[name].value - 0.8) for name in good) / total
    faults = {name: -weight * features[name].value for name, weight in weights.items() if weight < 0}
    harm = sum(faults.values()) / total * 2
    name = good[place % len(good)]
    own = 2 * features[name].value - 1
    worst = max(faults, key=lambda n: faults[n], default="")
    lean = max(-1.0, min(1.0, 0.5 * wanted + 0.25 * own - harm))
    return Opinion(lean, worst if lean < 0 and faults.get(worst, 0) > 1 else name)


def _suffering(weights: Mapping[str, int], features: Mapping[str, Feature]) -> Opinion:
    """Weigh voiced suffering; the trait of a symptom item carries the sign."""
    total = sum(weight for weight in weights.values() if weight > 0)
    felt = sum(weight * features[name].value for name, weight in weights.items()) / (total + 1)
    return Opinion(-max(0.0, felt) * 0.7, max(weights, key=lambda n: weights[n]))


def _support(
    opinion: Opinion,
    weights: Mapping[str, int],
    features: Mapping[str, Feature],
    judge: Mapping[str, Any],
    *,
    better: bool,
    whose: str,
    place: int,
) -> dict[str, Any]:
    """Find the quote or the absence that a departure rests on; empty if there is none."""
    if not better and weights[opinion.feature] > 0:
        lacking = [opinion.feature, *(n for n, w in weights.items() if w > 0)]
        name = min(lacking, key=lambda n: features[n].value)
        if features[name].value < _ABSENT_BELOW and name in judge["absent"]:
            return {"absent": f"{features['occasion'].hits[0][0]}: {judge['absent'][name]}"}
    names = [opinion.feature, *(n for n, w in weights.items() if (w > 0) == better)]
    for name in names:
        hits = [h for h in features[name].hits if whose in ("either", h[1])]
        if hits and (weights[name] > 0) == better:
            return {"quotes": _quotes(hits, place)}
    return {}


def _quotes(hits: Sequence[tuple[int, str, str]], place: int) -> list[str]:
    """Write up to two quotes, each as its turn and its first words."""
    chosen = [hits[(place + more) % len(hits)] for more in range(min(2, len(hits)))]
    return [f"{turn}: {first_words(text)}" for turn, _, text in chosen]
