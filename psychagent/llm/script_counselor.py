"""The script as counselor, and as the counselor's helpers: coarse filter and query rewrite."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from psychagent.llm.script_scene import Scene, quote_of

_WORDS = re.compile(r"[a-z]{4,}|[\u4e00-\u9fff](?=[\u4e00-\u9fff])")
_QUOTED = re.compile(r"“((?:[^“”]|“[^“”]*”){8,})”")
_SHORTEST = 6


def session_length(scene: Scene) -> int:
    """Turns that this session takes: a little fewer than allowed, by session."""
    most = int(scene.value("max_turns", 8))
    return max(min(most, _SHORTEST), min(most, 9) - scene.session_seed % 2)


def play_counselor(scene: Scene) -> str:
    """Say the counselor's next turn, in the form that the prompt asks for."""
    turn, length = len(scene.own), session_length(scene)
    said = scene.heard[-1] if turn else ""
    speech, thought, skills = _speech(scene, said=said, turn=turn, length=length)
    thought = {
        "assessment": thought["assessment"],
        "client_state": scene.lines["counselor"]["think"]["state"],
    } | thought
    ends = turn + 1 >= length
    token = scene.value("end_token", "")
    if not token:
        reply = {**thought, "skill": skills, "response": speech, "end": ends}
        return json.dumps(reply, ensure_ascii=False)
    tags = "".join(
        f"<{name}>{text}</{name}>"
        for name, text in (
            ("assessment", thought["assessment"]),
            ("client_state", thought["client_state"]),
            ("skill", "; ".join(skills)),
            ("strategy", thought["strategy"]),
        )
    )
    return f"<think>{tags}</think><response>{speech}</response>{token if ends else ''}"


def _speech(scene: Scene, *, said: str, turn: int, length: int) -> tuple[str, dict[str, str], list[str]]:
    lines = scene.lines["counselor"]
    think = lines["think"]
    focus = next(iter(scene.value("focus", [])), "")
    if turn == 0:
        thought = {"assessment": think["first"], "strategy": think["strategy"].format(focus=focus)}
        return _greeting(scene), thought, []
    quote = quote_of(said)
    heard = {"assessment": think["assessment"].format(quote=quote)}
    asked = scene.own[-1]
    if scene.mentions(scene.lines["risk_words"], said) and not _asked_risk(scene):
        return lines["risk_ask"], heard | {"strategy": think["risk"]}, []
    if lines["risk_ask"] in asked:
        return lines["risk_plan"], heard | {"strategy": think["risk"]}, []
    if turn + 1 >= length:
        return _goodbye(scene), heard | {"strategy": think["close"]}, []
    if turn + 2 >= length:
        return _closing(scene), heard | {"strategy": think["close"]}, []
    move, skills = _move(scene)
    after_plan = lines["risk_close"] if lines["risk_plan"] in asked else ""
    strategy = {"strategy": think["strategy"].format(focus=focus)}
    return scene.join(_reflection(scene, said, quote), after_plan, move), heard | strategy, skills


def _goodbye(scene: Scene) -> str:
    """Say goodbye; a session of consolidation is the script's last."""
    lines = scene.lines["counselor"]
    return (
        str(lines["farewell"])
        if scene.value("stage", "") == "consolidation"
        else scene.pick(lines["goodbye"])
    )


def _asked_risk(scene: Scene) -> bool:
    return any(scene.lines["counselor"]["risk_ask"] in own for own in scene.own)


def _greeting(scene: Scene) -> str:
    lines = scene.lines["counselor"]
    if int(scene.value("session_index", 1)) == 1:
        return scene.join(scene.pick(lines["greet_first"]), scene.pick(lines["ask_first"]))
    parts = [scene.pick(lines["greet_again"])]
    recent = scene.value("recent", [])
    abstract = str(recent[-1].get("abstract", "")) if recent else ""
    if scene.lines["reflector"]["risk"].strip() in abstract:
        return scene.join(*parts, lines["risk_return"])
    quoted = _QUOTED.findall(abstract)
    if quoted:
        parts.append(lines["link"].format(quote=quoted[-1]))
    homework = scene.value("homework", [])
    parts.append(
        lines["ask_homework"].format(homework=homework[0]) if homework else scene.pick(lines["ask_again"])
    )
    return scene.join(*parts)


def _reflection(scene: Scene, said: str, quote: str) -> str:
    lines = scene.lines["counselor"]
    if scene.mentions(scene.lines["disagree_words"], said):
        return scene.pick(lines["disagree"])
    if scene.mentions(scene.lines["unsure_words"], said) or len(quote) < 4:
        return scene.pick(lines["unsure"])
    return scene.pick(lines["reflect"], "reflect").format(quote=quote)


def _move(scene: Scene) -> tuple[str, list[str]]:
    """Make one move: the first retrieved skill whose words were not yet spoken in this session."""
    skills = [skill for skill in scene.value("skills", []) if "name" in skill and _in_place(scene, skill)]
    for skill in skills:
        example = skill.get("example")
        if example and not any(example in own for own in scene.own):
            return example, [skill["name"]]
    for skill in skills[:1]:
        return scene.pick(scene.lines["counselor"]["plain"]), [skill["name"]]
    return scene.pick(scene.lines["counselor"]["plain"]), []


def _in_place(scene: Scene, skill: Mapping[str, Any]) -> bool:
    """Keep safety work for when danger was voiced: out of the blue it would frighten."""
    text = f"{skill['name']} {skill.get('description', '')}"
    return _asked_risk(scene) or not scene.mentions(scene.lines["safety_skill_words"], text)


def _closing(scene: Scene) -> str:
    lines = scene.lines["counselor"]
    skip = [*scene.lines["unsure_words"], *scene.lines["risk_words"]]
    told = [q for q in map(quote_of, scene.heard[1:]) if not scene.mentions(skip, q)]
    told = sorted(told, key=len)[-2:] or [quote_of(scene.heard[-1])]
    form = lines["sum_up"] if len(told) > 1 else lines["sum_up_short"]
    back = form.format(first=told[0], second=told[-1])
    if _asked_risk(scene):
        return scene.join(back, lines["risk_close"])
    stage = scene.value("stage", "conceptualization")
    set_before = scene.value("homework", [])
    options = [h for h in scene.lines["homework"].get(stage, []) if h not in set_before]
    return scene.join(back, lines["propose"].format(homework=scene.pick(options)) if options else "")


def play_filter(scene: Scene) -> str:
    """Pick the families that share most words with the focus, and always the one on safety."""
    metas = [meta for meta in scene.value("metas", []) if "id" in meta]
    wanted = set(_WORDS.findall(" ".join(scene.value("focus", [])).lower()))

    def overlap(meta: Mapping[str, Any]) -> int:
        return len(
            wanted & set(_WORDS.findall(f"{meta.get('name', '')} {meta.get('description', '')}".lower()))
        )

    ranked = sorted(metas, key=overlap, reverse=True)
    safety = [meta for meta in metas if re.search("safety|risk", str(meta["id"]))]
    chosen = list(dict.fromkeys(str(meta["id"]) for meta in [*safety, *ranked]))
    return json.dumps({"meta_skill_ids": chosen[:5]}, ensure_ascii=False)


def play_rewrite(scene: Scene) -> str:
    """Put the client's clause and the focus into the form of a query."""
    lines = scene.lines["rewrite"]
    focus, said = scene.value("focus", ""), scene.value("said", "")
    query = {
        "trigger": lines["trigger"].format(said=quote_of(said)),
        "when_to_use": lines["when"].format(stage="", focus=focus).strip()[:290],
        "skill": "",
    }
    return json.dumps(query, ensure_ascii=False)
