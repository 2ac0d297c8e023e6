"""What an experiment compares in pairs, once its cells are judged."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from psychagent.assets.settings.endpoint import Settings
from psychagent.assets.settings.experiments.named import from_file
from psychagent.assets.settings.judge import EvalSettings


class PairwiseSettings(Settings):
    """Which systems a judge compares side by side, as `psychagent pairwise` does."""

    judge: Annotated[EvalSettings | None, from_file(EvalSettings, "eval")] = None
    """The judge: a file, a bundled name, or the keys; null is that of `eval`."""
    systems: tuple[str, ...] = ()
    """The systems that meet each other; empty is all."""
    max_pairs: int | None = Field(default=None, ge=1)
    """Most sessions that each pair of systems is compared on, under each seed; null is all they share."""
    scale: str = "HUMAN_VS_LLM"
    """The scale whose items are the dimensions."""
