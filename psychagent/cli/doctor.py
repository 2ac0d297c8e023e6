"""`psychagent doctor`: check that a run with these settings has what it needs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import typer
from rich.console import Console
from rich.markup import escape

from psychagent.cli.lazy import Later
from psychagent.cli.options import JsonOption, SettingsFiles, takes
from psychagent.cli.settings import default_cache_dir
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.doctor.setup import Finding, SetUp, examine_settings

EXAMINE_PARTS: Later[Callable[[SetUp], AsyncIterator[Finding]]] = Later(
    "psychagent.doctor.examine:examine_parts"
)


@dataclass(frozen=True)
class DoctorOptions(SettingsFiles):
    """The options of `doctor`."""

    as_json: JsonOption = False


@takes(DoctorOptions)
def doctor(files: DoctorOptions) -> None:
    """Check assets, settings, keys, endpoints, embedder, skill index and disk, a line each."""
    setup = SetUp(
        files.baseline,
        files.runtime,
        files.dataset,
        save_dir=files.choose_folder,
        cache_dir=default_cache_dir,
        env=os.environ,
    )
    console = open_console(highlight=False)
    findings = asyncio.run(_collect(setup, None if files.as_json else console))
    failures = sum(not finding.ok for finding in findings)
    if files.as_json:
        show_json(findings)
    else:
        console.print(f"{failures} of the checks failed." if failures else "All is well.")
    raise typer.Exit(1 if failures else 0)


async def _collect(setup: SetUp, console: Console | None) -> list[Finding]:
    """Run all checks, and print each finding as it comes where there is a console."""
    findings: list[Finding] = []
    async for finding in _examine(setup):
        findings.append(finding)
        if console:
            mark = "[green]✓[/green]" if finding.ok else "[red]✗[/red]"
            console.print(f"{mark} {finding.name}: {escape(finding.text)}", soft_wrap=True)
    return findings


async def _examine(setup: SetUp) -> AsyncIterator[Finding]:
    async for finding in examine_settings(setup):
        yield finding
    if setup.settings() is not None:
        async for finding in EXAMINE_PARTS.load()(setup):
            yield finding
