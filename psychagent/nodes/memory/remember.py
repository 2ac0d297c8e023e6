"""After a session the client notes what it remembers, for its own later prompts alone."""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.runtime import Runtime

from psychagent.domain.base import Speaker
from psychagent.domain.client_memory import RecallReply, to_recall
from psychagent.domain.role import ClientKind, Role
from psychagent.domain.turn import Turn
from psychagent.llm.prompt import Prompt, user
from psychagent.nodes.client import client_head, client_messages, client_view, said_in_words
from psychagent.nodes.deps import CourseNode, Deps, Sources
from psychagent.nodes.kept import knobs_in
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.memory.reflect import chosen
from psychagent.nodes.opening import read_brief
from psychagent.nodes.retrieval.instead import ask_or_go_on
from psychagent.nodes.state import Brief, CourseState, Recalled
from psychagent.replies.as_json import json_shape, read_json


def remember(deps: Deps) -> CourseNode:
    """Make the node in which the simulated client notes what it remembers of the chosen rollout."""

    async def write(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        brief = await read_brief(deps, state, knobs_in(state, runtime.context, deps.knobs))
        if brief.knobs.client is ClientKind.HUMAN:
            # a person remembers without being asked
            return {"recalled": None}
        prompt = recall_prompt(deps, brief, chosen(state).turns)
        answer = await ask_or_go_on(
            deps.chat(Role.RECALL, brief.knobs),
            prompt,
            lambda said: read_json(said.content, RecallReply),
            shape=json_shape(RecallReply),
            instead=RecallReply(),
            with_what="no notes of the client's",
        )
        lines = client_view(brief).lines
        recall = to_recall(answer.value, lines, session_index=brief.session_index)
        return {"recalled": Recalled(recall=recall, usage=answer.usage)}

    return write


def recall_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> Prompt:
    """Ask behind the client's own messages, which a prefix cache of its model still holds."""
    head = client_head(sources, brief)
    task = sources.prompts(brief.case.language).render(
        "client/recall", untold=client_view(brief).lines, last=brief.is_last
    )
    messages = client_messages(head, turns)
    if messages[-1]["role"] == "user":
        # some chat templates allow no two messages of one role in a row
        last = messages[-1]["content"]
        messages = (*messages[:-1], user(f"{last}\n\n{task}"))
    else:
        messages = (*messages, user(task))
    return Prompt.of(
        Role.RECALL,
        messages,
        rendered=[head, task],
        seed=brief.seed(Role.RECALL),
        call=brief.call(Role.RECALL),
        also={"said": [turn.text for turn in turns if turn.speaker is Speaker.CLIENT]},
        rephrased=said_in_words(head),
    )
