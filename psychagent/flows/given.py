"""The input of a graph, checked before anything is made of it: LangGraph would name its own machinery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from langgraph.channels import EphemeralValue
from langgraph.constants import START
from langgraph.graph.state import CompiledStateGraph

from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.nodes.knobs import Knobs

Graph = TypeVar("Graph", bound=CompiledStateGraph[Any, Any, Any, Any])


def checking_input(graph: Graph) -> Graph:
    """Let a graph refuse an input that it has no use for, in one sentence that names what it takes."""
    # a channel of the public kind, which copies and checkpoints of the graph carry on
    graph.channels[START] = _Input(graph.builder.input_schema)
    return graph


class _Input(EphemeralValue[Any]):
    """What a graph is started with: a mapping of keys of its state."""

    def update(self, values: Sequence[Any]) -> bool:
        """Take an input.

        Raises:
            SettingsError: If it is none.
        """
        for value in values:
            _check(value, self.typ.__annotations__)
        return super().update(values)


def _check(given: object, keys: Mapping[str, object]) -> None:
    takes_case = "case" in keys
    if not isinstance(given, Mapping):
        remedy = (
            "give {'case': ...}, or {} for the bundled client that the knobs name"
            if takes_case
            else "give {}, and the session as the context"
        )
        raise SettingsError(f"the input is {shown(given)}, not a mapping; {remedy}")
    for name in given:
        if name not in keys and name in Knobs.__dataclass_fields__:
            raise SettingsError(f"the input: unknown key {name!r}; it is a knob, so give it in the context")
        if name not in keys:
            known = nearest(name, ["case"]) if takes_case else "; give {}, and the session as the context"
            raise SettingsError(f"the input: unknown key {shown(name)}{known}")
