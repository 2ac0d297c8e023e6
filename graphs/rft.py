"""The served graph `rft`: a course in which each session is the best of n rollouts.

`PSYCHAGENT_RFT` may name a settings file; without it there are 4 rollouts, judged by the offline script.
"""

from __future__ import annotations

import os

from pydantic.dataclasses import dataclass

from graphs.wiring import DEPS, LIVE
from psychagent.assets.settings.rollouts import load_rft_settings
from psychagent.flows.aloud import aloud
from psychagent.flows.course import build_course
from psychagent.flows.rft import warm_rollouts, with_rollouts
from psychagent.flows.served import load_named
from psychagent.nodes.knobs import Knobs, Rollouts

_SETTINGS = load_named(os.environ, "PSYCHAGENT_RFT", load_rft_settings)


@dataclass(frozen=True)
class RftKnobs(Knobs):
    """The knobs of a course, with as many rollouts as the settings say."""

    rollouts: Rollouts = _SETTINGS.rollout_n


_DEPS = warm_rollouts(with_rollouts(DEPS, _SETTINGS, LIVE))

graph = aloud(build_course(_DEPS, knobs=RftKnobs, pauses=True), DEPS.baseline.end_token)
