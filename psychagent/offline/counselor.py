"""The script as counselor: how a session begins, what has to be done in it, and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from psychagent.offline.client_words import (
    DYING,
    free_words,
    is_heavy,
    is_misfit,
    leaves,
    themes_of,
    weightiest,
)
from psychagent.offline.danger import (
    AFTER_RISK,
    asked_kind,
    asked_risk,
    checks_safety,
    clears_danger,
    ends_known_danger,
    has_asked_before,
    on_danger,
    on_known_danger,
    plans,
    question_of_last_time,
)
from psychagent.offline.moves import is_farewell, lines_of, named, reflection, respond
from psychagent.offline.quotes import fill, quote_of
from psychagent.offline.scene import Scene, sum_letters

_QUOTED = re.compile(r"“([^“”]{4,})”")
_SHORTEST, _LONGEST = 6, 9


def play_counselor(scene: Scene) -> str:
    """Write the counselor's next turn, in the form that the prompt asks for."""
    lines = scene.lines["counselor"]
    speech, strategy, skills = _speech(scene)
    ends = _is_last(scene) and not asked_kind(scene, [speech])
    think = {
        "assessment": _assessment(scene),
        "client_state": lines["think"]["state"],
        "strategy": lines["think"][strategy].format(focus=next(iter(scene.value("plan.focus", [])), "")),
    }
    token = scene.value("end_token", "")
    if scene.value("reply_format", "") == "plain":
        return f"{speech}{token if ends else ''}"
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
    places = [place for place, own in enumerate(scene.own) if asked_kind(scene, [own])]
    return min(most, max(length, places[0] + AFTER_RISK)) if places else length


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
    if danger := on_danger(scene, _turns_left(scene)):
        return danger, "risk", []
    if _is_last(scene):
        return _goodbye(scene), "close", []
    if _turns_left(scene) == 2:
        return _closing(scene), "close", []
    words, skills = _middle(scene)
    return words, "strategy", skills


def _goodbye(scene: Scene) -> str:
    lines = scene.lines["counselor"]
    if is_farewell(scene):
        return scene.join(lines["risk_farewell"] if has_asked_before(scene) else "", lines["farewell"])
    return str(lines["risk_goodbye"]) if asked_risk(scene) else scene.pick(lines["goodbye"])


def _place(scene: Scene) -> int:
    """Number the sessions from a different start for each known client."""
    known = scene.value("memory.file_lines", [""])
    return scene.session_index + sum_letters(str(known[0]))


def _greeting(scene: Scene) -> str:
    lines = scene.lines["counselor"]
    if scene.session_index == 1:
        return scene.join(scene.pick(lines["greet_first"]), scene.pick(lines["ask_first"]))
    hello = scene.in_turn(lines["greet_again"], start=_place(scene))
    if is_farewell(scene):
        hello = scene.join(hello, lines["greet_last"])
    recent = scene.value("memory.recent", [])
    abstract = str(recent[-1].get("abstract", "")) if recent else ""
    if question := question_of_last_time(scene, abstract):
        return scene.join(hello, question)
    link = _link(scene, abstract)
    return scene.join(hello, link, _ask_homework(scene) or scene.pick(lines["ask_again"]))


def _link(scene: Scene, abstract: str) -> str:
    """Take up last time: by the client's words, or without them where they were hard to say."""
    lines, mood = scene.lines["counselor"], scene.lines["reflector"]["affect"]
    if quoted := _QUOTED.findall(abstract):
        return fill(scene.in_turn(lines["link"], start=_place(scene)), quoted[-1])
    kind = next((kind for kind in ("heavy", "change", "even") if mood[kind] in abstract), "")
    return scene.in_turn(lines[f"link_{kind}"], start=_place(scene)) if kind else ""


def homework_kind(scene: Scene) -> str:
    """Return what is agreed on between sessions: a task, or in some approaches only something to notice."""
    return "notice" if scene.approach in scene.lines["homework"]["notice_in"] else "task"


def _ask_homework(scene: Scene) -> str:
    homework = scene.value("memory.homework", [])
    forms = scene.lines["counselor"]["ask_homework"][homework_kind(scene)]
    return scene.in_turn(forms, start=_place(scene)).format(homework=homework[0]) if homework else ""


def _middle(scene: Scene) -> tuple[str, list[str]]:
    """Do what is due: hear an answer about safety or homework to its end, ask about safety, or respond."""
    lines, own = scene.lines["counselor"], scene.own[-1]
    if follow := on_known_danger(scene):
        return follow, []
    if ends_known_danger(scene):
        ask = _ask_homework(scene) or scene.pick(lines["ask_again"])
        return scene.join(scene.pick(lines["risk_heard"]), ask), []
    if lines["safety_check"] in own:
        return scene.join(lines["safety_heard"], scene.pick(lines["plain_back"])), []
    if clears_danger(scene):
        return scene.join(lines["risk_cleared"], scene.pick(lines["plain_back"])), []
    if any(plan in own for plan in plans(scene)):
        return scene.join(lines["risk_settled"], scene.pick(lines["stay"], "stay")), []
    if checks_safety(scene, _turns_left(scene)):
        begun = reflection(scene) if themes_of(scene, scene.heard[-1:]) else ""
        return scene.join(begun, lines["safety_check"]), []
    if status := _homework_told(scene):
        kind = homework_kind(scene)
        heard = scene.in_turn(lines["homework_heard"][kind][status], start=_place(scene))
        plain = scene.in_turn(lines["ask_after"][kind][status], start=_place(scene)), list[str]()
        ask, skills = named(scene, scene.lines["moments"][status]) or plain
        return scene.join(heard, ask), skills
    return respond(scene)


def _homework_told(scene: Scene) -> str:
    """Return how much of the homework the client has just said it did; nothing if it said nothing of it."""
    by_status = scene.lines["client"]["homework"].values()
    return next(
        (status for group in by_status for status, lines in group.items() if scene.heard[-1] in lines), ""
    )


def _closing(scene: Scene) -> str:
    """Reflect back what was heard, then agree on one small thing, or on coming back to the danger."""
    lines = scene.lines["counselor"]
    heard = lines["safety_heard"] if lines["safety_check"] in scene.own[-1] else ""
    if asked_risk(scene):
        told = "risk_sum_up" if asked_kind(scene, scene.own) == DYING else "danger_sum_up"
        return scene.join(lines[told], lines["risk_close"])
    if told_hard_things(scene, scene.heard[1:]):
        back = scene.in_turn(lines["sum_up_heavy"], start=_place(scene))
        return scene.join(heard, back, "" if is_farewell(scene) else lines["heavy_close"])
    back, homework = _sum_up(scene), _new_homework(scene)
    if not homework:
        return scene.join(heard, back)
    form = lines["propose"][homework_kind(scene)]["last" if is_farewell(scene) else "next"]
    return scene.join(heard, back, form.format(homework=homework))


def told_hard_things(scene: Scene, heard: Sequence[str]) -> bool:
    """Return whether something was told that a first meeting does not hear: then nothing is set to do."""
    return scene.session_index > 1 and any(is_heavy(scene, text) for text in heard)


def _homework_options(scene: Scene) -> list[str]:
    stage, homework = scene.value("plan.stage", "conceptualization"), scene.lines["homework"]
    if homework_kind(scene) == "notice":
        return list(homework["notice"].get(stage, []))
    own = homework["only"].get(scene.approach, {})
    tasks = [*own.get(stage, []), *homework["task"].get(stage, [])]
    return [task for task in tasks if not is_misfit(scene, task)]


def _new_homework(scene: Scene) -> str:
    options = _homework_options(scene)
    if scene.session_index == 1 or not scene.value("memory.file_lines", []):
        return scene.pick(options) if options else ""
    start = _place(scene) % max(len(options), 1)
    last = scene.value("memory.homework", [])
    return next((h for h in [*options[start:], *options[:start]] if h not in last), "")


def all_homework(scene: Scene) -> list[str]:
    """List everything that the script may propose to do or to notice."""
    homework = scene.lines["homework"]
    return [line for kind in ("task", "only", "notice") for line in leaves(homework[kind])]


def _sum_up(scene: Scene) -> str:
    """Say back one thing in the client's words, or that there was something new, or that it came at all."""
    lines = scene.lines["counselor"]
    # the first thing heard is the opener, a stage direction for the client's arrival
    if theme := weightiest(scene, themes_of(scene, free_words(scene, scene.own, scene.heard[1:]))):
        return fill(scene.in_turn(lines["sum_up"], start=_place(scene)), theme)
    changed = any(text in lines_of(scene, "progress") for text in scene.heard)
    return scene.in_turn(lines["sum_up_change" if changed else "sum_up_bare"], start=_place(scene))
