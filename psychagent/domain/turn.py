"""One utterance and the counselor's private reasoning behind it."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.base import Record, Speaker
from psychagent.domain.risk.finding import About


class Thoughts(Record):
    """The counselor's private reasoning of one turn; never shown to client or judge."""

    assessment: str = ""
    client_state: str = ""
    skill: tuple[str, ...] = ()
    """Names of the skills that the counselor says it is using."""
    strategy: str = ""


class Rewrite(Record):
    """A model's answer on what skill the counselor should look for next."""

    danger: bool = False
    """Whether danger is voiced, or is open from before."""
    trigger: str
    when_to_use: str = ""
    skill: str = ""


class Turn(Record):
    """One utterance."""

    speaker: Speaker
    text: str
    """As spoken, without markup."""
    thoughts: Thoughts | None = None
    skills: tuple[str, ...] = ()
    """Ids of the skills that retrieval showed the counselor, best first."""
    recalled: tuple[str, ...] = ()
    """Ids of the memory items that the counselor was shown for this turn, best first."""
    query: str | None = None
    """What retrieval searched for."""
    rewrite: Rewrite | None = None
    """The answer that the query was built from; None if no model was asked for one."""
    ends_session: bool = False
    by_gate: bool = False
    """Whether the safety gate spoke it, a fixed text, in the counselor's place."""
    risk_level: int | None = None
    """The level that the gate told the counselor of before this turn, where it acts."""
    risk_about: About = About.NONE
    """Whose danger it is; `none` where the gate told of none, or nobody knows."""


def count_counselor_turns(turns: Sequence[Turn]) -> int:
    """Count the counselor's turns, which measure the length of a session."""
    return sum(turn.speaker is Speaker.COUNSELOR for turn in turns)


def said_goodbye(turns: Sequence[Turn]) -> bool:
    """Return whether a session's last words end it."""
    return any(turn.ends_session for turn in turns[-2:])
