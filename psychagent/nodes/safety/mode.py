"""Whether the safety gate is off, watches or acts."""

from __future__ import annotations

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.risk.finding import RiskMode
from psychagent.domain.role import ClientKind
from psychagent.nodes.knobs import Knobs


def mode_of(baseline: BaselineSettings, knobs: Knobs) -> RiskMode:
    """Return what the gate does: with a person it always acts, whatever the settings say."""
    return RiskMode.ACT if knobs.client is ClientKind.HUMAN else baseline.safety.mode
