"""`psychagent show`: print a course for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from psychagent.assets.labels import Labels, load_labels
from psychagent.cli.shown.console import open_console
from psychagent.cli.shown.summary import label_line, summary_lines
from psychagent.cli.shown.trouble import show_gap
from psychagent.domain.base import Speaker
from psychagent.domain.file_facts import is_filled, memory_changes, to_line
from psychagent.domain.risk.finding import Classifier, RiskFinding
from psychagent.errors import RecordError
from psychagent.records.folder import CaseFolder, SessionFile, session_number
from psychagent.records.known import EVALUATION, JUDGED_CASE, kind_at, why_no_session
from psychagent.records.session import SessionRecord
from psychagent.records.transcript import Utterance
from psychagent.replies.reply import has_thoughts
from psychagent.scales.dialogue import Line, guess_text_language, is_opener


def show(
    case_dir: Annotated[Path, typer.Argument(help="Folder of a case, or one session file.")],
    session: Annotated[int | None, typer.Option("--session", min=1, help="Show only this session.")] = None,
    thoughts: Annotated[bool, typer.Option(help="Show the counselor's private reasoning too.")] = False,
) -> None:
    """Read a course: plan, dialogue, skills used, summary, and what changed in memory."""
    console = open_console()
    if session is None and case_dir.is_dir():
        show_gap(CaseFolder(case_dir), console)
    for record in find_records(case_dir, session):
        for line in session_lines(record, thoughts=thoughts):
            console.print(line, highlight=False, soft_wrap=True)


def find_records(place: Path, session: int | None) -> list[SessionRecord]:
    """Read the session files of a case, in order.

    Raises:
        RecordError: If there is none, or the place is of another kind.
    """
    if (kind := kind_at(place)) in (EVALUATION, JUDGED_CASE):
        raise RecordError(f"{place}: is {kind}; name the folder of a case of the run that was judged")
    if place.is_file():
        files = [SessionFile(place, session_number(place) or 1)]
    else:
        files = CaseFolder(place).session_files()
    if session is not None:
        files = [file for file in files if file.index == session]
    if not files:
        raise RecordError(f"{place}: {why_no_session(place, session)}")
    return [file.read().model_copy(update={"session_index": file.index}) for file in files]


def session_lines(record: SessionRecord, *, thoughts: bool = False) -> Iterator[str]:
    """Format a session as lines of rich markup, labelled in the language of its dialogue."""
    labels = load_labels(guess_text_language("".join(u.content for u in record.transcript)))
    title = record.plan.title if record.plan else ""
    about = escape(f"{labels.modality(record.modality)} · {labels.stage(record.stage)} · {title}")
    yield f"\n[bold]{labels.session.format(number=record.session_index)}[/bold] · {about}"
    for objective in filter(is_filled, record.focus if isinstance(record.focus, list) else [record.focus]):
        yield label_line(labels, labels.aim, to_line(objective))
    yield ""
    yield from _dialogue(record, labels, thoughts=thoughts)
    yield from summary_lines(record.summary, labels)
    yield from _corrections(record, labels)
    yield from _changes(record, labels)
    yield from _recall(record, labels)


def _dialogue(record: SessionRecord, labels: Labels, *, thoughts: bool) -> Iterator[str]:
    findings = {finding.turn: finding for finding in record.risk}
    for number, utterance in enumerate(record.transcript):
        turn = record.turns[number] if number < len(record.turns) else None
        if number == 0 and _is_opener(record, utterance):
            continue
        is_counselor = utterance.role == "assistant"
        who = f"[cyan]{labels.counselor}[/cyan]" if is_counselor else f"[green]{labels.client}[/green]"
        if thoughts and turn and turn.thoughts and has_thoughts(turn.thoughts):
            found = turn.thoughts.assessment or turn.thoughts.client_state
            thought = f"({found} → {turn.thoughts.strategy})"
            yield f"  [dim italic]{escape(thought)}[/dim italic]"
        if turn and turn.by_gate:
            who += f"{labels.gap}[yellow]{labels.brackets.format(text=labels.note('by_gate'))}[/yellow]"
        yield f"{who}{labels.colon}{escape(utterance.content)}"
        if number in findings:
            yield f"  [red]{_heard(findings[number], labels)}[/red]"
        if turn and turn.thoughts and turn.thoughts.skill:
            yield f"  [dim]{labels.skill}{labels.colon}{escape(labels.joint.join(turn.thoughts.skill))}[/dim]"


def _is_opener(record: SessionRecord, first: Utterance) -> bool:
    """Return whether a first message fills the user slot, as runs of the reference release store it."""
    line = Line(speaker=Speaker.CLIENT, text=first.content)
    return not record.turns and first.role == "user" and is_opener(line)


def _heard(finding: RiskFinding, labels: Labels) -> str:
    """Say what the safety gate found in a turn; one without danger tells of a model that gave no answer."""
    words = [labels.note("risk_level").format(number=finding.level)] if finding.level else []
    words += [labels.note("risk_carried")] if finding.carried else []
    words += [labels.note("risk_unanswered")] if finding.classifier is Classifier.FAILED else []
    return labels.joint.join(words)


def _corrections(record: SessionRecord, labels: Labels) -> Iterator[str]:
    # without a summary there was no plan that could be corrected
    for fix in record.corrections if is_filled(record.summary) else ():
        stages = f"{labels.stage(fix.proposed)} → {labels.stage(fix.decided)}"
        reason = labels.brackets.format(text=escape(labels.reasons.get(fix.reason, fix.reason)))
        yield f"  [yellow]{labels.corrected}{labels.colon.rstrip()}[/yellow]{labels.gap}{stages} {reason}"


def _changes(record: SessionRecord, labels: Labels) -> Iterator[str]:
    if record.client_file_before is None or record.client_file is None:
        return
    changes = list(memory_changes(record.client_file_before, record.client_file))
    if changes:
        yield f"\n[bold]{labels.learned}[/bold]"
    for path, old, new in changes:
        former = f" [dim]{labels.formerly.format(text=escape(labels.fact(old)))}[/dim]" if old else ""
        yield f"  {labels.field(path)}{labels.colon}{escape(labels.fact(new))}{former}"


def _recall(record: SessionRecord, labels: Labels) -> Iterator[str]:
    recall = record.recall
    if recall is None:
        return
    yield f"\n[bold]{labels.note('recall')}[/bold]"
    for name in ("told", "said", "agreed", "held_back", "details", "left"):
        entries = getattr(recall, name)
        for entry in filter(None, (entries,) if isinstance(entries, str) else entries):
            yield label_line(labels, labels.note(name), entry)
