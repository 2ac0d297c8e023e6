"""The served graph `rft`: a course in which each session is the best of n rollouts.

`PSYCHAGENT_RFT` may name a settings file; without it there are 4 rollouts, judged by the offline script.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic.dataclasses import dataclass

from graphs.wiring import DEPS, LIVE
from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.errors import SettingsError
from psychagent.files.read import load_model
from psychagent.flows.course import build_course
from psychagent.flows.rft import warm_rollouts, with_rollouts
from psychagent.nodes.knobs import Knobs

_NAMED = os.environ.get("PSYCHAGENT_RFT")
_SETTINGS = load_model(
    RftSettings, Path(_NAMED) if _NAMED else asset_dir("configs") / "rft" / "default.yaml", SettingsError
)


@dataclass(frozen=True)
class RftKnobs(Knobs):
    """The knobs of a course, with as many rollouts as the settings say."""

    rollouts: int = _SETTINGS.rollout_n


graph = build_course(warm_rollouts(with_rollouts(DEPS, _SETTINGS, LIVE)), knobs=RftKnobs)
