"""`psychagent profiles`: check client profiles, and show one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from psychagent.assets.locate import asset_dir
from psychagent.assets.profile_checks import check_folder
from psychagent.assets.profiles import load_profile
from psychagent.domain.base import Modality
from psychagent.domain.file_facts import to_line
from psychagent.domain.profile import Profile


def validate(
    folder: Annotated[Path | None, typer.Argument(help="Folder or file; default: the bundled ones.")] = None,
    strict: Annotated[bool, typer.Option(help="Count hints as failures too.")] = False,
) -> None:
    """Check profiles; exit status 1 if one is unusable."""
    console = Console()
    profiles, findings = check_folder(folder or asset_dir("profiles"))
    for finding in findings:
        mark = "[red]✗[/red]" if finding.serious else "[yellow]–[/yellow]"
        console.print(f"{mark} {finding.file}: {finding.problem}", highlight=False, soft_wrap=True)
    serious = sum(finding.serious for finding in findings)
    console.print(f"{len(profiles)} profiles read, {serious} problems, {len(findings) - serious} hints")
    raise typer.Exit(1 if serious or (strict and findings) else 0)


def show(
    file: Annotated[Path, typer.Argument(help="Profile file (YAML or JSON), or a PsychEval case.")],
) -> None:
    """Read a profile as a person would."""
    console = Console()
    for line in profile_lines(load_profile(file)):
        console.print(line, highlight=False, soft_wrap=True)


def profile_lines(profile: Profile) -> Iterator[str]:
    """Format a profile as lines of rich markup."""
    info = profile.basic_info
    yield f"[bold]{escape(info.static_traits.name)}[/bold] ({escape(profile.user_id)}) · {escape(info.topic)}"
    for name, value in info.static_traits:
        if value and name != "name":
            yield f"  [dim]{name.replace('_', ' ')}:[/dim] {escape(value)}"
    yield f"\n“{escape(info.main_problem)}”"
    yield f"[dim]hopes:[/dim] {escape(info.core_demands)}"
    for event in info.growth_experiences:
        yield f"[dim]before:[/dim] {escape(event)}"
    for modality in Modality:
        block = profile.theory.block(modality)
        if block is not None:
            yield f"\n[bold]{modality.value}[/bold] {escape(to_line(block.model_dump()))}"
    yield from _disclosure_lines(profile)


def _disclosure_lines(profile: Profile) -> Iterator[str]:
    manner = profile.disclosure
    if manner is None:
        return
    style = f"{manner.style}, resistance {manner.resistance} of 5, homework {manner.homework_likelihood:.0%}"
    yield f"\n[bold]Disclosure[/bold] {style}"
    for line in manner.at_once:
        yield f"  [green]at once[/green]  {escape(line)}"
    for line in manner.after_trust:
        yield f"  [yellow]trust[/yellow]    {escape(line)}"
    for secret in manner.hidden:
        opened = f"[dim](opened by: {escape(secret.opened_by)})[/dim]"
        yield f"  [red]hidden[/red]   {escape(secret.secret)} {opened}"
    if manner.risk:
        yield f"  [red]risk[/red]     {manner.risk.kind}: {escape(manner.risk.statement)}"
