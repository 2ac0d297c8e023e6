"""Where a chat stands, read from its course's newest checkpoint; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from langgraph.types import StateSnapshot

from psychagent.domain.ending import end_reason
from psychagent.domain.risk.finding import About
from psychagent.domain.risk.level import is_pressing
from psychagent.domain.turn import Turn
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.opening import next_plan
from psychagent.nodes.state import CourseState, SessionState
from psychagent.safety.answer import Card


class At(StrEnum):
    """What comes next."""

    START = "start"
    """Nothing has happened yet."""
    WORDS = "words"
    """The person has the word."""
    WORK = "work"
    """The program has, or was cut off in the middle of it."""
    BETWEEN = "between"
    """A session is over and another may follow."""
    LAST = "last"
    """A session is over, and the course will be."""
    OVER = "over"


class Ended(StrEnum):
    """How a chat ended in this process."""

    LEFT = "left"
    OVER = "over"


@dataclass(frozen=True)
class Scene:
    """Where a chat stands."""

    at: At
    session: int = 1
    """Number of the open session, or of the last one."""
    turns: tuple[Turn, ...] = ()
    """The open session so far."""
    card: Card | None = None
    """What is shown beside the counselor's next words, or its last ones."""
    about: About = About.SELF
    """The kind of danger that the session last spoke of."""
    asked: str = ""
    """Id of the interrupt that the person's words answer."""

    @property
    def is_closed(self) -> bool:
        """Whether a session is over and none is open: nobody hears what is typed."""
        return self.at in {At.BETWEEN, At.LAST, At.OVER}


def scene_of(deps: Deps, snapshot: StateSnapshot, knobs: Knobs) -> Scene:
    """Read a snapshot that was taken with its subgraphs."""
    values = cast("CourseState", snapshot.values)
    if not snapshot.created_at:
        return Scene(At.START)
    number = values["open"].index if "open" in values else 1
    # `next` may be empty while tasks are pending, so only `tasks` shows that a course is over
    if not snapshot.tasks:
        return Scene(At.OVER, number)
    found = session_of(snapshot)
    session = cast("SessionState", found.values if found else {})
    turns, card = tuple(session.get("turns", ())), session.get("card")
    about = next((one.about for one in reversed(session.get("findings", []))), About.SELF)
    # the course's own task keeps an interrupt that was answered until the session is over
    asked = [interrupt.id for task in (found.tasks if found else ()) for interrupt in task.interrupts]
    if asked:
        return Scene(At.WORDS, number, turns, card, about, asked[0])
    if snapshot.next == ("open",) and values.get("finished_session"):
        return Scene(At.LAST if _ends(deps, values, knobs) else At.BETWEEN, number)
    return Scene(At.WORK, number, turns, card, about)


def session_of(snapshot: StateSnapshot) -> StateSnapshot | None:
    """Find the open session among the states nested in a course's; None if it has no turn yet."""
    return next((state for state in _nested(snapshot) if "turns" in state.values), None)


def _nested(snapshot: StateSnapshot) -> Iterator[StateSnapshot]:
    for task in snapshot.tasks:
        if isinstance(task.state, StateSnapshot):
            yield task.state
            yield from _nested(task.state)


def _ends(deps: Deps, values: CourseState, knobs: Knobs) -> bool:
    """Decide as the graph will: whether no session follows the one that is over."""
    session = values["open"]
    plan, _ = next_plan(deps, values["case"], session, values["memory"], max_sessions=knobs.max_sessions)
    return end_reason(plan.stage, session.index, knobs.max_sessions) is not None


def turns_left(turn: Turn, spoken: int, *, most: int, extra: int) -> int:
    """Count the counselor's turns that may follow one of its turns, those included that danger adds.

    Args:
        turn: The counselor's last turn.
        spoken: Its number in the session, from 1.
        most: Most counselor turns of a session without danger.
        extra: Most counselor turns beyond them.
    """
    # as the session's graph has it: past the limit it goes on until the goodbye that danger kept it from
    told = spoken > most or (spoken == most and turn.risk_level)
    is_kept = is_pressing(turn.risk_level) or bool(told and not turn.ends_session)
    if turn.ends_session and not is_kept:
        return 0
    return max(most + (extra if is_kept else 0) - spoken, 0)
