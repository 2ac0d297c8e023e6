"""Hear a whole session by the rules alone, for sessions that were held without the safety gate."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.base import Speaker
from psychagent.domain.risk.danger import last_about
from psychagent.domain.risk.finding import NO_RISK, About, RiskFinding
from psychagent.domain.risk.level import about_of, level_of
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
    findings, last = list[RiskFinding](), NO_RISK
    for at, turn in enumerate(turns):
        if turn.speaker is not Speaker.CLIENT:
            continue
        heard = rules.hear(turn.text, turns[at - 1].text if at else "")
        counted = heard.soft if soft else NO_RISK
        level = level_of(hard=heard.hard, soft=counted, model=None, last=last)
        last = level.level
        before = last_about(findings, before=About.NONE)
        if last > NO_RISK:
            findings.append(
                RiskFinding(
                    turn=at,
                    level=last,
                    about=about_of(
                        level, hard=heard.hard, by_rules=heard.about, by_model=About.NONE, last=before
                    ),
                    hard=heard.hard,
                    soft=heard.soft,
                    patterns=heard.patterns,
                    carried=level.carried,
                    rules_hash=rules.digest,
                )
            )
    return tuple(findings)
