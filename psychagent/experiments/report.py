"""Which evaluations of an experiment can be compared."""

from __future__ import annotations

from pathlib import Path

from psychagent.errors import RecordError
from psychagent.experiments.plan import ExperimentPlan, find_cells
from psychagent.files.given import require
from psychagent.records.folder import SCORES

_TOLD = 3


def judged_folders(plan: ExperimentPlan) -> dict[str, tuple[Path, ...]]:
    """Map each system to its evaluations, in order of the seeds.

    Raises:
        RecordError: Naming the cells that have no scores yet: a table without them would look whole.
    """
    cells = find_cells(require(ExperimentPlan, plan, "the plan"))
    lacking = [cell.name for cell in cells if not (cell.evaluation.path / SCORES).is_file()]
    if lacking:
        more = f" and {len(lacking) - _TOLD} more" if len(lacking) > _TOLD else ""
        raise RecordError(
            f"{plan.folder}: no scores yet of {'; '.join(lacking[:_TOLD])}{more}; go on with "
            "`psychagent experiment run`"
        )
    return {
        name: tuple(cell.evaluation.path for cell in cells if cell.system == name)
        for name in plan.settings.systems
    }
