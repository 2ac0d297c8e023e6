"""What a judge's tokens cost."""

from __future__ import annotations

from collections.abc import Mapping

from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.prices import FREE, Prices
from psychagent.runs.money.priced import PriceOf


def price_of_judge(settings: EvalSettings) -> Prices | None:
    """Return what the judge's tokens cost; a script costs nothing."""
    return FREE if settings.judge.provider == "offline" else settings.judge_prices


def price_of_models(settings: EvalSettings, also: Mapping[str, Prices] | None = None) -> PriceOf:
    """Return what gives a model's price: that of the judge, or one that stands by its name."""
    known = {**(also or {})} | ({settings.judge.model: own} if (own := settings.judge_prices) else {})
    return known.get
