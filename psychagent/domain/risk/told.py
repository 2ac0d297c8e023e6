"""What danger that a client tells of means for the choice among rollouts: a veto, or a disclosure; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from psychagent.domain.profile import Profile
from psychagent.domain.risk.asked import Asked, voiced_danger
from psychagent.domain.risk.finding import About, RiskFinding
from psychagent.domain.safety import Asks, was_asked
from psychagent.domain.turn import Turn


class Told(NamedTuple):
    """What a session's danger means for choosing it."""

    unasked: str = ""
    """Why it must not be chosen, in a sentence; empty if danger was asked about at once, or none voiced."""
    disclosed: bool = False
    """Whether the client told of danger of its own, which makes it look worse than it did before."""


def hear_told(
    turns: Sequence[Turn],
    findings: Sequence[RiskFinding],
    *,
    asks: Asks,
    skills: Collection[str],
    may_carry: bool,
) -> Told:
    """Say what danger that a client voices in a session means for choosing it.

    A counselor must ask in its next turn; what a client says in its last words is no fault of the counselor.

    Args:
        turns: The session.
        findings: What the safety gate found in it.
        asks: Whether a counselor's words ask about danger.
        skills: Names of the skills for danger.
        may_carry: Whether the client may carry danger, as far as profile and memory tell.
    """
    voiced = voiced_danger(turns, findings, asks=asks, skills=skills)
    if voiced is None:
        return Told()
    about = next(f.about for f in findings if f.turn == voiced.turn)
    before = turns[: voiced.turn]
    # a question may put such words into the mouth of a client that carries no danger to itself
    prompted = about is About.SELF and was_asked(before, asks=asks, skills=skills)
    return Told(_fault(voiced.turn, voiced.asked, voiced.at), may_carry or not prompted)


def _fault(turn: int, asked: Asked, at: int | None) -> str:
    match asked:
        case Asked.AT_ONCE | Asked.NO_TURN:
            return ""
        case Asked.LATER:
            return f"danger voiced in turn {turn} was not asked about before turn {at}"
        case Asked.NEVER:
            return f"danger voiced in turn {turn} was not asked about"


def may_carry_danger(profile: Profile) -> bool:
    """Return whether a client may carry danger: unless its profile says how it opens up, and names none."""
    return profile.disclosure is None or profile.disclosure.risk is not None
