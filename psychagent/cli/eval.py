"""`psychagent eval`: judge sessions on the scales."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Annotated, assert_never

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from psychagent.assets.settings.judge import load_eval_settings
from psychagent.assets.settings.load import lay_options
from psychagent.cli.lazy import Later
from psychagent.cli.options import (
    AllowUnpricedOption,
    BudgetOption,
    LogCallsOption,
    LogLevelOption,
    ModalitiesOption,
    split_words,
)
from psychagent.cli.runs.budget import lay_budget
from psychagent.cli.settings import read_schools
from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.spending import show_spending
from psychagent.cli.shown.trouble import trouble_table
from psychagent.cli.shown.watch import Reporter, Tally, show_taken, usage_table
from psychagent.domain.risk.asked import Asked
from psychagent.domain.scores import SessionScores
from psychagent.domain.usage import sum_usage
from psychagent.evals.events import EvalBegan, EvalEvent, ScaleJudged, SessionJudged, Tell
from psychagent.evals.importing.roles import read_roles
from psychagent.evals.money.prices import price_of_judge
from psychagent.evals.plan import EvalPlan, check_eval
from psychagent.evals.safety.rates import SafetyNumbers, count_safety
from psychagent.evals.summary import EvalResult, Tolerated, evidence_of, metric_means
from psychagent.files.kind import resolved
from psychagent.records.summary import InputFormat
from psychagent.runs.events import CallAnswered, Noticed, StopHeard
from psychagent.scales.scale import Scale

RUN_EVAL: Later[Callable[[EvalPlan], Coroutine[None, None, EvalResult]]] = Later(
    "psychagent.evals.evaluate:run_eval"
)


def evaluate(
    config: Annotated[
        Path | None,
        typer.Option(help="Judge settings: a YAML file, or a bundled name; default: the offline script."),
    ] = None,
    data_root: Annotated[
        Path | None,
        typer.Option(help="Run folder, session file or case files; default: the example courses."),
    ] = None,
    output_root: Annotated[
        Path | None, typer.Option(help="Folder of the scores; default: ./evals/<name>.")
    ] = None,
    modalities: ModalitiesOption = None,
    methods: Annotated[
        str | None, typer.Option(help="Scales, separated by commas; default: each modality's.")
    ] = None,
    case_limit: Annotated[int | None, typer.Option(min=1, help="Most cases of each modality.")] = None,
    resume: Annotated[bool, typer.Option(help="Keep scales that are already filled in.")] = True,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Judge calls at a time.")] = None,
    log_level: LogLevelOption = None,
    log_calls: LogCallsOption = None,
    budget: BudgetOption = None,
    allow_unpriced: AllowUnpricedOption = False,
    input_format: Annotated[InputFormat, typer.Option(help="Format of the data.")] = "auto",
    roles: Annotated[
        str,
        typer.Option(help="Who speaks, by the names in the files: Anna=client,T=counselor,Narrator=skip."),
    ] = "",
    tolerate: Annotated[
        Tolerated | None,
        typer.Option(help="What shall not make the exit status 1: files that are left out."),
    ] = None,
) -> None:
    """Judge sessions on the scales. Without options: the example courses, by the offline script."""
    settings = load_eval_settings(config)
    if concurrency:
        settings = lay_options(settings, {"concurrency": concurrency})
    plan = EvalPlan(
        settings=settings,
        data_root=data_root,
        output_root=output_root or Path.cwd() / "evals" / default_name(data_root),
        env=os.environ,
        modalities=read_schools(modalities) if modalities else (),
        methods=split_words(methods) if methods else None,
        case_limit=case_limit,
        resume=resume,
        log_level=log_level or "info",
        log_calls=bool(log_calls),
        input_format=input_format,
        roles=read_roles(roles),
        budget=lay_budget(None, budget, allow_unpriced=allow_unpriced, prices=[price_of_judge(settings)]),
    )
    raise typer.Exit(run_watched(plan, open_console(), tolerate))


def default_name(data_root: Path | None) -> str:
    """Name an evaluation after what it judges: a folder by its whole name, a file without its suffix."""
    if data_root is None:
        return "examples"
    # `.` and `..` are not what the folder is called
    whole = resolved(data_root)
    return (whole.stem if whole.is_file() else whole.name) or "examples"


class SessionTally(Tally):
    """A tally that counts sessions instead of cases."""

    def line(self, unit: str) -> str:
        """Format the tally as one line."""
        return super().line(unit).replace(" cases", " sessions", 1)


def run_watched(plan: EvalPlan, console: Console, tolerate: Tolerated | None = None) -> int:
    """Run a plan with progress and a closing table; return the exit status."""
    check_eval(plan)
    run_eval = RUN_EVAL.load()
    reporter = Reporter(console, SessionTally(goal=0), unit="scales")
    with reporter.showing():
        result = asyncio.run(run_eval(replace(plan, tell=_teller(reporter))))
    show_taken(result.replies_taken, console)
    if not result.interrupted:
        show_result(result, plan, console)
    show_spending(result.spending, console, held=result.held)
    if result.held or not result.interrupted:
        return result.exit_status(tolerate)
    if result.stopped:
        why = escape(result.stopped)
        console.print(
            f"Stopped: {why}. Once that is mended, run the same command to go on.",
            style="yellow",
            soft_wrap=True,
        )
    else:
        console.print("Stopped. Run the same command to go on.", style="yellow")
    return result.exit_status(tolerate)


def _teller(reporter: Reporter) -> Tell:
    tally = reporter.tally

    def tell(event: EvalEvent) -> None:
        match event:
            case EvalBegan(sessions, scales):
                tally.cases, tally.goal = sessions, scales
            case CallAnswered(usage):
                tally.add_call(usage)
            case ScaleJudged(session, scale, result):
                tally.units += 1
                if result.status == "missing":
                    reporter.note(
                        f"[red]✗[/red] {escape(str(session))} {escape(scale)}: {escape(result.reason)}"
                    )
            case SessionJudged():
                tally.cases_done += 1
            case StopHeard(again):
                reporter.heed_stop(again=again)
            case Noticed(sentence):
                reporter.note(f"[yellow]{escape(sentence)}[/yellow]")
            case unknown:
                assert_never(unknown)
        reporter.refresh(force=isinstance(event, EvalBegan | SessionJudged))

    return tell


def show_result(result: EvalResult, plan: EvalPlan, console: Console) -> None:
    """Print the closing tables, what is missing, and where the scores are."""
    if any(scale.metrics for scale in _judged(result)):
        console.print(means_table(result, plan.settings.use))
    evidence = evidence_of(result.sessions)
    rate = evidence.quotes_verified_rate
    share = "–" if rate is None else f"{rate:.0%}"
    console.print(
        f"{len(result.sessions)} sessions · quotes found {share} of {evidence.quotes} · "
        f"scores set back {evidence.set_back} · resting on an absence {evidence.absent}",
        highlight=False,
    )
    _show_safety(result, console)
    usage = sum_usage(s.usage for s in (*result.sessions, *result.degenerate))
    console.print(usage_table(usage, title="Calls and tokens", total=False))
    _show_trouble(result, console)
    console.print(f"Scores: {plan.output_root}", soft_wrap=True, highlight=False, markup=False)


def means_table(result: EvalResult, use: str) -> Table:
    """Tabulate each metric's mean, next to its means over worthless sessions and their originals."""
    table = Table(title=f"Mean scores, 0 to 10 ({use})", title_justify="left")
    table.add_column("metric")
    for column in ("mean", "sessions", "missing", "worthless sessions", "real ones they were made of"):
        table.add_column(column, justify="right", max_width=16)
    floor = metric_means(result.degenerate, result.scales)
    origin = metric_means(_origin(result), result.scales)
    for name, row in metric_means(result.sessions, result.scales).items():
        worse = " (higher is worse)" if row.direction == "higher_worse" else ""
        beside = [_number(getattr(other[name], use) if name in other else None) for other in (floor, origin)]
        table.add_row(
            f"{name}{worse}", _number(getattr(row, use)), str(row.sessions), str(row.missing), *beside
        )
    return table


def _judged(result: EvalResult) -> list[Scale]:
    names = {name for session in result.sessions for name in session.scales}
    return [scale for name, scale in result.scales.items() if name in names]


def _show_safety(result: EvalResult, console: Console) -> None:
    """Print in how many sessions danger was voiced and, where the judge was asked, how it was met."""
    numbers = count_safety(result.safety, result.scales)
    line = f"Danger was voiced in {numbers.voiced} of {numbers.sessions} sessions"
    if numbers.voiced:
        once, later, never, last = map(numbers.times, Asked)
        line += f": asked about at once in {once}, later in {later}, never in {never}; in {last} it came last"
    console.print(line, highlight=False)
    if numbers.items:
        console.print(safety_table(numbers))


def safety_table(numbers: SafetyNumbers) -> Table:
    """Tabulate the judge's answers about danger as rates, which enter no mean."""
    title = "Sessions with danger, by the judge" + (" (script: no result)" if numbers.is_script else "")
    table = Table(title=title, title_justify="left")
    table.add_column("the counselor")
    for column in ("yes", "share", "95% interval", "yes without danger"):
        table.add_column(column, justify="right", max_width=16)
    for item in numbers.items:
        yes = item.yes
        between = "–" if yes.low is None or yes.high is None else f"{yes.low:.0%} to {yes.high:.0%}"
        share = "–" if yes.share is None else f"{yes.share:.0%}"
        beside = "–" if item.without_danger is None else "{} of {}".format(*item.without_danger)
        table.add_row(item.item.id, f"{yes.k} of {yes.n}", share, between, beside)
    return table


def _origin(result: EvalResult) -> list[SessionScores]:
    """Select the real sessions that the worthless ones were derived from."""
    origins = {(s.modality, s.case_id, s.session_index) for s in result.degenerate}
    return [s for s in result.sessions if (s.modality, s.case_id, s.session_index) in origins]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _show_trouble(result: EvalResult, console: Console) -> None:
    problems = [*result.missing, *((item.file, "left out", item.reason) for item in result.broken)]
    if problems:
        console.print(trouble_table(problems))
    for warning in result.warnings:
        console.print(f"Note: {warning}", style="yellow", highlight=False, markup=False)
