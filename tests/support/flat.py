"""Settings written flat: each key goes to the block it belongs to."""

from __future__ import annotations

import os
from typing import Any

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.runtime import MachineSettings, RuntimeSettings, WorldSettings
from psychagent.flows.live import Live, open_live

LEXICAL = {"method": "lexical"}
"""Ranking by words: no embedding model is needed."""


def baseline_of(**flat: Any) -> BaselineSettings:
    """Make a baseline; the counselor's endpoint may be given flat, and skills are ranked by words."""
    counselor = {name: flat.pop(name) for name in list(flat) if name in EndpointSettings.model_fields}
    given: dict[str, Any] = {"retrieval": LEXICAL} | flat
    if counselor:
        given["counselor"] = counselor
    return BaselineSettings.model_validate(given)


def runtime_of(**flat: Any) -> RuntimeSettings:
    """Make a runtime; the fields of world and machine are given flat."""
    world = {name: flat.pop(name) for name in list(flat) if name in WorldSettings.model_fields}
    machine = {name: flat.pop(name) for name in list(flat) if name in MachineSettings.model_fields}
    return RuntimeSettings.model_validate({"world": world, "machine": machine} | flat)


def live(**env: str) -> Live:
    """Open what is live, with keys of the test's own and without those of the machine."""
    assert not set(env) & set(os.environ)
    return open_live(env)
