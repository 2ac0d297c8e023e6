"""The script as reflector: summary and client file, made from what was said."""

from __future__ import annotations

import json
import re
from typing import Any

from psychagent.offline.scene import Scene, is_stock, quote_of

_LONGEST_COURSE = 5


def _turns_of(scene: Scene, speaker: str) -> list[str]:
    return list(scene.value(f"said.{speaker}", []))


def _client_quotes(scene: Scene) -> list[str]:
    """Quote what the client said about itself: no stock phrases, nothing that voices danger."""
    return [
        quote_of(text)
        for text in _turns_of(scene, "client")
        if not is_stock(scene.lines, text)
        and not scene.mentions(scene.lines["risk_words"], text)
        and not scene.mentions(scene.lines["unsure_words"], quote_of(text))
    ]


def _harmless(scene: Scene) -> list[str]:
    """Quote everything the client said except what voices danger."""
    texts = _turns_of(scene, "client")
    return [quote_of(text) for text in texts if not scene.mentions(scene.lines["risk_words"], text)]


def _agreed_homework(scene: Scene) -> list[str]:
    """Find the homework that the counselor proposed, which comes after its first two turns."""
    options = [h for group in scene.lines["homework"].values() for h in group]
    return [h for text in _turns_of(scene, "counselor")[2:] for h in options if h in text][:1]


def _safety_note(scene: Scene) -> str:
    """Note that danger was spoken of, so that the next session begins with it."""
    lines, speech = scene.lines["counselor"], " ".join(_turns_of(scene, "counselor"))
    if lines["risk_ask"] in speech or lines["risk_last"] in speech:
        return str(scene.lines["reflector"]["risk"])
    if lines["risk_return"] in speech or lines["risk_again"] in speech:
        return str(scene.lines["reflector"]["risk_again"])
    return ""


def _typed_note(scene: Scene, note: str) -> dict[str, str]:
    """Tell a danger that was voiced from one that was only asked about again."""
    new = note == scene.lines["reflector"]["risk"]
    return {"danger": "voiced" if new else "denied", "words": note.strip()} if note else {}


def next_stage(stage: str, session_index: int, max_sessions: int) -> str:
    """Propose a stage so that a course of three or more sessions passes through all of them."""
    last = max(3, min(max_sessions - 1, _LONGEST_COURSE))
    if stage == "consolidation":
        return "termination"
    return "consolidation" if session_index + 1 >= last else "intervention"


def play_summary(scene: Scene) -> str:
    """Write a summary that quotes the client."""
    lines, homework = scene.lines["reflector"], _agreed_homework(scene)
    quotes = _client_quotes(scene)
    excerpts = quotes or _harmless(scene) or ["…"]
    quoted = {"first": excerpts[0], "second": max(excerpts[1:], key=len, default=excerpts[0])}
    note = _safety_note(scene)
    bare = "abstract_safety" if note else "abstract_bare"
    form = "abstract" if len(quotes) > 1 else "abstract_short" if quotes else bare
    session = scene.session_index
    stage = next_stage(
        scene.value("plan.stage", "conceptualization"), session, int(scene.value("max_sessions", 6))
    )
    agreed = lines["agreed"].format(homework=homework[0]) if homework else lines["not_agreed"]
    titles = lines["title"][stage]
    reply = {
        "session_summary_abstract": lines[form].format(**quoted, homework=agreed, risk=note).strip(),
        "goal_assessment": {
            "objective_recap": lines["recap"].format(focus="; ".join(scene.value("plan.focus", [])))[:600],
            "completion_status": lines["met"],
            "evidence_and_analysis": lines["evidence"].format(**quoted),
        },
        "client_state_analysis": {
            "affective_state": lines["affect"].format(**quoted),
            "behavioral_patterns": lines["pattern"],
            "therapeutic_alliance": lines["alliance"],
            "unresolved_points_or_tensions": lines["tension"].format(**quoted),
        },
        "next_session_plan": {
            "stage": stage,
            "title": titles[(session - 1) % len(titles)],
            "focus": [item.format(**quoted) for item in lines["focus"][stage]],
        },
        "homework": homework,
        "safety": _typed_note(scene, note),
        "ending": {"open_needs": lines["tension"].format(**quoted)},
    }
    return json.dumps(reply, ensure_ascii=False)


def play_file(scene: Scene) -> str:
    """Enter the client's own words into the file; nothing is inferred."""
    quotes, speech = _client_quotes(scene) or [""], " ".join(_turns_of(scene, "client"))
    name = re.search(scene.lines["name_pattern"], speech)
    first_meeting = scene.session_index == 1
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
        "pdt": {"behavioral_response_patterns": [{"trigger_condition": quote}]},
        "pmt": {"force_field": {"negative_force": [quote]}},
    }
    return blocks.get(modality, {})
