"""Scripted courses that tests of the graphs share: two sessions of two counselor turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from psychagent.domain.rollout import FinishedSession
from psychagent.flows.course import build_course
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import CourseState
from tests.support.fakes import Cast, case_of, chosen_family, filed, spoken, summed_up

SAID = ["s1 opening.", "s1 goodbye.", "s2 opening.", "s2 goodbye."]
ANSWERED = ["s1 client words.", "s1 client bye.", "s2 client words.", "s2 client bye."]


def two_sessions(proposals: Sequence[str] = ("intervention", "intervention"), **settings: Any) -> Cast:
    """Cast a course of two sessions whose summaries propose the stages given."""
    stages = ["conceptualization", "intervention"]
    return Cast(
        {
            "filter": [chosen_family(stage) for stage in stages],
            "counselor": [
                spoken(text, thought=f"SECRET{n}", ends="goodbye" in text) for n, text in enumerate(SAID)
            ],
            "client": ANSWERED,
            "summary": [
                summed_up(f"sum{n}", stage, homework=[f"task{n}"], focus=[f"focus{n}"])
                for n, stage in enumerate(proposals, start=1)
            ],
            "client_file": [
                filed(main_problem="p1 problem", static_traits={"name": "Maya"}),
                filed(main_problem="the marriage"),
            ],
        },
        **({"max_sessions": 2} | settings),
    )


def knobs_of(cast: Cast, **over: Any) -> Knobs:
    """Return the knobs of a cast, with changes."""
    return replace(cast.knobs, **over)


START: CourseState = {"case": case_of()}


LIMIT: Any = {"recursion_limit": 60}


async def held(cast: Cast, **knobs: Any) -> tuple[CourseState, list[FinishedSession]]:
    """Run a course and return its last state and its sessions."""
    sessions, last = list[FinishedSession](), CourseState()
    stream: Any = build_course(cast.deps).astream(
        START, LIMIT, context=knobs_of(cast, **knobs), stream_mode=["updates", "values"]
    )
    async for mode, part in stream:
        if mode == "values":
            last = part
        elif "reflect" in part:
            sessions.append(part["reflect"]["finished_session"])
    return last, sessions
