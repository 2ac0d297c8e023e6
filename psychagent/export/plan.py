"""The plan of an export and its result: what is asked for, without what rebuilds prompts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat
from pydantic.dataclasses import dataclass as plan_class

from psychagent.domain.words.cut import cut_middle
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.export.formats import Format
from psychagent.export.sample import DEFAULT_TASKS, Task
from psychagent.files.given import OPEN, Plan
from psychagent.records.folder import RunFolder
from psychagent.runs.home import require_free

PairUnit = Literal["session", "reply"]
"""`session` pairs whole dialogues; `reply` pairs the first replies that differ."""


@plan_class(frozen=True, config=OPEN)
class RewardFilter(Plan):
    """What a session must have earned to be exported; None sets no condition."""

    min_reward: FiniteFloat | None = None
    min_margin: FiniteFloat | None = None
    top_fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """The best share of each modality's sessions, rounded up."""

    def conditions(self) -> dict[str, float]:
        """List the conditions that are set."""
        values = {
            "min_reward": self.min_reward,
            "min_margin": self.min_margin,
            "top_fraction": self.top_fraction,
        }
        return {name: value for name, value in values.items() if value is not None}


@plan_class(frozen=True, config=OPEN)
class ExportPlan(Plan):
    """All options of an export."""

    run: Path
    out: Path
    """The file to write; with splits, each split's name goes before the suffix."""
    format: Format = "prompt-completion"
    tasks: tuple[Task, ...] = DEFAULT_TASKS
    rewards: RewardFilter = RewardFilter()
    split: str = ""
    keep_think: bool = True
    pairs: PairUnit = "session"
    allow_changed_prompts: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Exported:
    """What was written."""

    files: dict[str, Path]
    """Split -> file."""
    card: dict[str, Any]
    card_json: Path
    card_markdown: Path


def check_export(plan: ExportPlan) -> None:
    """Check that the plan names a run and a file, before what rebuilds its prompts is imported.

    Raises:
        RecordError: If it is not a run.
        SettingsError: If what is to be written can be no file, or the data card could not name it.
    """
    name = plan.out.name
    if name in ("", "..") or plan.out.is_dir():
        raise SettingsError(
            f"--out has {cut_middle(str(plan.out), 120)!r}, which is a folder; name a file in it"
        )
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise SettingsError(
            f"--out has {shown(str(plan.out))}, which is not UTF-8; name another file"
        ) from error
    RunFolder.of(plan.run).manifest()
    require_free(plan.out, "--out")
