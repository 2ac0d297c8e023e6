"""`psychagent export`: training data from the sessions of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from psychagent.cli.given.effect import Needs
from psychagent.cli.lazy import Later
from psychagent.cli.options import finite, split_words
from psychagent.domain.script_note import WORDS_OF_SCRIPT
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.export.formats import Format
from psychagent.export.plan import Exported, ExportPlan, PairUnit, RewardFilter, check_export
from psychagent.export.sample import DEFAULT_TASKS, TASKS, Task

RUN_EXPORT: Later[Callable[[ExportPlan], Exported]] = Later("psychagent.export.write:run_export")


def export(
    run_dir: Annotated[Path, typer.Argument(help="<save_dir>/<baseline> of `sample` or `rft`.")],
    out: Annotated[Path, typer.Option(help="File to write (JSONL).")],
    format: Annotated[Format, typer.Option(help="Format of each row.")] = "prompt-completion",
    tasks: Annotated[
        str | None, typer.Option(help=f"Any of {', '.join(TASKS)}, separated by commas.")
    ] = None,
    min_reward: Annotated[
        float | None, typer.Option(callback=finite, help="Lowest reward of a session.")
    ] = None,
    min_margin: Annotated[
        float | None,
        typer.Option(
            callback=finite, help="Smallest lead over the next best rollout, or over the rejected one."
        ),
    ] = None,
    top_fraction: Annotated[
        float | None,
        typer.Option(callback=finite, help="Best share of each modality's sessions, above 0, up to 1."),
    ] = None,
    split: Annotated[str, typer.Option(help="Splits by case, such as train=0.9,val=0.1.")] = "",
    keep_think: Annotated[
        bool, typer.Option("--keep-think/--strip-think", help="Keep the counselor's thoughts.")
    ] = True,
    pairs: Annotated[
        PairUnit,
        typer.Option(help="Preference: whole `session`s, or the first `reply` that differs."),
        Needs("format", "preference"),
    ] = "session",
    allow_changed_prompts: Annotated[
        bool, typer.Option("--allow-changed-prompts", help="Rebuild with prompts that have changed.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the split; default: 0."), Needs("split")] = None,
) -> None:
    """Write training data from a run, with a data card beside it."""
    if top_fraction is not None and not 0 < top_fraction <= 1:
        raise SettingsError(f"--top-fraction has {top_fraction:g}; give a share above 0, up to 1")
    plan = ExportPlan(
        run=run_dir,
        out=out,
        format=format,
        tasks=read_tasks(tasks, format),
        rewards=RewardFilter(min_reward, min_margin, top_fraction),
        split=split,
        keep_think=keep_think,
        pairs=pairs,
        allow_changed_prompts=allow_changed_prompts,
        seed=seed or 0,
    )
    check_export(plan)
    show_export(RUN_EXPORT.load()(plan))


def read_tasks(text: str | None, format: Format) -> tuple[Task, ...]:
    """Read a comma-separated list of tasks, in the order of the paper's pipeline.

    Raises:
        SettingsError: Naming the word that is not a task, or the task that has no pairs.
    """
    if text is None:
        return ("counselor",) if format == "preference" else DEFAULT_TASKS
    words = split_words(text)
    for word in words:
        if word not in TASKS:
            raise SettingsError(f"--tasks has {shown(word)}{nearest(word, TASKS)}")
        if format == "preference" and word != "counselor":
            raise SettingsError(
                f"--tasks has {shown(word)}; rollouts are compared by what the counselor says, so preference "
                "data holds that alone"
            )
    return tuple(task for task in TASKS if task in words)


def show_export(result: Exported) -> None:
    """Print what was written and what was left out."""
    for name, counts in result.card["splits"].items():
        tasks = ", ".join(f"{task} {number}" for task, number in counts["by_task"].items())
        tokens = counts["tokens"]
        typer.echo(
            f"{name}: {counts['samples']} samples of {counts['cases']} cases ({tasks}); "
            f"{tokens['with_loss']} tokens with loss, longest sample {tokens['longest']}"
        )
        typer.echo(f"  {result.files[name]}")
    omitted = {
        "duplicates": result.card["duplicates"],
        **result.card["dropped_sessions"],
        **result.card["skipped"],
    }
    for reason, number in omitted.items():
        if number:
            typer.echo(f"left out: {reason}: {number}")
    if result.card["source"]["is_script"]:
        typer.secho(WORDS_OF_SCRIPT, fg="yellow")
    typer.echo(f"Data card: {result.card_markdown}")
