"""The script as the counselor's helpers: the filter of a session, the query of a turn, how to answer it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from psychagent.offline.client_words import is_evasive, tells_good_news
from psychagent.offline.quotes import quote_of
from psychagent.offline.scene import Scene

_WORDS = re.compile(r"[a-z]{4,}|[\u4e00-\u9fff](?=[\u4e00-\u9fff])")


def words_of(text: str) -> set[str]:
    """List the words of a text that say what it is about; of Chinese the signs that another follows."""
    return set(_WORDS.findall(text.lower()))


def play_filter(scene: Scene) -> str:
    """Pick the families that share the most words with the focus, and always the one on safety."""
    metas = [meta for meta in scene.value("metas", []) if "id" in meta]
    wanted = words_of(" ".join(scene.value("plan.focus", [])))

    def overlap(meta: Mapping[str, Any]) -> int:
        return len(wanted & words_of(f"{meta.get('name', '')} {meta.get('description', '')}"))

    ranked = sorted(metas, key=overlap, reverse=True)
    safety = [meta for meta in metas if re.search("safety|risk", str(meta["id"]))]
    chosen = list(dict.fromkeys(str(meta["id"]) for meta in [*safety, *ranked]))
    return json.dumps({"meta_skill_ids": chosen[:5]}, ensure_ascii=False)


def play_rewrite(scene: Scene) -> str:
    """Build a query from the client's clause, the focus and what is to be done about such words."""
    lines = scene.lines["rewrite"]
    focus, turns = scene.value("focus", ""), scene.value("turns", [{}])
    utterance = turns[-1].get("text", "")
    query = {
        "trigger": lines["trigger"].format(said=quote_of(utterance)),
        "when_to_use": lines["when"].format(stage="", focus=focus).strip()[:290],
        "skill": scene.pick(lines["skill"][_kind_of(scene, utterance)], "skill"),
    }
    return json.dumps(query, ensure_ascii=False)


def play_perceive(scene: Scene) -> str:
    """Say how the client's last words sound, by the expressions that the script knows."""
    utterance = str(scene.value("turns", [{}])[-1].get("text", ""))
    kind = _kind_of(scene, utterance)
    feelings = {"good": "hopeful", "trouble": "sad", "unsure": "torn"}
    found = {
        "ends": False,
        "rejects": kind in {"declined", "disagree", "minimize"},
        "emotion": feelings.get(kind, "anxious"),
        "intensity": 0.5,
    }
    return json.dumps(found, ensure_ascii=False)


def play_strategize(scene: Scene) -> str:
    """Draw a strategy that was not used lately."""
    names = [str(name) for name, _ in scene.value("strategies", [])]
    used = set(scene.value("used", []))
    fresh = [name for name in names if name not in used] or names
    return json.dumps({"strategy": scene.pick(fresh, "strategy"), "aim": ""}, ensure_ascii=False)


def _kind_of(scene: Scene, text: str) -> str:
    """Name the kind of words that the client said, as a key of what is to be done about them."""
    for kind in ("declined", "disagree", "minimize"):
        if scene.mentions(scene.lines[f"{kind}_words"], text):
            return kind
    if is_evasive(scene, text):
        return "unsure"
    return "good" if tells_good_news(scene, text) else "trouble"
