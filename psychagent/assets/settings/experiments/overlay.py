"""Lay some keys over a baseline, each checked as if its file said it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.files.read import to_model


def lay_keys(
    baseline: BaselineSettings, keys: Mapping[str, object], *, origin: str, base: Path | None
) -> BaselineSettings:
    """Lay keys over a baseline: those inside a block as a mapping, or with dots.

    Args:
        baseline: What they are laid over; in a block, keys that are not named stay.
        keys: The keys.
        origin: What to name in an error.
        base: The folder that relative paths start from.

    Raises:
        SettingsError: Naming the key, the value seen and the remedy.
    """
    said = _over(baseline, nested(keys, origin))
    return to_model(BaselineSettings, said, origin=origin, base=base, raise_as=SettingsError)


def nested(keys: Mapping[str, object], origin: str) -> dict[str, Any]:
    """Write keys with dots as mappings in each other.

    Raises:
        SettingsError: If a key stands twice, once with dots and once without.
    """
    whole: dict[str, Any] = {}
    for key, value in keys.items():
        *blocks, name = key.split(".")
        place = whole
        for number, block in enumerate(blocks, start=1):
            place = place.setdefault(block, {})
            if not isinstance(place, dict):
                raise SettingsError(_twice(origin, ".".join(blocks[:number])))
        if isinstance(value, Mapping) and isinstance(place.get(name), dict):
            if both := place[name].keys() & value.keys():
                raise SettingsError(_twice(origin, f"{key}.{min(map(str, both))}"))
            place[name] |= value
        elif name in place:
            raise SettingsError(_twice(origin, key))
        else:
            place[name] = dict(value) if isinstance(value, Mapping) else value
    return whole


def _twice(origin: str, key: str) -> str:
    return f"{origin}: says {shown(key)} twice, once as a whole or with dots; keep one"


def _over(settings: BaseModel, keys: Mapping[str, Any]) -> dict[str, Any]:
    # what was left to a default stays so: a manifest tells the two apart
    said = {name: getattr(settings, name) for name in settings.model_fields_set}
    for key, value in keys.items():
        now = getattr(settings, key, None) if key in type(settings).model_fields else None
        if isinstance(value, Mapping) and isinstance(now, BaseModel):
            said[key] = _over(now, value)
        elif isinstance(value, Mapping) and isinstance(now, Mapping):
            said[key] = {**now, **value}
        else:
            said[key] = value
    return said
