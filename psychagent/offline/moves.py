"""One move of the scripted counselor in the middle of a session: answer, stay, ask, or use a skill."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from psychagent.offline.client_words import (
    is_addressed,
    is_addressed_to_me,
    is_evasive,
    is_heavy,
    is_misfit,
    is_stock,
    leaves,
    own_words,
    tells_good_news,
    theme_of,
    weight,
)
from psychagent.offline.quotes import fill, quote_of
from psychagent.offline.scene import Scene

_HURRIES = 0.12
_LEAST_FIT = 1
"""How much a skill must have in common with what the client has just said."""
_TOPIC = 2
"""A topic of both says more than a moment, which fits almost anything told in it."""
_BEGINNING = 2
"""Sessions in which a clear picture of the problem is still asked for."""
_BEFORE_PARTING = 3
"""Turns of the last meeting that belong to what the client brings."""
Move = tuple[str, list[str]]
"""Words, and the names of the skills that they use."""


def respond(scene: Scene) -> Move:
    """Respond to what was said; only to a client who tells something a technique may be offered."""
    lines, utterance = scene.lines["counselor"], scene.heard[-1]
    if answer := _answer(scene):
        return answer
    if lines["child_ask"] in scene.own[-1]:
        return scene.join(lines["child_heard"], scene.pick(lines["stay"], "stay")), []
    if _leaves_a_child_alone(scene):
        return scene.join(scene.pick(lines["beside"], "beside"), lines["child_ask"]), []
    if is_heavy(scene, utterance):
        return scene.join(_on_heavy(scene), scene.pick(lines["stay"], "stay")), []
    if len(scene.heard) > 1 and is_heavy(scene, scene.heard[-2]):
        return scene.join(_acknowledge(scene), scene.pick(lines["stay"], "stay")), []
    if is_evasive(scene, utterance) or utterance in lines_of(scene, "short"):
        return _on_evasion(scene)
    if is_addressed_to_me(scene, utterance):
        return scene.join(scene.pick(lines["to_me"], "me"), scene.pick(lines["plain_easy"], "easy")), []
    if _hurries(scene):
        return scene.pick(lines["hurried"]), []
    words, skills = move(scene)
    return scene.join(reflection(scene), words), skills


def lines_of(scene: Scene, kind: str) -> tuple[str, ...]:
    """List the client's stock lines of one kind."""
    return tuple(leaves(scene.lines["client"][kind]))


def _answer(scene: Scene) -> Move | None:
    """Answer a question to the counselor, or own up to a contradiction; nothing where there is neither."""
    utterance, lines = scene.heard[-1], scene.lines["counselor"]
    for kind in lines["answers"]:
        if scene.mentions(kind["to"], utterance):
            ask = "plain_easy" if is_evasive(scene, utterance) else "repair"
            # after the last meeting there is no day on which it could be taken up
            names = [] if kind.get("looks_ahead") and is_farewell(scene) else kind.get("skill", [])
            return named(scene, names) or _plainly(scene, kind["say"], ask)
    if not is_addressed(scene, utterance) or is_evasive(scene, utterance):
        return None
    if not scene.mentions(scene.lines["disagree_words"], utterance):
        return _plainly(scene, lines["asked"], "repair")
    return named(scene, scene.lines["moments"]["disagree"]) or _plainly(scene, lines["disagree"], "repair")


def _plainly(scene: Scene, options: Sequence[str], ask: str) -> Move:
    answer = scene.pick(options, "answer")
    return scene.join(answer, scene.pick(scene.lines["counselor"][ask], ask)), []


def named(scene: Scene, names: Sequence[str]) -> Move | None:
    """Return the first shown skill of some names; its words are an answer and a question in one."""
    skill = next((s for s in _shown(scene) if scene.mentions(names, s["name"])), None)
    return (skill["example"], [skill["name"]]) if skill else None


def _shown(scene: Scene) -> list[Mapping[str, Any]]:
    """List the skills of the prompt that may be used: with words of their own, not said in this session."""
    if scene.mentions(scene.lines["frail_words"], scene.heard[-1]):
        return []
    skills = [skill for skill in scene.value("skills", []) if skill.get("name") and skill.get("example")]
    return [
        skill
        for skill in skills
        if not scene.has_said(skill["example"])
        and not _asks_about_danger(scene, skill)
        and not is_misfit(scene, f"{skill['name']} {skill['example']}")
    ]


def _asks_about_danger(scene: Scene, skill: Mapping[str, Any]) -> bool:
    text = " ".join(str(skill.get(part, "")) for part in ("name", "description", "trigger", "example"))
    return scene.mentions(scene.lines["safety_skill_words"], text)


def _leaves_a_child_alone(scene: Scene) -> bool:
    """Return whether the client told of a moment in which a child in its care may not have been safe."""
    asked = any(scene.lines["counselor"]["child_ask"] in own for own in scene.own)
    return not asked and scene.mentions(scene.lines["child_words"], scene.heard[-1])


def _on_heavy(scene: Scene) -> str:
    return fill(scene.pick(scene.lines["counselor"]["heavy"], "heavy"), quote(scene))


def _acknowledge(scene: Scene) -> str:
    """Take up the turn after a heavy one without working on it."""
    if theme_of(scene, scene.heard[-1]):
        return reflection(scene)
    return scene.pick(scene.lines["counselor"]["beside"], "beside")


def _on_evasion(scene: Scene) -> Move:
    lines, utterance = scene.lines["counselor"], scene.heard[-1]
    ask = scene.pick(lines["plain_easy"], "easy")
    if utterance in lines_of(scene, "short"):
        return ask, []
    told = own_words(scene.lines, utterance)
    asked_for = (kind["skill"] for kind in scene.lines["evasions"] if scene.mentions(kind["client"], told))
    if skilled := named(scene, next(asked_for, [])):
        return skilled
    kind = "minimize" if scene.mentions(scene.lines["minimize_words"], told) else "unsure"
    return scene.join(scene.pick(lines[kind], kind), ask), []


def _hurries(scene: Scene) -> bool:
    """Return whether to hurry on with a closed question, by seed, at most once a session.

    This makes some rollouts of a session better than others, as with a real counselor.
    """
    hurried = any(question in own for own in scene.own for question in scene.lines["counselor"]["hurried"])
    heavy = any(is_heavy(scene, text) for text in scene.heard[1:])
    may = len(scene.own) > 1 and not heavy and not hurried and not tells_good_news(scene, scene.heard[-1])
    return may and random.Random(f"{scene.seed}:hurry").random() < _HURRIES


def quote(scene: Scene) -> str:
    """Quote what the client has just said."""
    told = own_words(scene.lines, scene.heard[-1])
    return quote_of(told, lambda clause: weight(scene, clause))


def reflection(scene: Scene) -> str:
    """Say back what was said: by a quote, but never in two turns running."""
    lines = scene.lines["counselor"]
    if "“" in scene.own[-1]:
        return scene.pick(lines["follow"], "follow")
    return fill(scene.pick(lines["reflect"], "reflect"), quote(scene))


def _plain(scene: Scene) -> Sequence[str]:
    """List the plain questions for the moment."""
    lines = scene.lines["counselor"]
    if tells_good_news(scene, scene.heard[-1]):
        return list(lines["plain_change"])
    return list(lines["plain_easy" if is_stock(scene.lines, scene.heard[-1]) else "plain"])


def move(scene: Scene) -> Move:
    """Make one move: the retrieved skill that fits best, or else a plain question without a skill's name."""
    fits = [(fit(scene, skill), skill) for skill in _shown(scene)]
    best = max((points for points, _ in fits), default=0)
    if best < _LEAST_FIT:
        return scene.pick(_plain(scene)), []
    chosen = [skill for points, skill in fits if points == best]
    skill = chosen[scene.session_seed % len(chosen[:2])]
    parts = scene.mentions(scene.lines["moments"]["parting"], skill["name"])
    before = scene.lines["counselor"]["before_parting"] if parts else ""
    return scene.join(before, skill["example"]), [skill["name"]]


def is_farewell(scene: Scene) -> bool:
    """Return whether the course ends with this session: the script holds one session of consolidation."""
    last = scene.session_index >= int(scene.value("max_sessions", scene.session_index + 1))
    return last or scene.value("plan.stage", "") == "consolidation"


def _moment(scene: Scene) -> list[str]:
    """List the names of skills that fit the moment, whatever was told."""
    moments = scene.lines["moments"]
    if scene.mentions(scene.lines["long_ago_words"], scene.heard[-1]):
        return []
    if not tells_good_news(scene, scene.heard[-1]):
        begins = scene.session_index <= _BEGINNING
        return [*moments["trouble"], *(moments["beginning"] if begins else [])]
    due = is_farewell(scene) and not scene.has_said(scene.lines["counselor"]["before_parting"])
    return [*moments["good"], *(moments["parting"] if due and len(scene.own) >= _BEFORE_PARTING else [])]


def fit(scene: Scene, skill: Mapping[str, Any]) -> int:
    """Count what makes a skill fit what the client has just said: the moment, and topics of both.

    What counts is the skill's name and example, which is what the client hears. Nothing fits that asks about
    danger, which has its own questions, or that presumes something of which the client did not speak.
    """
    if _asks_about_danger(scene, skill):
        return 0
    points = int(scene.mentions(_moment(scene), str(skill["name"])))
    told = f"{skill['name']} {skill.get('example', '')}"
    for topic in scene.lines["topics"]:
        if scene.mentions(topic["skill"], told):
            of_client = scene.mentions(topic["client"], scene.heard[-1])
            if topic.get("presumes") and not of_client:
                return 0
            points += _TOPIC * of_client
    return points
