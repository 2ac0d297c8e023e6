"""`psychagent sample`: generate courses for many cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psychagent.cli.options import (
    BaselineOption,
    DatasetOption,
    LanguageOption,
    MaxSessionsOption,
    ModalitiesOption,
    RuntimeOption,
    SaveDirOption,
    choose_save_dir,
    default_cache_dir,
    read_settings,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from psychagent.cli.watch import Reporter
    from psychagent.runs.events import InCase, RunEvent, Tell
    from psychagent.runs.outcome import Outcome, RunResult
    from psychagent.runs.sample import SamplePlan


def sample(
    baseline: BaselineOption = None,
    runtime: RuntimeOption = None,
    dataset: DatasetOption = None,
    save_dir: SaveDirOption = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Cases at a time.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a run that is there.")] = True,
    overwrite: Annotated[bool, typer.Option(help="Remove a run that is there and start anew.")] = False,
    max_cases: Annotated[int | None, typer.Option(min=1, help="Most cases.")] = None,
    max_sessions: MaxSessionsOption = None,
    modalities: ModalitiesOption = None,
    language: LanguageOption = None,
) -> None:
    """Generate multi-session courses. Without options: offline, with the embedded script."""
    import os

    from rich.console import Console

    from psychagent.runs.sample import SamplePlan

    settings = read_settings(
        baseline=baseline,
        runtime=runtime,
        dataset=dataset,
        language=language,
        concurrency=concurrency,
        max_cases=max_cases,
        max_sessions=max_sessions,
        modalities=modalities,
    )
    plan = SamplePlan(
        *settings,
        save_dir=choose_save_dir(save_dir, settings[1]),
        env=os.environ,
        cache_dir=default_cache_dir(settings[1]),
        resume=resume,
        overwrite=overwrite,
    )
    raise typer.Exit(run_watched(plan, Console()))


def run_watched(plan: SamplePlan, console: Console) -> int:
    """Run a plan with progress and a closing table; return the exit status."""
    import asyncio
    from dataclasses import replace

    from psychagent.cli.watch import Reporter, Tally
    from psychagent.runs.sample import run_sample

    tally = Tally(goal=0)
    reporter = Reporter(console, tally, unit="sessions")
    with reporter.showing():
        watched = replace(plan, tell=_teller(reporter, plan.baseline.max_sessions))
        result = asyncio.run(run_sample(watched))
    show_result(result, console, folder=plan.save_dir / plan.baseline.name)
    return result.exit_status()


def _teller(reporter: Reporter, max_sessions: int) -> Tell:
    from typing import assert_never

    from psychagent.runs.events import CallAnswered, CaseEnded, InCase, RunBegan, StopHeard

    tally = reporter.tally

    def tell(event: RunEvent) -> None:
        match event:
            case RunBegan(cases):
                tally.cases, tally.goal = cases, cases * max_sessions
            case CallAnswered(usage):
                tally.add_call(usage)
            case InCase():
                _count(reporter, event)
            case CaseEnded(outcome):
                tally.cases_done += 1
                tally.goal += outcome.sessions - max_sessions
                reporter.note(_case_line(outcome))
            case StopHeard():
                reporter.note(
                    "[yellow]stopping[/yellow]: calls in flight may come in; Ctrl-C again ends at once"
                )
            case unknown:
                assert_never(unknown)
        reporter.refresh(force=isinstance(event, RunBegan | CaseEnded))

    return tell


def _count(reporter: Reporter, event: InCase) -> None:
    from rich.markup import escape

    from psychagent.flows.events import RolloutHeld, SessionClosed

    match event.event:
        case SessionClosed():
            reporter.tally.units += 1
        case RolloutHeld(rollout):
            reporter.tally.rollouts += 1
            if rollout.failure:
                why = escape(rollout.failure.message)
                reporter.note(f"[yellow]rollout {rollout.index} failed[/yellow]: {why}")


def _case_line(outcome: Outcome) -> str:
    from rich.markup import escape

    mark = {"failed": "[red]✗[/red]", "partial": "[yellow]…[/yellow]"}.get(
        outcome.status.value, "[green]✓[/green]"
    )
    reason = f" [red]{escape(outcome.failure.message)}[/red]" if outcome.failure else ""
    place = f"{outcome.modality.value}/{outcome.case_id}"
    return (
        f"{mark} {place} {outcome.status.value}, {outcome.sessions} sessions, {outcome.turns} turns{reason}"
    )


def show_result(result: RunResult, console: Console, *, folder: Path) -> None:
    """Print the closing tables and where things are."""
    from rich.table import Table

    from psychagent.cli.watch import usage_rows

    console.print(_case_table(result))
    if any(outcome.failure for outcome in result.outcomes):
        console.print(_failure_table(result))
    calls = Table(title="Calls and tokens by role", title_justify="left")
    for column in ("role", "calls", "retries", "prompt tokens", "cached", "completion tokens"):
        calls.add_column(column, justify="left" if column == "role" else "right")
    for row in usage_rows(result.usage()):
        calls.add_row(*row)
    console.print(calls)
    console.print(f"Transcripts: {folder}", soft_wrap=True, highlight=False)
    if result.interrupted:
        console.print("Stopped. Run the same command to go on.", style="yellow")


def _case_table(result: RunResult) -> Table:
    from rich.table import Table

    from psychagent.runs.outcome import Status

    table = Table(title="Cases", title_justify="left")
    for column in ("status", "cases", "sessions", "counselor turns"):
        table.add_column(column, justify="left" if column == "status" else "right")
    for status in Status:
        rows = [o for o in result.outcomes if o.status is status]
        table.add_row(
            status.value, str(len(rows)), str(sum(o.sessions for o in rows)), str(sum(o.turns for o in rows))
        )
    return table


def _failure_table(result: RunResult) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Failed", title_justify="left")
    table.add_column("case")
    table.add_column("reason", overflow="fold")
    for outcome in result.outcomes:
        if outcome.failure:
            table.add_row(f"{outcome.modality.value}/{outcome.case_id}", escape(outcome.failure.message))
    return table
