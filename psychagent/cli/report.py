"""`psychagent report`: statistics and figures of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from psychagent.assets.settings.prices import Prices
from psychagent.cli.extra import needs_extra
from psychagent.cli.options import JsonOption, ScoreUse, finite
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.trouble import trouble_table
from psychagent.domain.script_note import NUMBERS_OF_SCRIPT
from psychagent.errors import SettingsError
from psychagent.files.read import load_model
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import Broken
from psychagent.reports.rollouts.read import find_rft_run

if TYPE_CHECKING:
    from psychagent.evals.compare import Comparison
    from psychagent.reports.evaluation.write import ReportPlan
    from psychagent.stats.bootstrap import Sampling


def report(
    eval_dir: Annotated[
        Path, typer.Argument(help="Output folder of `psychagent eval`, or a run of `psychagent rft`.")
    ],
    against: Annotated[
        Path | None, typer.Option(help="Another evaluation, to compare with case by case.")
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(help="File with prices of the judge's tokens (YAML).")
    ] = None,
    price_in: Annotated[
        float | None, typer.Option(callback=finite, min=0, help="Price of a million prompt tokens.")
    ] = None,
    price_out: Annotated[
        float | None, typer.Option(callback=finite, min=0, help="Price of a million completion tokens.")
    ] = None,
    data_root: Annotated[
        Path | None, typer.Option(help="The judged sessions, if they were moved since: quotes link to them.")
    ] = None,
    use: Annotated[
        ScoreUse | None, typer.Option(help="Which scores count; default: as the evaluation is configured.")
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=100, max=100_000, help="Resamples of each bootstrap interval.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Write report.html and report.md into a folder: numbers with intervals, figures, comparisons."""
    run, token_prices = find_rft_run(eval_dir), read_prices(prices, price_in, price_out)
    if run is not None and (against or use or data_root):
        raise SettingsError(
            f"{run}: is a run with rollouts; --against, --use and --data-root are for evaluations"
        )
    for folder in (eval_dir, against) if run is None else ():
        if folder is not None:
            EvalFolder(folder).check_table()
    with needs_extra("eval"):
        # the extra may be missing, and the folders are checked without it
        from psychagent.reports.evaluation.write import ReportPlan  # noqa: PLC0415
        from psychagent.stats.bootstrap import Sampling  # noqa: PLC0415

    sampling = Sampling(resamples=resamples, seed=seed)
    if run is not None:
        written = report_rollouts(run, sampling=sampling, prices=token_prices)
    else:
        written = report_evaluation(
            ReportPlan(
                folder=eval_dir,
                against=against,
                prices=token_prices,
                use=use,
                sampling=sampling,
                data_root=data_root,
            )
        )
    if as_json:
        show_json(written)
    else:
        show_written(written)


@dataclass(frozen=True)
class Written:
    """A report that was written, and what is said of it: by a command, or to a program as JSON."""

    said: Mapping[str, str]
    """The most important numbers in words, by label."""
    numbers: Mapping[str, Any]
    """The same numbers, by label."""
    made_with_script: bool
    left_out: tuple[Broken, ...]
    """Files that the report is without, and what to do about each."""
    html: Path
    markdown: Path
    transcripts: Path | None = None
    comparison: Comparison | None = None


def report_evaluation(plan: ReportPlan) -> Written:
    """Write the report of an evaluation."""
    with needs_extra("eval"):
        from psychagent.reports.evaluation.danger import is_safety_alone  # noqa: PLC0415
        from psychagent.reports.evaluation.sections import headlines  # noqa: PLC0415
        from psychagent.reports.evaluation.write import write_report  # noqa: PLC0415

    if is_safety_alone(plan.folder):
        return report_safety(plan)
    output = write_report(plan)
    panels = output.material.numbers.chosen.panels
    return Written(
        said=dict(headlines(output.material)),
        numbers={panel.label: estimate.value for panel, estimate in panels.items()},
        made_with_script=output.material.scores.is_script,
        left_out=output.material.scores.summary.skipped,
        html=output.html,
        markdown=output.markdown,
        transcripts=output.transcripts,
        comparison=output.comparison,
    )


def report_safety(plan: ReportPlan) -> Written:
    """Write the report of an evaluation that judged nothing but safety.

    Raises:
        SettingsError: If an option is about scores, of which there are none.
    """
    about_scores = {"--against": plan.against, "--use": plan.use, "a price": plan.prices}
    for option in (name for name, value in about_scores.items() if value is not None):
        raise SettingsError(f"{plan.folder}: holds no score, only rates on safety; leave {option} out")
    with needs_extra("eval"):
        from psychagent.reports.evaluation.alone import write_safety_report  # noqa: PLC0415

    output = write_safety_report(plan.folder, plan.data_root)
    numbers = output.material.numbers
    rates = {rate.item.id: rate.yes for rate in numbers.items}
    voiced = {"sessions with danger voiced": f"{numbers.voiced} of {numbers.sessions}"}
    return Written(
        said=voiced | {name: f"{rate.k} of {rate.n}" for name, rate in rates.items()},
        numbers={"sessions": numbers.sessions, "voiced": numbers.voiced} | rates,
        made_with_script=numbers.is_script,
        left_out=output.left_out,
        html=output.page.html,
        markdown=output.page.markdown,
    )


def report_rollouts(folder: Path, *, sampling: Sampling, prices: Prices | None) -> Written:
    """Write the report of a run with rollouts."""
    with needs_extra("eval"):
        from psychagent.reports.rollouts.sections import headline_estimates, headlines  # noqa: PLC0415
        from psychagent.reports.rollouts.write import write_rft_report  # noqa: PLC0415

    output = write_rft_report(folder, sampling=sampling, prices=prices)
    return Written(
        said=dict(headlines(output.material)),
        numbers=headline_estimates(output.material),
        made_with_script=output.material.run.is_script,
        left_out=tuple(Broken(file=file, reason=why) for file, why in output.material.run.broken),
        html=output.html,
        markdown=output.markdown,
    )


def show_written(written: Written) -> None:
    """Print the headline numbers of a report and where it is."""
    width = max(map(len, written.said), default=0) + 1
    for label, value in written.said.items():
        typer.echo(f"{label:<{width}} {value}")
    if written.comparison:
        show_comparison(written.comparison, open_console())
    if written.left_out:
        open_console().print(trouble_table([(b.file, "left out", b.reason) for b in written.left_out]))
    if written.made_with_script:
        typer.secho(NUMBERS_OF_SCRIPT, fg="yellow")
    typer.echo(f"Report: {written.html}")
    typer.echo(f"        {written.markdown}")
    if written.transcripts:
        typer.echo(f"Transcripts that it quotes: {written.transcripts}")


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print the paired differences, and what speaks against reading anything into them."""
    with needs_extra("eval"):
        from psychagent.reports.page.blocks import interval, number, p_value, signed  # noqa: PLC0415

    table = Table(title="This evaluation less the other, paired by case", title_justify="left")
    table.add_column("higher is better")
    for column in ("cases", "this", "other", "difference", "interval", "p (Holm)"):
        table.add_column(column, justify="right")
    for contrasts in (comparison.panels, comparison.metrics):
        for name, c in contrasts.items():
            between = interval(c.low, c.high, sign=True)
            means = number(c.ours), number(c.theirs), signed(c.difference)
            table.add_row(name, str(c.cases), *means, between, p_value(c.p_holm))
        table.add_section()
    pairs = max((c.cases for c in comparison.panels.values()), default=0)
    console.print(table if pairs else "No case stands in both with a score: nothing can be compared.")
    for warning in comparison.warnings:
        console.print(f"Note: {warning}", style="yellow", highlight=False, markup=False)


def read_prices(file: Path | None, price_in: float | None, price_out: float | None) -> Prices | None:
    """Read prices from a file or from both options.

    Raises:
        SettingsError: If only one of the two options is given, or a file as well.
    """
    options = [price for price in (price_in, price_out) if price is not None]
    if file and options:
        raise SettingsError("--prices and --price-in/--price-out are both given; leave one out")
    if file:
        return load_model(Prices, file, SettingsError)
    if len(options) == 1:
        raise SettingsError("--price-in and --price-out belong together; give both")
    return Prices(prompt=options[0], completion=options[1]) if options else None
