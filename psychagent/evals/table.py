"""Load the scores.csv of an evaluation as a table with checked columns; computes no statistics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]

from psychagent.domain.script_note import JUDGED_BY_SCRIPT, MADE_WITH_SCRIPT
from psychagent.domain.usage import RoleUsage
from psychagent.errors import RecordError
from psychagent.files.digest import hash_file
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import COLUMNS, ScoreRow, read_rows
from psychagent.records.summary import EvalSummary, read_summary
from psychagent.stats.bootstrap import Cell
from psychagent.stats.panels import MetricId, ScoreCell, to_headline

SPENT = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens")
KEY = ["baseline", "modality", "case_id", "session_index", "side", "metric"]
SESSION = ["baseline", "modality", "case_id", "session_index"]


@dataclass(frozen=True)
class Scores:
    """The scores of one evaluation."""

    folder: Path
    frame: pd.DataFrame
    """One row per session and metric. In addition to the file's columns: `case` (unique over modalities
    and baselines) and `value`, the chosen score as the headline counts it, NaN where missing."""
    use: str = "raw"
    summary: EvalSummary = EvalSummary()
    """Empty where the folder holds none."""
    duplicates: int = 0
    """Duplicate rows dropped; the last of each was kept."""

    @property
    def is_script(self) -> bool:
        """Whether a script instead of a language model judged or spoke."""
        return bool(self.script_notes)

    @property
    def script_notes(self) -> tuple[str, ...]:
        """Notes for the reader on what a script contributed."""
        judged = self.frame["is_script"].any() or self.summary.is_script
        made = self.summary.scripted_roles
        return (*([JUDGED_BY_SCRIPT] if judged else []), *([MADE_WITH_SCRIPT] if made else []))

    @property
    def modalities(self) -> list[str]:
        """Modalities that occur, sorted."""
        return sorted(self.frame["modality"].unique())

    @property
    def baselines(self) -> list[str]:
        """Systems that occur, sorted."""
        return sorted(name for name in self.frame["baseline"].unique() if name)

    @property
    def metrics(self) -> list[MetricId]:
        """Metrics that occur, missing ones included."""
        pairs = self.frame[["side", "metric"]].drop_duplicates().itertuples(index=False)
        return sorted(MetricId(str(side), str(key)) for side, key in pairs)

    @property
    def judged_on(self) -> list[tuple[str, str]]:
        """Metrics that occur, such as `counselor.WAI`, each with the hash of its scale."""
        rows = self.frame[["side", "metric", "scale_hash"]].drop_duplicates().itertuples(index=False)
        return [(f"{side}.{metric}", str(seen)) for side, metric, seen in rows]

    @property
    def used(self) -> RoleUsage:
        """Calls and tokens; the table counts those of a scale once, however many metrics it yields."""
        return RoleUsage(**{name: int(self.frame[name].sum()) for name in SPENT})

    def count_cases(self) -> int:
        """Count the cases."""
        return int(self.frame["case"].nunique())

    def count_sessions(self) -> int:
        """Count the sessions."""
        return len(self.frame[SESSION].drop_duplicates())


def load_scores(folder: Path, use: str | None = None, *, worthless: bool = False) -> Scores:
    """Read the table and the summary of an evaluation's folder.

    Args:
        folder: Output folder of `psychagent eval`.
        use: `raw` or `verified`; None means what the evaluation was configured for, else `raw`.
        worthless: Read the table of worthless sessions, which has the same columns.

    Raises:
        RecordError: If there is no table, a column is missing, or a value cannot be read.
    """
    files = EvalFolder(folder)
    path = files.worthless_table if worthless else files.table
    summary = read_summary(files.summary) if files.summary.is_file() else EvalSummary()
    check_tables(folder, summary)
    chosen = use or summary.use
    frame = _to_frame(read_rows(path))
    if frame.empty:
        raise RecordError(f"{path}: holds no scores; evaluate at least one session")
    repeated = frame.duplicated(KEY, keep="last")
    frame = _with_values(frame[~repeated].reset_index(drop=True), chosen)
    return Scores(folder, frame, chosen, summary, int(repeated.sum()))


def check_tables(folder: Path, summary: EvalSummary) -> None:
    """Check that the tables of an evaluation are those that it was summed up from.

    Raises:
        RecordError: Naming the first that is missing or was changed.
    """
    for name, digest in summary.tables.items():
        path = folder / name
        if hash_file(path) != digest:
            raise RecordError(
                f"{path}: is not the table that the evaluation wrote; evaluate again, which asks no judge "
                "about what is judged"
            )


_NUMBERS = ("raw", "verified", "coverage", "evidenced")
"""Columns with empty cells, which stand for no number."""


def _to_frame(rows: Iterable[ScoreRow]) -> pd.DataFrame:
    frame = pd.DataFrame([[getattr(row, name) for name in COLUMNS] for row in rows], columns=list(COLUMNS))
    return frame.astype({"modality": str, **dict.fromkeys(_NUMBERS, float)})


def _with_values(frame: pd.DataFrame, use: str) -> pd.DataFrame:
    several = frame["baseline"].nunique() > 1
    names = frame["modality"] + "/" + frame["case_id"]
    frame["case"] = frame["baseline"] + "/" + names if several else names
    frame["value"] = headline_values(frame, use)
    return frame


def headline_values(frame: pd.DataFrame, use: str) -> list[float]:
    """Return raw or verified scores as the headline counts them, NaN where missing."""
    rows = zip(frame[use], frame["headline"], frame["missing"], strict=True)
    return [float("nan") if missing else to_headline(value, transform) for value, transform, missing in rows]


def to_cells(frame: pd.DataFrame, column: str = "value") -> list[ScoreCell]:
    """Return the scored rows as cells, by case within modality; missing ones are left out."""
    scored = frame[frame[column].notna()]
    rows = zip(
        scored["case"], scored["modality"], scored["side"], scored["metric"], scored[column], strict=True
    )
    return [Cell(case, MetricId(side, key), value, modality) for case, modality, side, key, value in rows]
