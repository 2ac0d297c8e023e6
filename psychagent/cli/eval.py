"""`psychagent eval`: judge sessions on the scales."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from psychagent.cli.options import ModalitiesOption, read_modalities
from psychagent.errors import SettingsError

if TYPE_CHECKING:
    from rich.console import Console

    from psychagent.cli.watch import Reporter
    from psychagent.domain.scores import ScaleResult, SessionScores
    from psychagent.domain.usage import Usage
    from psychagent.evals.evaluate import EvalPlan, EvalWatch
    from psychagent.evals.find import Found, InputFormat
    from psychagent.evals.summary import EvalResult

FORMATS = ("auto", "run", "eval_case", "psycheval")


def evaluate(
    config: Annotated[
        Path | None, typer.Option(help="Judge settings (YAML); default: the offline script.")
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
    input_format: Annotated[str, typer.Option(help=f"One of {', '.join(FORMATS)}.")] = "auto",
) -> None:
    """Judge sessions on the scales. Without options: the example courses, by the offline script."""
    import os

    from rich.console import Console

    from psychagent.assets.settings.judge import load_eval_settings
    from psychagent.evals.evaluate import EvalPlan

    settings = load_eval_settings(config)
    if concurrency:
        settings = settings.model_copy(update={"concurrency": concurrency})
    plan = EvalPlan(
        settings=settings,
        data_root=data_root,
        output_root=output_root or Path.cwd() / "evals" / (data_root.stem if data_root else "examples"),
        env=os.environ,
        modalities=read_modalities(modalities) if modalities else (),
        methods=_split(methods),
        case_limit=case_limit,
        resume=resume,
        input_format=_read_format(input_format),
    )
    raise typer.Exit(run_watched(plan, Console()))


def _read_format(text: str) -> InputFormat:
    if text not in FORMATS:
        raise SettingsError(f"--input-format has {text!r}; known: {', '.join(FORMATS)}")
    return cast("InputFormat", text)


def _split(text: str | None) -> tuple[str, ...] | None:
    return tuple(word.strip() for word in text.split(",") if word.strip()) if text else None


def run_watched(plan: EvalPlan, console: Console) -> int:
    """Run a plan with progress and a closing table; return the exit status."""
    import asyncio
    from dataclasses import replace

    from psychagent.cli.watch import Reporter, Tally
    from psychagent.evals.evaluate import run_eval

    class SessionTally(Tally):
        """Counts sessions where a run counts cases, and says so."""

        def line(self, unit: str) -> str:
            return super().line(unit).replace(" cases", " sessions", 1)

    reporter = Reporter(console, SessionTally(goal=0), unit="scales")
    try:
        with reporter.showing():
            result = asyncio.run(run_eval(replace(plan, watch=_watch(reporter))))
    except KeyboardInterrupt:
        console.print("Stopped. Run the same command to go on.", style="yellow")
        return 130
    show_result(result, plan, console)
    return result.exit_status()


def _watch(reporter: Reporter) -> EvalWatch:
    from psychagent.evals.evaluate import EvalWatch

    tally = reporter.tally

    def on_start(sessions: int, scales: int) -> None:
        tally.cases, tally.goal = sessions, scales
        reporter.refresh(force=True)

    def on_call(usage: Usage) -> None:
        tally.add_call(usage)
        reporter.refresh()

    def on_scale(found: Found, name: str, result: ScaleResult) -> None:
        tally.units += 1
        if result.status == "missing":
            reporter.note(f"[red]✗[/red] {'/'.join(map(str, found.place))} {name}: {result.reason}")
        reporter.refresh()

    def on_session(found: Found, scores: SessionScores) -> None:
        tally.cases_done += 1
        reporter.refresh(force=True)

    return EvalWatch(on_start, on_call, on_scale, on_session)


def show_result(result: EvalResult, plan: EvalPlan, console: Console) -> None:
    """Print the closing tables, what is missing, and where things are."""
    from rich.table import Table

    from psychagent.cli.watch import usage_rows
    from psychagent.domain.usage import sum_usage
    from psychagent.evals.summary import evidence_of

    console.print(_means_table(result, plan.settings.use))
    evidence = evidence_of(result.sessions)
    rate = evidence.quotes_verified_rate
    found = "–" if rate is None else f"{rate:.0%}"
    console.print(
        f"{len(result.sessions)} sessions · quotes found {found} of {evidence.quotes} · "
        f"scores set back {evidence.set_back} · resting on an absence {evidence.absent}",
        highlight=False,
    )
    calls = Table(title="Calls and tokens", title_justify="left")
    for column in ("role", "calls", "retries", "prompt tokens", "cached", "completion tokens"):
        calls.add_column(column, justify="left" if column == "role" else "right")
    usage = sum_usage(s.usage for s in (*result.sessions, *result.degenerate))
    for row in usage_rows(usage)[:-1]:
        calls.add_row(*row)
    console.print(calls)
    _show_trouble(result, console)
    console.print(f"Scores: {plan.output_root}", soft_wrap=True, highlight=False)


def _means_table(result: EvalResult, use: str) -> object:
    from rich.table import Table

    from psychagent.evals.summary import metric_means

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


def _origin(result: EvalResult) -> list[SessionScores]:
    """Pick the real sessions of which the worthless ones were made."""
    made = {(s.modality, s.case_id, s.session_index) for s in result.degenerate}
    return [s for s in result.sessions if (s.modality, s.case_id, s.session_index) in made]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _show_trouble(result: EvalResult, console: Console) -> None:
    from rich.table import Table

    trouble = [(where, name, why) for where, name, why in result.missing]
    trouble += [(item.file, "left out", item.reason) for item in result.broken]
    if trouble:
        table = Table(title="Missing and left out", title_justify="left")
        for column in ("where", "what", "why"):
            table.add_column(column, overflow="fold")
        for row in trouble:
            table.add_row(*row)
        console.print(table)
    for warning in result.warnings:
        console.print(f"Note: {warning}", style="yellow", highlight=False)
