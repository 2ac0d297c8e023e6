"""The script as reflector of memories without a client file: facts, what becomes of them, a portrait.

It repeats the client's own words and infers nothing; so it never finds that something no longer holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from psychagent.offline.client_words import free_words, themes_of, weightiest
from psychagent.offline.lookup import words_of
from psychagent.offline.reflector import play_file
from psychagent.offline.scene import Scene

_MOST_FACTS = 5
_SHARED = 0.5
"""Share of a fact's words above which the script takes an old item for the same matter."""


def _themes(scene: Scene) -> list[str]:
    asked, answered = (list(scene.value(f"said.{who}", [])) for who in ("counselor", "client"))
    return themes_of(scene, free_words(scene, asked, answered))


def play_memory(scene: Scene) -> str:
    """Write what the memory of the system under study asks for after a session: a client file if no other."""
    return _TASKS[scene.value("memory_task", "")](scene)


def play_facts(scene: Scene) -> str:
    """Repeat what the client told as facts, each in its words."""
    form = scene.lines["reflector"]["fact"]
    facts = [form.format(first=theme) for theme in _themes(scene)[:_MOST_FACTS]]
    return json.dumps({"facts": facts}, ensure_ascii=False)


def play_decisions(scene: Scene) -> str:
    """Compare each fact with the items by the words that they share."""
    items = [item for item in scene.value("known", []) if "text" in item]
    decisions = [_decision(fact, items) for fact in scene.value("facts", []) if "text" in fact]
    return json.dumps({"decisions": decisions}, ensure_ascii=False)


def _decision(fact: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    text, number = str(fact["text"]), fact["number"]
    if same := next((item for item in items if item["text"] == text), None):
        return {"fact": number, "event": "NOOP", "item": same["number"], "text": ""}
    words = words_of(text)
    shared = {item["number"]: len(words & words_of(str(item["text"]))) for item in items}
    nearest = max(shared, key=lambda key: shared[key], default=0)
    if nearest and words and shared[nearest] > _SHARED * len(words):
        return {"fact": number, "event": "UPDATE", "item": nearest, "text": text}
    return {"fact": number, "event": "ADD", "item": 0, "text": ""}


def play_portrait(scene: Scene) -> str:
    """Say what was told last and first, in the client's words; an older portrait stays as it is."""
    lines, themes = scene.lines["reflector"], _themes(scene)
    told, first = weightiest(scene, themes), next(iter(themes), "")
    fresh = lines["portrait" if first else "portrait_bare"].format(first=first)
    event = lines["event" if told else "event_bare"].format(first=told)
    reply = {"event": event, "portrait": scene.value("portrait", "") or fresh}
    return json.dumps(reply, ensure_ascii=False)


_TASKS: Mapping[str, Callable[[Scene], str]] = {
    "": play_file,
    "facts": play_facts,
    "decisions": play_decisions,
    "portrait": play_portrait,
}
