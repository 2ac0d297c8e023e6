"""Which runs of an experiment people can rate."""

from __future__ import annotations

from pathlib import Path

from psychagent.errors import RecordError
from psychagent.experiments.plan import ExperimentPlan, find_cells
from psychagent.experiments.status import CellState, experiment_status

_HELD = {CellState.HELD, CellState.DONE, CellState.FAILED}
"""States of a cell in which no more courses come by themselves."""
_TOLD = 3


def held_runs(plan: ExperimentPlan) -> dict[str, tuple[Path, ...]]:
    """Map each system to its runs, in order of the seeds.

    Raises:
        RecordError: Naming the cells whose courses are not over: a study without them would look whole.
    """
    open_cells = [cell for cell in experiment_status(plan).cells if cell.state not in _HELD]
    if open_cells:
        told = "; ".join(f"{cell.system}, seed {cell.seed}" for cell in open_cells[:_TOLD])
        more = f" and {len(open_cells) - _TOLD} more" if len(open_cells) > _TOLD else ""
        raise RecordError(
            f"{plan.folder}: no courses yet of {told}{more}; go on with `psychagent experiment run`"
        )
    cells = find_cells(plan)
    return {
        name: tuple(cell.run.path for cell in cells if cell.system == name) for name in plan.settings.systems
    }
