"""`psychagent doctor`: check that a run with these settings has what it needs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable

import typer
from rich.console import Console
from rich.markup import escape

from psychagent.cli.console import open_console
from psychagent.cli.lazy import Later
from psychagent.cli.options import SettingsFiles, takes
from psychagent.cli.settings import default_cache_dir
from psychagent.doctor.setup import Finding, SetUp, examine_settings

EXAMINE_PARTS: Later[Callable[[SetUp], AsyncIterator[Finding]]] = Later(
    "psychagent.doctor.examine:examine_parts"
)


@takes(SettingsFiles)
def doctor(files: SettingsFiles) -> None:
    """Check assets, settings, keys, endpoints, embedder, skill index and disk, a line each."""
    setup = SetUp(
        files.baseline,
        files.runtime,
        files.dataset,
        save_dir=files.choose_folder,
        cache_dir=default_cache_dir,
        env=os.environ,
    )
    raise typer.Exit(1 if asyncio.run(_show_findings(setup)) else 0)


async def _show_findings(setup: SetUp) -> int:
    """Print each finding as it comes; return the number of failures."""
    console = open_console()
    failures = await _show(examine_settings(setup), console)
    if setup.settings() is not None:
        failures += await _show(EXAMINE_PARTS.load()(setup), console)
    console.print(f"{failures} of the checks failed." if failures else "All is well.", highlight=False)
    return failures


async def _show(findings: AsyncIterator[Finding], console: Console) -> int:
    failures = 0
    async for finding in findings:
        failures += not finding.ok
        mark = "[green]✓[/green]" if finding.ok else "[red]✗[/red]"
        console.print(f"{mark} {finding.name}: {escape(finding.text)}", highlight=False, soft_wrap=True)
    return failures
