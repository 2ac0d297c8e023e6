"""What the safety gate found in one turn of the client, and what it did about it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from psychagent.domain.base import Record

NO_RISK, CONCERN, HIGH, IMMINENT = range(4)
"""Risk levels, in the shape of the C-SSRS screener: 1 is its first question and history, 2 its second and
third, 3 its fourth and fifth and behavior; 2 and 3 take in danger from and to others."""


class RiskMode(StrEnum):
    """What the gate does with what it finds."""

    OFF = "off"
    WATCH = "watch"
    """Record it; no prompt and no reply changes."""
    ACT = "act"


class Classifier(StrEnum):
    """What became of asking a model about a turn."""

    OFF = "off"
    """There is no endpoint to ask."""
    SPARED = "spared"
    """Nothing called for asking."""
    OK = "ok"
    FAILED = "failed"
    """No usable answer in time; the floor stood in."""


class Handling(StrEnum):
    """What the gate does about a turn."""

    NONE = "none"
    NOTE = "note"
    """A line in the counselor's prompt: ask directly, once."""
    CARD = "card"
    """Resources are shown before any model speaks, and the counselor is told so."""
    TAKEOVER = "takeover"
    """A fixed text takes the counselor's turn: at level 3, unless only soft rules say so."""


class About(StrEnum):
    """Whose danger a turn speaks of, and from whom. Files of older versions lack `child` and `drink`."""

    NONE = "none"
    SELF = "self"
    """The client may die or hurt itself."""
    OTHERS = "others"
    """The client may hurt somebody."""
    HARMED = "harmed"
    """The client is being hurt by somebody, or one in its care is, by somebody else."""
    CHILD = "child"
    """A child in the client's care is, or may be, hurt by the client: it takes other words than a victim."""
    DRINK = "drink"
    """What the client drinks endangers it, by stopping too, or those on the road."""


STANDS_IN = {About.CHILD: About.HARMED, About.DRINK: About.SELF}
"""Whose words and services speak to a kind where a file of an older version does not know it."""


class RiskFinding(Record):
    """What the gate found in one turn of the client; holds none of its words."""

    turn: int = Field(ge=0)
    """Place of the client's turn among the session's turns, from 0."""
    level: int = Field(ge=NO_RISK, le=IMMINENT)
    about: About = About.NONE
    hard: int = Field(default=NO_RISK, ge=NO_RISK, le=IMMINENT)
    """Level of the patterns that act alone."""
    soft: int = Field(default=NO_RISK, ge=NO_RISK, le=IMMINENT)
    """Level of the patterns that a model is asked about."""
    patterns: tuple[str, ...] = ()
    """Ids of the patterns that were found."""
    model: int | None = Field(default=None, ge=NO_RISK, le=IMMINENT)
    """The model's level; None where it gave none."""
    classifier: Classifier = Classifier.OFF
    carried: bool = False
    """Whether the level rests on an earlier turn alone: it falls by one a turn."""
    handling: Handling = Handling.NONE
    """What was done; none where the gate only watches."""
    rules_hash: str = ""
    """Which rules these were."""

    @property
    def shows_card(self) -> bool:
        """Whether the person was shown whom to turn to."""
        return self.handling in {Handling.CARD, Handling.TAKEOVER}


def is_shown_again(findings: Sequence[RiskFinding]) -> bool:
    """Return whether the card of the last finding was shown before in the session."""
    before, now = findings[:-1], findings[-1:]
    return any(one.shows_card and one.about is last.about for one in before for last in now)
