"""The counselor's turn: its prompt, and how its reply is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from langgraph.runtime import Runtime

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.risk.danger import is_newly_told
from psychagent.domain.risk.finding import NO_RISK
from psychagent.domain.risk.level import is_pressing
from psychagent.domain.role import Role
from psychagent.domain.strategy.kinds import SkillUse
from psychagent.domain.turn import Thoughts, Turn
from psychagent.errors import MalformedReplyError
from psychagent.llm.prompt import Prompt
from psychagent.llm.reply import Reply
from psychagent.nodes.aloud import say_turn
from psychagent.nodes.counselor_view import joined, render_tail, turns_after, view_session
from psychagent.nodes.deps import Deps, SessionNode, Sources
from psychagent.nodes.safety.open_danger import gone_on_with
from psychagent.nodes.state import Brief, SessionState
from psychagent.replies.as_json import Shape, counselor_shape, parse_json_reply
from psychagent.replies.reply import CounselorReply
from psychagent.replies.tags import parse_plain_reply, parse_tagged_reply

Read = Callable[[Reply], CounselorReply]


def counselor(deps: Deps) -> SessionNode:
    """Make the node in which the counselor speaks."""
    read, shape = _form_of(deps.baseline)

    async def speak(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns, draft = runtime.context, state.get("turns", []), state["retrieved"]
        assert draft is not None, "retrieve runs before counselor"
        stays = _must_stay(turns, draft) and turns_after(deps, brief, turns) > 0
        prompt = counselor_prompt(deps, brief, turns, draft)
        answer = await deps.chat(Role.COUNSELOR, brief.knobs).request(
            prompt,
            refusing_goodbye(read) if stays else read,
            shape=shape,
        )
        reply = answer.value
        turn = draft.model_copy(
            update={
                "text": reply.response,
                "thoughts": thoughts_of(draft, reply),
                "ends_session": reply.ends_session and not stays,
            }
        )
        say_turn(runtime, turn)
        # kept no longer than needed: every checkpoint holds a plain channel in full
        return {"turns": [turn], "usage": answer.usage, "retrieved": None}

    return speak


def _must_stay(turns: Sequence[Turn], draft: Turn) -> bool:
    """Return whether danger allows no goodbye: high, or told of for the first time."""
    level = draft.risk_level or NO_RISK
    return is_pressing(level) or is_newly_told(turns, level=level, about=draft.risk_about)


def thoughts_of(draft: Turn, reply: CounselorReply) -> Thoughts:
    """Return the private part of a turn: what was thought in calls before the reply, or in it."""
    return draft.thoughts or reply.thoughts


def counselor_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn], draft: Turn) -> Prompt:
    """Write a counselor prompt in the order of the contract: head, dialogue, and what is for this turn alone.

    Args:
        sources: Where templates, skills and settings are.
        brief: The session.
        turns: The session so far.
        draft: The turn to be spoken as retrieval leaves it, or as it is stored.
    """
    view = view_session(sources, brief, turns)
    before = gone_on_with(sources, brief, turns, level=draft.risk_level or NO_RISK, about=draft.risk_about)
    tail = render_tail(sources, brief, turns, draft, shown=view.shown, before=before)
    # the notes say a high level in a sentence
    told = {"risk_level": draft.risk_level, "risk_about": draft.risk_about.value} if draft.risk_level else {}
    return Prompt.of(
        Role.COUNSELOR,
        view.followed_by(joined(*tail)),
        rendered=[*view.rendered, *tail],
        seed=brief.seed("counselor", len(turns)),
        call=brief.call(Role.COUNSELOR, len(turns)),
        # the head tells a person from a simulator by what it says of secrecy
        rephrased={"client": brief.knobs.client.value, **told, **_form_told(sources.baseline)},
    )


def _form_told(baseline: BaselineSettings) -> dict[str, str]:
    """Say where a reply has no form: a prompt does not name it."""
    return {"reply_format": baseline.reply_format} if baseline.reply_format == "plain" else {}


def refusing_goodbye(read: Read) -> Read:
    """Wrap a reader so that a reply which ends the session is refused once; a second one is taken.

    Its end is then left out, and the session goes on. For a call of its own: it remembers the refusal.
    """
    refused = False

    def check(reply: Reply) -> CounselorReply:
        nonlocal refused
        found = read(reply)
        if found.ends_session and not refused:
            refused = True
            raise MalformedReplyError(
                "danger is open, so the session must not end now: stay with the client, ask on, no goodbye"
            )
        return found

    return check


def _form_of(
    baseline: BaselineSettings,
) -> tuple[Read, Shape | None]:
    """Return how replies are read, and the shape that the server is asked to hold."""
    end_token = baseline.end_token

    def read_tags(reply: Reply) -> CounselorReply:
        return parse_tagged_reply(reply.content, reasoning=reply.reasoning, end_token=end_token)

    def read_plain(reply: Reply) -> CounselorReply:
        return parse_plain_reply(reply.content, reasoning=reply.reasoning, end_token=end_token)

    match baseline.reply_format:
        case "json":
            shape = counselor_shape(with_skills=baseline.skills.use is not SkillUse.OFF)
            return lambda reply: parse_json_reply(reply.content, end_token=end_token), shape
        case "tags":
            return read_tags, None
        case "plain":
            return read_plain, None
        case unknown:
            assert_never(unknown)
