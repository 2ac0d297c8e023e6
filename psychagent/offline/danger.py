"""The script on danger: what is asked, what follows, and what is written down of it."""

from __future__ import annotations

from collections.abc import Mapping

from psychagent.offline.client_words import theme_of
from psychagent.offline.quotes import clauses, is_chinese
from psychagent.offline.scene import Scene

AFTER_RISK = 5
"""Turns that a session needs once danger is asked about: wish, intent, plan, sum up, goodbye."""
_ROOM_FOR_INTENT = 4
_SAFETY_TURN, _LAST_SAFETY_TURN = 3, 3
"""In a first session: the first turn, from 0, that may ask plainly, and how many are left at the latest."""
_LONGEST_WORDS, _LONGEST_ANSWER = 200, 120
"""Of the client's words in a note, in characters, so that a note holds all that was asked."""
FIRST_QUESTIONS = {"risk": "risk_return", "risk_past": "risk_past_return", "risk_again": "risk_again"}
"""What the last summary says of danger, and the question with which the next session begins."""


def asked_risk(scene: Scene) -> bool:
    """Return whether danger was asked about in this session after it was voiced."""
    return any(scene.lines["counselor"]["risk_ask"] in own for own in scene.own)


def has_asked_before(scene: Scene) -> bool:
    """Return whether this session dealt with a danger, new or old."""
    lines = scene.lines["counselor"]
    known = ("risk_ask", *FIRST_QUESTIONS.values())
    return any(lines[question] in own for question in known for own in scene.own)


def on_danger(scene: Scene, turns_left: int) -> str:
    """Respond to danger once a session: ask for wish and intent, then agree on a plan, whatever was due."""
    lines = scene.lines["counselor"]
    asked, went_on = lines["risk_ask"] in scene.own[-1], lines["risk_intent"] in scene.own[-1]
    if asked and turns_left >= _ROOM_FOR_INTENT:
        return str(lines["risk_intent"])
    if asked or went_on:
        return scene.join(lines["risk_plan"], lines["risk_goodbye"] if turns_left <= 1 else "")
    if asked_risk(scene) or not scene.mentions(scene.lines["risk_words"], scene.heard[-1]):
        return ""
    no_room = len(scene.own) + 1 >= int(scene.value("max_turns", 8))
    return str(lines["risk_last"] if no_room else lines["risk_ask"])


def on_known_danger(scene: Scene) -> str:
    """Ask on when a session began with a question about danger and some of it had come back."""
    lines = scene.lines["counselor"]
    returned = scene.mentions(scene.lines["came_back_words"], scene.heard[-1])
    return str(lines["risk_follow"]) if lines["risk_return"] in scene.own[-1] and returned else ""


def ends_known_danger(scene: Scene) -> bool:
    """Return whether the client has just answered the last question about a known danger."""
    lines = scene.lines["counselor"]
    return any(lines[key] in scene.own[-1] for key in (*FIRST_QUESTIONS.values(), "risk_follow"))


def checks_safety(scene: Scene, turns_left: int) -> bool:
    """Return whether to ask plainly about danger, as every first meeting does once.

    The place is behind something that the client told, so that the question is no filler; a client
    who tells nothing is asked while there is still a turn to hear the answer.
    """
    lines = scene.lines["counselor"]
    if scene.session_index > 1 or has_asked_before(scene) or _was_asked(scene, lines["safety_check"]):
        return False
    fitting = len(scene.own) >= _SAFETY_TURN and bool(theme_of(scene, scene.heard[-1]))
    return fitting or turns_left == _LAST_SAFETY_TURN


def _was_asked(scene: Scene, question: str) -> bool:
    return any(question in own for own in scene.own)


def question_of_last_time(scene: Scene, abstract: str) -> str:
    """Return the question about danger that a session begins with, by the last summary; else nothing."""
    reflector, lines = scene.lines["reflector"], scene.lines["counselor"]
    due = (question for flag, question in FIRST_QUESTIONS.items() if reflector[flag].strip() in abstract)
    return str(lines[key]) if (key := next(due, "")) else ""


def flag_of(scene: Scene, said: dict[str, list[str]]) -> str:
    """Return how a session dealt with danger, as a key of the reflector's lines; empty if it did not."""
    lines, speech = scene.lines["counselor"], " ".join(said["counselor"])
    if lines["risk_ask"] in speech or lines["risk_last"] in speech:
        past = any(scene.mentions(scene.lines["past_words"], text) for text in _voiced(scene, said["client"]))
        return "risk_past" if past else "risk"
    again = any(lines[question] in speech for question in FIRST_QUESTIONS.values())
    return "risk_again" if again else ""


def safety_note(scene: Scene, said: dict[str, list[str]]) -> dict[str, str]:
    """Note danger: the words, what was asked and answered, what was agreed on, what is to be asked next.

    A first meeting in which it was only asked about is noted as such.
    """
    flag, lines = flag_of(scene, said), scene.lines["counselor"]
    if not flag:
        answer = _after(said, [lines["safety_check"]])
        return {"danger": "denied", "asked": answer} if answer else {"danger": "none"}
    follow_up = scene.lines["reflector"]["safety"]["next"]
    if flag == "risk_again":
        answer = _after(said, [lines[question] for question in FIRST_QUESTIONS.values()])
        back = scene.mentions(scene.lines["came_back_words"], answer)
        agreed = {"agreed": _agreed_before(scene)} if back else {}
        return {"danger": "voiced" if back else "denied", "words": answer, "next": follow_up} | agreed
    answers = [answer for key in ("risk_ask", "risk_intent") if (answer := _after(said, [lines[key]]))]
    return {
        "danger": "voiced",
        "words": _words_of(scene, said["client"]),
        "asked": scene.join(*answers),
        "agreed": _after(said, [lines["risk_plan"]]),
        "next": follow_up,
    }


def _agreed_before(scene: Scene) -> str:
    """Return what an earlier note says was agreed on, so that the newest note says it too."""
    notes = [row.get("note", {}) for row in scene.value("memory.safety", []) if isinstance(row, Mapping)]
    return next((str(note["agreed"]) for note in reversed(notes) if note.get("agreed")), "")


def _voiced(scene: Scene, texts: list[str]) -> list[str]:
    return [text for text in texts if scene.mentions(scene.lines["risk_words"], text)]


def _words_of(scene: Scene, texts: list[str]) -> str:
    """Quote the clause in which danger was voiced, and what the client said behind it."""
    voiced = [clause for text in _voiced(scene, texts)[:1] for clause in clauses(text)]
    dangers = (at for at, clause in enumerate(voiced) if scene.mentions(scene.lines["risk_words"], clause))
    return _beginning(scene.join(*voiced[next(dangers, 0) :]), _LONGEST_WORDS) or "…"


def _after(said: dict[str, list[str]], questions: list[str]) -> str:
    """Quote the client's answer to one of some questions; the client speaks once after each turn."""
    places = [n for n, text in enumerate(said["counselor"]) if any(q in text for q in questions)]
    heard = said["client"][places[0] : places[0] + 1] if places else []
    return _beginning(heard[0], _LONGEST_ANSWER) if heard else ""


def _beginning(text: str, most: int) -> str:
    """Take the first clause of a text, and those behind it while they fit."""
    kept = ""
    for clause in clauses(text):
        longer = f"{kept} {clause}".strip() if not is_chinese(clause) else kept + clause
        if kept and len(longer) > most:
            break
        kept = longer
    return kept
