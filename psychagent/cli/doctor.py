"""`psychagent doctor`: check that commands with these settings have what they need."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from psychagent.cli.given.effect import Needs
from psychagent.cli.lazy import Later
from psychagent.cli.options import CaseOptions, JsonOption, RolloutsOption, takes
from psychagent.cli.settings import default_cache_dir, lay_over
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.findings import show_finding, show_tried, summary
from psychagent.doctor.check import Check, Finding, Round, State
from psychagent.doctor.parts import check_parts
from psychagent.doctor.setup import SetUp, check_settings, reading

if TYPE_CHECKING:
    from psychagent.assets.settings.runtime import RuntimeSettings

EXAMINE_MODELS: Later[Callable[[SetUp, Round], AsyncIterator[Finding]]] = Later(
    "psychagent.doctor.examine:examine_models"
)
BARE = Path("default")
"""The bundled settings of rollouts, which `-n` alone is laid over."""


@dataclass(frozen=True)
class DoctorOptions(CaseOptions):
    """The options of `doctor`: those that say what another command would read, by that command's names."""

    config: Annotated[
        Path | None,
        typer.Option(help="Judge settings, as for `eval`: a YAML file, or a bundled name."),
    ] = None
    rft_config: Annotated[
        Path | None,
        typer.Option(help="Rollout settings, as for `rft`: a YAML file, or a bundled name."),
    ] = None
    rollouts: RolloutsOption = None
    probe: Annotated[
        bool,
        typer.Option("--probe/--no-probe", help="Ask each server what else it takes: some 6 calls."),
    ] = True
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Write settings to which the servers answer to FILE_fits.yaml beside FILE."
        ),
    ] = False
    overwrite: Annotated[
        bool, typer.Option(help="Let --write replace a file that it wrote before."), Needs("write")
    ] = False
    as_json: JsonOption = False

    @property
    def is_of_rollouts(self) -> bool:
        """Whether a run of `rft` is meant."""
        return self.rft_config is not None or self.rollouts is not None

    def dataset_file(self) -> Path | None:
        """Return the file of case settings; for rollouts by default the cases reserved for them."""
        return self.dataset or (Path("rft") if self.is_of_rollouts else None)

    def choose_folder(self, runtime: RuntimeSettings) -> Path:
        """Return the folder of runs, which is another one for rollouts."""
        default = "rft" if self.is_of_rollouts else self.DEFAULT_FOLDER
        return self.save_dir or runtime.machine.save_dir or Path.cwd() / default


@takes(DoctorOptions)
def doctor(options: DoctorOptions) -> None:
    """Check settings, texts, keys, servers, skill index and disk; what rests on a failure is skipped."""
    setup = set_up(options)
    console = open_console(highlight=False)
    findings = asyncio.run(_collect(setup, None if options.as_json else console))
    if options.as_json:
        show_json(findings)
    else:
        show_tried(findings, console)
        console.print(summary(findings))
    raise typer.Exit(1 if any(finding.state is State.FAILED for finding in findings) else 0)


def set_up(options: DoctorOptions) -> SetUp:
    """Say what to examine: the files that the options name, with what else they say laid over."""
    return SetUp(
        options.baseline,
        options.runtime,
        options.dataset_file(),
        save_dir=options.choose_folder,
        cache_dir=default_cache_dir,
        env=os.environ,
        judge=options.config,
        rollouts=(options.rft_config or BARE) if options.is_of_rollouts else None,
        lay_over=partial(lay_over, options, options.rollouts),
        probing=options.probe,
        writing=options.write,
        overwriting=options.overwrite,
    )


async def _collect(setup: SetUp, console: Console | None) -> list[Finding]:
    """Run all checks, and print each finding as it comes where there is a console."""
    findings: list[Finding] = []
    async for finding in _examine(setup):
        findings.append(finding)
        if console:
            show_finding(finding, console)
    return findings


async def _examine(setup: SetUp) -> AsyncIterator[Finding]:
    round_ = Round()
    for check in (*check_settings(setup), *check_parts(setup)):
        yield await round_.run(check)
    if setup.can_ask:
        async for finding in EXAMINE_MODELS.load()(setup, round_):
            yield finding
    else:
        # what asks models takes seconds to import
        failed = [name for name in reading(*setup.kinds) if not round_.found[name].ok]
        yield await round_.run(Check("models and skill index", lambda: "", needs=tuple(failed)))
