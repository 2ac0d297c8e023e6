"""The input of a graph, checked before anything is made of it: LangGraph would name its own machinery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from langgraph.channels import EphemeralValue
from langgraph.constants import START
from langgraph.errors import EmptyInputError
from langgraph.graph.state import CompiledStateGraph

from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.nodes.knobs import Knobs

Graph = TypeVar("Graph", bound=CompiledStateGraph[Any, Any, Any, Any])


def checking_input(graph: Graph) -> Graph:
    """Let a graph refuse an input that it has no use for, in one sentence that names what it takes."""
    # a channel of the public kind, which copies and checkpoints of the graph carry on, as they do its class
    graph.channels[START] = _Input(graph.builder.input_schema)
    graph.__class__ = _Checking  # type: ignore[assignment]
    return graph


class _Checking(CompiledStateGraph[Any, Any, Any, Any]):
    """A graph that is begun with nothing says what to begin with; no input reaches a channel then.

    Where a thread has begun, nothing is as good as going on.
    """

    def stream(self, *args: Any, **options: Any) -> Iterator[Any]:
        try:
            yield from super().stream(*args, **options)
        except EmptyInputError as error:
            raise SettingsError(_nothing(self)) from error

    async def astream(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        parts: Any = super().astream(*args, **options)
        try:
            async with aclosing(parts):
                async for part in parts:
                    yield part
        except EmptyInputError as error:
            raise SettingsError(_nothing(self)) from error


def _nothing(graph: CompiledStateGraph[Any, Any, Any, Any]) -> str:
    return f"there is no input, and no thread to go on with; {_remedy('case' in _keys(graph))}"


def _keys(graph: CompiledStateGraph[Any, Any, Any, Any]) -> Mapping[str, object]:
    return graph.builder.input_schema.__annotations__


def _remedy(takes_case: bool) -> str:
    if takes_case:
        return "give {'case': ...}, or {} for the bundled client that the knobs name"
    return "give {}, and the session as the context"


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
        raise SettingsError(f"the input is {shown(given)}, not a mapping; {_remedy(takes_case)}")
    for name in given:
        if name not in keys and name in Knobs.__dataclass_fields__:
            raise SettingsError(f"the input: unknown key {name!r}; it is a knob, so give it in the context")
        if name not in keys:
            known = nearest(name, ["case"]) if takes_case else "; give {}, and the session as the context"
            raise SettingsError(f"the input: unknown key {shown(name)}{known}")
