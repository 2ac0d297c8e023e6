"""Made-up score tables by the contract of `psychagent eval`, for the tests of the report."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from psychagent.scales.metrics import MetricInfo, list_metrics
from psychagent.scales.scale import load_scales
from tests.support.every import MODALITIES

COLUMNS = (
    "case_id modality session_index side metric group direction headline raw verified missing reason n_items "
    "n_departures n_quotes n_verified n_set_back n_absent calls prompt_tokens cached_tokens "
    "completion_tokens judge_model is_script prompt_hash scale_hash source_file baseline"
).split()

"""Those of every version; a row may have later ones too."""

Row = dict[str, Any]
Value = Callable[[str, int, MetricInfo], float | None]


@cache
def scale_metrics(modality: str) -> list[MetricInfo]:
    return [info for info in list_metrics(load_scales()).values() if modality in info.scale.modalities]


def make_row(modality: str, case: str, session: int, info: MetricInfo, value: float | None) -> Row:
    missing = value is None
    first = info.scale.metrics[0] is info.metric
    return {
        "case_id": case,
        "modality": modality,
        "session_index": session,
        "side": info.id.side,
        "metric": info.id.key,
        "group": info.scale.group,
        "direction": info.metric.direction,
        "headline": info.metric.headline,
        "raw": "" if value is None else f"{value:.6g}",
        "verified": "" if value is None else f"{(value + 5) / 2:.6g}",
        "missing": missing,
        "reason": "the endpoint never answered in the form asked for" if missing else "",
        "n_items": 0 if missing else len(info.scale.items),
        "n_departures": 0 if missing else 3,
        "n_quotes": 0 if missing else 4,
        "n_verified": 0 if missing else 3,
        "n_set_back": 0 if missing else 1,
        "n_absent": 0,
        "calls": int(first),
        "prompt_tokens": 1500 * first,
        "cached_tokens": 1200 * first,
        "completion_tokens": 200 * first,
        "judge_model": "judge-a",
        "is_script": False,
        "prompt_hash": "p1",
        "scale_hash": info.scale.hash,
        "source_file": f"{modality}/{case}/session_{session}.json",
        "baseline": "system-a",
    }


def make_rows(
    value: Value, *, modalities: Sequence[str] = MODALITIES, cases: int = 4, sessions: int = 3
) -> list[Row]:
    return list(_rows(value, modalities, cases, sessions))


def _rows(value: Value, modalities: Sequence[str], cases: int, sessions: int) -> Iterator[Row]:
    for modality in modalities:
        for case in range(1, cases + 1):
            for session in range(1, sessions + 1):
                for info in scale_metrics(modality):
                    name = f"{modality}_{case:03}"
                    yield make_row(modality, name, session, info, value(name, session, info))


def noisy(seed: int = 1, shift: float = 0.0) -> Value:
    """Scores that differ by metric, case and session, with a few missing."""
    rng = np.random.default_rng(seed)
    of_case: dict[str, float] = {}

    def value(case: str, session: int, info: MetricInfo) -> float | None:
        of_case.setdefault(case, float(rng.normal(0, 0.7)))
        if rng.random() < 0.03:
            return None
        sign = -1 if info.metric.headline == "invert" else 1
        middle = 2.0 if sign < 0 else 6.5
        level = middle + sign * (of_case[case] + 0.25 * session + shift + rng.normal(0, 0.4))
        return float(np.clip(level, 0, 10))

    return value


def write_table(folder: Path, rows: list[Row], *, name: str = "scores.csv", **summary: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as stream:
        later = [name for name in (rows[0] if rows else ()) if name not in COLUMNS]
        writer = csv.DictWriter(stream, [*COLUMNS, *later], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder
