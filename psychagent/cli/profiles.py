"""`psychagent profiles`: check client profiles, and show one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from psychagent.assets.locate import asset_dir
from psychagent.assets.profile_checks import check_folder
from psychagent.assets.profiles import read_named
from psychagent.cli.shown.console import open_console
from psychagent.domain.base import Modality
from psychagent.domain.file_facts import to_line
from psychagent.domain.profile import Profile


def validate(
    folder: Annotated[Path | None, typer.Argument(help="Folder or file; default: the bundled ones.")] = None,
    strict: Annotated[bool, typer.Option(help="Count hints as failures too.")] = False,
) -> None:
    """Check profiles; exit status 1 if one is unusable."""
    console = open_console()
    profiles, findings = check_folder(folder or asset_dir("profiles"))
    for finding in findings:
        mark = "[red]✗[/red]" if finding.serious else "[yellow]–[/yellow]"
        console.print(
            f"{mark} {escape(str(finding.file))}: {escape(finding.problem)}", highlight=False, soft_wrap=True
        )
    serious = sum(finding.serious for finding in findings)
    console.print(f"{len(profiles)} profiles read, {serious} problems, {len(findings) - serious} hints")
    raise typer.Exit(1 if serious or (strict and findings) else 0)


def show(
    profile: Annotated[
        str, typer.Argument(metavar="ID_OR_FILE", help="Id of a bundled client, or a profile file.")
    ],
) -> None:
    """Read a profile as a person would."""
    console = open_console()
    for line in profile_lines(read_named(profile)):
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
            yield f"\n[bold]{modality.value}[/bold]"
            yield from _field_lines(block.model_dump(), depth=1)
    yield from _disclosure_lines(profile)


def _field_lines(fields: Mapping[str, Any], *, depth: int) -> Iterator[str]:
    """Format fields one a line; records inside a field are indented below it."""
    indent = "  " * depth
    for name, value in fields.items():
        label = f"{indent}[dim]{name.replace('_', ' ')}:[/dim]"
        parts = [value] if isinstance(value, Mapping) else value
        records = [part for part in parts if isinstance(part, Mapping)]
        if line := to_line(value):
            yield label if records else f"{label} {escape(line)}"
        for number, record in enumerate(records):
            if number:
                yield ""
            yield from _field_lines(record, depth=depth + 1)


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
        hint = f" [dim](hint: {escape(secret.hint)})[/dim]" if secret.hint else ""
        yield f"  [red]hidden[/red]   {escape(secret.secret)} {opened}{hint}"
    if manner.risk:
        yield f"  [red]risk[/red]     {manner.risk.kind}: {escape(manner.risk.statement)}"
        for label, text in (
            ("first", manner.risk.first_answer),
            ("if calm", manner.risk.if_calm),
            ("facts", manner.risk.facts),
        ):
            if text:
                yield f"           [dim]{label}:[/dim] {escape(text)}"
    for number, week in enumerate(manner.weeks, start=2):
        yield f"  [dim]before session {number}:[/dim] {escape(week)}"
    if manner.homework_excuse:
        yield f"  [dim]homework left undone:[/dim] {escape(manner.homework_excuse)}"
