"""Run one course from Python and watch it: events for notebooks and for whoever builds on top."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from psychagent.domain.base import Speaker
from psychagent.domain.ending import EndReason
from psychagent.domain.plan import Plan
from psychagent.domain.profile import Case
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.turn import Turn
from psychagent.flows.course import build_course, limit_of
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import CourseState
from psychagent.replies.stream import VisibleText


@dataclass(frozen=True)
class SessionOpened:
    """A session begins."""

    session_index: int
    plan: Plan


@dataclass(frozen=True)
class Words:
    """Words of the counselor as they come; private reasoning is left out."""

    text: str


@dataclass(frozen=True)
class Said:
    """A whole turn."""

    turn: Turn


@dataclass(frozen=True)
class SessionClosed:
    """A session with its summary and what changed in memory."""

    session: FinishedSession


@dataclass(frozen=True)
class CourseEnded:
    """The course is over; the reason is `plan` or `max_sessions`."""

    reason: EndReason


Event = SessionOpened | Words | Said | SessionClosed | CourseEnded


async def run_course(
    deps: Deps, case: Case | None = None, *, knobs: Knobs | None = None
) -> list[FinishedSession]:
    """Run one course to its end and return its sessions; nothing is written to disk.

    Args:
        deps: From `build_deps`.
        case: Whom to see; None takes the knobs' bundled profile.
        knobs: Limits and choices; None takes those of the settings.

    Raises:
        ProviderError, ReplyError: When a model call fails for good.
    """
    events = stream_course(deps, case, knobs=knobs)
    return [event.session async for event in events if isinstance(event, SessionClosed)]


async def stream_course(
    deps: Deps,
    case: Case | None = None,
    *,
    knobs: Knobs | None = None,
    words: bool = False,
    graph: CompiledStateGraph[CourseState, Knobs, Any, Any] | None = None,
) -> AsyncIterator[Event]:
    """Run one course and yield what happens.

    Args:
        deps: From `build_deps`.
        case: Whom to see; None takes the knobs' bundled profile.
        knobs: Limits and choices; None takes those of the settings.
        words: Also yield the counselor's words as they come (`tags` replies only; a `json` reply
            is readable only when whole). A reply that turns out malformed is asked for again: its
            words are superseded by the `Said` that follows.
        graph: A course graph to use; None builds one.
    """
    chosen = knobs or deps.knobs
    heard = _Heard(deps.baseline.end_token)
    stream = (graph or build_course(deps)).astream(
        {"case": case} if case else {},
        {"recursion_limit": limit_of(deps, chosen)},
        context=chosen,
        stream_mode=["updates", "messages"] if words else ["updates"],
        subgraphs=True,
        version="v2",
    )
    async for part in stream:
        if part["type"] == "messages":
            message, about = part["data"]
            if about.get("langgraph_node") == "counselor" and (shown := heard.take(message)):
                yield Words(shown)
            continue
        for node, update in part["data"].items():
            for event in _events(node, update):
                yield event


class _Heard:
    """What a person watching hears: each attempt at a reply is read by itself.

    What one attempt left open must not decide which words of the next are private.
    """

    def __init__(self, end_token: str) -> None:
        self._end_token, self._attempt = end_token, ""
        self._visible = VisibleText(end_token)

    def take(self, message: Any) -> str:
        """Take a piece of a reply and return the words that may be shown."""
        if message.id != self._attempt:
            self._attempt, self._visible = message.id, VisibleText(self._end_token)
        return self._visible.feed(message.content if isinstance(message.content, str) else "")


def _events(node: str, update: Any) -> list[Event]:
    if node in {Speaker.COUNSELOR.value, Speaker.CLIENT.value}:
        return [Said(turn) for turn in update["turns"]]
    if node == "reflect":
        return [SessionClosed(update["finished_session"])]
    if node == "open":
        if update["finished_reason"] is not None:
            return [CourseEnded(update["finished_reason"])]
        return [SessionOpened(update["open"].index, update["open"].plan)]
    return []
