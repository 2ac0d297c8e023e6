"""Compute norms, which rewards are standardized by, from your own evaluations; knows no graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import yaml

from psychagent.errors import ScoringError
from psychagent.evals.scales import read_scales
from psychagent.files.write import write_text
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import ScoreRow, read_rows
from psychagent.scales.reward import Norm, Norms, canonical
from psychagent.scales.scale import Scale

LEAST = 10
"""Fewest values from which a standard deviation is worth estimating."""
Course = tuple[str, str, str]


@dataclass(frozen=True)
class Score:
    """One score of one metric."""

    course: Course
    session: int
    name: str
    """Side and metric, in canonical form."""
    lower_is_better: bool
    value: float
    judge: str


@dataclass(frozen=True)
class ComputedNorms:
    """Norms, and the metrics for which none could be computed."""

    norms: Norms
    left_out: Mapping[str, str]
    """Metric -> reason."""
    sessions: int
    courses: int


def compute_norms(
    folder: Path, *, use: str = "raw", least: int = LEAST, all_metrics: bool = False
) -> ComputedNorms:
    """Compute norms from an evaluation's scores.

    Counselor: mean and standard deviation (n - 1) of the sessions' scores. Client: the same for the
    change from one session to the next within a course.

    Args:
        folder: Output folder of `psychagent eval`.
        use: `raw` or `verified` scores.
        least: Fewest values that a norm may be computed from.
        all_metrics: Include metrics of scales that are not part of the reward by default.

    Raises:
        RecordError: If the scores cannot be read, or were given on other scales than the evaluation holds.
        ScoringError: If several judges are mixed, or there are too few sessions for any norm.
    """
    EvalFolder(folder).refuse_other_kind()
    table = list(read_rows(EvalFolder(folder).table))
    scales = read_scales(folder, ((row.metric_name, row.scale_hash) for row in table))
    rows = list(_unique(score for row in table for score in _scores(row, use)))
    if not all_metrics:
        outside = _outside_reward(scales)
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
    computed = Norms(source=source, counselor=norms["counselor"], client=norms["client"])
    return ComputedNorms(computed, left_out, sessions, courses)


def _scores(row: ScoreRow, use: str) -> Iterator[Score]:
    """Yield the score of a row; nothing if it is missing."""
    value = row.verified if use == "verified" else row.raw
    if not row.missing and value is not None:
        yield Score(
            course=(row.baseline, row.modality, row.case_id),
            session=row.session_index,
            name=canonical(row.metric_name),
            lower_is_better=row.direction == "higher_worse",
            value=value,
            judge=row.judge_model,
        )


def _unique(rows: Iterable[Score]) -> Iterable[Score]:
    """Keep the last of duplicate rows."""
    return {(row.course, row.session, row.name): row for row in rows}.values()


def _outside_reward(scales: Mapping[str, Scale]) -> frozenset[str]:
    outside = (scale for scale in scales.values() if not scale.in_reward)
    return frozenset(canonical(metric.name) for scale in outside for metric in scale.metrics)


def _norms(rows: Sequence[Score], least: int) -> tuple[dict[str, dict[str, Norm]], dict[str, str]]:
    by_metric: defaultdict[str, list[Score]] = defaultdict(list)
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


def changes(rows: Iterable[Score]) -> Iterator[float]:
    """Yield one metric's change from each session to the next of its course; gaps are skipped."""
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
