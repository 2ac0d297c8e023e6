"""`psychagent doctor`: is everything there that a run with these settings needs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from psychagent.cli.options import (
    BaselineOption,
    DatasetOption,
    RuntimeOption,
    SaveDirOption,
    choose_save_dir,
    default_cache_dir,
)

if TYPE_CHECKING:
    from psychagent.doctor import Patient


def doctor(
    baseline: BaselineOption = None,
    runtime: RuntimeOption = None,
    dataset: DatasetOption = None,
    save_dir: SaveDirOption = None,
) -> None:
    """Check assets, settings, keys, endpoints, embedder, skill index and disk, a line each."""
    import asyncio
    import os

    from psychagent.doctor import Patient

    patient = Patient(
        baseline,
        runtime,
        dataset,
        save_dir=lambda settings: choose_save_dir(save_dir, settings),
        cache_dir=default_cache_dir,
        env=os.environ,
    )
    failures = asyncio.run(_tell(patient))
    raise typer.Exit(1 if failures else 0)


async def _tell(patient: Patient) -> int:
    from rich.console import Console
    from rich.markup import escape

    from psychagent.doctor import examine

    console, failures = Console(), 0
    async for finding in examine(patient):
        failures += not finding.ok
        mark = "[green]✓[/green]" if finding.ok else "[red]✗[/red]"
        console.print(f"{mark} {finding.name}: {escape(finding.text)}", highlight=False, soft_wrap=True)
    console.print(f"{failures} of the checks failed." if failures else "All is well.", highlight=False)
    return failures
