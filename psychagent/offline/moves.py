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
    is_stock,
    leaves,
    own_words,
    theme_of,
    weight,
)
from psychagent.offline.quotes import fill, quote_of
from psychagent.offline.scene import Scene

_HURRIES = 0.12
_LEAST_FIT = 1
"""How much a skill must have in common with what the client has just said."""


def respond(scene: Scene) -> tuple[str, list[str]]:
    """Respond to what was said; only to a client who tells something a technique may be offered."""
    lines, utterance = scene.lines["counselor"], scene.heard[-1]
    if answer := _answer(scene):
        ask = "plain_easy" if is_evasive(scene, utterance) else "repair"
        return scene.join(answer, scene.pick(lines[ask], ask)), []
    if lines["child_ask"] in scene.own[-1]:
        return scene.join(lines["child_heard"], scene.pick(lines["stay"], "stay")), []
    if _leaves_a_child_alone(scene):
        return scene.join(scene.pick(lines["beside"], "beside"), lines["child_ask"]), []
    if is_heavy(scene, utterance):
        return scene.join(_on_heavy(scene), scene.pick(lines["stay"], "stay")), []
    if len(scene.heard) > 1 and is_heavy(scene, scene.heard[-2]):
        return scene.join(_acknowledge(scene), scene.pick(lines["stay"], "stay")), []
    if is_evasive(scene, utterance) or utterance in lines_of(scene, "short"):
        return scene.join(_on_evasion(scene), scene.pick(lines["plain_easy"], "easy")), []
    if is_addressed_to_me(scene, utterance):
        return scene.join(scene.pick(lines["to_me"], "me"), scene.pick(lines["plain_easy"], "easy")), []
    if _hurries(scene):
        return scene.pick(lines["hurried"]), []
    words, skills = move(scene)
    return scene.join(reflection(scene), words), skills


def lines_of(scene: Scene, kind: str) -> tuple[str, ...]:
    """List the client's stock lines of one kind."""
    return tuple(leaves(scene.lines["client"][kind]))


def _answer(scene: Scene) -> str:
    """Answer a question to the counselor, or own up to a contradiction; nothing where there is neither."""
    utterance, lines = scene.heard[-1], scene.lines["counselor"]
    for kind in lines["answers"]:
        if scene.mentions(kind["to"], utterance):
            return scene.pick(kind["say"], "answer")
    if not is_addressed(scene, utterance) or is_evasive(scene, utterance):
        return ""
    contradicts = scene.mentions(scene.lines["disagree_words"], utterance)
    return scene.pick(lines["disagree" if contradicts else "asked"], "answer")


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


def _on_evasion(scene: Scene) -> str:
    lines, utterance = scene.lines["counselor"], scene.heard[-1]
    if utterance in lines_of(scene, "short"):
        return ""
    told = own_words(scene.lines, utterance)
    kind = "minimize" if scene.mentions(scene.lines["minimize_words"], told) else "unsure"
    return scene.pick(lines[kind], kind)


def _hurries(scene: Scene) -> bool:
    """Return whether to hurry on with a closed question, by seed, at most once a session.

    This makes some rollouts of a session better than others, as with a real counselor.
    """
    hurried = any(question in own for own in scene.own for question in scene.lines["counselor"]["hurried"])
    calm = not _is_good_news(scene) and not any(is_heavy(scene, text) for text in scene.heard[1:])
    may = len(scene.own) > 1 and calm and not hurried
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
    if _is_good_news(scene):
        return list(lines["plain_change"])
    return list(lines["plain_easy" if is_stock(scene.lines, scene.heard[-1]) else "plain"])


def _is_good_news(scene: Scene) -> bool:
    """Return whether the client tells of a change, for all its doubts."""
    return scene.heard[-1] in lines_of(scene, "progress") or scene.mentions(
        scene.lines["good_words"], scene.heard[-1]
    )


def move(scene: Scene) -> tuple[str, list[str]]:
    """Make one move: the retrieved skill that fits best, or else a plain question without a skill's name."""
    skills = [skill for skill in scene.value("skills", []) if skill.get("name") and skill.get("example")]
    fresh = [skill for skill in skills if not scene.has_said(skill["example"])]
    fits = [(fit(scene, skill), skill) for skill in fresh]
    best = max((points for points, _ in fits), default=0)
    if best < _LEAST_FIT:
        return scene.pick(_plain(scene)), []
    chosen = [skill for points, skill in fits if points == best]
    skill = chosen[scene.session_seed % len(chosen[:2])]
    return skill["example"], [skill["name"]]


def fit(scene: Scene, skill: Mapping[str, Any]) -> int:
    """Count what makes a skill fit what the client has just said: the moment, and topics of both.

    Nothing fits that asks about danger, which has its own questions, or that presumes something of
    which the client did not speak.
    """
    text = " ".join(str(skill.get(part, "")) for part in ("name", "description", "trigger", "example"))
    if scene.mentions(scene.lines["safety_skill_words"], text):
        return 0
    moment = scene.lines["moments"]["good" if _is_good_news(scene) else "trouble"]
    shared = int(scene.mentions(moment, str(skill["name"])))
    for topic in scene.lines["topics"]:
        if scene.mentions(topic["skill"], text):
            of_client = scene.mentions(topic["client"], scene.heard[-1])
            if topic.get("presumes") and not of_client:
                return 0
            shared += of_client
    return shared
