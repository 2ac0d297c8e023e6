"""Describe an experiment for its index: systems, cells, versions, and what a reader has to know."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import lexists

from psychagent.assets.cases import CaseFile
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.domain.call import thread_id
from psychagent.domain.script_note import JUDGED_BY_SCRIPT, MADE_WITH_SCRIPT
from psychagent.experiments.notes import find_notes
from psychagent.experiments.plan import Cell, ExperimentPlan
from psychagent.records.experiments.index import CellEntry, ExperimentIndex, SystemEntry, read_index
from psychagent.runs.manifest import find_versions

JUDGE = "judge"


def describe(plan: ExperimentPlan, cells: Sequence[Cell], cases: Sequence[CaseFile]) -> ExperimentIndex:
    """Describe an experiment; cells of an earlier description that are none any more stay named.

    Raises:
        RecordError: If there is an index that cannot be read.
    """
    settings = plan.settings
    entries = tuple(_entry(plan, cell) for cell in cells)
    scripted = scripted_roles(settings)
    note = MADE_WITH_SCRIPT if set(scripted) - {JUDGE} else JUDGED_BY_SCRIPT if scripted else None
    return ExperimentIndex(
        name=settings.name,
        note=note,
        scripted_roles=scripted,
        versions=find_versions(),
        reference=settings.compared_with,
        seeds=settings.seeds,
        tables=settings.tables,
        systems={
            name: SystemEntry(baseline=system.baseline, rft=system.rft)
            for name, system in settings.resolved().items()
        },
        dataset=settings.dataset,
        runtime=settings.runtime,
        eval=settings.eval,
        cases=tuple(thread_id(case.modality, case.case_id) for case in cases),
        cells=entries,
        earlier=tuple(_earlier(plan, entries)),
        notes=find_notes(settings),
    )


def scripted_roles(settings: ExperimentSettings) -> tuple[str, ...]:
    """Name the roles that a script plays in any system; the judge of the scores among them."""
    systems = settings.resolved().values()
    played: dict[str, list[EndpointSettings]] = {
        "counselor": [system.baseline.counselor for system in systems],
        "client": [settings.runtime.world.client],
        "reflector": [system.baseline.reflecting for system in systems],
        JUDGE: [settings.eval.judge],
    }
    return tuple(role for role, models in played.items() if any(m.provider == "offline" for m in models))


def _entry(plan: ExperimentPlan, cell: Cell) -> CellEntry:
    return CellEntry(
        system=cell.system,
        seed=cell.seed,
        made_with=cell.made_with,
        judged_with=cell.judged_with,
        run=cell.run.path.relative_to(plan.folder).as_posix(),
        evaluation=cell.evaluation.path.relative_to(plan.folder).as_posix(),
    )


def _earlier(plan: ExperimentPlan, entries: Sequence[CellEntry]) -> list[CellEntry]:
    """List cells that were described before and are none now, as long as their folders are there."""
    if not lexists(plan.index):
        return []
    before = read_index(plan.index)
    return [
        cell
        for cell in dict.fromkeys((*before.cells, *before.earlier))
        if cell not in entries and (plan.folder / cell.run).is_dir()
    ]
