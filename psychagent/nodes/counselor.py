"""The counselor's turn: its prompt, and how its reply is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Speaker
from psychagent.domain.role import Role
from psychagent.domain.turn import Turn, count_counselor_turns
from psychagent.llm.prompt import Message, Prompt, assistant, system, user
from psychagent.nodes.deps import Deps, SessionNode, Sources
from psychagent.nodes.state import Brief, SessionState
from psychagent.replies.as_json import JsonReply, parse_json_reply
from psychagent.replies.reply import CounselorReply
from psychagent.replies.tags import parse_tagged_reply


def counselor(deps: Deps) -> SessionNode:
    """Make the node in which the counselor speaks."""
    read, schema = _form_of(deps.baseline)

    async def speak(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns, draft = runtime.context, state.get("turns", []), state["retrieved"]
        assert draft is not None, "retrieve runs before counselor"
        prompt = counselor_prompt(deps, brief, turns, draft.skills)
        answer = await deps.chat(Role.COUNSELOR, brief.knobs).request(
            prompt,
            read,
            schema=schema,
        )
        reply = answer.value
        turn = draft.model_copy(
            update={"text": reply.response, "thoughts": reply.thoughts, "ends_session": reply.ends_session}
        )
        # kept no longer than needed: every checkpoint holds a plain channel in full
        return {"turns": [turn], "usage": answer.usage, "retrieved": None}

    return speak


def counselor_prompt(
    sources: Sources, brief: Brief, turns: Sequence[Turn], skill_ids: Sequence[str]
) -> Prompt:
    """Write a counselor prompt in the order of the contract: head, dialogue, this turn's skills.

    The head is the same for all turns of a session and the dialogue only grows, so a prefix cache
    serves all but the tail.
    """
    prompts = sources.prompts(brief.case.language)
    by_id = sources.skills(brief.case.language).by_id(brief.case.modality, brief.plan.stage)
    skills = [by_id[skill_id] for skill_id in skill_ids]
    most = brief.knobs.max_counselor_turns
    head = prompts.render(
        "counselor/system",
        modality=brief.case.modality.value,
        plan=brief.plan,
        memory=brief.view,
        session_index=brief.session_index,
        max_sessions=brief.knobs.max_sessions,
        max_turns=most,
        reply_format=sources.baseline.reply_format,
        end_token=sources.baseline.end_token,
    )
    opener = prompts.render("counselor/opener", session_index=brief.session_index)
    left = most - count_counselor_turns(turns)
    tail = prompts.render("counselor/skills", skills=skills, turns_left=left)
    dialogue = [
        assistant(turn.text) if turn.speaker is Speaker.COUNSELOR else user(turn.text) for turn in turns
    ]
    return Prompt.of(
        Role.COUNSELOR,
        _with_tail((system(head), user(opener), *dialogue), tail),
        rendered=[head, opener, tail],
        seed=brief.seed("counselor", len(turns)),
    )


def _with_tail(messages: Sequence[Message], tail: str) -> tuple[Message, ...]:
    """Append the tail to the last user message: some chat templates allow no second system message."""
    last = messages[-1]
    content = f"{last['content']}\n\n{tail}" if tail else last["content"]
    return (*messages[:-1], user(content))


def _tag_reader(end_token: str) -> Callable[[AIMessage], CounselorReply]:
    def read(message: AIMessage) -> CounselorReply:
        reasoning = str(message.additional_kwargs.get("reasoning_content") or "")
        return parse_tagged_reply(str(message.content), reasoning=reasoning, end_token=end_token)

    return read


def _form_of(
    baseline: BaselineSettings,
) -> tuple[Callable[[AIMessage], CounselorReply], type[JsonReply] | None]:
    """Return how replies are read, and the shape that the server is asked to hold."""
    match baseline.reply_format:
        case "json":
            return _read_json_reply, JsonReply
        case "tags":
            return _tag_reader(baseline.end_token), None
        case unknown:
            assert_never(unknown)


def _read_json_reply(message: AIMessage) -> CounselorReply:
    return parse_json_reply(str(message.content))
