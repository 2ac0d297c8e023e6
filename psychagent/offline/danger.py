"""The script on danger: what is asked, what follows, and what is written down of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psychagent.domain.risk.finding import HIGH
from psychagent.offline.client_words import DYING, heard_danger, is_unclear, theme_of
from psychagent.offline.quotes import clauses, is_chinese
from psychagent.offline.scene import Scene

AFTER_RISK = 5
"""Turns that a session needs once danger is asked about: wish, intent, plan, sum up, goodbye."""
_ROOM_FOR_INTENT = 4
_SAFETY_TURN, _LAST_SAFETY_TURN = 3, 3
"""In a first session: the first turn, from 0, that may ask plainly, and how many are left at the latest."""
_LONGEST_WORDS, _LONGEST_ANSWER = 200, 120
"""Of the client's words in a note, in characters, so that a note holds all that was asked."""
FIRST_QUESTIONS = {
    "risk": "risk_return",
    "risk_past": "risk_past_return",
    "risk_again": "risk_again",
    "danger": "danger_return",
    "danger_again": "danger_again",
}
"""What the last summary says of danger, and the question with which the next session begins."""
_OPEN_QUESTIONS = ("risk_open", "danger_open")
"""That where only the gate knows of a danger on record: about dying, and about another."""
_KNOWN_QUESTIONS = (*FIRST_QUESTIONS.values(), *_OPEN_QUESTIONS)


def first_questions(scene: Scene) -> dict[str, str]:
    """List the first question about each kind of danger, dying before all others."""
    others = {kind: str(danger["ask"]) for kind, danger in scene.lines["dangers"].items()}
    return {DYING: str(scene.lines["counselor"]["risk_ask"])} | others


def asked_kind(scene: Scene, texts: Sequence[str]) -> str:
    """Return the kind of danger that some turns of the counselor ask about; empty if they ask about none."""
    kinds = first_questions(scene)
    return next((kind for text in texts for kind, question in kinds.items() if question in text), "")


def is_cleared(scene: Scene, own: Sequence[str], answers: Sequence[str]) -> bool:
    """Return whether words that may have meant danger were asked about twice and plainly denied each time.

    What was told in plain words is a danger, whatever is denied afterwards.

    Args:
        scene: The call.
        own: The counselor's turns.
        answers: The client's next turn after each.
    """
    voiced = [text for text in answers if heard_danger(scene, text)]
    if not voiced or not all(is_unclear(scene, text) for text in voiced):
        return False
    intent = scene.lines["counselor"]["risk_intent"]
    pairs = zip(own, answers, strict=False)
    told = [answer for text, answer in pairs if intent in text or asked_kind(scene, [text])]
    return len(told) > 1 and all(scene.mentions(scene.lines["plain_no_words"], answer) for answer in told)


def asked_risk(scene: Scene) -> bool:
    """Return whether danger was asked about in this session after it was voiced, and is one."""
    # the first thing heard is the opener, which answers nothing
    return bool(asked_kind(scene, scene.own)) and not is_cleared(scene, scene.own, scene.heard[1:])


def has_asked_before(scene: Scene) -> bool:
    """Return whether this session dealt with a danger, new or old."""
    lines = scene.lines["counselor"]
    return asked_risk(scene) or any(_was_asked(scene, lines[question]) for question in _KNOWN_QUESTIONS)


def on_danger(scene: Scene, turns_left: int) -> str:
    """Respond to danger once a session: ask for wish and intent, then agree on a plan, whatever was due."""
    lines, dangers = scene.lines["counselor"], scene.lines["dangers"]
    asked, went_on = asked_kind(scene, scene.own[-1:]), lines["risk_intent"] in scene.own[-1]
    asks_on = asked == DYING or (asked and dangers[asked].get("unclear", False))
    if asks_on and turns_left >= _ROOM_FOR_INTENT:
        return str(lines["risk_intent"])
    if asked or went_on:
        return "" if is_cleared(scene, scene.own, scene.heard[1:]) else _plan(scene, turns_left)
    # what the safety gate tells the counselor of is danger even where the script's own words hear none
    is_told = int(scene.value("risk_level", 0)) >= HIGH
    kind = heard_danger(scene, scene.heard[-1]) or (_told_kind(scene) if is_told else "")
    if not kind or asked_kind(scene, scene.own):
        return ""
    no_room = len(scene.own) + 1 >= int(scene.value("max_turns", 8))
    return str(lines["risk_last"]) if no_room else first_questions(scene)[kind]


def _told_kind(scene: Scene) -> str:
    """Return the kind of danger that the safety gate tells of."""
    about, kinds = scene.value("risk_about", ""), scene.lines["dangers"].items()
    return next((kind for kind, danger in kinds if danger.get("about") == about), DYING)


def _plan(scene: Scene, turns_left: int) -> str:
    """Agree on what to do, by the kind of danger that was asked about."""
    lines, kind = scene.lines["counselor"], asked_kind(scene, scene.own)
    plan = scene.lines["dangers"][kind]["plan"] if kind != DYING else lines["risk_plan"]
    return scene.join(str(plan), lines["risk_goodbye"] if turns_left <= 1 else "")


def plans(scene: Scene) -> list[str]:
    """List the turns in which the counselor agrees on what to do about a danger."""
    others = [str(danger["plan"]) for danger in scene.lines["dangers"].values()]
    return [str(scene.lines["counselor"]["risk_plan"]), *others]


def clears_danger(scene: Scene) -> bool:
    """Return whether the client has just denied, for the second time, what sounded like danger."""
    asked = scene.lines["counselor"]["risk_intent"] in scene.own[-1]
    return asked and is_cleared(scene, scene.own, scene.heard[1:])


def on_known_danger(scene: Scene) -> str:
    """Ask on when a session began with a question about danger and some of it had come back."""
    lines = scene.lines["counselor"]
    returned = scene.mentions(scene.lines["came_back_words"], scene.heard[-1])
    return str(lines["risk_follow"]) if lines["risk_return"] in scene.own[-1] and returned else ""


def ends_known_danger(scene: Scene) -> bool:
    """Return whether the client has just answered the last question about a known danger."""
    lines = scene.lines["counselor"]
    return any(lines[key] in scene.own[-1] for key in (*_KNOWN_QUESTIONS, "risk_follow"))


def checks_safety(scene: Scene, turns_left: int) -> bool:
    """Return whether to ask plainly about danger, as every first meeting does once.

    The place is behind something that the client told, so that the question is no filler; a client
    who tells nothing is asked while there is still a turn to hear the answer.
    """
    lines = scene.lines["counselor"]
    asked = any(_was_asked(scene, lines[question]) for question in ("risk_ask", "safety_check"))
    if scene.session_index > 1 or asked:
        return False
    fitting = len(scene.own) >= _SAFETY_TURN and bool(theme_of(scene, scene.heard[-1]))
    return fitting or turns_left == _LAST_SAFETY_TURN


def _was_asked(scene: Scene, question: str) -> bool:
    return any(question in own for own in scene.own)


def question_of_last_time(scene: Scene, abstract: str) -> str:
    """Return the question about danger that a session begins with, by the last summary or the gate."""
    reflector, lines = scene.lines["reflector"], scene.lines["counselor"]
    due = (question for flag, question in FIRST_QUESTIONS.items() if reflector[flag].strip() in abstract)
    if key := next(due, ""):
        return str(lines[key])
    if not int(scene.value("risk_level", 0)):
        return ""
    dying, other = _OPEN_QUESTIONS
    return str(lines[dying if _told_kind(scene) == DYING else other])


def flag_of(scene: Scene, said: dict[str, list[str]]) -> str:
    """Return how a session dealt with danger, as a key of the reflector's lines; empty if it did not."""
    lines, speech = scene.lines["counselor"], " ".join(said["counselor"])
    if is_cleared(scene, said["counselor"], said["client"]):
        return ""
    if kind := asked_kind(scene, said["counselor"]) or _left_open(scene, said):
        if kind != DYING:
            return "danger"
        past = any(scene.mentions(scene.lines["past_words"], text) for text in _voiced(scene, said["client"]))
        return "risk_past" if past else "risk"
    if any(lines[question] in speech for question in ("danger_return", "danger_again", "danger_open")):
        return "danger_again"
    again = any(lines[question] in speech for question in _KNOWN_QUESTIONS)
    return "risk_again" if again else ""


def _left_open(scene: Scene, said: dict[str, list[str]]) -> str:
    """Return the kind of danger that was voiced too late to be asked about in full; empty if none was."""
    if scene.lines["counselor"]["risk_last"] not in " ".join(said["counselor"]):
        return ""
    return next((kind for text in said["client"] if (kind := heard_danger(scene, text))), DYING)


def safety_note(scene: Scene, said: dict[str, list[str]]) -> dict[str, str]:
    """Note danger: the words, what was asked and answered, what was agreed on, what is to be asked next.

    A first meeting in which it was only asked about is noted as such, and so are words that were no danger.
    """
    flag, lines = flag_of(scene, said), scene.lines["counselor"]
    asked = [*first_questions(scene).values(), lines["risk_intent"]]
    answers = [answer for key in asked if (answer := _after(said, [key]))]
    if not flag:
        if is_cleared(scene, said["counselor"], said["client"]):
            words = _words_of(scene, said["client"])
            return {"danger": "denied", "words": words, "asked": scene.join(*answers)}
        answer = _after(said, [lines["safety_check"]])
        return {"danger": "denied", "asked": answer} if answer else {"danger": "none"}
    follow_up = scene.lines["reflector"]["safety"]["next"]
    if flag in ("risk_again", "danger_again"):
        answer = _after(said, [lines[question] for question in _KNOWN_QUESTIONS])
        back = scene.mentions(scene.lines["came_back_words"], answer)
        agreed = {"agreed": _agreed_before(scene)} if back else {}
        return {"danger": "voiced" if back else "denied", "words": answer, "next": follow_up} | agreed
    return {
        "danger": "voiced",
        "words": _words_of(scene, said["client"]),
        "asked": scene.join(*answers),
        "agreed": _after(said, plans(scene)),
        "next": follow_up,
    }


def _agreed_before(scene: Scene) -> str:
    """Return what an earlier note says was agreed on, so that the newest note says it too."""
    notes = [row.get("note", {}) for row in scene.value("memory.safety", []) if isinstance(row, Mapping)]
    return next((str(note["agreed"]) for note in reversed(notes) if note.get("agreed")), "")


def _voiced(scene: Scene, texts: list[str]) -> list[str]:
    return [text for text in texts if heard_danger(scene, text)]


def _words_of(scene: Scene, texts: list[str]) -> str:
    """Quote the clause in which danger was voiced, and what the client said behind it."""
    voiced = [clause for text in _voiced(scene, texts)[:1] for clause in clauses(text)]
    dangers = (at for at, clause in enumerate(voiced) if heard_danger(scene, clause))
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
