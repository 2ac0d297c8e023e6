"""A session's summary as lines for a person to read, in whatever form a file holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any, NamedTuple

from rich.markup import escape

from psychagent.assets.labels import Labels
from psychagent.domain.base import Stage
from psychagent.domain.file_facts import is_filled, to_line
from psychagent.domain.memory import Standing
from psychagent.domain.others import plan_from_others


class _Parts(NamedTuple):
    """What is shown of a summary, all of it text; empty where the file holds nothing to show."""

    abstract: str
    tasks: tuple[tuple[str, str], ...]
    """Homework, and how far it was agreed on."""
    ending: tuple[tuple[str, str], ...]
    """Name of a part of the ending, and what it says."""
    next_stage: str
    next_title: str


def summary_lines(summary: Any, labels: Labels) -> Iterator[str]:
    """Format a summary as lines of rich markup.

    Args:
        summary: As the file holds it: in our form, in another program's, or edited by hand.
        labels: Words of the dialogue's language.
    """
    parts = _parts(summary)
    if parts is None:
        return
    yield f"\n[bold]{labels.summary}[/bold] {escape(parts.abstract)}"
    for task, standing in parts.tasks or ((labels.no_homework, Standing.AGREED),):
        is_agreed = standing == Standing.AGREED
        doubt = "" if is_agreed else f" {labels.brackets.format(text=labels.note(standing))}"
        yield label_line(labels, labels.homework, f"{task}{doubt}")
    for name, text in parts.ending:
        yield label_line(labels, labels.note(name), text)
    # the plan behind a last session only says that none follows
    if parts.next_stage != Stage.TERMINATION and (parts.next_stage or parts.next_title):
        between = labels.colon if parts.next_stage and parts.next_title else ""
        text = f"{labels.stage(parts.next_stage)}{between}{parts.next_title}"
        yield label_line(labels, labels.next, text)


def label_line(labels: Labels, label: str, text: str) -> str:
    """Format a line behind its label."""
    return f"  [dim]{label}{labels.colon.rstrip()}[/dim]{labels.gap}{escape(text)}"


def _parts(summary: Any) -> _Parts | None:
    """Bring a summary into one form; None where it says nothing."""
    if not is_filled(summary):
        return None
    if not isinstance(summary, Mapping):
        return _Parts(to_line(summary), (), (), "", "")
    plan = plan_from_others(summary.get("next_session_plan"))
    is_plan = isinstance(plan, Mapping)
    return _Parts(
        abstract=_filled(summary.get("session_summary_abstract")),
        tasks=tuple(_tasks(_listed(summary.get("homework")), _listed(summary.get("standings")))),
        ending=tuple(_ending(summary.get("ending"))),
        next_stage=_filled(plan.get("stage")) if is_plan else "",
        next_title=_filled(plan.get("title") if is_plan else plan),
    )


def _listed(value: Any) -> list[Any]:
    """Return a list as it is, and anything else as the only entry of one."""
    return value if isinstance(value, list) else [value]


def _tasks(tasks: list[Any], standings: list[Any]) -> Iterator[tuple[str, str]]:
    for task, standing in zip_longest(tasks, standings[: len(tasks)]):
        if is_filled(task):
            # another word for it may say anything; only a text can be looked up
            yield to_line(task), standing if isinstance(standing, str) else Standing.AGREED


def _ending(ending: Any) -> Iterator[tuple[str, str]]:
    parts = ending.items() if isinstance(ending, Mapping) else [("ending", ending)]
    yield from ((name, to_line(text)) for name, text in parts if is_filled(text))


def _filled(value: Any) -> str:
    return to_line(value) if is_filled(value) else ""
