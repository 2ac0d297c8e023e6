"""What an open session has cost so far, read from its checkpoints and those nested in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psychagent.domain.usage import Usage, sum_usage

_OWN_USAGE = ("usage", "opening_usage", "summary_usage", "file_usage")
_HOLD_USAGE = ("rollouts", "calls")
_SCORES = ("judgement", "holdout")


def open_usage(snapshot: Any) -> Usage:
    """Sum what the open session has cost so far; a session that is closed counts nothing."""
    values = snapshot.values
    closed = values.get("finished_session") or values.get("finished_reason")
    parts = [] if closed else list(_own_usage(values))
    for task in snapshot.tasks:
        if isinstance(task.result, dict):
            # done, and waiting for the others of its step
            parts += _own_usage(task.result)
        elif hasattr(task.state, "values"):
            parts.append(open_usage(task.state))
    return sum_usage(parts)


def _own_usage(values: Any) -> Iterator[Usage]:
    yield from (values[name] for name in _OWN_USAGE if values.get(name))
    yield from (item.usage for name in _HOLD_USAGE for item in values.get(name) or ())
    yield from (values[name].usage for name in _SCORES if values.get(name))
