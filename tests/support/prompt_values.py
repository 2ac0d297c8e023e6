"""A value for every name that a template uses, each with a mark that can be found again."""

from __future__ import annotations

from functools import cache
from typing import Any

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Language, Speaker, Stage
from psychagent.domain.client_memory import Recall
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Plan
from psychagent.domain.profile import ContactMode, ExistentialTopic, HetTheory, Secret, StaticTraits
from psychagent.domain.skill import Skill
from psychagent.domain.strategy.item import MemoryItem
from psychagent.domain.text.fence import Own
from psychagent.domain.turn import Thoughts, Turn
from psychagent.domain.views.memory import view_memory
from psychagent.safety.answer import Card, CardLine
from tests.support.memory_parts import memory

MARKS = {
    "focus": "mark-focus",
    "client_file": '{"mark-known": "mark-fact"}',
    "theory_shape": '{"mark-shape": ""}',
    "end_token": Own("</mark-end>"),
    "problem": "mark-problem",
    "demands": "mark-demands",
    "risk": "mark-risk",
    "first_answer": "mark-first-answer",
    "if_calm": "mark-if-calm",
    "risk_facts": "mark-risk-facts",
    "manner": "mark-manner",
    "openness": "mark-openness",
    "week": "mark-week",
    "done": "mark-done",
    "excuse": "mark-excuse",
    "name": "mark-name",
    "title": "mark-title",
    "measures": "mark-measures",
    "guidance": "mark-guidance",
    "text": "mark-text",
}
OF_RISK = ("about", "when", "told", "asked", "calm", "never", "bare")
LISTS = {
    "at_once": ("mark-once",),
    "trusted": ("mark-trusted",),
    "growth": ("mark-growth",),
    "told": ("mark-told",),
    "untold": ("mark-untold",),
    "homework": ("mark-homework",),
}


@cache
def library(language: Language) -> PromptLibrary:
    """Return the bundled prompts of a language."""
    return PromptLibrary(language)


def marked_skill(number: int) -> Skill:
    """Make a skill whose every text has a mark."""
    fields = Skill.model_fields.items()
    texts = {name: f"mark-{name}{number}" for name, field in fields if field.annotation is not bool}
    return Skill(**texts)


def values(
    held: Memory, *, session_index: int, language: Language = Language.EN, **over: Any
) -> dict[str, Any]:
    """Give every name that any template uses a value."""
    labels = library(language).labels
    given: dict[str, Any] = {
        "memory": view_memory(held, labels=labels),
        "plan": Plan(stage=Stage.INTERVENTION, title="mark-plan", focus=("mark-objective", "mark-second")),
        "session_index": session_index,
        "max_sessions": 7,
        "max_turns": 13,
        "most_families": 8,
        "modality": "het",
        "reply_format": "tags",
        "turn": 3,
        "turns_left": 2,
        "safety_due": False,
        "risk_level": 1,
        "risk_about": "harmed",
        "extra_turns": 2,
        "step": "follow",
        "taken_over": False,
        "at_hand": False,
        "also": "child",
        "passing": False,
        "numbers": "mark-number",
        "voices": True,
        "unasked": "mark-unasked",
        "on_record": "mark-record",
        "own_unasked": True,
        "card": Card(
            title="mark-card", intro="i", lines=(CardLine(name="mark-line", call="112"),), closing="c"
        ),
        "is_known": False,
        "danger_open": False,
        "last": False,
        "client": "simulator",
        "skills": [marked_skill(n) for n in range(5)],
        "shown": [],
        "before": [],
        "metas": [{"id": "a.b.c", "name": "mark-meta", "description": "mark-family"}],
        "stage": "intervention",
        "stages": [Stage.INTERVENTION.value, Stage.CONSOLIDATION.value],
        "turns": [
            Turn(speaker=Speaker.COUNSELOR, text="mark-counselor"),
            Turn(speaker=Speaker.CLIENT, text="mark-client"),
        ],
        "traits": StaticTraits(**{name: f"mark-{name}" for name in StaticTraits.model_fields}),
        "theory": HetTheory(
            existentialism_topic=(ExistentialTopic(theme="mark-theme", manifestations=("mark-shown",)),),
            contact_model=(ContactMode(mode="mark-mode"),),
        ),
        "risk_kind": "drinking",
        "danger": {part: f"mark-danger-{part}" for part in OF_RISK},
        "denies_risk": False,
        "remembered": (
            Recall(
                session_index=5,
                said=("mark-said",),
                agreed=("mark-agreed",),
                held_back=("mark-held",),
                details=("mark-detail",),
                left="mark-left",
            ),
        ),
        "secrets": (Secret(secret="mark-secret", opened_by="mark-opener", hint="mark-hint"),),
        "lines": [{"speaker": "counselor", "text": "mark-line"}],
        "others": [{"speaker": "client", "text": "mark-other"}],
        "items": [{"id": "q1", "rates": "effect", "text": "mark-item"}],
        "recalled": (MemoryItem(id="1.1", text="mark-recalled", session=1),),
        "facts": [(1, "mark-fact-one", 2)],
        "known": [(1, "mark-known-one", 1)],
        "portrait": "mark-portrait",
        "most": 9,
        "thoughts": Thoughts(strategy="mark-strategy"),
        "acts": True,
        "guided": True,
        "planned": True,
        "with_skills": True,
        "emotions": ["calm", "torn"],
        "emotion": "mark-emotion",
        "intensity": 0.5,
        "rejects": True,
        "used": ["mark-used"],
        "strategies": [("mark-id", "mark-move")],
        "approaches": ["cbt", "het"],
        "none_against": 4,
        "two_quotes": 5,
        "absence": True,
        "anchors": {1: "mark-low", 5: "mark-high"},
        "lo": 1,
        "hi": 5,
    }
    return given | MARKS | LISTS | over


def first_session() -> dict[str, Any]:
    """Return the values of a first session: memory empty, nothing agreed on."""
    none: dict[str, Any] = {name: () for name in (*LISTS, "remembered", "secrets")}
    return values(Memory(), session_index=1, **none)


def later_session(language: Language) -> dict[str, Any]:
    """Return the values of a late session with memory full."""
    return values(memory(6, language=language, size=300), session_index=6, language=language)
