"""Render templates with made-up values: what is wrong in them shows before a call is paid for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any, get_args

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import WORKING_STAGES, Modality, Speaker, Stage
from psychagent.domain.client_memory import Recall
from psychagent.domain.memory import ClientFile, ClientStateAnalysis, GoalAssessment, Memory, SessionSummary
from psychagent.domain.plan import Plan
from psychagent.domain.profile import THEORY_MODELS, Secret, StaticTraits
from psychagent.domain.risk.finding import About
from psychagent.domain.risk.step import Step
from psychagent.domain.role import ClientKind
from psychagent.domain.skill import Skill
from psychagent.domain.strategy.item import MemoryItem
from psychagent.domain.text.fence import Own
from psychagent.domain.turn import Thoughts, Turn
from psychagent.domain.views.memory import view_memory
from psychagent.safety.answer import Card, CardLine

_WORD = "word"
_TEXTS = (
    *("problem", "demands", "risk", "risk_kind", "first_answer", "if_calm", "risk_facts", "manner"),
    *("openness", "week", "done", "excuse", "name", "title", "measures", "guidance", "text", "numbers"),
    *("unasked", "on_record", "client_file", "theory_shape", "portrait"),
)
_LISTS = ("focus", "at_once", "trusted", "growth", "told", "untold", "homework")
_TRUTHS = (
    *("safety_due", "taken_over", "at_hand", "passing", "voices", "own_unasked", "is_known"),
    *("danger_open", "last", "denies_risk", "absence", "spoken_of", "acts", "guided", "planned"),
    "with_skills",
)
_NUMBERS = {
    **{"session_index": 2, "max_sessions": 8, "max_turns": 12, "turn": 3, "turns_left": 2, "risk_level": 1},
    **{"most_families": 8, "extra_turns": 2, "none_against": 4, "two_quotes": 5, "lo": 1, "hi": 5},
    "most": 9,
}
_WORDS = {
    **{"reply_format": "tags", "risk_about": "harmed", "step": "follow", "also": "child"},
    **{"client": "simulator", "end_token": Own("</end>")},
}
_FORMATS = get_args(BaselineSettings.model_fields["reply_format"].annotation)
_CLOSED: Mapping[str, tuple[object, ...]] = {
    **{"step": tuple(Step), "risk_about": tuple(About), "also": tuple(About)},
    **{"client": tuple(ClientKind), "reply_format": _FORMATS},
    **{"stage": WORKING_STAGES, "risk_level": (0, 1, 2, 3), "turn": (1, 3, 6)},
    **{"session_index": (1, 2, 8), "turns_left": (0, 1, 2, 3, 4)},
    **dict.fromkeys(_TRUTHS, (False, True)),
}
"""What a name that decides on a template's branches may stand for."""
_EMPTY: Mapping[str, object] = {**dict.fromkeys(_TEXTS, ""), **dict.fromkeys(_LISTS, ())}
_OF_RISK = ("about", "when", "told", "asked", "calm", "never", "bare")


def try_prompts(prompts: PromptLibrary, *, judging: bool = False) -> int:
    """Check prompts, then render each that a course or a judge asks for; return how many there are.

    Raises:
        AssetError: Naming the first template that is wrong.
    """
    count = prompts.check(judging=judging)
    for name in sorted(prompts.needed(judging=judging)):
        for values in _samples(prompts):
            prompts.render(name, **values)
        for changed in _branches(prompts.names_in(name)):
            prompts.render(name, **values | changed)
    return count


def _branches(names: frozenset[str]) -> Iterator[dict[str, object]]:
    """Leave out each text that a template uses, and give every two names of closed sets every two values.

    A branch stands where one name, or two, have a value; all names at once would take hours.
    """
    yield from ({name: value} for name, value in _EMPTY.items() if name in names)
    used = [name for name in _CLOSED if name in names]
    yield from ({name: value} for name in used for value in _CLOSED[name])
    for one, other in combinations(used, 2):
        for first, second in product(_CLOSED[one], _CLOSED[other]):
            yield {one: first, other: second}


def _samples(prompts: PromptLibrary) -> Iterator[dict[str, Any]]:
    """Give every name that a shipped template uses a value: first as in a first session, then as later."""
    yield _values(prompts, Memory(), Modality.CBT) | dict.fromkeys((*_LISTS, "remembered", "secrets"), ())
    for modality in Modality:
        yield _values(prompts, _memory(modality), modality)


def _values(prompts: PromptLibrary, held: Memory, modality: Modality) -> dict[str, Any]:
    plan = Plan(stage=Stage.INTERVENTION, title=_WORD, focus=(_WORD, _WORD))
    speakers = (Speaker.COUNSELOR, Speaker.CLIENT)
    return {
        **dict.fromkeys(_TEXTS, _WORD),
        **dict.fromkeys(_LISTS, (_WORD,)),
        **dict.fromkeys(_TRUTHS, not held.summaries),
        **_NUMBERS,
        **_WORDS,
        "memory": view_memory(held, labels=prompts.labels),
        "plan": plan,
        "modality": modality.value,
        "card": Card(title=_WORD, intro=_WORD, lines=(CardLine(name=_WORD),), closing=_WORD),
        "skills": [_filled(Skill)],
        "shown": [],
        "recalled": (MemoryItem(id="1.1", text=_WORD, session=1),),
        "facts": [(1, _WORD, 2)],
        "known": [(1, _WORD, 1)],
        "thoughts": Thoughts(assessment=_WORD, client_state=_WORD, strategy=_WORD),
        "before": [],
        "metas": [{"id": _WORD, "name": _WORD, "description": _WORD}],
        "emotions": ["calm", "torn"],
        "emotion": _WORD,
        "intensity": 0.5,
        "rejects": True,
        "used": [_WORD],
        "strategies": [(_WORD, _WORD)],
        "approaches": ["cbt", "het"],
        "stage": Stage.INTERVENTION.value,
        "stages": [Stage.INTERVENTION.value, Stage.CONSOLIDATION.value],
        "turns": [Turn(speaker=speaker, text=_WORD) for speaker in speakers],
        "traits": _filled(StaticTraits),
        "theory": THEORY_MODELS[modality](),
        "danger": dict.fromkeys(_OF_RISK, _WORD),
        "remembered": (Recall(session_index=1, said=(_WORD,)),),
        "secrets": (_filled(Secret),),
        "lines": [{"speaker": speaker.value, "text": _WORD} for speaker in speakers],
        "items": [{"id": "q1", "rates": "effect", "text": _WORD}],
        "anchors": {1: _WORD, 5: _WORD},
    }


def _memory(modality: Modality) -> Memory:
    summary = SessionSummary(
        session_summary_abstract=_WORD,
        goal_assessment=_filled(GoalAssessment),
        client_state_analysis=_filled(ClientStateAnalysis),
        next_session_plan=Plan(stage=Stage.INTERVENTION, title=_WORD, focus=(_WORD,)),
        homework=(_WORD,),
    )
    file = ClientFile(main_problem=_WORD, theory=THEORY_MODELS[modality]())
    return Memory(client_file=file, summaries=(summary,) * 4, homework=(_WORD,))


def _filled(model: type[Any]) -> Any:
    """Build a record whose texts are all filled in."""
    return model(
        **{name: _WORD for name, field in model.model_fields.items() if field.annotation is not bool}
    )
