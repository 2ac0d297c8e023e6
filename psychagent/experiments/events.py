"""Events of an experiment: what its cells tell, and when each begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psychagent.evals.events import EvalEvent
from psychagent.evals.pairwise.plan import PairEvent
from psychagent.experiments.outcome import CellOutcome
from psychagent.runs.events import RunEvent, StopHeard


@dataclass(frozen=True)
class ExperimentBegan:
    """The cells are known; the first are about to start."""

    cells: int
    cases: int
    """Of each cell."""


@dataclass(frozen=True)
class InCell:
    """Something happened in a cell's run, or in its evaluation."""

    system: str
    seed: int
    event: RunEvent | EvalEvent


@dataclass(frozen=True)
class CellEnded:
    """A cell ended, or was stopped."""

    outcome: CellOutcome


@dataclass(frozen=True)
class InPairs:
    """Something happened while systems are compared in pairs."""

    event: PairEvent


ExperimentEvent = ExperimentBegan | InCell | CellEnded | InPairs | StopHeard
Tell = Callable[[ExperimentEvent], None]


def tell_nobody(event: ExperimentEvent) -> None:
    """Ignore an event."""
