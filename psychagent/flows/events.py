"""Typed events of a course; the only module that reads a graph's stream.

Runs, the Python API and web pages consume them; a new kind of event is a dataclass and a line here.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psychagent.domain.base import Speaker
from psychagent.domain.ending import EndReason
from psychagent.domain.plan import Plan
from psychagent.domain.rollout import FinishedSession, Rollout
from psychagent.domain.text.plain import plain
from psychagent.domain.turn import Turn
from psychagent.replies.stream import VisibleText
from psychagent.safety.answer import Card


@dataclass(frozen=True)
class SessionOpened:
    """A session begins."""

    session_index: int
    plan: Plan


@dataclass(frozen=True)
class Words:
    """A piece of the counselor's reply as it is streamed, without private reasoning."""

    text: str


@dataclass(frozen=True)
class Unsaid:
    """The words since the last turn are of a reply that is asked for again: they must not stay in sight."""


@dataclass(frozen=True)
class CardShown:
    """The safety gate found danger: whom the person can turn to, shown before any model speaks."""

    card: Card


@dataclass(frozen=True)
class Said:
    """A complete turn; where the safety gate spoke it, `by_gate`."""

    turn: Turn


@dataclass(frozen=True)
class RolloutHeld:
    """A rollout finished and was judged, or failed."""

    rollout: Rollout


@dataclass(frozen=True)
class SessionClosed:
    """A session ended, with its summary and the changes to memory."""

    session: FinishedSession


@dataclass(frozen=True)
class CourseEnded:
    """The course is over."""

    reason: EndReason


Event = SessionOpened | Words | Unsaid | CardShown | Said | RolloutHeld | SessionClosed | CourseEnded


async def read_events(
    stream: AsyncIterable[Mapping[str, Any]], *, end_token: str = ""
) -> AsyncIterator[Event]:
    """Turn a course graph's stream into events.

    Args:
        stream: From `astream(..., version="v2")` with stream mode `updates`, plus `messages` for
            words as they are streamed, and `custom` for a card as soon as it is said. It contains turns
            only with `subgraphs=True`.
        end_token: The baseline's end token, which is not shown.
    """
    words = VisibleWords(end_token)
    async for part in stream:
        if part["type"] == "messages":
            message, about = part["data"]
            if about.get("langgraph_node") == Speaker.COUNSELOR.value:
                for piece in words.take(message):
                    yield piece
            continue
        if part["type"] == "custom":
            if part["data"].get("event") == "card":
                yield CardShown(Card.model_validate(part["data"]["card"]))
            continue
        for node, update in part["data"].items():
            if node == Speaker.COUNSELOR.value:
                words.settle()
            for event in events_of(node, update or {}):
                yield event


def events_of(node: str, update: Mapping[str, Any]) -> list[Event]:
    """Convert a node's update to events; empty if it is of no interest to a reader."""
    match node:
        case Speaker.COUNSELOR.value | Speaker.CLIENT.value | "safe_reply":
            # a person who ends the session says nothing
            return [Said(turn) for turn in update.get("turns", ())]
        case "risk":
            return [CardShown(update["card"])] if update.get("card") else []
        case "rollout":
            # a plain session is a single rollout without a judge, which is not worth an event
            return [RolloutHeld(r) for r in update["rollouts"] if r.judgement or r.failure]
        case "reflect":
            return [SessionClosed(update["finished_session"])]
        case "open":
            if update["finished_reason"] is not None:
                return [CourseEnded(update["finished_reason"])]
            return [SessionOpened(update["open"].index, update["open"].plan)]
    return []


class VisibleWords:
    """Extracts the visible words of a stream, parsing each attempt at a reply on its own.

    A tag that one attempt left open must not make words of the next attempt private.
    """

    def __init__(self, end_token: str) -> None:
        """Start before the first attempt."""
        self._end_token, self._attempt = end_token, ""
        self._visible = VisibleText(end_token)
        self._is_open = False

    def take(self, message: Any) -> Iterator[Words | Unsaid]:
        """Feed a piece of a reply; yield the words that may be shown, after taking back those of no use."""
        if message.id != self._attempt:
            self._attempt, self._visible = message.id, VisibleText(self._end_token)
            if self._is_open:
                self._is_open = False
                yield Unsaid()
        if shown := self._visible.feed(message.content if isinstance(message.content, str) else ""):
            self._is_open = True
            yield Words(plain(shown))

    def settle(self) -> None:
        """Note that the words so far have become a turn."""
        self._is_open = False
