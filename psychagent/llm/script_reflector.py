"""The script as reflector: summary and client file, made of what was said."""

from __future__ import annotations

import json
import re
from typing import Any

from psychagent.llm.script_scene import Scene, quote_of

_LONGEST_COURSE = 5


def _client_quotes(scene: Scene) -> list[str]:
    skip = [scene.lines[name] for name in ("unsure_words", "disagree_words", "risk_words")]
    skip = [word for words in skip for word in words]
    said = [t["text"] for t in scene.value("turns", []) if t.get("speaker") == "client" and "text" in t]
    return (
        [quote_of(text) for text in said if not scene.mentions(skip, text)]
        or [quote_of(t) for t in said]
        or [""]
    )


def _agreed_homework(scene: Scene) -> list[str]:
    """Find what the counselor proposed late in the session."""
    spoken = [t["text"] for t in scene.value("turns", []) if t.get("speaker") == "counselor" and "text" in t]
    options = [h for group in scene.lines["homework"].values() for h in group]
    return [h for text in spoken[2:] for h in options if h in text][:1]


def next_stage(stage: str, session_index: int, max_sessions: int) -> str:
    """Propose a stage so that a course of three and more sessions passes through all of them."""
    last = max(3, min(max_sessions - 1, _LONGEST_COURSE))
    if stage == "consolidation":
        return "termination"
    return "consolidation" if session_index + 1 >= last else "intervention"


def play_summary(scene: Scene) -> str:
    """Write a summary that quotes the client."""
    lines = scene.lines["reflector"]
    quotes, homework = _client_quotes(scene), _agreed_homework(scene)
    first, second = quotes[0], max(quotes[1:], key=len, default="")
    said = " ".join(t.get("text", "") for t in scene.value("turns", []))
    form = lines["abstract"] if second else lines["abstract_short"]
    stage = next_stage(
        scene.value("stage", "conceptualization"),
        int(scene.value("session_index", 1)),
        int(scene.value("max_sessions", 6)),
    )
    told = {"first": first, "second": second or first}
    agreed = lines["agreed"].format(homework=homework[0]) if homework else lines["not_agreed"]
    risk = lines["risk"] if scene.lines["counselor"]["risk_ask"] in said else ""
    reply = {
        "session_summary_abstract": form.format(**told, homework=agreed, risk=risk).strip(),
        "goal_assessment": {
            "objective_recap": lines["recap"].format(focus="; ".join(scene.value("focus", [])))[:600],
            "completion_status": lines["met"],
            "evidence_and_analysis": lines["evidence"].format(**told),
        },
        "client_state_analysis": {
            "affective_state": lines["affect"].format(**told),
            "behavioral_patterns": lines["pattern"],
            "therapeutic_alliance": lines["alliance"],
            "unresolved_points_or_tensions": lines["tension"].format(**told),
        },
        "next_session_plan": {
            "stage": stage,
            "title": lines["title"][stage],
            "focus": [item.format(**told) for item in lines["focus"][stage]],
        },
        "homework": homework,
    }
    return json.dumps(reply, ensure_ascii=False)


def play_file(scene: Scene) -> str:
    """Enter the client's own words into the file; nothing is inferred."""
    quotes = _client_quotes(scene)
    said = " ".join(t.get("text", "") for t in scene.value("turns", []) if t.get("speaker") == "client")
    name = re.search(scene.lines["name_pattern"], said)
    first_meeting = int(scene.value("session_index", 1)) == 1
    reply = {
        "static_traits": {"name": name.group(1) if name else ""},
        "main_problem": quotes[0] if first_meeting else "",
        "growth_experiences": [],
        "theory": _theory(scene.value("modality", ""), max(quotes[1:] or quotes, key=len)),
    }
    return json.dumps(reply, ensure_ascii=False)


def _theory(modality: str, quote: str) -> dict[str, Any]:
    """Put a quote where the modality keeps the client's own words."""
    blocks: dict[str, dict[str, Any]] = {
        "bt": {"target_behavior": [{"behavior": quote}]},
        "cbt": {"special_situations": [{"event": quote}]},
        "het": {"existentialism_topic": [{"theme": quote}]},
        "pdt": {"core_conflict": {"wish": quote}},
        "pmt": {"force_field": {"negative_force": [quote]}},
    }
    return blocks.get(modality, {})
