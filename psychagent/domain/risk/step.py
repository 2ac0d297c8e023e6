"""What the note on a turn asks of the counselor about a danger: one thing a turn. Asks no model."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from psychagent.domain.risk.danger import StillOpen
from psychagent.domain.risk.finding import CONCERN, HIGH, NO_RISK, About


class Step(StrEnum):
    """The one thing to do about a danger in a turn; notes on how to close a session give way to it."""

    NONE = "none"
    GREET = "greet"
    """Danger was open when the session before ended, and nothing was said yet."""
    PRESS = "press"
    """Danger is high: ask on about it."""
    RAISE = "raise"
    """A danger from before was not asked about yet."""
    REPEAT = "repeat"
    """The first answer about a danger from before may be a dodge."""
    HEAR = "hear"
    """The last words may mean danger: ask about it."""
    OWN = "own"
    """The danger told of is another one: ask about the client's own death."""
    FOLLOW = "follow"
    """It was asked about: take up the answer, a no or a yes."""
    GO_ON = "go_on"
    """It was told of, or asked about twice: ask what is not asked yet, then settle the night."""
    STAY = "stay"
    """Time is up, and the last words tell of something new: goodbye waits."""
    SETTLE = "settle"
    """It is less sharp, and time is up: settle the night, ask what is still unasked, then say goodbye."""
    EASED = "eased"
    """A hint of it came to nothing, in turns that were given because of it: say goodbye."""
    PART = "part"
    """Danger is open, and no turn follows in which anything could be answered."""


class Where(NamedTuple):
    """What decides on a turn's step."""

    turn: int
    """Number of the counselor's turn, from 1."""
    turns_left: int
    """Regular turns that are left, this one included; 0 and less in the turns that danger adds."""
    extra_turns: int
    """Most turns that danger may add."""
    level: int
    about: About
    """Whose danger it is, or was when it was last told of."""
    spoken_of: bool
    """Whether danger was asked about in this session, or was high."""
    pressed: bool
    """Whether it was asked about more than once, so that a no is an answer and no dodge."""
    told: bool
    """Whether the client has told of it, in this session or before."""
    newly_told: bool
    """Whether the last words tell of danger that the counselor was not told of before."""
    still_open: StillOpen
    own_unasked: bool
    unprompted: bool = False
    """Whether the last words tell of a kind of danger of which no question was asked: they are no answer."""


def can_be_answered(where: Where) -> bool:
    """Return whether another turn of the counselor may follow; danger alone adds some beyond the last."""
    may_follow = where.turns_left + where.extra_turns > 1
    return where.turns_left > 1 or (may_follow and (where.turns_left < 1 or where.level > NO_RISK))


def step_of(where: Where) -> Step:
    """Choose a turn's step; two of them in one turn would be two questions in one turn."""
    if not can_be_answered(where):
        return Step.PART if where.level > NO_RISK or _is_unsettled(where) else _calm(where)
    if where.turn == 1 and where.level > NO_RISK:
        return Step.GREET
    if where.level >= HIGH:
        return Step.PRESS
    if where.still_open is not StillOpen.NONE:
        return Step.RAISE if where.still_open is StillOpen.UNASKED else Step.REPEAT
    if where.level == CONCERN and not where.spoken_of:
        return Step.HEAR
    # the night first: whoever closes asks about the own death in the same note, once the night is settled
    if _is_late(where) and (where.level == CONCERN or _is_unsettled(where)):
        return _at_the_end(where)
    if where.own_unasked:
        return Step.OWN
    if where.level == CONCERN:
        return Step.GO_ON if where.told or where.pressed else _first_answer(where)
    return _calm(where)


def _at_the_end(where: Where) -> Step:
    if not (where.pressed or where.told):
        return _first_answer(where)
    return Step.STAY if where.newly_told else Step.SETTLE


def _first_answer(where: Where) -> Step:
    """Take up an answer; a hint of another danger than was asked about is asked about first."""
    return Step.HEAR if where.unprompted else Step.FOLLOW


def _is_late(where: Where) -> bool:
    return where.turns_left <= 1 or where.turns_left + where.extra_turns <= 2


def _is_unsettled(where: Where) -> bool:
    """Return whether calm words end nothing in the turns that danger added.

    A no to one question takes back nothing that was told, and a child is no safer for it.
    """
    is_told = where.told or where.about not in (About.NONE, About.SELF)
    return where.turns_left < 1 and (is_told or where.own_unasked)


def _calm(where: Where) -> Step:
    return Step.EASED if where.turns_left < 1 else Step.NONE
