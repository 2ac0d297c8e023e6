"""Which cases a run takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from psychagent.assets.settings.endpoint import FilePath, Settings
from psychagent.domain.base import LARGEST_SEED, Modality
from psychagent.domain.text.name import RULE, is_name

Order = Literal["rotate", "file", "random"]


def _below(split: str) -> str:
    """Refuse a path that leads out of the folder of profiles."""
    if not all(map(is_name, split.split("/"))):
        raise ValueError(f"is no folder below 'root'; {RULE}")
    return split


def _any(modalities: tuple[Modality, ...]) -> tuple[Modality, ...]:
    """Refuse an empty list, under which no case could be found."""
    if not modalities:
        raise ValueError(f"write one or more of {', '.join(Modality)}, or leave the key out for all")
    return modalities


class DatasetSettings(Settings):
    """Which cases a run takes."""

    root: FilePath | None = None
    """Folder of profiles; null is the bundled one of the runtime's language."""
    format: Literal["auto", "profiles", "reference", "psycheval"] = "auto"
    """Layout of the folder: ours, the reference release's, or PsychEval cases."""
    modalities: Annotated[tuple[Modality, ...], AfterValidator(_any)] = tuple(Modality)
    """Therapy schools to run."""
    split: Annotated[str, AfterValidator(_below)] | None = "sample"
    """Sub-folder of profiles; null takes all."""
    profiles: tuple[str, ...] = ()
    """Clients by id or file, from any split; empty takes all of the split."""
    cases: tuple[str, ...] = ()
    """Single cases: `<modality>/<id>`, from any split, or a file that says its school or stands in a folder
    named after one."""
    max_cases: int | None = Field(default=None, ge=1)
    """Most cases in all; null is no limit."""
    max_cases_per_modality: int | None = Field(default=None, ge=1)
    """Most cases of each modality; null is no limit."""
    order: Order = "rotate"
    """`file` is modality by modality; `rotate` takes modalities in turn, each with the next profile;
    `random` is a seeded choice."""
    seed: int = Field(default=0, ge=-LARGEST_SEED, le=LARGEST_SEED)
    """Seed of the random order."""
