"""The script as client: it opens up line by line, stalls in between, and did its homework or did not."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from psychagent.domain.profile import ABOUT_DYING, NO_DANGER
from psychagent.offline.client_words import leaves
from psychagent.offline.counselor import all_homework
from psychagent.offline.quotes import clauses
from psychagent.offline.scene import Scene, sum_letters

_RISK_SESSION, _SECRET_SESSION = 2, 3
_HEAVY_TURN = 2
_DEEPER_TURN = 4
_PROGRESS_A_SESSION = 6
_ON_SAFETY = (
    ("risk_ask", "risk_answer"),
    ("risk_intent", "risk_no_intent"),
    ("risk_plan", "risk_support"),
    ("risk_last", "risk_support"),
    ("risk_follow", "risk_followed"),
    ("safety_check", "safety_no"),
    ("risk_return", "risk_update"),
    ("risk_past_return", "risk_past_update"),
    ("risk_again", "risk_update_again"),
    ("danger_return", "danger_update"),
    ("danger_again", "danger_update_again"),
    ("child_ask", "child_safe"),
)
"""Keys of the counselor's questions about danger and of the client's answers, the first asked first."""
_IN_THE_PROFILE = {"safety_check": "first_answer", "risk_ask": "if_calm"}
_OF_NO_DANGER = {"safety_check": "first_answer", "risk_ask": "first_answer", "risk_intent": "if_calm"}
"""Where a client's prompt may say what it answers to these questions: in danger, and in none."""


def play_client(scene: Scene) -> str:
    """Write the client's next turn."""
    lines, counselor, turn = scene.lines["client"], scene.lines["counselor"], len(scene.own)
    if answer := _on_safety(scene):
        return answer
    if _hears_goodbye(scene):
        return scene.in_turn(_by_style(scene, "goodbye"), start=_own_turn(scene))
    forms = [form.split("{")[0] for form in leaves(counselor["ask_homework"])]
    if scene.has_asked(forms):
        return _on_homework(scene)
    if scene.has_asked(all_homework(scene)):
        return scene.in_turn(_by_style(scene, "accept"), start=_own_turn(scene))
    if scene.has_asked(counselor["heavy_close"]):
        return scene.in_turn(lines["eased"], start=_own_turn(scene))
    if scene.has_asked(counselor["risk_close"]):
        return str(lines["risk_okay"])
    return _answer(scene, turn) if turn else _arrival(scene)


def _on_safety(scene: Scene) -> str:
    """Answer whatever is asked about danger, in the script's words or in others; nothing if nothing was."""
    lines, counselor = scene.lines["client"], scene.lines["counselor"]
    if answer := _on_other_danger(scene):
        return answer
    is_true = _kind(scene) in ABOUT_DYING
    for question, key in _ON_SAFETY:
        if scene.has_asked(counselor[question]):
            options = lines["safety_no" if question in _OF_NO_DANGER and not is_true else key]
            return _own_answer(scene, question) or _safety_answer(scene, options)
    last = scene.heard[-1] if scene.heard else ""
    asked = [c for c in clauses(last) if c.endswith(("?", "？"))]
    if any(scene.mentions(scene.lines["safety_question_words"], clause) for clause in asked):
        known = is_true and "risk" in scene.values and scene.session_index >= _RISK_SESSION
        return _safety_answer(scene, lines["risk_answer" if known else "safety_no"])
    return ""


def _kind(scene: Scene) -> str:
    """Return the kind of danger that the client's prompt tells of; dying where it does not say."""
    return str(scene.value("risk_kind", "passive_hopelessness"))


def _own_answer(scene: Scene, question: str) -> str:
    """Return the answer that the client's prompt gives, if it is asked about what the prompt tells of."""
    kind = _kind(scene)
    if _topic(kind) in scene.lines["dangers"] and question != "risk_intent":
        return ""
    places = _OF_NO_DANGER if kind in NO_DANGER else _IN_THE_PROFILE
    return str(scene.values.get(places.get(question, ""), ""))


def _topic(kind: str) -> str:
    """Return the danger that a question about this kind is a question about."""
    return "harm_to_others" if kind == "anger_without_danger" else kind


def _on_other_danger(scene: Scene) -> str:
    """Answer a question about a danger that is not the wish to die, or about what to do."""
    lines, kind = scene.lines["client"], _kind(scene)
    for topic, danger in scene.lines["dangers"].items():
        if scene.has_asked(danger["ask"]):
            own = scene.value("first_answer" if kind in NO_DANGER else "if_calm", "")
            return str(own if own and _topic(kind) == topic else lines["dangers"][topic])
        if scene.has_asked(danger["plan"]):
            return _safety_answer(scene, lines["danger_support"])
    return ""


def _safety_answer(scene: Scene, options: Any) -> str:
    """Take an answer: for a danger that is past where there is one, with the person closest to the client."""
    if isinstance(options, Mapping):
        past = scene.mentions(scene.lines["past_words"], str(scene.values.get("risk", "")))
        options = options.get(_kind(scene)) or options["past" if past else "now"]
    known = " ".join(leaves([scene.value(name, "") for name in ("traits", "risk_facts", "risk")]))
    found = ((kin["call"], re.search(kin["words"], known)) for kin in scene.lines["kin"])
    person = next(call.format(*match.groups()) for call, match in found if match)
    return scene.in_turn(options, start=_own_turn(scene)).format(person=person)


def _hears_goodbye(scene: Scene) -> bool:
    """Return whether the counselor says goodbye, in the script's words or in others."""
    last = scene.heard[-1] if scene.heard else ""
    asks = any(clause.endswith(("?", "？")) for clause in clauses(last))
    return not asks and scene.mentions(scene.lines["goodbye_words"], last)


def _answer(scene: Scene, turn: int) -> str:
    """Answer an ordinary question: a closed one in a word or two, some others not at all."""
    if turn >= _HEAVY_TURN and (freely := _said_freely(scene)):
        return freely
    if turn >= _HEAVY_TURN and _untold(scene):
        return _disclosure(scene)
    if scene.has_asked(scene.lines["counselor"]["hurried"]):
        return scene.in_turn(scene.lines["client"]["short"], start=_own_turn(scene) + turn)
    if _stalls(scene, turn):
        return scene.in_turn(_by_style(scene, "stall"), start=2 * _own_turn(scene))
    return _disclosure(scene)


def _own_turn(scene: Scene) -> int:
    """Number the sessions from a different start for each client."""
    return scene.session_index + sum_letters(str(scene.value("name", "")))


def _by_style(scene: Scene, kind: str) -> Sequence[str]:
    styles = scene.lines["client"][kind]
    options: Sequence[str] = styles.get(scene.value("style", "cooperative"), styles["cooperative"])
    return options


def _on_homework(scene: Scene) -> str:
    if not scene.value("homework", []):
        return _progress(scene)
    agreed = " ".join(scene.value("homework", []))
    noticed = any(line in agreed for line in leaves(scene.lines["homework"]["notice"]))
    group = scene.lines["client"]["homework"]["notice" if noticed else "task"]
    replies = group.get(scene.value("homework_status", "not done"), group["not done"])
    return scene.in_turn(replies, start=_own_turn(scene))


def _arrival(scene: Scene) -> str:
    if scene.session_index > 1:
        return _progress(scene)
    name = str(scene.value("name", "")).split(" ")[0]
    form = scene.pick(scene.lines["client"]["introduce"])
    return form.format(name=name, problem=scene.value("problem", ""))


def _stalls(scene: Scene, turn: int) -> bool:
    """Stall more often the higher the resistance (1: one turn in five; 5: every other turn).

    Trust grows, so that it stalls less from the third session on.
    """
    every = max(6 - int(scene.value("resistance", 2)), 2) + (scene.session_index - 1) // 2
    return turn % every == scene.session_seed % every


def _disclosure(scene: Scene) -> str:
    """Say the next unsaid line; what weighs most does not come first."""
    spoken, heavy = " ".join(scene.own), _untold(scene)
    if heavy and len(scene.own) >= _HEAVY_TURN:
        return f"{scene.pick(scene.lines['client']['hedge_heavy'], 'heavy')}{heavy[0]}"
    at_once, trusted = scene.value("at_once", []), scene.value("trusted", [])
    deeper_first = scene.session_index == 1 and len(scene.own) >= _DEEPER_TURN
    pool = [*trusted, *at_once] if deeper_first else [*at_once, *trusted]
    fresh = [line for line in pool if line not in spoken]
    if not fresh:
        return _progress(scene)
    hedge = scene.pick([""] if _hedged(scene) else _by_style(scene, "hedge"), "hedge")
    # "Well. Well, ..." is nobody's speech
    return fresh[0] if hedge and fresh[0].startswith(hedge.strip()[:2]) else f"{hedge}{fresh[0]}"


def _hedged(scene: Scene) -> bool:
    """Return whether the last turn began with a hedge: two in a row would be a mannerism."""
    hedges = [hedge for hedge in _by_style(scene, "hedge") if hedge]
    return bool(scene.own) and scene.own[-1].startswith(tuple(hedges))


def _untold(scene: Scene) -> list[str]:
    """List the heavy lines not yet said in this session; they come out whatever is asked."""
    spoken = " ".join(scene.own)
    return [line for line in _heavy(scene) if line not in spoken]


def _heavy(scene: Scene) -> list[str]:
    """List the heavy lines of the session: the voiced risk in the second, the secrets in the third."""
    if scene.session_index == _RISK_SESSION and "risk" in scene.values and _kind(scene) not in NO_DANGER:
        return [str(scene.values["risk"])]
    secrets = [s["secret"] for s in scene.value("secrets", []) if "secret" in s]
    return secrets if scene.session_index == _SECRET_SESSION else []


def _said_freely(scene: Scene) -> str:
    """Return what only sounds like danger and is said in a first meeting like anything else, or nothing."""
    words = str(scene.value("risk", "")) if _kind(scene) in NO_DANGER else ""
    return words if scene.session_index == 1 and words not in " ".join(scene.own) else ""


def _progress(scene: Scene) -> str:
    """Report on the days between sessions, with different lines each session, in the client's own order."""
    lines = list(scene.lines["client"]["progress"])
    if scene.session_index == 1:
        return scene.pick(_by_style(scene, "stall"))
    random.Random(str(scene.value("name", ""))).shuffle(lines)
    start = _PROGRESS_A_SESSION * (scene.session_index - 3) if scene.session_index > 2 else len(lines) - 1
    return scene.in_turn(lines, start=start)
