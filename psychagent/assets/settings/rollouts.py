"""Settings of rollouts: how many, who judges them, and how one is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from psychagent.assets.settings.endpoint import FilePath, Settings
from psychagent.assets.settings.judge import EvalSettings, JudgeEndpoint
from psychagent.assets.settings.named import settings_file
from psychagent.domain.base import MOST_ROLLOUTS
from psychagent.errors import SettingsError
from psychagent.files.read import load_model


class RftSettings(Settings):
    """Best-of-n rollouts of each session."""

    rollout_n: int = Field(default=8, ge=2, le=MOST_ROLLOUTS)
    """Candidate sessions from the same memory and plan."""
    rollout_concurrency: int = Field(default=8, ge=1)
    """Rollouts of one case in parallel."""
    min_rollouts: int = Field(default=2, ge=1)
    """Fewest rollouts that must succeed and be scored before one is chosen; under `reward: safe` one that
    left danger unasked counts only when the retries are used up."""
    rollout_retries: int = Field(default=1, ge=0)
    """How often a session's failed rollouts are rerun while fewer than `min_rollouts` have succeeded."""
    selector: Literal["best", "random", "first"] = "best"
    """`best` by reward; `random` (seeded) and `first` are controls."""
    missing: Literal["common", "refuse"] = "common"
    """`common` compares candidates on the metrics that all of them have; `refuse` leaves out a candidate
    that lacks a metric which another has."""
    reward: Literal["safe", "reference"] = "safe"
    """`safe` never chooses a rollout in which voiced danger was not asked about in the next turn, and counts
    telling of it as no harm; `reference` is the reference release's formula alone."""
    norms: FilePath | None = None
    """Norms of the reward; null is the reference release's."""
    judging: EvalSettings = EvalSettings()
    """The judge, and its scales by modality (default: those that enter the reward)."""
    holdout: JudgeEndpoint | None = None
    """A second judge, which scores every rollout for the report and never takes part in the choice."""
    keep_all_rollout_transcripts: bool = True
    """Whether a session's file keeps the dialogues of the rollouts that were not chosen."""

    @model_validator(mode="after")
    def _enough(self) -> RftSettings:
        if self.min_rollouts > self.rollout_n:
            raise ValueError(
                f"min_rollouts {self.min_rollouts} is more than rollout_n {self.rollout_n}; lower it, or "
                "raise rollout_n"
            )
        return self


def load_rft_settings(path: Path | str | None) -> RftSettings:
    """Read rollout settings: a file or a bundled name; None reads four rollouts and the offline judge."""
    return load_model(RftSettings, settings_file(path, "rft", default="default"), SettingsError)
