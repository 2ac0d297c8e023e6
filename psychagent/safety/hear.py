"""Hear a whole session by the rules alone, for sessions that were held without the safety gate."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.base import Speaker
from psychagent.domain.risk.finding import NO_RISK, RiskFinding
from psychagent.domain.risk.level import level_of
from psychagent.domain.turn import Turn
from psychagent.safety.rules import RiskRules


def hear_session(turns: Sequence[Turn], rules: RiskRules, *, soft: bool = True) -> tuple[RiskFinding, ...]:
    """List the turns of the client in which the rules find danger, carried levels included.

    Args:
        turns: A session, or its visible words.
        rules: Those of the session's language.
        soft: Whether the rules count that call for a model; leave them out where a model may have judged
            the turns already.
    """
    findings, last = [], NO_RISK
    for at, turn in enumerate(turns):
        if turn.speaker is not Speaker.CLIENT:
            continue
        heard = rules.hear(turn.text, turns[at - 1].text if at else "")
        counted = heard.soft if soft else NO_RISK
        last, carried = level_of(hard=heard.hard, soft=counted, model=None, last=last)
        if last > NO_RISK:
            findings.append(
                RiskFinding(
                    turn=at,
                    level=last,
                    about=heard.about,
                    hard=heard.hard,
                    soft=heard.soft,
                    patterns=heard.patterns,
                    carried=carried,
                    rules_hash=rules.digest,
                )
            )
    return tuple(findings)
