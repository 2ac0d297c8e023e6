"""The client's turn: the simulator, or a person through an interrupt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from psychagent.assets.prompts import PromptLibrary, Rendered
from psychagent.domain.base import Speaker
from psychagent.domain.client_view import view_client
from psychagent.domain.role import ClientKind, Role
from psychagent.domain.turn import Turn
from psychagent.errors import MalformedReplyError
from psychagent.llm.prompt import Prompt, assistant, system, user
from psychagent.llm.reply import Reply
from psychagent.nodes.deps import Deps, SessionNode, Sources
from psychagent.nodes.state import Brief, SessionState
from psychagent.replies.tags import split_thoughts


def client(deps: Deps) -> SessionNode:
    """Make the node in which the client answers."""

    async def answer(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns = runtime.context, state["turns"]
        match brief.knobs.client:
            case ClientKind.HUMAN:
                words = interrupt({"counselor": turns[-1].text, "session_index": brief.session_index})
                return {"turns": [Turn(speaker=Speaker.CLIENT, text=str(words).strip())]}
            case ClientKind.SIMULATOR:
                prompt = client_prompt(deps, brief, turns)
                reply = await deps.chat(Role.CLIENT, brief.knobs).request(prompt, read_words)
                return {"turns": [Turn(speaker=Speaker.CLIENT, text=reply.value)], "usage": reply.usage}
            case unknown:
                assert_never(unknown)

    return answer


def client_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> Prompt:
    """Write the simulator's prompt: its view of itself, then the whole visible dialogue."""
    prompts = sources.prompts(brief.case.language)
    head = brief.once((prompts, "client"), lambda: _head(prompts, brief))
    dialogue = [
        user(turn.text) if turn.speaker is Speaker.COUNSELOR else assistant(turn.text) for turn in turns
    ]
    return Prompt.of(
        Role.CLIENT,
        (system(head), *dialogue),
        rendered=[head],
        seed=brief.seed("client", len(turns)),
        call=brief.call(Role.CLIENT, len(turns)),
    )


def _head(prompts: PromptLibrary, brief: Brief) -> Rendered:
    # what the client did between sessions must be the same in all rollouts of the next one
    between = replace(brief, rollout_index=0, attempt=0).seed("homework")
    view = view_client(brief.case, brief.memory, session_index=brief.session_index, seed=between)
    return prompts.render("client/system", session_index=brief.session_index, **view.model_dump())


def read_words(reply: Reply) -> str:
    """Take the client's words from a reply.

    Raises:
        MalformedReplyError: If the reply has no visible words, or a thought tag is not closed.
    """
    _, outside = split_thoughts(reply.content)
    words = outside.strip()
    if not words:
        raise MalformedReplyError("the reply is empty; say something as the client")
    return words
