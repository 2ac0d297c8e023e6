"""How the level of a turn follows from rules, model and the turn before, and what is done about it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from psychagent.domain.base import Speaker
from psychagent.domain.risk.finding import (
    CONCERN,
    HIGH,
    NO_RISK,
    About,
    Classifier,
    Handling,
    RiskFinding,
    RiskMode,
)
from psychagent.domain.turn import Turn

_LOOKS_BACK = 3
"""Turns of the client after a finding in which a model is asked again, whatever the rules say."""
_FIRST_TURNS = 3
"""Turns at the start of a session with a person, or after danger, in which a model is asked in any case."""
FAILURES_TOLD = 3
"""Failed answers in a row after which a person is shown the resources once, danger or not."""
_HANDLINGS = (Handling.NONE, Handling.NOTE, Handling.CARD, Handling.TAKEOVER)


class Level(NamedTuple):
    """A level, and whether it rests on an earlier turn alone."""

    level: int
    carried: bool


def level_of(*, hard: int, soft: int, model: int | None, last: int) -> Level:
    """Return the level of a turn.

    It is the highest of: the rules that act alone, the model's level or, where there is none, that
    of the other rules, and one less than the turn before. So the gate never fails open, and care does
    not stop at the first "thank you".

    Args:
        hard: Level of the rules that act alone, 0 to 3.
        soft: Level of the rules that a model is asked about.
        model: The model's level; None where it was not asked or gave no usable answer.
        last: Level of the client's turn before, or of the last one of the session before.
    """
    now = max(hard, soft if model is None else model)
    carried = max(last - 1, NO_RISK)
    return Level(max(now, carried), carried > now)


def level_at(findings: Sequence[RiskFinding], turns: Sequence[Turn], *, before: int) -> int:
    """Return the level of the client's last turn; `before` that of the session before if it has none yet."""
    said = [at for at, turn in enumerate(turns) if turn.speaker is Speaker.CLIENT]
    if not said:
        return before
    return next((f.level for f in reversed(findings) if f.turn == said[-1]), NO_RISK)


def is_model_due(
    findings: Sequence[RiskFinding],
    turns: Sequence[Turn],
    *,
    soft: int,
    hard: int,
    last: int,
    is_early: bool,
    asked: bool,
) -> bool:
    """Return whether a model should be asked about the last turn: seldom, for it costs time and tokens.

    It is asked where a rule calls for it, where the turn answers a question about danger, for some turns
    after danger, and in the first turns of a session with a person, before its way of speaking is known, or
    after a danger from before, about which a calm answer may be a dodge.

    Args:
        findings: What was found in the session so far.
        turns: The session so far, the turn in question last.
        soft: Level of the rules that a model is asked about.
        hard: Level of the rules that act alone.
        last: Level of the client's turn before.
        is_early: Whether the first turns of this session call for it.
        asked: Whether the counselor's last words ask about danger, or were chosen because of it.
    """
    said = [at for at, turn in enumerate(turns) if turn.speaker is Speaker.CLIENT]
    recent = said[-1 - _LOOKS_BACK :]
    in_danger_lately = any(f.level > NO_RISK and f.turn in recent for f in findings)
    is_first = is_early and len(said) <= _FIRST_TURNS
    return max(soft, hard, last) > NO_RISK or asked or in_danger_lately or is_first


def is_certain(level: int, *, hard: int, model: int | None) -> bool:
    """Return whether a level rests on more than suspicion: a rule that acts alone, or a model."""
    return max(hard, model or NO_RISK) >= level


def handling_of(level: int, mode: RiskMode, *, certain: bool, at_hand: bool) -> Handling:
    """Return what is done about a level.

    A suspicion takes no turn over, however grave: it shows the card, and the counselor asks. Soft rules are
    wide, and a talk that is cut off by a fixed text without need teaches people to keep silent. Nor is
    anybody told to call who has help at hand: that would say that nobody listens.
    """
    if mode is not RiskMode.ACT:
        return Handling.NONE
    return _HANDLINGS[level if certain and not at_hand else min(level, HIGH)]


def about_of(level: Level, *, hard: int, by_rules: About, by_model: About, last: About) -> About:
    """Return whose danger a level is of.

    Args:
        level: The level of the turn.
        hard: Level of the rules that act alone.
        by_rules: The kind that the rules heard.
        by_model: The kind that the model named; `NONE` where it named none.
        last: The kind of the danger before, on which a carried level rests.
    """
    if level.level == NO_RISK:
        return About.NONE
    # a model has read who is meant; only what acts alone weighs more
    now = by_rules if by_model is About.NONE or hard >= level.level else by_model
    found = last if level.carried and last is not About.NONE else now
    return found if found is not About.NONE else last if last is not About.NONE else About.SELF


def is_worth_noting(finding: RiskFinding) -> bool:
    """Return whether a finding is recorded: danger, or a model that did not answer."""
    return finding.level >= CONCERN or finding.classifier is Classifier.FAILED


def is_pressing(told: int | None) -> bool:
    """Return whether danger comes before all else, given the level that the counselor is told of."""
    return told is not None and told >= HIGH


def failures_in_a_row(findings: Sequence[RiskFinding], turns: Sequence[Turn]) -> int:
    """Count the client's last turns about which the model gave no usable answer, one after another."""
    failed = {f.turn for f in findings if f.classifier is Classifier.FAILED}
    count = 0
    for at in reversed([at for at, turn in enumerate(turns) if turn.speaker is Speaker.CLIENT]):
        if at not in failed:
            break
        count += 1
    return count
