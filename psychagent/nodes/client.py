"""The client's turn: the simulator, or a person through an interrupt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from psychagent.domain.base import Speaker
from psychagent.domain.client_view import view_client
from psychagent.domain.turn import Turn
from psychagent.errors import MalformedReplyError
from psychagent.llm.prompt import Prompt, assistant, system, user
from psychagent.nodes.deps import Deps, SessionNode
from psychagent.nodes.state import Brief, SessionState
from psychagent.replies.tags import split_thoughts

HUMAN = "human"


def client(deps: Deps) -> SessionNode:
    """Make the node in which the client answers."""

    async def answer(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns = runtime.context, state["turns"]
        if brief.knobs.client == HUMAN:
            words = interrupt({"counselor": turns[-1].text, "session_index": brief.session_index})
            return {"turns": [Turn(speaker=Speaker.CLIENT, text=str(words).strip())]}
        reply = await deps.chat("client", brief.knobs).request(client_prompt(deps, brief, turns), read_words)
        return {"turns": [Turn(speaker=Speaker.CLIENT, text=reply.value)], "usage": reply.usage}

    return answer


def client_prompt(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Prompt:
    """Write the simulator's prompt: its view of itself, then the whole visible dialogue."""
    prompts = deps.prompts(brief.case.language)
    # what was done between the sessions is the same in all rollouts of the next one
    between = replace(brief, rollout_index=0, attempt=0).seed("homework")
    view = view_client(brief.case, brief.memory, session_index=brief.session_index, seed=between)
    head = prompts.render("client/system", session_index=brief.session_index, **view.model_dump())
    dialogue = [
        user(turn.text) if turn.speaker is Speaker.COUNSELOR else assistant(turn.text) for turn in turns
    ]
    seed = brief.seed("client", len(turns))
    return Prompt.of("client", (system(head), *dialogue), rendered=[head], seed=seed)


def read_words(message: AIMessage) -> str:
    """Take the client's words from a reply.

    Raises:
        MalformedReplyError: If nothing is said, or private reasoning is not closed.
    """
    _, outside = split_thoughts(str(message.content))
    words = outside.strip()
    if not words:
        raise MalformedReplyError("the reply is empty; say something as the client")
    return words
