"""Run the plan of `sample` or `rft` with progress, and print the closing tables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import assert_never

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from psychagent.assets.cases import CaseFile
from psychagent.cli.lazy import Later
from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.watch import Reporter, Tally, show_taken, usage_table
from psychagent.flows.events import (
    CardShown,
    CourseEnded,
    RolloutHeld,
    Said,
    SessionClosed,
    SessionOpened,
    Unsaid,
    Words,
)
from psychagent.records.judged.unscored import reasons_of
from psychagent.runs.events import (
    CallAnswered,
    CaseEnded,
    InCase,
    Noticed,
    RunBegan,
    RunEvent,
    StopHeard,
    Tell,
)
from psychagent.runs.outcome import Outcome, RunResult, Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.resume.finished import find_finished

RUN_SAMPLE: Later[Callable[[SamplePlan], Coroutine[None, None, RunResult]]] = Later(
    "psychagent.runs.sample:run_sample"
)

_MOST_CASES = 5
"""Cases that a message lists."""


def run_watched(plan: SamplePlan, cases: Sequence[CaseFile]) -> int:
    """Run a plan, whose cases are chosen, with progress and closing tables; return the exit status."""
    console = open_console()
    reporter = Reporter(console, Tally(goal=0), unit="sessions")
    with reporter.showing():
        watched = replace(plan, tell=_teller(reporter, plan.baseline.max_sessions))
        result = find_finished(watched, cases) or asyncio.run(RUN_SAMPLE.load()(watched))
    show_result(result, console, transcripts=str(plan.folder.path))
    return result.exit_status()


def _teller(reporter: Reporter, max_sessions: int) -> Tell:
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
            case StopHeard(again):
                reporter.heed_stop(again=again)
            case Noticed(sentence):
                reporter.note(f"[yellow]{escape(sentence)}[/yellow]")
            case unknown:
                assert_never(unknown)
        reporter.refresh(force=isinstance(event, RunBegan | CaseEnded))

    return tell


def _count(reporter: Reporter, event: InCase) -> None:
    match event.event:
        case SessionClosed():
            reporter.tally.units += 1
        case RolloutHeld(rollout):
            reporter.tally.rollouts += 1
            if rollout.failure:
                why = escape(rollout.failure.message)
                reporter.note(f"[yellow]rollout {rollout.index} failed[/yellow]: {why}")
            elif rollout.judgement and (lost := reasons_of(rollout.judgement)):
                reporter.note(f"[yellow]rollout {rollout.index} lacks[/yellow] {escape('; '.join(lost))}")
        case SessionOpened() | Words() | Unsaid() | CardShown() | Said() | CourseEnded():
            # calls and cases are counted by events of the run
            pass
        case unknown:
            assert_never(unknown)


def _case_line(outcome: Outcome) -> str:
    mark = {Status.FAILED: "[red]✗[/red]", Status.PARTIAL: "[yellow]…[/yellow]"}.get(
        outcome.status, "[green]✓[/green]"
    )
    reason = f" [red]{escape(outcome.failure.message)}[/red]" if outcome.failure else ""
    place = f"{outcome.modality.value}/{outcome.case_id}"
    return (
        f"{mark} {place} {outcome.status.value}, {outcome.sessions} sessions, {outcome.turns} turns{reason}"
    )


def show_result(result: RunResult, console: Console, *, transcripts: str) -> None:
    """Print the closing tables and where the transcripts are."""
    show_taken(result.replies_taken, console)
    console.print(_case_table(result))
    if any(outcome.failure for outcome in result.outcomes):
        console.print(_failure_table(result))
    console.print(usage_table(result.usage(), title="Calls and tokens by role", total=True))
    console.print(f"Transcripts: {transcripts}", soft_wrap=True, highlight=False, markup=False)
    if lost := result.unscored().sentence():
        # the exit status says so, too: what was chosen was chosen among fewer, or by less
        said = f"{lost[0].upper()}{lost[1:]}. {_to_judge_anew(result)}"
        console.print(escape(said), style="yellow", soft_wrap=True, highlight=False)
    if result.spending and (said := result.spending.words()):
        console.print(said, soft_wrap=True, highlight=False, markup=False)
        sessions = sum(outcome.sessions for outcome in result.outcomes)
        if each := result.spending.money.each(sessions=sessions, cases=len(result.outcomes)):
            console.print(f"That is {each}.", soft_wrap=True, highlight=False, markup=False)
    if result.held:
        console.print(
            "Stopped at its budget. Run the same command with a higher one to go on.", style="yellow"
        )
    elif result.stopped:
        console.print(
            f"Stopped: {escape(result.stopped)}. Once that is mended, run the same command to go on.",
            style="yellow",
            soft_wrap=True,
        )
    if result.interrupted:
        console.print("Stopped. Run the same command to go on.", style="yellow")


def _to_judge_anew(result: RunResult) -> str:
    """Say what can be done about rollouts without scores: of a closed session none is chosen again."""
    cases = [f"{o.modality.value}/{o.case_id}" for o in result.outcomes if o.unscored.any]
    more = f" and {len(cases) - _MOST_CASES} more" if len(cases) > _MOST_CASES else ""
    return (
        "What was chosen stays, so running again mends nothing of it and gives the same exit status, 1; "
        f"hold {', '.join(cases[:_MOST_CASES])}{more} anew in another --save-dir, or all with --overwrite"
    )


def _case_table(result: RunResult) -> Table:
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
    table = Table(title="Failed", title_justify="left")
    table.add_column("case")
    table.add_column("reason", overflow="fold")
    for outcome in result.outcomes:
        if outcome.failure:
            table.add_row(
                escape(f"{outcome.modality.value}/{outcome.case_id}"), escape(outcome.failure.message)
            )
    return table
