"""The counselor's words on a graph's `custom` stream while they arrive; whole turns follow from the nodes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers._streaming import _StreamingCallbackHandler
from langgraph.config import get_stream_writer
from langgraph.graph.state import CompiledStateGraph

from psychagent.domain.base import Speaker
from psychagent.flows.events import VisibleWords, Words

Graph = CompiledStateGraph[Any, Any, Any, Any]


def aloud(graph: Graph, end_token: str) -> Graph:
    """Return a graph whose counselor is heard as it speaks, on the `custom` stream.

    The stream holds `{"event": "words", "text": ...}` for each piece, `{"event": "unsaid"}` where the words
    so far are of a reply that is asked for again, and from the nodes `said` and `card`; nothing private.

    Args:
        graph: A course or a session.
        end_token: The baseline's end token, which is not shown.
    """
    return graph.with_config(callbacks=[_Aloud(end_token)])


class _Aloud(BaseCallbackHandler, _StreamingCallbackHandler[Any]):
    """Hears the counselor's model, and says what is visible of it.

    Being a handler of streams, it makes models stream; LangGraph's own `messages` stream works the same way.
    """

    run_inline = True
    """In the node's own context, where its stream is."""

    def __init__(self, end_token: str) -> None:
        self._end_token = end_token
        self._turns: dict[UUID, VisibleWords] = {}
        """By the run of the counselor's node: one turn, in as many attempts as it takes."""

    def on_chain_start(self, serialized: Any, inputs: Any, **about: Any) -> None:
        node = (about.get("metadata") or {}).get("langgraph_node")
        if about.get("name") == node == Speaker.COUNSELOR.value:
            self._turns[about["run_id"]] = VisibleWords(self._end_token)

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, **about: Any) -> None:
        words = self._turns.get(about["parent_run_id"])
        if words is None or chunk is None:
            return
        for piece in words.take(chunk.message):
            said = {"event": "words", "text": piece.text} if isinstance(piece, Words) else {"event": "unsaid"}
            get_stream_writer()(said)

    def on_chain_end(self, outputs: Any, **about: Any) -> None:
        self._turns.pop(about["run_id"], None)

    def on_chain_error(self, error: BaseException, **about: Any) -> None:
        self._turns.pop(about["run_id"], None)

    def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return output

    def tap_output_iter(self, run_id: UUID, output: Iterator[Any]) -> Iterator[Any]:
        return output
