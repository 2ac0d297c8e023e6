"""Strip what names a system from the words of a dialogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from psychagent.domain.base import Language, Speaker
from psychagent.evals.pairwise.systems import System
from psychagent.scales.dialogue import Line

REMOVED = {Language.EN: "(name)", Language.ZH: "（名称）"}
_SHORTEST = 3
_PARTS = re.compile(r"[/:@\s]+")


def names_of(systems: Sequence[System]) -> list[str]:
    """List what may tell which system spoke: names, folders and models; the longest first.

    A name that is an everyday word, such as `plain`, stays where another system says it too: it tells
    nothing, and without it sentences break.
    """
    models = {part for system in systems for model in system.models for part in _forms(model)}
    names = {
        name
        for system in systems
        for name in (system.name, system.root.name)
        if not (name.isalpha() and name.islower() and _is_said_by_others(name, system, systems))
    }
    return sorted((name for name in names | models if len(name) >= _SHORTEST), key=lambda n: (-len(n), n))


def _forms(model: str) -> set[str]:
    """List the ways in which a model may call itself: `Qwen/Qwen3-32B` also Qwen3-32B, Qwen3 and Qwen."""
    short = [part for part in _PARTS.split(model) if part]
    families = {re.split(r"[-_.\d]", part)[0] for part in short}
    heads = {re.split(r"[-_]", part)[0] for part in short}
    # a script's name is made of everyday words
    return {model, *short} if model.startswith("offline") else {model, *short, *heads, *families}


def _is_said_by_others(name: str, system: System, systems: Sequence[System]) -> bool:
    return any(
        _pattern([name]).search(line.text)
        for other in systems
        # a run of the same system says its name as well
        if other.name != system.name
        for session in other.sessions.values()
        for line in session.dialogue.lines
        if line.speaker is Speaker.COUNSELOR
    )


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    either = "|".join(map(re.escape, names))
    # a Chinese character beside a name is no part of it
    return re.compile(rf"(?<![A-Za-z0-9])(?:{either})(?![A-Za-z0-9])", re.IGNORECASE)


def make_blind(lines: Iterable[Line], names: Sequence[str], language: Language) -> tuple[list[Line], int]:
    """Replace names of systems in the words of a dialogue; return how many there were."""
    if not names:
        return list(lines), 0
    pattern, removed, blind = _pattern(names), 0, []
    for line in lines:
        text, times = pattern.subn(REMOVED[language], line.text)
        removed += times
        blind.append(line.model_copy(update={"text": text}))
    return blind, removed
