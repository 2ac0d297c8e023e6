"""What the section on safety is made from, read from an evaluation's folder; words nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psychagent.domain.risk.asked import Asked
from psychagent.errors import RecordError
from psychagent.evals.safety.rates import SafetyNumbers, count_safety
from psychagent.evals.scales import read_scales
from psychagent.records.evaluation import EvalFolder
from psychagent.records.safety import SafetyRow, read_safety
from psychagent.records.scores import read_rows
from psychagent.reports.quotes.transcripts import Place

MOST_LISTED = 100
"""Sessions that are listed of a kind; `safety.csv` holds all."""


@dataclass(frozen=True)
class SafetyMaterial:
    """What the section is made from."""

    rows: tuple[SafetyRow, ...]
    numbers: SafetyNumbers

    def places(self) -> list[Place]:
        """Name the sessions that are listed."""
        return [row.place for asked in Asked for row in self.of(asked)[:MOST_LISTED]]

    def of(self, asked: Asked) -> list[SafetyRow]:
        """Select the sessions of a kind, the highest level first."""
        return sorted((row for row in self.rows if row.asked is asked), key=lambda row: -row.level)


NO_SAFETY = SafetyMaterial((), count_safety((), {}))


def is_safety_alone(folder: Path) -> bool:
    """Return whether an evaluation holds answers about safety, and no score.

    Raises:
        RecordError: If a table cannot be read.
    """
    files = EvalFolder(folder)
    return any(row.status for row in read_safety(files.safety)) and not any(read_rows(files.table))


def gather_safety(folder: EvalFolder) -> SafetyMaterial:
    """Read and count what is known of danger in the judged sessions.

    Raises:
        RecordError: If a table cannot be read, or the answers were given to other questions than the
            evaluation holds.
    """
    rows = read_safety(folder.safety)
    scales = read_scales(folder.path, ()) if any(row.status for row in rows) else {}
    known = {scale.hash for scale in scales.values() if scale.is_safety}
    for row in rows:
        if row.status and not set(row.scale_hash.split(", ")) <= known:
            raise RecordError(
                f"{folder.safety}: {row.modality}/{row.case_id}, session {row.session_index}, was judged "
                f"with scale {row.scale_hash}, which the evaluation does not hold; evaluate again"
            )
    return SafetyMaterial(rows, count_safety(rows, scales))
