"""Small made-up profiles in the shapes that the loaders must read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

THEORY: dict[str, dict[str, Any]] = {
    "bt": {
        "target_behavior": [
            {
                "behavior": "checks the stove",
                "antecedent": ["leaving home"],
                "core_reason": "doubt",
                "function": "relief",
                "consequence": "late for work",
            }
        ]
    },
    "cbt": {
        "core_beliefs": ["I am careless"],
        "special_situations": [
            {
                "event": "leaving home",
                "conditional_assumptions": "if I do not check, it burns",
                "compensatory_strategies": "checks",
                "automatic_thoughts": "it is on",
                "cognitive_pattern": "catastrophe",
            }
        ],
    },
    "het": {
        "existentialism_topic": [
            {"theme": "guilt", "manifestations": ["checks"], "outcomes": ["stays home"]}
        ],
        "contact_model": [
            {"mode": "retroflection", "definition": "turns it inward", "manifestations": ["fists"]}
        ],
    },
    "pdt": {
        "core_conflict": {"wish": "rest", "fear": "blame", "defense_goal": ["control"]},
        "object_relations": [
            {"self_representation": "bad child", "object_representation": "judge", "linking_affect": "fear"}
        ],
        "behavioral_response_patterns": [
            {
                "trigger_condition": "praise",
                "interpretation": "a trap",
                "defense_mechanism": "denial",
                "response_instruction": "change the subject",
            }
        ],
    },
    "pmt": {
        "exception_events": [
            {"target_problem": "checking", "unique_outcome": "left at once", "reason": "a friend waited"}
        ],
        "force_field": {"positive_force": ["a friend"], "negative_force": ["a fire long ago"]},
    },
}
BASIC: dict[str, Any] = {
    "static_traits": {"age": "41", "name": "Ada Brook", "gender": "female", "occupation": "baker"},
    "main_problem": "I check the stove for an hour before I can leave.",
    "topic": "anxiety",
    "core_demands": "I want to leave the house on time.",
    "growth_experiences": ["A kitchen fire when she was nine."],
}


def made_up_profile(**over: Any) -> dict[str, Any]:
    """Make a profile in the shape that ours and the reference release's share."""
    return {"basic_info": BASIC, "theory": THEORY, "user_id": 41, "source": "made up"} | over


def psycheval(modality: str, **over: Any) -> dict[str, Any]:
    """Make a PsychEval case."""
    info = BASIC | THEORY[modality] | over
    return {
        "theoretical": modality,
        "client_id": 7,
        "client_info": info,
        "global_plan": [{"stage": 1}],
        "sessions": [{"session_number": 1, "session_dialogue": []}],
    }


def write(path: Path, data: Any) -> Path:
    """Write a JSON file, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path
