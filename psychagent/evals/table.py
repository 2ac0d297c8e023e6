"""Load the scores.csv of an evaluation as a table with checked columns; computes no statistics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]

from psychagent.domain.script_note import JUDGED_BY_SCRIPT, MADE_WITH_SCRIPT
from psychagent.domain.usage import RoleUsage
from psychagent.errors import RecordError
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import COUNTS, FLAGS, SCORES, TEXT
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
    if not path.is_file():
        raise RecordError(f"{path}: no such file; run `psychagent eval --output-root {folder}` first")
    summary = read_summary(files.summary) if files.summary.is_file() else EvalSummary()
    chosen = use or summary.use
    frame = _read(path)
    if frame.empty:
        raise RecordError(f"{path}: holds no scores; evaluate at least one session")
    repeated = frame.duplicated(KEY, keep="last")
    frame = _with_values(frame[~repeated].reset_index(drop=True), chosen)
    return Scores(folder, frame, chosen, summary, int(repeated.sum()))


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, OSError) as error:
        raise RecordError(f"{path}: cannot be read as a table ({error}); evaluate again") from error
    needed = [*TEXT, *COUNTS, *FLAGS, *SCORES, "session_index"]
    lacking = [name for name in needed if name not in frame.columns]
    if lacking:
        raise RecordError(f"{path}: has no column {', '.join(lacking)}; evaluate again with this version")
    for name in [*COUNTS, *SCORES, "session_index"]:
        frame[name] = _to_numbers(frame[name], path)
    for name in [*COUNTS, "session_index"]:
        frame[name] = frame[name].fillna(0).astype(int)
    for name in FLAGS:
        frame[name] = frame[name].str.lower().isin(["true", "1", "yes"])
    return frame


def _to_numbers(column: pd.Series, path: Path) -> pd.Series:
    try:
        return pd.to_numeric(column.where(column != "", None).astype(object), errors="raise").astype(float)
    except (ValueError, TypeError) as error:
        raise RecordError(
            f"{path}: column {column.name!r} holds no number ({error}); evaluate again"
        ) from error


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
