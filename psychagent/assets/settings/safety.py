"""Settings of the safety gate."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from psychagent.assets.settings.endpoint import EndpointSettings, Settings
from psychagent.assets.settings.switch import Switched
from psychagent.domain.risk.finding import RiskMode


class RiskEndpoint(EndpointSettings):
    """The model that judges a turn: it must answer soon, because the reply waits for it."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Sampling temperature; null leaves it to the server."""
    max_tokens: int | None = Field(default=160, ge=1)
    """Most tokens of one reply; null leaves it to the server."""
    timeout_sec: float = Field(default=3, gt=0)
    """Seconds until an attempt counts as timed out."""
    max_retries: int = Field(default=1, ge=0)
    """Retries after a failed or malformed attempt, per call."""
    max_wait_sec: float = Field(default=1, gt=0)
    """Longest wait before an attempt; a server that asks for more fails the call."""


class SafetySettings(Settings):
    """How danger in the client's words is heard and handled."""

    mode: Annotated[RiskMode, Switched] = RiskMode.WATCH
    """`watch` records findings and changes no prompt and no reply; `act` also handles them; `off` does
    neither. With a person as client it is always `act`."""
    endpoint: RiskEndpoint | None = None
    """The model asked about a turn; null leaves it to the rules."""
    classifier: Literal["when_due", "always"] = "when_due"
    """`when_due` asks where a rule calls for it, after danger and in a person's first turns."""
    extra_turns: int = Field(default=6, ge=0, le=20)
    """Most counselor turns beyond the limit while danger is open, where the gate acts."""
