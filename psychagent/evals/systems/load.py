"""Load the evaluations of several systems, each under a name of its own, one evaluation for each seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]

from psychagent.errors import RecordError, SettingsError
from psychagent.evals.scales import read_scales
from psychagent.evals.table import Scores, load_scores
from psychagent.files.kind import resolved
from psychagent.records.evaluation import EvalFolder
from psychagent.scales.metrics import MetricInfo, list_metrics
from psychagent.stats.panels import MetricId


@dataclass(frozen=True)
class System:
    """One system's evaluations."""

    name: str
    seeds: tuple[Scores, ...]
    infos: Mapping[MetricId, MetricInfo]
    """The metrics of the scales that it was judged on."""

    @property
    def frames(self) -> list[pd.DataFrame]:
        """Return the tables of scores, one for each seed."""
        return [scores.frame for scores in self.seeds]

    @property
    def frame(self) -> pd.DataFrame:
        """Return all scores, in which the sessions of all seeds of a case belong to that case."""
        return pd.concat(self.frames, ignore_index=True)

    @property
    def is_script(self) -> bool:
        """Whether a script instead of a language model judged or spoke."""
        return any(scores.is_script for scores in self.seeds)


def load_systems(folders: Mapping[str, Sequence[Path]], use: str | None = None) -> dict[str, System]:
    """Load the evaluations of systems.

    Args:
        folders: System -> its evaluations, one for each seed.
        use: `raw` or `verified`; None is what the first evaluation was configured for.

    Raises:
        SettingsError: If fewer than two systems are named, or an evaluation twice.
        RecordError: If an evaluation cannot be read, or holds several systems.
    """
    check_several(folders)
    _check_once(folders)
    found: dict[str, System] = {}
    for name, paths in folders.items():
        seeds = []
        for path in paths:
            EvalFolder(path).check_table()
            scores = load_scores(path, use)
            _check_one_system(scores)
            use = scores.use
            seeds.append(scores)
        if not seeds:
            raise SettingsError(f"system {name!r} has no evaluation; name at least one")
        found[name] = System(name, tuple(seeds), _infos(seeds))
    return found


def check_several(folders: Mapping[str, Sequence[Path]]) -> None:
    """Check that there is something to compare.

    Raises:
        SettingsError: If there are fewer than two systems.
    """
    if len(folders) < 2:
        given = f"only one system is given ({', '.join(folders)})" if folders else "no system is given"
        raise SettingsError(f"{given}; name evaluations of two or more")


def _check_once(folders: Mapping[str, Sequence[Path]]) -> None:
    seen: dict[Path, str] = {}
    for name, paths in folders.items():
        for path in paths:
            if (place := resolved(path)) in seen:
                raise SettingsError(
                    f"{path}: is given twice, as {seen[place]!r} and as {name!r}; name every evaluation once"
                )
            seen[place] = name


def _check_one_system(scores: Scores) -> None:
    if len(scores.baselines) > 1:
        raise RecordError(
            f"{scores.folder}: holds scores of several systems ({', '.join(scores.baselines)}); evaluate "
            "each into its own folder"
        )


def _infos(seeds: Iterable[Scores]) -> dict[MetricId, MetricInfo]:
    infos: dict[MetricId, MetricInfo] = {}
    for scores in seeds:
        infos |= list_metrics(read_scales(scores.folder, scores.judged_on))
    return infos
