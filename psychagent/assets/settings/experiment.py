"""An experiment: systems, seeds, cases and a judge, from which the tables of a paper are made."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings, Settings
from psychagent.assets.settings.experiments.named import from_file
from psychagent.assets.settings.experiments.pairwise import PairwiseSettings
from psychagent.assets.settings.experiments.system import System, SystemSettings, resolve_systems
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import LARGEST_SEED
from psychagent.domain.text.name import checked_name
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError

Name = Annotated[str, AfterValidator(checked_name)]
Seed = Annotated[int, Field(ge=-LARGEST_SEED, le=LARGEST_SEED)]


def _once(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if twice := sorted({seed for seed in seeds if seeds.count(seed) > 1}):
        raise ValueError(f"names {twice[0]} twice; keep one of them")
    return seeds


class ExperimentSettings(Settings):
    """Systems that meet the same clients under the same seeds, and are scored by the same judge."""

    name: Name
    """Name of the experiment's folder."""
    dataset: Annotated[DatasetSettings, from_file(DatasetSettings, "datasets")] = DatasetSettings()
    """The cases, the same for all systems: a file, a bundled name, or the keys."""
    runtime: Annotated[RuntimeSettings, from_file(RuntimeSettings, "runtime")] = RuntimeSettings()
    """World and machine, the same for all systems: a file, a bundled name, or the keys. `seeds` replaces
    the world's seed."""
    eval: Annotated[EvalSettings, from_file(EvalSettings, "eval")] = EvalSettings()
    """The judge, the same for all systems: a file, a bundled name, or the keys."""
    systems: Annotated[dict[Name, SystemSettings], Field(min_length=1)]
    """The systems, by the names that tables give them."""
    reference: str | None = None
    """The system that all others are compared with; null is the first."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(_once)] = (0,)
    """Each system is run once under each of these seeds."""
    tables: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Name of a table -> its systems, in order; empty is one table of all."""
    pairwise: PairwiseSettings | None = None
    """Systems to compare in pairs once all cells are judged; null compares none."""
    reflector: EndpointSettings | None = None
    """The model that writes summary and client file in all systems; null leaves each its own."""
    budget: BudgetSettings | None = None
    """What all cells may spend together, judges and earlier commands included; null is without end."""

    @model_validator(mode="after")
    def _has_one_budget(self) -> ExperimentSettings:
        if self.budget and self.runtime.machine.budget:
            raise ValueError(
                "has 'budget', for all cells together, and machine.budget in 'runtime', for each cell; keep "
                "one of them"
            )
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> ExperimentSettings:
        named = [("reference", self.reference)] if self.reference is not None else []
        named += [(f"tables.{table}", name) for table, names in self.tables.items() for name in names]
        pairs = self.pairwise.systems if self.pairwise else ()
        named += [("pairwise.systems", name) for name in pairs]
        if self.pairwise and len(set(pairs or self.systems)) < 2:
            raise ValueError("'pairwise' takes two systems or more; name another one, or leave it out")
        for place, name in named:
            if name not in self.systems:
                raise ValueError(
                    f"{place} has {shown(name)}, which is no system{nearest(name, self.systems)}"
                )
        try:
            self.resolved()
        except SettingsError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def compared_with(self) -> str:
        """The system that all others are compared with."""
        return self.reference or next(iter(self.systems))

    def resolved(self) -> dict[str, System]:
        """Work out the whole settings of each system, by name."""
        return resolve_systems(self.systems, self.reflector)
