"""Memories for tests: small, usual and huge, in both languages."""

from __future__ import annotations

from typing import Any

from psychagent.domain.base import Language, Stage
from psychagent.domain.memory import (
    ClientFile,
    ClientStateAnalysis,
    GoalAssessment,
    Memory,
    SessionSummary,
)
from psychagent.domain.plan import Plan
from psychagent.domain.profile import CbtTheory, SpecialSituation, Traits

_WORDS = {Language.EN: "she counts the stairs again and again ", Language.ZH: "她一遍又一遍地数楼梯，"}


def words(language: Language, chars: int, mark: str = "") -> str:
    """Make a text of a length, beginning with a mark."""
    base = _WORDS[language]
    return f"{mark}{base * (chars // len(base) + 1)}"[: max(chars, len(mark))]


def summary(
    mark: str,
    *,
    language: Language = Language.EN,
    size: int = 60,
    homework: tuple[str, ...] = (),
    **over: Any,
) -> SessionSummary:
    """Make a session's summary whose texts begin with a mark."""

    def text(most: int, part: str) -> str:
        return words(language, min(size, most), f"{mark}-{part} ")

    given: dict[str, Any] = {
        "session_summary_abstract": text(1500, "abstract"),
        "goal_assessment": GoalAssessment(
            objective_recap=text(600, "recap"),
            completion_status=text(200, "status"),
            evidence_and_analysis=text(900, "evidence"),
        ),
        "client_state_analysis": ClientStateAnalysis(
            affective_state=text(600, "affect"),
            behavioral_patterns=text(600, "pattern"),
            therapeutic_alliance=text(600, "alliance"),
            unresolved_points_or_tensions=text(600, "open"),
        ),
        "next_session_plan": Plan(stage=Stage.INTERVENTION, title=f"{mark} title", focus=(f"{mark} focus",)),
        "homework": homework,
    }
    return SessionSummary(**(given | over))


def client_file(mark: str, *, language: Language = Language.EN, size: int = 60) -> ClientFile:
    """Fill a cbt client file."""

    def text(part: str) -> str:
        return words(language, size, f"{mark}-{part} ")

    return ClientFile(
        static_traits=Traits(name=f"{mark}-name", occupation=text("work"), family_status=text("family")),
        main_problem=text("problem"),
        topic=text("topic"),
        core_demands=text("demands"),
        growth_experiences=tuple(text(f"event{n}") for n in range(3)),
        theory=CbtTheory(
            core_beliefs=tuple(text(f"belief{n}") for n in range(3)),
            special_situations=tuple(SpecialSituation(event=text(f"event{n}")) for n in range(3)),
        ),
    )


def memory(sessions: int, *, language: Language = Language.EN, size: int = 60, homework: int = 1) -> Memory:
    """Make the memory after some sessions."""
    summaries = tuple(
        summary(f"s{n}", language=language, size=size, homework=(f"hw{n}",)) for n in range(1, sessions + 1)
    )
    set_now = tuple(words(language, size, f"task{n} ") for n in range(homework))
    return Memory(
        client_file=client_file("file", language=language, size=size), summaries=summaries, homework=set_now
    )
