"""Whether a turn calls for skills for danger, and for which: voiced lately, or due. Asks no model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum

from psychagent.domain.base import Speaker
from psychagent.domain.risk.finding import NO_RISK, About, RiskFinding
from psychagent.domain.safety import Asks, is_past_half, safety_due, was_asked
from psychagent.domain.turn import Turn

STAYS_OPEN = 3
"""Counselor turns that danger, once voiced, stays in the foreground; the one that answers it included."""


class Alarm(StrEnum):
    """Whether a turn calls for skills for danger."""

    NONE = "none"
    DUE = "due"
    """To be asked about: late in a first session, or because an earlier session recorded it."""
    VOICED = "voiced"
    """Voiced in one of the last turns."""


def sound_alarm(
    turns: Sequence[Turn],
    *,
    voices: Callable[[str], bool],
    asks: Asks,
    skills: Collection[str],
    now: bool,
    carried: bool,
    session_index: int,
    max_turns: int,
) -> Alarm:
    """Decide whether the counselor's next turn calls for skills for danger.

    Args:
        turns: The session so far.
        voices: Whether a client's words voice danger.
        asks: Whether a counselor's words ask about it.
        skills: Names of the skills for danger.
        now: Whether a model judged that danger is voiced now, or is open from before.
        carried: Whether memory holds a danger, or a plan for one.
        session_index: From 1.
        max_turns: Most counselor turns of the session.
    """
    # begins with a client's turn; a counselor's turn holds what was judged of the words before it
    recent = turns[1 - 2 * STAYS_OPEN :]
    if now or any(_voiced(turn, voices) for turn in recent):
        return Alarm.VOICED
    if safety_due(turns, session_index=session_index, max_turns=max_turns, asks=asks, skills=skills):
        return Alarm.DUE
    # a greeting is no place for it
    early = bool(turns) and not is_past_half(turns, max_turns)
    again = carried and early and not was_asked(turns, asks=asks, skills=skills)
    return Alarm.DUE if again else Alarm.NONE


class StillOpen(StrEnum):
    """How far a danger from the session before has been taken up in this one."""

    NONE = "none"
    """There was none, or it was asked about and the answer was taken up."""
    UNASKED = "unasked"
    ANSWERED = "answered"
    """The client's last words answer the first question about it; a calm one may be a dodge."""


def still_open(turns: Sequence[Turn], *, before: bool, asks: Asks) -> StillOpen:
    """Say how far a danger from before has been taken up; the opening of a later session may ask about it.

    Args:
        turns: The session so far.
        before: Whether a danger was open, or on record, when the session before ended.
        asks: Whether a counselor's words ask about it.
    """
    own = [turn for turn in turns if turn.speaker is Speaker.COUNSELOR]
    if not before or not own:
        return StillOpen.NONE
    asking = [turn.by_gate or asks(turn.text) for turn in own]
    if not any(asking):
        return StillOpen.UNASKED
    return StillOpen.NONE if any(asking[:-1]) else StillOpen.ANSWERED


def own_death_unasked(turns: Sequence[Turn], *, now: About, asks: Asks) -> bool:
    """Return whether danger of another kind was told of and the client's own death was not asked about.

    Args:
        turns: The session so far.
        now: Whose danger the counselor is told of now.
        asks: Whether a counselor's words ask about dying or self-harm.
    """
    own = [turn for turn in turns if turn.speaker is Speaker.COUNSELOR]
    told = {now, *(turn.risk_about for turn in own)}
    return bool(told - {About.NONE, About.SELF}) and not any(asks(turn.text) for turn in own)


def is_newly_told(turns: Sequence[Turn], *, level: int, about: About) -> bool:
    """Return whether the client's last words tell of danger that the counselor was not told of yet.

    It is of a higher level than before the counselor's last turn, or of a kind that was not told of today.

    Args:
        turns: The session up to these words.
        level: Their level.
        about: Whose danger it is.
    """
    own = [turn for turn in turns if turn.speaker is Speaker.COUNSELOR]
    if not own or level == NO_RISK:
        return False
    known = {About.NONE, *(turn.risk_about for turn in own)}
    return level > (own[-1].risk_level or NO_RISK) or about not in known


def is_unprompted(turns: Sequence[Turn], *, about: About, asks: Asks, asks_self: Asks) -> bool:
    """Return whether the client's last words hint at a kind of danger that nobody asked about.

    Args:
        turns: The session up to these words.
        about: Whose danger it is.
        asks: Whether a counselor's words ask about danger.
        asks_self: Whether they ask about dying or self-harm, which a hint of drink is no answer to.
    """
    own = [turn for turn in turns if turn.speaker is Speaker.COUNSELOR]
    known = {About.NONE, About.SELF, *(turn.risk_about for turn in own)}
    if not own or about in known:
        return False
    asked = own[-1].text
    return asks_self(asked) or not asks(asked)


def also_told(turns: Sequence[Turn], *, now: About, before: About) -> About:
    """Say which other danger was told of last; it is not over because a more pressing one is spoken of.

    Args:
        turns: The session so far.
        now: Whose danger the notes speak of.
        before: Whose danger was open when the session before ended.
    """
    told = [before, *(turn.risk_about for turn in turns)]
    others = [about for about in told if about not in (About.NONE, now)]
    return others[-1] if others and now is not About.NONE else About.NONE


def open_danger(findings: Sequence[RiskFinding], turns: Sequence[Turn], *, before: About) -> About:
    """Say whose danger is open, by the last words that told of one; none where nobody knows.

    Args:
        findings: What the safety gate found in the session.
        turns: The session so far.
        before: Whose danger was open when the session before ended; it stays so until words tell of another.
    """
    heard = [finding for finding in findings if finding.level > NO_RISK]
    if not heard:
        return before if len(turns) < 2 * STAYS_OPEN else About.NONE
    lately = heard[-1].turn > len(turns) - 2 * STAYS_OPEN
    return last_about(heard, before=before) if lately else About.NONE


def last_about(findings: Sequence[RiskFinding], *, before: About) -> About:
    """Say whose danger was told of last; a level that is only carried over does not say it."""
    told = [finding.about for finding in findings if finding.level > NO_RISK and not finding.carried]
    return told[-1] if told else before


def lately_said(turns: Sequence[Turn]) -> str:
    """Return the client's words of the turns in which a danger stays in the foreground.

    A bare "yes" says nothing of what it is a yes to.
    """
    return "\n".join(t.text for t in turns[1 - 2 * STAYS_OPEN :] if t.speaker is Speaker.CLIENT)


def _voiced(turn: Turn, voices: Callable[[str], bool]) -> bool:
    if turn.speaker is Speaker.CLIENT:
        return voices(turn.text)
    return turn.rewrite is not None and turn.rewrite.danger
