"""The usage of an open session so far, read from its checkpoints and those nested in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langgraph.types import StateSnapshot

from psychagent.domain.usage import Usage, sum_usage

_HOLD_USAGE = ("open", "summarized", "file_updated", "recalled", "judgement", "holdout")
"""Keys of graph states whose value has a `usage`."""
_HOLD_MANY = ("rollouts",)
"""Keys of graph states that list such values."""


def open_usage(snapshot: StateSnapshot) -> Usage:
    """Sum the usage of the open session so far; a closed session counts as zero.

    The snapshot must be the newest: its values include the writes of finished tasks whose step is
    still running, so only tasks without a result have to be searched.
    """
    values = snapshot.values
    closed = values.get("finished_session") or values.get("finished_reason")
    parts = [] if closed else list(_own_usage(values))
    under_way = [t.state for t in snapshot.tasks if t.result is None and isinstance(t.state, StateSnapshot)]
    return sum_usage(parts) + sum_usage(open_usage(state) for state in under_way)


def _own_usage(values: Mapping[str, Any]) -> Iterator[Usage]:
    yield from (values[name] for name in ("usage",) if values.get(name))
    yield from (values[name].usage for name in _HOLD_USAGE if values.get(name))
    yield from (item.usage for name in _HOLD_MANY for item in values.get(name) or ())
