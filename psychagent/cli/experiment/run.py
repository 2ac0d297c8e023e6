"""`psychagent experiment run`: all cells beside each other, with progress."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Annotated, assert_never

import typer
from rich.console import Console
from rich.markup import escape

from psychagent.assets.settings.load import lay_options
from psychagent.cli.experiment.plan import FileArgument, FolderOption, make_plan
from psychagent.cli.experiment.status import show_status
from psychagent.cli.lazy import Later
from psychagent.cli.options import AllowUnpricedOption, BudgetOption
from psychagent.cli.runs.budget import lay_budget
from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.spending import show_spending
from psychagent.cli.shown.watch import Reporter, Tally
from psychagent.evals.events import EvalEvent, ScaleJudged
from psychagent.experiments.events import CellEnded, ExperimentBegan, ExperimentEvent, InCell, InPairs, Tell
from psychagent.experiments.notes import find_notes
from psychagent.experiments.outcome import CellOutcome, ExperimentResult
from psychagent.experiments.plan import ExperimentPlan, check_experiment, find_cells, prices_of
from psychagent.experiments.status import experiment_status
from psychagent.flows.events import SessionClosed
from psychagent.runs.events import CallAnswered, CaseEnded, InCase, Noticed, RunEvent, StopHeard

RUN_EXPERIMENT: Later[Callable[[ExperimentPlan], Coroutine[None, None, ExperimentResult]]] = Later(
    "psychagent.experiments.run:run_experiment"
)


def run(
    file: FileArgument,
    save_dir: FolderOption = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Cases at a time, over all cells; default: the runtime's.")
    ] = None,
    budget: BudgetOption = None,
    allow_unpriced: AllowUnpricedOption = False,
) -> None:
    """Run systems under seeds and have each judged; what is there is not done again."""
    plan = _with_budget(make_plan(file, save_dir), budget, allow_unpriced=allow_unpriced)
    if concurrency:
        plan = _with_concurrency(plan, concurrency)
    raise typer.Exit(run_watched(plan, open_console()))


def _with_concurrency(plan: ExperimentPlan, cases: int) -> ExperimentPlan:
    runtime = plan.settings.runtime
    machine = runtime.machine.model_copy(update={"concurrency": cases})
    around = runtime.model_copy(update={"machine": machine})
    return replace(plan, settings=plan.settings.model_copy(update={"runtime": around}))


def _with_budget(plan: ExperimentPlan, given: str | None, *, allow_unpriced: bool) -> ExperimentPlan:
    before = plan.settings.budget
    if given is None and not allow_unpriced:
        return plan
    prices = (price for cell in find_cells(plan) for price in prices_of(cell).values())
    laid = lay_budget(before, given, allow_unpriced=allow_unpriced, prices=prices)
    return replace(plan, settings=lay_options(plan.settings, {"budget": laid}))


@dataclass
class CellTally(Tally):
    """A tally that counts cells, and the sessions of all of them."""

    judged_scales: int = 0

    def line(self, unit: str) -> str:
        """Format the tally as one line."""
        line = super().line(unit).replace(" cases", " cells", 1)
        return f"{line} · {self.judged_scales} scales" if self.judged_scales else line


def run_watched(plan: ExperimentPlan, console: Console) -> int:
    """Run a plan with progress and a closing table; return the exit status."""
    cells = check_experiment(plan)
    for note in find_notes(plan.settings):
        # before anything is spent on a comparison that says less than it seems to
        console.print(f"Note: {note}", style="yellow", soft_wrap=True, highlight=False, markup=False)
    most = sum(cell.settings.baseline.max_sessions for cell in cells)
    run_experiment = RUN_EXPERIMENT.load()
    reporter = Reporter(console, CellTally(goal=0), unit="sessions")
    with reporter.showing():
        result = asyncio.run(run_experiment(replace(plan, tell=_teller(reporter, most))))
    show_status(experiment_status(plan), console)
    if pairs := result.pairs:
        lacking = f", and {pairs.lacking} are lacking" if pairs.lacking else ""
        console.print(f"Compared in pairs: {pairs.judged} meetings{lacking}", highlight=False)
    show_spending(result.spending, console, held=result.held)
    if result.interrupted or (not result.held and any(outcome.stopped for outcome in result.outcomes)):
        console.print("Stopped. Run the same command to go on.", style="yellow")
    return result.exit_status()


def _teller(reporter: Reporter, most_sessions: int) -> Tell:
    tally = reporter.tally

    def tell(event: ExperimentEvent) -> None:
        match event:
            case ExperimentBegan(cells, cases):
                tally.cases, tally.goal = cells, cases * most_sessions
            case InCell():
                _count(reporter, event)
            case InPairs(CallAnswered(usage)):
                tally.add_call(usage)
            case InPairs(Noticed(sentence)):
                reporter.note(f"[yellow]{escape(sentence)}[/yellow]")
            case InPairs():
                # signals are heard for all cells together
                pass
            case CellEnded(outcome):
                tally.cases_done += 1
                reporter.note(_line(outcome))
            case StopHeard(again):
                reporter.heed_stop(again=again)
            case unknown:
                assert_never(unknown)
        reporter.refresh(force=isinstance(event, ExperimentBegan | CellEnded))

    return tell


def _count(reporter: Reporter, event: InCell) -> None:
    tally, inner = reporter.tally, event.event
    if isinstance(inner, CallAnswered):
        tally.add_call(inner.usage)
    elif isinstance(inner, InCase) and isinstance(inner.event, SessionClosed):
        tally.units += 1
    elif isinstance(inner, ScaleJudged) and isinstance(tally, CellTally):
        tally.judged_scales += 1
    elif problem := _problem(inner):
        reporter.note(f"[yellow]{escape(f'{event.system}, seed {event.seed}: {problem}')}[/yellow]")


def _problem(event: RunEvent | EvalEvent) -> str:
    """Say what a cell tells that somebody may want to mend while it runs; empty for all else."""
    match event:
        case Noticed(sentence):
            return sentence
        case CaseEnded(outcome) if outcome.failure:
            return f"{outcome.modality.value}/{outcome.case_id} failed ({outcome.failure.message})"
        case ScaleJudged(session, scale, result) if result.status == "missing":
            return f"{session} lacks {scale} ({result.reason})"
        case _:
            return ""


def _line(outcome: CellOutcome) -> str:
    mark = "[green]✓[/green]" if outcome.is_whole else "[yellow]…[/yellow]"
    mark = "[red]✗[/red]" if outcome.failure else mark
    why = f" [red]{escape(outcome.failure or outcome.stopped)}[/red]" if not outcome.is_whole else ""
    cases = ", ".join(f"{number} {status}" for status, number in outcome.cases.items())
    place = escape(f"{outcome.system}, seed {outcome.seed}")
    return f"{mark} {place}: {cases or 'no case'}, {outcome.sessions} sessions, {outcome.judged} judged{why}"
