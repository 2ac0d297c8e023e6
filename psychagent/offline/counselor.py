"""The script as counselor, and as the counselor's helpers: coarse filter and query rewrite."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from psychagent.offline.scene import Scene, fill, is_stock, quote_of, sum_letters

_WORDS = re.compile(r"[a-z]{4,}|[\u4e00-\u9fff](?=[\u4e00-\u9fff])")
_QUOTED = re.compile(r"“([^“”]{8,})”")
_SHORTEST, _LONGEST = 6, 9
_AFTER_RISK = 4
"""Turns that a session needs once danger is asked about: ask, plan, sum up, goodbye."""
_HURRIES = 0.12
_SAFETY_TURN = 3
"""The turn of a first session, from 0, in which the counselor asks plainly about danger."""
_SAFETY_QUESTIONS = ("risk_return", "risk_again")


def play_counselor(scene: Scene) -> str:
    """Write the counselor's next turn, in the form that the prompt asks for."""
    lines = scene.lines["counselor"]
    speech, strategy, skills = _speech(scene)
    ends = _is_last(scene) and lines["risk_ask"] not in speech
    think = {
        "assessment": _assessment(scene),
        "client_state": lines["think"]["state"],
        "strategy": lines["think"][strategy].format(focus=next(iter(scene.value("plan.focus", [])), "")),
    }
    token = scene.value("end_token", "")
    if not token:
        reply = {**think, "skill": skills, "response": speech, "end": ends}
        return json.dumps(reply, ensure_ascii=False)
    think = think | {"skill": "; ".join(skills)}
    order = ("assessment", "client_state", "skill", "strategy")
    tags = "".join(f"<{name}>{think[name]}</{name}>" for name in order)
    return f"<think>{tags}</think><response>{speech}</response>{token if ends else ''}"


def session_length(scene: Scene) -> int:
    """Return how many turns this session takes: slightly fewer than allowed, more if danger was voiced."""
    most = int(scene.value("max_turns", 8))
    length = max(min(most, _SHORTEST), min(most, _LONGEST) - scene.session_seed % 2)
    places = [place for place, own in enumerate(scene.own) if scene.lines["counselor"]["risk_ask"] in own]
    return min(most, max(length, places[0] + _AFTER_RISK)) if places else length


def _turns_left(scene: Scene) -> int:
    return session_length(scene) - len(scene.own)


def _is_last(scene: Scene) -> bool:
    return _turns_left(scene) <= 1


def _assessment(scene: Scene) -> str:
    think = scene.lines["counselor"]["think"]
    if not scene.own:
        return str(think["first" if scene.session_index == 1 else "again"])
    return fill(think["assessment"], quote_of(scene.heard[-1]))


def _speech(scene: Scene) -> tuple[str, str, list[str]]:
    """Choose the words, the reason given for them, and the names of the skills used."""
    if not scene.own:
        return _greeting(scene), "strategy", []
    danger = _on_danger(scene)
    if danger:
        return danger, "risk", []
    if _is_last(scene):
        return _goodbye(scene), "close", []
    if _turns_left(scene) == 2:
        return _closing(scene), "close", []
    words, skills = _middle(scene)
    return words, "strategy", skills


def _on_danger(scene: Scene) -> str:
    """Respond to danger once a session: ask, then agree on a plan, whatever else was due."""
    lines, utterance = scene.lines["counselor"], scene.heard[-1]
    if lines["risk_ask"] in scene.own[-1]:
        return scene.join(lines["risk_plan"], lines["risk_goodbye"] if _is_last(scene) else "")
    if _asked_risk(scene) or not scene.mentions(scene.lines["risk_words"], utterance):
        return ""
    no_room = len(scene.own) + 1 >= int(scene.value("max_turns", 8))
    return str(lines["risk_last"] if no_room else lines["risk_ask"])


def _asked_risk(scene: Scene) -> bool:
    return any(scene.lines["counselor"]["risk_ask"] in own for own in scene.own)


def _is_farewell(scene: Scene) -> bool:
    """Return whether the course ends with this session: the script holds one session of consolidation."""
    last = scene.session_index >= int(scene.value("max_sessions", scene.session_index + 1))
    return last or scene.value("plan.stage", "") == "consolidation"


def _goodbye(scene: Scene) -> str:
    lines = scene.lines["counselor"]
    if _is_farewell(scene):
        known = any(lines[q] in own for q in ("risk_ask", *_SAFETY_QUESTIONS) for own in scene.own)
        return scene.join(lines["risk_farewell"] if known else "", lines["farewell"])
    return str(lines["risk_goodbye"]) if _asked_risk(scene) else scene.pick(lines["goodbye"])


def _place(scene: Scene) -> int:
    """Number the sessions from a different start for each known client."""
    known = scene.value("memory.file_lines", [""])
    return scene.session_index + sum_letters(str(known[0]))


def _greeting(scene: Scene) -> str:
    lines, reflector = scene.lines["counselor"], scene.lines["reflector"]
    if scene.session_index == 1:
        return scene.join(scene.pick(lines["greet_first"]), scene.pick(lines["ask_first"]))
    hello = scene.in_turn(lines["greet_again"], start=_place(scene))
    recent = scene.value("memory.recent", [])
    abstract = str(recent[-1].get("abstract", "")) if recent else ""
    for flag, question in (("risk", "risk_return"), ("risk_again", "risk_again")):
        if reflector[flag].strip() in abstract:
            return scene.join(hello, lines[question])
    quoted = _QUOTED.findall(abstract)
    link = fill(scene.in_turn(lines["link"], start=_place(scene)), quoted[-1]) if quoted else ""
    return scene.join(hello, link, _ask_homework(scene) or scene.pick(lines["ask_again"]))


def _ask_homework(scene: Scene) -> str:
    homework = scene.value("memory.homework", [])
    form = scene.in_turn(scene.lines["counselor"]["ask_homework"], start=_place(scene))
    return form.format(homework=homework[0]) if homework else ""


def _middle(scene: Scene) -> tuple[str, list[str]]:
    """Respond to what was said, then make one move."""
    lines, own, quote = scene.lines["counselor"], scene.own[-1], quote_of(scene.heard[-1])
    if any(lines[question] in own for question in _SAFETY_QUESTIONS):
        return scene.join(lines["risk_heard"], _ask_homework(scene) or scene.pick(lines["ask_again"])), []
    if lines["safety_check"] in own:
        words, skills = _move(scene)
        return scene.join(lines["safety_heard"], words), skills
    if _checks_safety(scene):
        return scene.join(_reflection(scene, quote), lines["safety_check"]), []
    if lines["risk_plan"] in own:
        return scene.join(fill(scene.pick(lines["reflect"]), quote), scene.pick(lines["stay"])), []
    if any(form.split("{")[0].strip() in own for form in lines["ask_homework"]):
        words, skills = _move(scene)
        return scene.join(fill(scene.pick(lines["homework_heard"]), quote), words), skills
    if _is_heavy(scene):
        return scene.join(fill(scene.pick(lines["heavy"]), quote), scene.pick(lines["stay"])), []
    if _hurries(scene):
        return scene.pick(lines["hurried"]), []
    words, skills = _move(scene)
    return scene.join(_reflection(scene, quote), words), skills


def _checks_safety(scene: Scene) -> bool:
    """Return whether to ask plainly about danger, as every first meeting does once."""
    return scene.session_index == 1 and len(scene.own) == _SAFETY_TURN and not _asked_risk(scene)


def _hurries(scene: Scene) -> bool:
    """Return whether to hurry on with a closed question, by seed, at most once a session.

    This makes some rollouts of a session better than others, as with a real counselor.
    """
    hurried = any(question in own for own in scene.own for question in scene.lines["counselor"]["hurried"])
    return not hurried and len(scene.own) > 1 and random.Random(f"{scene.seed}:hurry").random() < _HURRIES


def _is_heavy(scene: Scene) -> bool:
    """Return whether to stay with what was said instead of working on it; never twice in a row."""
    stayed = any(stay in scene.own[-1] for stay in scene.lines["counselor"]["stay"])
    return not stayed and scene.mentions(scene.lines["heavy_words"], scene.heard[-1])


def _reflection(scene: Scene, quote: str) -> str:
    lines, utterance = scene.lines["counselor"], scene.heard[-1]
    if utterance in scene.lines["client"]["short"]:
        return ""
    if scene.mentions(scene.lines["disagree_words"], utterance):
        return scene.pick(lines["disagree"])
    if scene.mentions(scene.lines["unsure_words"], quote) or len(quote) < 4:
        return scene.pick(lines["unsure"])
    if scene.mentions(scene.lines["minimize_words"], quote):
        return scene.pick(lines["minimize"])
    return fill(scene.pick(lines["reflect"], "reflect"), quote)


def _move(scene: Scene) -> tuple[str, list[str]]:
    """Make one move: a retrieved skill whose example was not yet spoken in this session.

    The session decides between the first two, so that sessions do not all begin alike.
    """
    skills = [skill for skill in scene.value("skills", []) if "name" in skill and _in_place(scene, skill)]
    fresh = [skill for skill in skills if skill.get("example") and not scene.has_said(skill["example"])]
    if fresh:
        chosen = fresh[scene.session_seed % len(fresh[:2])]
        return chosen["example"], [chosen["name"]]
    return scene.pick(scene.lines["counselor"]["plain"]), [skill["name"] for skill in skills[:1]]


def _in_place(scene: Scene, skill: Mapping[str, Any]) -> bool:
    """Return whether a skill fits now: safety work waits until danger was voiced, or it would frighten."""
    text = f"{skill['name']} {skill.get('description', '')}"
    return _asked_risk(scene) or not scene.mentions(scene.lines["safety_skill_words"], text)


def _closing(scene: Scene) -> str:
    """Reflect back what was heard, then agree on one small thing, or on coming back to the danger."""
    lines = scene.lines["counselor"]
    quotes = _highlights(scene)
    if _asked_risk(scene):
        return scene.join(_sum_up(lines, quotes) if quotes else lines["risk_sum_up"], lines["risk_close"])
    back, homework = _sum_up(lines, quotes), _new_homework(scene)
    if not homework:
        return back
    form = lines["propose_last" if _is_farewell(scene) else "propose"]
    return scene.join(back, form.format(homework=homework))


def _new_homework(scene: Scene) -> str:
    options = scene.lines["homework"].get(scene.value("plan.stage", "conceptualization"), [])
    if scene.session_index == 1 or not scene.value("memory.file_lines", []):
        return scene.pick(options) if options else ""
    start = _place(scene) % max(len(options), 1)
    last = scene.value("memory.homework", [])
    return next((h for h in [*options[start:], *options[:start]] if h not in last), "")


def _highlights(scene: Scene) -> list[str]:
    """Quote the client's two longest statements of this session, in order."""
    # the first thing heard is the opener, a stage direction for the client's arrival
    quotes = [
        quote_of(utterance)
        for utterance in scene.heard[1:]
        if not is_stock(scene.lines, utterance)
        and not scene.mentions(scene.lines["risk_words"], utterance)
        and not scene.mentions(scene.lines["unsure_words"], quote_of(utterance))
    ]
    longest = sorted(dict.fromkeys(quotes), key=len)[-2:]
    return [quote for quote in quotes if quote in longest]


def _sum_up(lines: Mapping[str, Any], quotes: Sequence[str]) -> str:
    if not quotes:
        return str(lines["sum_up_bare"])
    form = str(lines["sum_up"] if len(quotes) > 1 else lines["sum_up_short"])
    return form.format(first=quotes[0], second=quotes[-1])


def play_filter(scene: Scene) -> str:
    """Pick the families that share the most words with the focus, and always the one on safety."""
    metas = [meta for meta in scene.value("metas", []) if "id" in meta]
    wanted = set(_WORDS.findall(" ".join(scene.value("plan.focus", [])).lower()))

    def overlap(meta: Mapping[str, Any]) -> int:
        return len(
            wanted & set(_WORDS.findall(f"{meta.get('name', '')} {meta.get('description', '')}".lower()))
        )

    ranked = sorted(metas, key=overlap, reverse=True)
    safety = [meta for meta in metas if re.search("safety|risk", str(meta["id"]))]
    chosen = list(dict.fromkeys(str(meta["id"]) for meta in [*safety, *ranked]))
    return json.dumps({"meta_skill_ids": chosen[:5]}, ensure_ascii=False)


def play_rewrite(scene: Scene) -> str:
    """Build a query from the client's clause and the focus."""
    lines = scene.lines["rewrite"]
    focus, turns = scene.value("focus", ""), scene.value("turns", [{}])
    utterance = turns[-1].get("text", "")
    query = {
        "trigger": lines["trigger"].format(said=quote_of(utterance)),
        "when_to_use": lines["when"].format(stage="", focus=focus).strip()[:290],
        "skill": "",
    }
    return json.dumps(query, ensure_ascii=False)
