"""Placeholders of a known size for what a session holds, so that prompts can be measured."""

from __future__ import annotations

from functools import cache

from psychagent.domain.base import Language, Speaker, Stage
from psychagent.domain.client_memory import Recall, RecallReply, to_recall
from psychagent.domain.memory import (
    ClientFile,
    ClientStateAnalysis,
    GoalAssessment,
    Memory,
    SessionSummary,
)
from psychagent.domain.plan import Plan
from psychagent.domain.profile import Traits
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.turn import Turn

SESSIONS, COUNSELOR_TOKENS, CLIENT_TOKENS = 20, 60, 40
_FILLERS = {Language.EN: ("word ", "talk ", "note "), Language.ZH: ("说", "答", "记")}
"""Placeholders for the counselor's words, the client's, and memory; different, so that prompts can be cut."""


def filler(language: Language, kind: int, tokens: int) -> str:
    """Make a text of the given number of tokens."""
    chars = tokens if language is Language.ZH else 4 * tokens
    return (_FILLERS[language][kind] * chars)[:chars].strip()


def dialogue(language: Language, turns: int) -> list[Turn]:
    """Make a dialogue with the given number of turns by each speaker."""
    said = Turn(speaker=Speaker.COUNSELOR, text=filler(language, 0, COUNSELOR_TOKENS))
    answered = Turn(speaker=Speaker.CLIENT, text=filler(language, 1, CLIENT_TOKENS))
    return [said, answered] * turns


def full_memory(language: Language) -> Memory:
    """Make a memory that holds more than a prompt shows."""

    def text(chars: int) -> str:
        return (_FILLERS[language][2] * chars)[:chars]

    summary = SessionSummary(
        session_summary_abstract=text(1500),
        goal_assessment=GoalAssessment(
            objective_recap=text(600), completion_status=text(200), evidence_and_analysis=text(900)
        ),
        client_state_analysis=ClientStateAnalysis(
            affective_state=text(600),
            behavioral_patterns=text(600),
            therapeutic_alliance=text(600),
            unresolved_points_or_tensions=text(600),
        ),
        next_session_plan=Plan(stage=Stage.INTERVENTION, title=text(60), focus=(text(60),)),
        safety=SafetyNote(
            danger=Danger.VOICED,
            **{name: text(200) for name in SafetyNote.model_fields if name != "danger"},
        ),
        homework=(text(120),),
    )
    file = ClientFile(
        static_traits=Traits(**dict.fromkeys(Traits.model_fields, text(400))),
        main_problem=text(600),
        topic=text(100),
        core_demands=text(400),
        growth_experiences=(text(400),),
    )
    return Memory(client_file=file, summaries=(summary,) * (SESSIONS - 1), homework=(text(120),))


@cache
def full_recalls(language: Language) -> tuple[Recall, ...]:
    """Make a client's memory that holds more than a prompt shows; none of it is a line of its profile."""
    texts = tuple((_FILLERS[language][2] * 200)[: 200 + number] for number in range(8))
    reply = RecallReply(told=(1, 2, 3), said=texts, held_back=texts, details=texts, left=texts[0])
    return tuple(to_recall(reply, texts, session_index=number) for number in range(1, SESSIONS))
