"""What a comparison's report is made from, read from evaluations' folders; words nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psychagent.evals.safety.rates import SafetyNumbers, count_safety
from psychagent.evals.scales import read_scales
from psychagent.evals.systems.load import System
from psychagent.evals.systems.numbers import Contest, Tables
from psychagent.records.evaluation import EvalFolder
from psychagent.reports.evaluation.danger import gather_safety
from psychagent.reports.evaluation.published import Published
from psychagent.stats.panels import MetricId, Panel


@dataclass(frozen=True)
class Material:
    """What the sections are made from."""

    systems: Mapping[str, System]
    contest: Contest
    tables: Tables
    safety: Mapping[str, SafetyNumbers]
    published: Published | None
    """None where the paper's numbers are not asked for."""

    @property
    def is_script(self) -> bool:
        """Whether a script had a part in any of the numbers."""
        return any(system.is_script for system in self.systems.values())

    @property
    def script_notes(self) -> tuple[str, ...]:
        """What a script contributed."""
        seeds = (scores for system in self.systems.values() for scores in system.seeds)
        return tuple(dict.fromkeys(note for scores in seeds for note in scores.script_notes))

    @property
    def headlines(self) -> Mapping[MetricId, str]:
        """How the headline counts each metric that occurs, by its name."""
        frames = [system.frame[["side", "metric", "headline"]] for system in self.systems.values()]
        rows = (row for frame in frames for row in frame.drop_duplicates().itertuples(index=False))
        return {MetricId(str(side), str(key)): str(headline) for side, key, headline in rows}

    @property
    def paper(self) -> Mapping[str, Mapping[Panel, float]]:
        """The paper's numbers by system; never beside those of a script."""
        if self.published is None or self.is_script:
            return {}
        table = self.published.table1
        return {row.model: table.by_panel(row) for row in table.rows}


def read_safety_of(system: System) -> SafetyNumbers:
    """Count what is known of danger in the sessions of all of a system's evaluations.

    Raises:
        RecordError: If a table cannot be read, or rests on scales that the evaluation does not hold.
    """
    folders = [EvalFolder(scores.folder) for scores in system.seeds]
    rows = [row for folder in folders for row in gather_safety(folder).rows]
    judged = any(row.status for row in rows)
    scales = [read_scales(folder.path, ()) for folder in folders] if judged else []
    return count_safety(rows, {name: scale for found in scales for name, scale in found.items()})
