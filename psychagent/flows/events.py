"""What happens in a course, as typed events: the one place that reads a graph's stream.

A run, the Python API and a page consume these; a new kind of event is a dataclass and a line here.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from psychagent.domain.base import Speaker
from psychagent.domain.ending import EndReason
from psychagent.domain.plan import Plan
from psychagent.domain.rollout import FinishedSession, Rollout
from psychagent.domain.turn import Turn
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
class RolloutHeld:
    """A rollout was held and judged, or failed."""

    rollout: Rollout


@dataclass(frozen=True)
class SessionClosed:
    """A session with its summary and what changed in memory."""

    session: FinishedSession


@dataclass(frozen=True)
class CourseEnded:
    """The course is over."""

    reason: EndReason


Event = SessionOpened | Words | Said | RolloutHeld | SessionClosed | CourseEnded


async def read_events(
    stream: AsyncIterable[Mapping[str, Any]], *, end_token: str = ""
) -> AsyncIterator[Event]:
    """Turn a course graph's stream into events.

    Args:
        stream: From `astream(..., version="v2")` with stream mode `updates`, and `messages` for
            words as they come. Turns are in it only with `subgraphs=True`.
        end_token: The baseline's, which is no word.
    """
    heard = _Heard(end_token)
    async for part in stream:
        if part["type"] == "messages":
            message, about = part["data"]
            if about.get("langgraph_node") == Speaker.COUNSELOR.value and (shown := heard.take(message)):
                yield Words(shown)
            continue
        for node, update in part["data"].items():
            for event in events_of(node, update or {}):
                yield event


def events_of(node: str, update: Mapping[str, Any]) -> list[Event]:
    """Say what a node's update means; empty where it means nothing to a reader."""
    match node:
        case Speaker.COUNSELOR.value | Speaker.CLIENT.value:
            return [Said(turn) for turn in update["turns"]]
        case "rollout":
            # a plain session is a single rollout that nobody judges: nothing to tell of
            return [RolloutHeld(r) for r in update["rollouts"] if r.judgement or r.failure]
        case "reflect":
            return [SessionClosed(update["finished_session"])]
        case "open":
            if update["finished_reason"] is not None:
                return [CourseEnded(update["finished_reason"])]
            return [SessionOpened(update["open"].index, update["open"].plan)]
    return []


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
