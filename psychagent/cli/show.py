"""`psychagent show`: print a course for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from psychagent.domain.file_facts import memory_changes
from psychagent.domain.memory import Standing
from psychagent.errors import RecordError
from psychagent.records.folder import CaseFolder, SessionFile, session_number
from psychagent.records.session import SessionRecord


def show(
    case_dir: Annotated[Path, typer.Argument(help="Folder of a case, or one session file.")],
    session: Annotated[int | None, typer.Option("--session", min=1, help="Show only this session.")] = None,
    thoughts: Annotated[bool, typer.Option(help="Show the counselor's private reasoning too.")] = False,
) -> None:
    """Read a course: plan, dialogue, skills used, summary, and what changed in memory."""
    console = Console()
    for record in find_records(case_dir, session):
        for line in session_lines(record, thoughts=thoughts):
            console.print(line, highlight=False, soft_wrap=True)


def find_records(place: Path, session: int | None) -> list[SessionRecord]:
    """Read the session files of a case, in order.

    Raises:
        RecordError: If there is none.
    """
    if place.is_file():
        files = [SessionFile(place, session_number(place) or 1)]
    else:
        files = CaseFolder(place).session_files()
    if session is not None:
        files = [file for file in files if file.index == session]
    if not files:
        wanted = f"session_{session}.json" if session else "session_<k>.json"
        raise RecordError(f"{place}: holds no {wanted}; name the folder of a case")
    return [file.read().model_copy(update={"session_index": file.index}) for file in files]


def session_lines(record: SessionRecord, *, thoughts: bool = False) -> Iterator[str]:
    """Format a session as lines of rich markup."""
    title = record.plan.title if record.plan else ""
    about = escape(f"{record.modality} · {record.stage} · {title}")
    yield f"\n[bold]Session {record.session_index}[/bold] · {about}"
    for objective in record.focus if isinstance(record.focus, list) else [record.focus]:
        yield f"  [dim]aim:[/dim] {escape(str(objective))}"
    yield ""
    yield from _dialogue(record, thoughts=thoughts)
    yield from _summary(record)
    yield from _changes(record)


def _dialogue(record: SessionRecord, *, thoughts: bool) -> Iterator[str]:
    for number, utterance in enumerate(record.transcript):
        turn = record.turns[number] if number < len(record.turns) else None
        who = "[cyan]Counselor[/cyan]" if utterance.role == "assistant" else "[green]Client[/green]"
        if thoughts and turn and turn.thoughts:
            thought = f"({turn.thoughts.assessment} → {turn.thoughts.strategy})"
            yield f"  [dim italic]{escape(thought)}[/dim italic]"
        yield f"{who}: {escape(utterance.content)}"
        if turn and turn.thoughts and turn.thoughts.skill:
            yield f"  [dim]skill: {escape('; '.join(turn.thoughts.skill))}[/dim]"


def _summary(record: SessionRecord) -> Iterator[str]:
    summary: dict[str, Any] = record.summary if isinstance(record.summary, dict) else {}
    if not summary:
        return
    yield f"\n[bold]Summary[/bold] {escape(str(summary.get('session_summary_abstract', '')))}"
    standings = summary.get("standings") or []
    for place, item in enumerate(summary.get("homework") or ["none"]):
        standing = standings[place] if place < len(standings) else Standing.AGREED
        doubt = "" if standing == Standing.AGREED else f" ({standing})"
        yield f"  [dim]homework:[/dim] {escape(f'{item}{doubt}')}"
    for name, text in (summary.get("ending") or {}).items():
        if text:
            yield f"  [dim]{name.replace('_', ' ')}:[/dim] {escape(str(text))}"
    plan = summary.get("next_session_plan") or {}
    if plan:
        yield f"  [dim]next:[/dim] {escape(str(plan.get('stage', '')))}: {escape(str(plan.get('title', '')))}"
    for fix in record.corrections:
        yield f"  [yellow]plan corrected:[/yellow] {fix.proposed} → {fix.decided} ({fix.reason})"


def _changes(record: SessionRecord) -> Iterator[str]:
    if record.client_file_before is None or record.client_file is None:
        return
    changes = list(memory_changes(record.client_file_before, record.client_file))
    if changes:
        yield "\n[bold]Learned about the client[/bold]"
    for path, old, new in changes:
        former = f" [dim](was: {escape(old)})[/dim]" if old else ""
        yield f"  {path}: {escape(new)}{former}"
