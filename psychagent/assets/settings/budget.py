"""What a run may spend."""

from __future__ import annotations

from pydantic import Field

from psychagent.assets.settings.base import Settings


class BudgetSettings(Settings):
    """What a run may spend, earlier commands in its folder included."""

    limit: float = Field(gt=0)
    """Most money; the run stops cleanly there, later by at most the calls that are in flight."""
    currency: str = Field(default="USD", min_length=1)
    """Currency of the limit, which all prices must have."""
    soft: float = Field(default=0.9, gt=0, le=1)
    """Share of the limit from which no new case, session or rollout begins."""
    allow_unpriced: bool = False
    """Whether a role without a price may be asked; what it costs is in no sum."""
