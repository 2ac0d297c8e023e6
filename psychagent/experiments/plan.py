"""The plan of an experiment, its cells, and what can be checked before a model is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic.dataclasses import dataclass as plan_class

from psychagent.assets.cases import CaseFile, find_cases
from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.experiments.pairwise import PairwiseSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.prices import Prices
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import LogLevel
from psychagent.domain.call import thread_id
from psychagent.errors import PsychAgentError
from psychagent.evals.money.prices import price_of_judge
from psychagent.evals.plan import EvalPlan, check_judging
from psychagent.experiments.events import Tell, tell_nobody
from psychagent.experiments.hashes import hash_eval, hash_run
from psychagent.files.given import OPEN, Plan
from psychagent.records.evaluation import EvalFolder
from psychagent.records.experiments.index import INDEX
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import RunSettings
from psychagent.runs.home import require_home
from psychagent.runs.money.asked import roles_paid
from psychagent.runs.money.check import check_prices
from psychagent.runs.money.priced import price_of
from psychagent.runs.plan import SamplePlan, check_plan

SHOWN = 12
"""Digits of a hash in the name of a folder."""


@plan_class(frozen=True, config=OPEN)
class ExperimentPlan(Plan):
    """Everything an experiment needs to know."""

    settings: ExperimentSettings
    save_dir: Path
    """Folder of experiments."""
    env: Mapping[str, str]
    cache_dir: Path | None = None
    tell: Tell = tell_nobody
    """Called with every event."""

    @property
    def folder(self) -> Path:
        """The experiment's folder."""
        return self.save_dir / self.settings.name

    @property
    def index(self) -> Path:
        """The file that says which cell is where."""
        return self.folder / INDEX

    @property
    def lock(self) -> Path:
        """The file whose OS lock shows that a process is working in this folder."""
        return self.folder / ".lock"

    @property
    def log_level(self) -> LogLevel:
        """Lowest level that is written to the logs."""
        return self.settings.runtime.machine.log_level

    def cases(self) -> list[CaseFile]:
        """Choose the cases, the same for all cells.

        Raises:
            AssetError: If there is none.
        """
        return find_cases(self.settings.dataset, self.settings.runtime.world.language)


@dataclass(frozen=True)
class Cell:
    """One system under one seed."""

    system: str
    seed: int
    settings: RunSettings
    judging: EvalSettings
    folder: Path
    made_with: str
    """Hash of everything that changes a reply."""
    judged_with: str
    """Hash of everything that changes a score."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.system}, seed {self.seed}"

    @property
    def run(self) -> RunFolder:
        """The folder of its courses, named for the system, as reports name it."""
        return RunFolder(self.folder / "run" / self.system)

    @property
    def evaluation(self) -> EvalFolder:
        """The folder of its scores, named for the judge's settings: another judge leaves them alone."""
        return EvalFolder(self.folder / f"eval_{self.judged_with[:SHOWN]}")


def find_cells(plan: ExperimentPlan) -> list[Cell]:
    """List the cells of a plan: seed by seed, so that all systems are seen early.

    Raises:
        AssetError: If what they are made with cannot be read.
    """
    settings, systems = plan.settings, plan.settings.resolved()
    judging = priced_judge(settings.eval, settings.runtime)
    judged_with = hash_eval(judging)
    cells = []
    for seed in settings.seeds:
        world = settings.runtime.world.model_copy(update={"seed": seed})
        runtime = settings.runtime.model_copy(update={"world": world})
        for name, system in systems.items():
            made = RunSettings(
                baseline=system.baseline, runtime=runtime, dataset=settings.dataset, rft=system.rft
            )
            made_with = hash_run(made)
            folder = plan.folder / f"{name}_seed{seed}_{made_with[:SHOWN]}"
            cells.append(Cell(name, seed, made, judging, folder, made_with, judged_with))
    return cells


def priced_judge(settings: EvalSettings, runtime: RuntimeSettings) -> EvalSettings:
    """Give a judge without a price the one that the runtime lists by its model's name."""
    listed = runtime.machine.prices.get(settings.judge.model)
    if listed is None or settings.judge_prices or settings.judge.provider == "offline":
        return settings
    return settings.model_copy(update={"prices": listed})


def pairs_judge(plan: ExperimentPlan, pairs: PairwiseSettings) -> EvalSettings:
    """Return the settings of the judge that compares."""
    return priced_judge(pairs.judge or plan.settings.eval, plan.settings.runtime)


def sample_plan(plan: ExperimentPlan, cell: Cell) -> SamplePlan:
    """Plan the courses of a cell."""
    return SamplePlan(
        baseline=cell.settings.baseline,
        runtime=cell.settings.runtime,
        dataset=cell.settings.dataset,
        save_dir=cell.run.path.parent,
        env=plan.env,
        cache_dir=plan.cache_dir,
        rft=cell.settings.rft,
    )


def eval_plan(plan: ExperimentPlan, cell: Cell, cases: Sequence[CaseFile]) -> EvalPlan:
    """Plan the scores of a cell: of the cases that the experiment takes, whatever else the run has."""
    return EvalPlan(
        settings=cell.judging,
        output_root=cell.evaluation.path,
        env=plan.env,
        data_root=cell.run.path,
        log_level=plan.log_level,
        log_calls=plan.settings.runtime.machine.log_calls,
        cases=frozenset(thread_id(case.modality, case.case_id) for case in cases),
    )


def prices_of(cell: Cell) -> dict[str, Prices | None]:
    """Return the price of each role that a cell asks, and of its judge."""
    prices = {role: price_of(role, cell.settings) for role in roles_paid(cell.settings)}
    return prices | {"judge of the scores": price_of_judge(cell.judging)}


def check_experiment(plan: ExperimentPlan) -> list[Cell]:
    """Check the paths and keys of all cells, and list them.

    Raises:
        SettingsError, AssetError, RecordError: If one could not start, with the name of its system.
    """
    require_home(plan.folder, "an experiment", "--save-dir")
    plan.cases()
    check_judging(plan.settings.eval, plan.env)
    cells = find_cells(plan)
    for cell in cells:
        try:
            check_plan(sample_plan(plan, cell))
            check_prices(plan.settings.budget, prices_of(cell))
        except PsychAgentError as error:
            raise type(error)(f"system {cell.system!r}: {error}") from error
    return cells
