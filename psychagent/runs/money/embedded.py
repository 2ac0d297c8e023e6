"""How many tokens an embedder behind an endpoint is sent: a planning figure, not a bill; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from psychagent.domain.base import Modality
from psychagent.domain.usage import RoleUsage
from psychagent.records.manifest import RunSettings
from psychagent.runs.money.asked import SEARCHED, searches
from psychagent.runs.money.tokens import CLIENT_SAYS, LANGUAGE, PAIR

QUERY, SKILL, SKILLS_A_SCHOOL, STAGES = 25, 95, 118, 3
"""Tokens of what is looked for and of a skill, and how many the shipped library has."""


def embedding_usage(
    settings: RunSettings, modalities: Sequence[Modality], *, sessions: float, turns: float
) -> RoleUsage:
    """Estimate what is sent where an embedder is asked: the library once, and a query in each turn.

    Args:
        settings: The settings of the run.
        modalities: That of each case.
        sessions: Mean sessions of a course.
        turns: Mean counselor turns of a session.
    """
    baseline, batch = settings.baseline, settings.baseline.embedding.batch_size
    rollouts = settings.rft.rollout_n if settings.rft else 1
    asked = len(modalities) * sessions * max(turns - 1, 0) * rollouts
    calls = tokens = 0.0
    if searches(baseline):
        schools = len(set(modalities))
        calls += asked + schools * STAGES * math.ceil(SKILLS_A_SCHOOL / STAGES / batch)
        tokens += asked * QUERY + schools * SKILLS_A_SCHOOL * SKILL
    if baseline.memory in SEARCHED:
        # nothing is remembered in a first session, and what is said in a last one is never looked for
        later = len(modalities) * max(sessions - 1, 0)
        calls += later * (max(turns - 1, 0) * rollouts + 1)
        tokens += later * (max(turns - 1, 0) * rollouts * CLIENT_SAYS + turns * PAIR)
    by = LANGUAGE[settings.runtime.world.language]
    return RoleUsage(calls=round(calls), prompt_tokens=round(tokens * by))
