"""Danger that a client tells of in a session, measured by the rules and skills of its language."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.risk.finding import RiskFinding
from psychagent.domain.risk.told import Told, hear_told, may_carry_danger
from psychagent.domain.turn import Turn
from psychagent.nodes.deps import Sources
from psychagent.nodes.state import Brief
from psychagent.skills.shown import risk_skills


def told_in(sources: Sources, brief: Brief, turns: Sequence[Turn], findings: Sequence[RiskFinding]) -> Told:
    """Say what danger that the client voices in a session means for choosing it.

    Args:
        sources: Where rules and skills are.
        brief: What the session started from.
        turns: The session.
        findings: What the safety gate found in it; with none, nothing was told.
    """
    if not findings:
        return Told()
    case = brief.case
    skills = sources.skills(case.language).stage(case.modality, brief.skill_stage)
    known = any(summary.safety.must_stay for summary in brief.memory.summaries)
    return hear_told(
        turns,
        findings,
        asks=sources.safety(case.language).rules.asks_about,
        skills={skill.name for skill in risk_skills(skills)},
        may_carry=known or may_carry_danger(case.profile),
    )
