"""What the scripted judge is told about the scales, so that it need not guess an item's direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psychagent.assets.locate import asset_dir
from psychagent.assets.prompts import PromptLibrary
from psychagent.errors import SettingsError
from psychagent.files.read import load_data, nearest
from psychagent.scales.scale import Metric, Scale

SCRIPT_JUDGES = "script_judges.yaml"


def script_lines(prompts: PromptLibrary, name: str, scales: Mapping[str, Scale]) -> dict[str, Any]:
    """Gather words, weights and the items' traits for one scripted judge.

    Args:
        prompts: Where the words of a language are.
        name: Which weights, by name in `configs/eval/script_judges.yaml`.
        scales: The scales that it will be asked about.

    Raises:
        SettingsError: If there is no scripted judge of that name.
    """
    judges = load_data(asset_dir("configs") / "eval" / SCRIPT_JUDGES)
    if name not in judges:
        raise SettingsError(f"no scripted judge {name!r}{nearest(name, judges)}")
    words: dict[str, Any] = prompts.data("judge/offline")
    return words | {"weights": judges[name], "items": {n: item_traits(s) for n, s in scales.items()}}


def item_traits(scale: Scale) -> dict[str, dict[str, Any]]:
    """Derive for each item whose features weigh, and whether more of it is good.

    An item that defaults to the low end and is better the lower measures suffering.
    """
    traits = {}
    for item in scale.items:
        sign = _sign(scale, item.id)
        suffering = sign < 0 and scale.defaults[item.id] == scale.range[0]
        traits[item.id] = {"kind": "symptom" if suffering else item.rates, "sign": sign, "rates": item.rates}
    return traits


def _sign(scale: Scale, item: str) -> int:
    """Return 1 if a higher answer is better, else -1, by its effect on the scale's metrics."""
    lo, hi = scale.range
    low = {i: float(lo) for i in scale.by_id}
    for metric in scale.metrics:
        change = scale.score(metric, low | {item: hi}) - scale.score(metric, low)
        if change:
            return 1 if (change > 0) == _is_better(metric) else -1
    return 1


def _is_better(metric: Metric) -> bool:
    return metric.direction == "higher_better"
