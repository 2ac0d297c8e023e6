"""Norms from one's own evaluations: what a reward compares rollouts with; knows no graph."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import yaml

from psychagent.errors import RecordError, ScoringError
from psychagent.files.write import write_text
from psychagent.scales.reward import Norm, Norms, canonical
from psychagent.scales.scale import load_scales

LEAST = 10
"""Fewer values than this say next to nothing about a spread."""
_NEEDED = frozenset(
    "baseline modality case_id session_index side metric direction missing raw verified judge_model".split()
)
Course = tuple[str, str, str]


@dataclass(frozen=True)
class Row:
    """One score of one metric."""

    course: Course
    session: int
    name: str
    """Side and metric, in canonical form."""
    lower_is_better: bool
    value: float
    judge: str


@dataclass(frozen=True)
class Computed:
    """Norms, and the metrics that could have none."""

    norms: Norms
    left_out: Mapping[str, str]
    """Metric -> why."""
    sessions: int
    courses: int


def compute_norms(
    folder: Path, *, use: str = "raw", least: int = LEAST, all_metrics: bool = False
) -> Computed:
    """Compute norms from an evaluation's scores.

    Counselor: mean and standard deviation (n - 1) of the sessions' scores. Client: the same of the
    change from a session to the next of its course.

    Args:
        folder: Output folder of `psychagent eval`.
        use: `raw` or `verified` scores.
        least: Fewest values that a metric's norm may rest on.
        all_metrics: Take in metrics of scales that do not enter the reward by default, too.

    Raises:
        RecordError: If the scores cannot be read.
        ScoringError: If several judges are mixed, or there are too few sessions for any norm.
    """
    rows = list(_unique(read_rows(folder / "scores.csv", use)))
    if not all_metrics:
        outside = _outside_reward()
        rows = [row for row in rows if row.name not in outside]
    judges = sorted({row.judge for row in rows})
    if len(judges) > 1:
        raise ScoringError(
            f"{folder.name}: was judged by {', '.join(judges)}; norms of several judges mean nothing: "
            "evaluate with one"
        )
    sessions, courses = len({(row.course, row.session) for row in rows}), len({row.course for row in rows})
    norms, left_out = _norms(rows, least)
    if not norms["counselor"]:
        raise ScoringError(
            f"{folder.name}: holds {sessions} scored sessions, too few for norms, which need {least} values "
            "a metric; evaluate more sessions, or lower --min-values"
        )
    source = (
        f"{sessions} sessions of {courses} courses in {folder.name}, {use} scores, judge {judges[0]}; "
        "client: change from a session to the next"
    )
    made = Norms(source=source, counselor=norms["counselor"], client=norms["client"])
    return Computed(made, left_out, sessions, courses)


def read_rows(path: Path, use: str) -> Iterator[Row]:
    """Read the scored rows of a table of scores; missing ones are left out.

    Raises:
        RecordError: If the file is missing, lacks a column, or a value is no number.
    """
    if not path.is_file():
        raise RecordError(f"{path}: no such file; run `psychagent eval` first")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        lacking = _NEEDED - set(reader.fieldnames or ())
        if lacking:
            raise RecordError(
                f"{path}: has no column {', '.join(sorted(lacking))}; evaluate again with this version"
            )
        for line, row in enumerate(reader, start=2):
            if row["missing"].strip().lower() in {"true", "1", "yes"}:
                continue
            try:
                yield _to_row(row, use)
            except (TypeError, ValueError) as error:
                raise RecordError(f"{path}, line {line}: {error}; evaluate again") from error


def _to_row(row: Mapping[str, str], use: str) -> Row:
    return Row(
        course=(row["baseline"], row["modality"], row["case_id"]),
        session=int(row["session_index"]),
        name=canonical(f"{row['side']}.{row['metric']}"),
        lower_is_better=row["direction"] == "higher_worse",
        value=float(row[use]),
        judge=row["judge_model"],
    )


def _unique(rows: Iterable[Row]) -> Iterable[Row]:
    """Keep the last of rows that stand twice."""
    return {(row.course, row.session, row.name): row for row in rows}.values()


def _outside_reward() -> frozenset[str]:
    scales = load_scales().values()
    return frozenset(canonical(m.name) for scale in scales if not scale.in_reward for m in scale.metrics)


def _norms(rows: Sequence[Row], least: int) -> tuple[dict[str, dict[str, Norm]], dict[str, str]]:
    by_metric: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_metric[row.name].append(row)
    norms: dict[str, dict[str, Norm]] = {"counselor": {}, "client": {}}
    left_out = {}
    for name, mine in sorted(by_metric.items()):
        side, _, key = name.partition(".")
        values = list(changes(mine)) if side == "client" else [row.value for row in mine]
        if len(values) < max(least, 2):
            what = "changes between sessions" if side == "client" else "sessions"
            left_out[name] = f"{len(values)} {what}, fewer than {max(least, 2)}"
        elif round(stdev(values), 4) == 0:
            left_out[name] = "the same value throughout: nothing can stand out from it"
        else:
            norms[side][key] = Norm(
                mean=round(mean(values), 4),
                std=round(stdev(values), 4),
                lower_is_better=mine[0].lower_is_better,
            )
    return norms, left_out


def changes(rows: Iterable[Row]) -> Iterator[float]:
    """Changes of one metric from each session to the next of its course; a gap between sessions has none."""
    values = {(row.course, row.session): row.value for row in rows}
    for (course, session), value in sorted(values.items()):
        after = values.get((course, session + 1))
        if after is not None:
            yield after - value


def write_norms(norms: Norms, path: Path) -> None:
    """Write norms as the YAML that rollout settings name under `norms`.

    Raises:
        RecordError: If it cannot be written.
    """
    data = norms.model_dump(mode="json", exclude_defaults=True) | {"clip": norms.clip}
    write_text(path, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
