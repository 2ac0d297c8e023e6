"""What the scripted judge is told about the scales, so that it need not guess an item's direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psychagent.assets.locate import asset_dir
from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.words.near import nearest
from psychagent.errors import SettingsError
from psychagent.files.read import load_data
from psychagent.scales.scale import Scale

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
    """Derive for each item whose features weigh, whether more of it is good, and what silence scores."""
    return {
        item.id: {
            "kind": "symptom" if item.id in scale.symptoms else item.rates,
            "sign": -1 if item.id in scale.worse_when_higher else 1,
            "rates": item.rates,
            "default": scale.defaults[item.id],
            "effect": item.effect,
            "two_quotes_from": scale.gates.two_quotes_from or scale.range[1] + 1,
        }
        for item in scale.items
    }
