"""Settings as an earlier version took and stored them: what is no setting any more is read all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psychagent.assets.address import address_of_before
from psychagent.assets.settings.secrets import checked_fields, checked_headers
from psychagent.domain.text.secret import holds_key
from psychagent.domain.words.explain import UnshownError

ENDLESS = 1e9
"""What an infinite number is read as, which was stored as null: more seconds than anybody waits, and a fit
that no skill has."""
_MAY_BE_ENDLESS = frozenset({"timeout_sec", "max_wait_sec", "max_outage_sec", "floor"})
_PRICES = frozenset({"prompt", "completion"})


def settings_of_before(settings: Any) -> Any:
    """Return settings that an earlier version took and stored: no secret, no infinite number."""
    if isinstance(settings, list):
        return [settings_of_before(part) for part in settings]
    if not isinstance(settings, Mapping):
        return settings
    return {name: _of_before(name, value) for name, value in settings.items()}


def _of_before(name: str, value: Any) -> Any:
    if name == "base_url" and isinstance(value, str):
        return address_of_before(value)
    if name == "model" and isinstance(value, str):
        return "***" if holds_key(value) or not value.strip() else value
    if value is None and name in _MAY_BE_ENDLESS:
        return ENDLESS
    if name == "prices" and isinstance(value, Mapping):
        return _known_prices(value)
    check = {"extra_headers": checked_headers, "extra_body": checked_fields}.get(name)
    if check is None or not isinstance(value, Mapping):
        return settings_of_before(value)
    kept = {}
    for field, part in value.items():
        try:
            check({field: part})
        except (UnshownError, TypeError, AttributeError):
            continue
        kept[field] = part
    return kept


def _known_prices(prices: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Leave out prices that were infinite: what those tokens cost is not known."""
    if prices.get("per_gpu_hour") is not None:
        return prices
    if prices.keys() >= _PRICES:
        return None if any(prices[name] is None for name in _PRICES) else prices
    known = {
        model: _known_prices(part) if isinstance(part, Mapping) else part for model, part in prices.items()
    }
    return {model: part for model, part in known.items() if part is not None}
