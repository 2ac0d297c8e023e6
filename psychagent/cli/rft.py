"""`psychagent rft`: courses in which each session is the best of n rollouts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.options import (
    BaselineOption,
    DatasetOption,
    LanguageOption,
    MaxSessionsOption,
    ModalitiesOption,
    RuntimeOption,
    SaveDirOption,
    default_cache_dir,
    read_settings,
)


def rft(
    baseline: BaselineOption = None,
    runtime: RuntimeOption = None,
    dataset: DatasetOption = None,
    rft_config: Annotated[Path | None, typer.Option(help="Rollout settings (YAML).")] = None,
    rollouts: Annotated[
        int | None, typer.Option("-n", "--rollouts", min=2, help="Rollouts a session.")
    ] = None,
    save_dir: SaveDirOption = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Cases at a time.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a run that is there.")] = True,
    overwrite: Annotated[bool, typer.Option(help="Remove a run that is there and start anew.")] = False,
    max_cases: Annotated[int | None, typer.Option(min=1, help="Most cases.")] = None,
    max_sessions: MaxSessionsOption = None,
    modalities: ModalitiesOption = None,
    language: LanguageOption = None,
) -> None:
    """Generate courses by best-of-n rollouts. Without options: offline, n = 4, scripted judge."""
    import os

    from rich.console import Console

    from psychagent.assets.locate import asset_dir
    from psychagent.assets.settings.rollouts import RftSettings
    from psychagent.cli.sample import run_watched
    from psychagent.errors import SettingsError
    from psychagent.files.read import load_model
    from psychagent.runs.sample import SamplePlan

    settings = read_settings(
        baseline=baseline,
        runtime=runtime,
        dataset=dataset or asset_dir("configs") / "datasets" / "rft.yaml",
        language=language,
        concurrency=concurrency,
        max_cases=max_cases,
        max_sessions=max_sessions,
        modalities=modalities,
    )
    chosen = load_model(
        RftSettings, rft_config or asset_dir("configs") / "rft" / "default.yaml", SettingsError
    )
    if rollouts is not None:
        least = min(chosen.min_rollouts, rollouts)
        chosen = chosen.model_copy(update={"rollout_n": rollouts, "min_rollouts": least})
    plan = SamplePlan(
        settings[0]
        if max_sessions is None
        else settings[0].model_copy(update={"max_sessions": max_sessions}),
        *settings[1:],
        save_dir=save_dir or settings[1].machine.save_dir or Path.cwd() / "rft",
        env=os.environ,
        cache_dir=default_cache_dir(settings[1]),
        resume=resume,
        overwrite=overwrite,
        rft=chosen,
    )
    raise typer.Exit(run_watched(plan, Console()))
