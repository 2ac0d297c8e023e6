"""The script as reflector: summary and client file, made from what was said; nothing is inferred."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from psychagent.offline.client_words import (
    free_words,
    is_addressed,
    is_evasive,
    is_heavy,
    is_stock,
    leaves,
    own_words,
    tells_good_news,
    themes_of,
    weight,
    weightiest,
)
from psychagent.offline.counselor import all_homework, homework_kind, told_hard_things
from psychagent.offline.danger import flag_of, safety_note
from psychagent.offline.quotes import clauses
from psychagent.offline.scene import Scene

_LONGEST_COURSE = 5
_COLON = re.compile("[:：]")


def _said(scene: Scene) -> dict[str, list[str]]:
    return {who: list(scene.value(f"said.{who}", [])) for who in ("counselor", "client")}


def _pairs(said: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {"asked": said["counselor"], "answered": said["client"]}


def _agreed_homework(scene: Scene) -> list[str]:
    """Find the homework that the counselor proposed, which comes after its first two turns."""
    options = all_homework(scene)
    return [h for text in _said(scene)["counselor"][2:] for h in options if h in text][:1]


def next_stage(stage: str, session_index: int, max_sessions: int) -> str:
    """Propose a stage so that a course of three or more sessions passes through all of them."""
    last = max(3, min(max_sessions - 1, _LONGEST_COURSE))
    if stage == "consolidation":
        return "termination"
    return "consolidation" if session_index + 1 >= last else "intervention"


def play_summary(scene: Scene) -> str:
    """Write a summary in which the client is quoted once, with what it may be carried on with."""
    lines, homework, said = scene.lines["reflector"], _agreed_homework(scene), _said(scene)
    themes = themes_of(scene, free_words(scene, **_pairs(said)))
    flag = flag_of(scene, said)
    carried = "" if told_hard_things(scene, said["client"]) else weightiest(scene, themes)
    standing = "hedged" if _is_half_hearted(scene, said["client"]) else "agreed"
    agreed = (
        lines[standing][homework_kind(scene)].format(homework=homework[0])
        if homework
        else lines["not_agreed"]
    )
    mood = _mood(scene, said["client"])
    plain = "abstract_safety" if flag or mood == lines["affect"]["heavy"] else "abstract_bare"
    form = "abstract" if carried else plain
    abstract = lines[form].format(first=carried, homework=agreed, risk=lines[flag] if flag else "", mood=mood)
    focus = scene.value("plan.focus", [])
    reply = {
        "session_summary_abstract": abstract.strip(),
        "goal_assessment": {
            "objective_recap": lines["recap"].format(focus="; ".join(focus))[:600] if focus else "",
            "completion_status": lines["met"] if focus else "",
            "evidence_and_analysis": lines["evidence" if themes else "evidence_bare"].format(
                first=next(iter(themes), "")
            ),
        },
        "client_state_analysis": {
            "affective_state": mood,
            "behavioral_patterns": lines["pattern"],
            "therapeutic_alliance": lines["alliance"][_bond(scene, said["client"])],
            "unresolved_points_or_tensions": _open_point(scene, said["client"], flag),
        },
        "next_session_plan": _next_plan(scene, [theme for theme in themes if theme != carried]),
        "homework": [{"task": task, "standing": standing} for task in homework],
        "safety": safety_note(scene, said),
        "ending": _ending(scene, said["client"], homework, flag),
    }
    if schools := scene.value("approaches", []):
        reply["next_approach"] = schools[_bond(scene, said["client"]) == "doubting"]
    return json.dumps(reply, ensure_ascii=False)


def _is_half_hearted(scene: Scene, heard: list[str]) -> bool:
    accept = scene.lines["client"]["accept"]
    return any(text in [*accept["guarded"], *accept["skeptical"]] for text in heard)


def _mood(scene: Scene, heard: list[str]) -> str:
    """Say how the client was, as far as its words show it."""
    progress = list(leaves(scene.lines["client"]["progress"]))
    heavy = any(is_heavy(scene, text) for text in heard)
    kind = "heavy" if heavy else "change" if any(text in progress for text in heard) else "even"
    return str(scene.lines["reflector"]["affect"][kind])


def _bond(scene: Scene, heard: list[str]) -> str:
    doubts = [text for text in heard if is_addressed(scene, text) and not is_evasive(scene, text)]
    return "doubting" if doubts else "steady"


def _open_point(scene: Scene, heard: list[str], flag: str) -> str:
    tension = scene.lines["reflector"]["tension"]
    if flag:
        return str(tension["safety"])
    if _bond(scene, heard) == "doubting":
        return str(tension["doubt"])
    return str(tension["evaded" if any(is_evasive(scene, text) for text in heard) else "none"])


def _ending(scene: Scene, heard: list[str], homework: list[str], flag: str) -> dict[str, str]:
    """Say what a last session leaves the client with, in place of a next plan."""
    return {
        "reached": _mood(scene, heard),
        "aftercare": homework[0] if homework else "",
        "open_needs": _open_point(scene, heard, flag),
    }


def _next_plan(scene: Scene, themes: list[str]) -> dict[str, Any]:
    """Plan the next session: with a line of this one to go on with, and at the end with the client's problem.

    Args:
        scene: The call.
        themes: What the client told, without the line that the next session begins with.
    """
    lines, session = scene.lines["reflector"]["plan"][homework_kind(scene)], scene.session_index
    stage = next_stage(
        scene.value("plan.stage", "conceptualization"), session, int(scene.value("max_sessions", 6))
    )
    line = _main_problem(scene) if stage == "consolidation" else _workable(scene, themes)
    plan = lines[stage]
    titles = plan["title"]
    return {
        "stage": stage,
        "title": titles[(session - 1) % len(titles)],
        "focus": [item.format(first=line) for item in plan["focus" if line else "bare"]],
    }


def _workable(scene: Scene, themes: list[str]) -> str:
    """Return a line that something can be done with: of the inner life, and not the problem as a whole."""
    later = themes[1:] if scene.session_index == 1 else themes
    inner = [theme for theme in later if weight(scene, theme) > 0]
    return max(inner, key=lambda theme: (weight(scene, theme), len(theme)), default="")


def _main_problem(scene: Scene) -> str:
    """Return what the file says the client came with; empty where the file does not say it."""
    name = scene.lines["labels"]["main_problem"]
    return next((value for label, value in _file_rows(scene) if label == name), "")


def _file_rows(scene: Scene) -> list[tuple[str, str]]:
    """List the rows of the file as the prompt prints them: name and value."""
    rows = [_COLON.split(str(line), maxsplit=1) for line in scene.value("memory.file_lines", [])]
    return [(row[0].strip(), row[-1].strip()) for row in rows]


def play_file(scene: Scene) -> str:
    """Enter the client's own words into the file."""
    heard = free_words(scene, **_pairs(_said(scene)))
    themes = themes_of(scene, heard)
    first_meeting = scene.session_index == 1
    name = re.search(scene.lines["name_pattern"], " ".join(heard))
    reply = {
        "static_traits": {"name": name.group(1) if name else ""} | _new_trait(scene, heard),
        "main_problem": themes[0] if themes and first_meeting else "",
        "growth_experiences": [],
        "theory": _theory(scene, weightiest(scene, themes)),
    }
    return json.dumps(reply, ensure_ascii=False)


def _new_trait(scene: Scene, heard: list[str]) -> dict[str, str]:
    """Find one trait that the file does not have yet, by fixed patterns of how people say it."""
    known = {name for name, _ in _file_rows(scene)}
    own = [own_words(scene.lines, text) for text in heard if not is_stock(scene.lines, text)]
    told = [clause for text in own for clause in clauses(text)]
    patterns: Mapping[str, list[str]] = scene.lines["trait_patterns"]
    for trait, words in patterns.items():
        if scene.lines["labels"][trait] in known:
            continue
        found = (re.search(word, clause, re.IGNORECASE) for word in words for clause in told)
        if match := next((m for m in found if m), None):
            return {trait: (match.group(1) if match.groups() else match.group()).strip()}
    return {}


def _theory(scene: Scene, quote: str) -> dict[str, Any]:
    """Put a quote where the modality keeps the client's own words: as what it is, or nowhere."""
    if not quote:
        return {}
    force = "positive_force" if tells_good_news(scene, quote) else "negative_force"
    acts = scene.mentions(scene.lines["act_words"], quote)
    blocks: dict[str, dict[str, Any]] = {
        "bt": {"target_behavior": [{"behavior": quote}] if acts else []},
        "cbt": {"special_situations": [{"event": quote}]},
        "het": {"existentialism_topic": [{"theme": quote}]},
        "pdt": {"behavioral_response_patterns": [{"trigger_condition": quote}]},
        "pmt": {"force_field": {force: [quote]}},
    }
    return blocks.get(scene.value("modality", ""), {})
