"""An evaluation's files: one JSON a session, the table of scores, the summary."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from psychagent.domain.scores import Evidence, MetricScore, ScaleResult, SessionScores
from psychagent.domain.usage import RoleUsage
from psychagent.errors import RecordError
from psychagent.evals.find import Found
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_text
from psychagent.scales.scale import Metric, Scale

DEGENERATE = "degenerate"
COLUMNS = (
    "case_id modality session_index side metric group direction headline raw verified missing reason "
    "n_items n_departures n_quotes n_verified n_set_back n_absent calls prompt_tokens cached_tokens "
    "completion_tokens judge_model is_script prompt_hash scale_hash source_file baseline"
).split()


def scores_path(root: Path, found: Found) -> Path:
    """Return where a session's scores stand."""
    modality, case_id, index = found.place
    return root / modality / case_id / f"session_{index}.json"


def write_scores(path: Path, scores: SessionScores) -> None:
    """Write a session's scores."""
    write_text(path, scores.model_dump_json(indent=1) + "\n")


def read_scores(path: Path) -> SessionScores | None:
    """Read a session's scores; None where there are none.

    Raises:
        RecordError: If the file cannot be read.
    """
    if not path.exists():
        return None
    return to_model(SessionScores, read_json(path), origin=str(path), raise_as=RecordError)


def keep_finished(
    before: SessionScores | None,
    fresh: SessionScores,
    scales: Mapping[str, Scale],
    *,
    asked: Sequence[str],
) -> dict[str, ScaleResult]:
    """Choose the stored scales that need not be asked again.

    They were filled in, by the same judge with the same prompts, of the same dialogue, and the
    scale has not changed since. A missing one stays where it is not asked for this time.
    """
    if before is None or before.mark != fresh.mark or before.input_hash != fresh.input_hash:
        return {}
    return {
        name: result
        for name, result in before.scales.items()
        if name in scales
        and result.hash == scales[name].hash
        and (result.status == "ok" or name not in asked)
    }


def to_csv(sessions: Iterable[SessionScores], scales: Mapping[str, Scale]) -> str:
    """Write the table: one row per session and metric.

    Calls and tokens of a scale stand in the row of its first metric and are 0 in the others, so
    that a column's sum is what was spent.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for scores in sessions:
        for name, result in scores.scales.items():
            if name in scales:
                writer.writerows(_rows(scores, result, scales[name].metrics))
    return stream.getvalue()


def _rows(scores: SessionScores, result: ScaleResult, metrics: Sequence[Metric]) -> Iterator[dict[str, Any]]:
    common = {
        "case_id": scores.case_id,
        "modality": scores.modality.value,
        "session_index": scores.session_index,
        "judge_model": scores.judge_model,
        "is_script": scores.is_script,
        "prompt_hash": scores.prompt_hash,
        "source_file": scores.source_file,
        "baseline": scores.baseline,
        "group": result.group,
        "scale_hash": result.hash,
        "missing": result.status == "missing",
        "reason": result.reason,
    }
    for place, metric in enumerate(metrics):
        found = result.metrics.get(metric.name)
        yield (
            common | _metric_cells(metric, found) | _cost(result.usage.total() if place == 0 else RoleUsage())
        )


def _metric_cells(metric: Metric, found: MetricScore | None) -> dict[str, Any]:
    weight = found.evidence if found else Evidence()
    return {
        "side": metric.side,
        "metric": metric.key,
        "direction": metric.direction,
        "headline": metric.headline,
        "raw": f"{found.raw:.6g}" if found else "",
        "verified": f"{found.verified:.6g}" if found else "",
        "n_items": weight.items,
        "n_departures": weight.departures,
        "n_quotes": weight.quotes,
        "n_verified": weight.verified,
        "n_set_back": weight.set_back,
        "n_absent": weight.absent,
    }


def _cost(used: RoleUsage) -> dict[str, int]:
    return {
        name: getattr(used, name) for name in ("calls", "prompt_tokens", "cached_tokens", "completion_tokens")
    }
