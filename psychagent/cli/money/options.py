"""The options of `psychagent estimate`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from psychagent.cli.given.effect import Needs
from psychagent.cli.options import CaseOptions, JsonOption, RolloutsOption, RunOptions, finite
from psychagent.cli.runs.rft import RftOptions

SpeedOption = Annotated[
    float | None,
    typer.Option(
        "--tokens-per-sec",
        min=0.01,
        callback=finite,
        help="Tokens a second of one reply: says the hours, too.",
    ),
]
FirstOption = Annotated[
    float | None,
    typer.Option(
        "--first-token-sec", min=0, callback=finite, help="Seconds until a reply begins; default: 0.5."
    ),
    Needs("tokens_per_sec"),
]
CacheOption = Annotated[
    bool, typer.Option(help="Whether the servers keep the beginnings of prompts, which then cost less.")
]


@dataclass(frozen=True)
class EstimateOptions(CaseOptions):
    """The options of an estimate of courses."""

    RUN: ClassVar[type[RunOptions]] = RunOptions
    """The options of the run that is meant."""

    save_dir: Annotated[
        Path | None, typer.Option(help="Folder of runs: what is finished there is left out.")
    ] = None
    concurrency: Annotated[int | None, typer.Option(min=1, help="Cases at a time.")] = None
    max_cases: Annotated[int | None, typer.Option(min=1, help="Largest number of cases.")] = None
    max_sessions: Annotated[
        int | None, typer.Option(min=1, help="Largest number of sessions in a course.")
    ] = None
    sessions: Annotated[
        float | None,
        typer.Option(min=1, callback=finite, help="Mean sessions of a course; default: the most."),
    ] = None
    turns: Annotated[
        float | None,
        typer.Option(min=1, callback=finite, help="Mean counselor turns of a session; default: the most."),
    ] = None
    prefix_cache: CacheOption = True
    tokens_per_sec: SpeedOption = None
    first_token_sec: FirstOption = None
    as_json: JsonOption = False

    def as_run(self) -> RunOptions:
        """Return the options of the run that is meant."""
        shared = {field.name for field in fields(self.RUN)} & {field.name for field in fields(self)}
        return self.RUN(**{name: getattr(self, name) for name in shared})


@dataclass(frozen=True)
class RftEstimateOptions(EstimateOptions):
    """The options of an estimate of rollouts."""

    RUN: ClassVar[type[RunOptions]] = RftOptions

    rft_config: Annotated[
        Path | None, typer.Option(help="Rollout settings: a YAML file, or a bundled name.")
    ] = None
    rollouts: RolloutsOption = None

    def dataset_file(self) -> Path:
        """Return the file of case settings; by default, the cases reserved for rollouts."""
        return self.dataset or Path("rft")
