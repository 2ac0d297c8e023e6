"""Danger in a session: whether it is voiced, and whether it is due to be asked about. Asks no model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from psychagent.domain.base import Record, Speaker
from psychagent.domain.turn import Turn, count_counselor_turns

STAYS_OPEN = 3
"""Counselor turns that danger, once voiced, stays in the foreground; the one that answers it included."""


class DangerWords(Record):
    """Plain words of danger in one language, lower case; a floor under a model's judgement, no more."""

    voiced: tuple[str, ...]
    """What a client says who may be in danger, or may be one."""
    asked: tuple[str, ...]
    """What stands in a counselor's plain question."""


class Alarm(StrEnum):
    """Whether a turn calls for skills for danger."""

    NONE = "none"
    DUE = "due"
    """To be asked about: late in a first session, or because an earlier session recorded it."""
    VOICED = "voiced"
    """Voiced in one of the last turns."""


def mentions(text: str, words: Iterable[str]) -> bool:
    """Return whether a text holds one of some words."""
    lowered = text.lower().replace("\u2019", "'")
    return any(word in lowered for word in words)


def sound_alarm(
    turns: Sequence[Turn],
    *,
    words: DangerWords,
    now: bool,
    carried: bool,
    session_index: int,
    max_turns: int,
) -> Alarm:
    """Decide whether the counselor's next turn calls for skills for danger.

    Args:
        turns: The session so far.
        words: Plain words of danger.
        now: Whether a model judged that danger is voiced now, or is open from before.
        carried: Whether memory holds a note on safety.
        session_index: From 1.
        max_turns: Most counselor turns of the session.
    """
    # begins with a client's turn; a counselor's turn holds what was judged of the words before it
    recent = turns[1 - 2 * STAYS_OPEN :]
    if now or any(_voices(turn, words) for turn in recent):
        return Alarm.VOICED
    own = [turn for turn in turns if turn.speaker is Speaker.COUNSELOR]
    # the opening names danger as the limit of confidentiality, which is no question
    if not own or any(mentions(turn.text, words.asked) for turn in own[1:]):
        return Alarm.NONE
    first_half = count_counselor_turns(turns) < max_turns / 2
    return Alarm.DUE if (carried and first_half) or (session_index == 1 and not first_half) else Alarm.NONE


def _voices(turn: Turn, words: DangerWords) -> bool:
    if turn.speaker is Speaker.CLIENT:
        return mentions(turn.text, words.voiced)
    return turn.rewrite is not None and turn.rewrite.danger
