"""What the client's words are: stock of the script, or the client's own and fit to be taken up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from psychagent.offline.quotes import clauses, is_chinese, quote_of
from psychagent.offline.scene import Scene

_FIELD = re.compile(r"\{\w+\}")
_PROFILE_FIELD = "{problem}"
"""A form with it holds the client's own words."""
_FIRST_WORDS = 4
"""A clause of fewer characters says too little to be a theme."""
DYING = "dying"
"""The kind of danger whose words are `risk_words`; the other kinds are named in `dangers`."""
_LETTERS_TO_KEEP, _SIGNS_TO_KEEP = 32, 10


def leaves(node: Any) -> Iterator[str]:
    """List every sentence below a node of the script's data."""
    if isinstance(node, str):
        yield node
        return
    for part in node.values() if isinstance(node, Mapping) else node:
        yield from leaves(part)


def is_stock(lines: Mapping[str, Any], text: str) -> bool:
    """Return whether a client's turn is a line of the script, which says nothing about this client.

    Every sentence below `client` counts, whatever its kind, so that a new kind cannot be forgotten.
    """
    forms = tuple(form for form in leaves(lines["client"]) if form and _PROFILE_FIELD not in form)
    return _whole(forms).fullmatch(text.strip()) is not None


@lru_cache(maxsize=8)
def _whole(forms: tuple[str, ...]) -> re.Pattern[str]:
    filled = (".{1,60}?".join(map(re.escape, _FIELD.split(form.strip()))) for form in forms)
    return re.compile("|".join(f"(?:{form})" for form in filled))


def own_words(lines: Mapping[str, Any], text: str) -> str:
    """Take off the hedge with which the script lets a turn begin."""
    hedges = [h for kind in ("hedge", "hedge_heavy") for h in leaves(lines["client"][kind]) if h]
    begun = max((h for h in hedges if text.startswith(h)), key=len, default="")
    return text.removeprefix(begun).strip()


def heard_danger(scene: Scene, text: str) -> str:
    """Return the kind of danger that a text speaks of; empty if it speaks of none."""
    kinds = scene.lines["dangers"].items()
    other = next((kind for kind, danger in kinds if scene.mentions(danger["words"], text)), "")
    dying = [*scene.lines["risk_words"], *scene.lines["unclear_words"]]
    return other or (DYING if scene.mentions(dying, text) else "")


def is_unclear(scene: Scene, text: str) -> bool:
    """Return whether a text speaks of danger only in words that may mean something else."""
    kind = heard_danger(scene, text)
    if kind in scene.lines["dangers"]:
        return bool(scene.lines["dangers"][kind].get("unclear", False))
    return bool(kind) and not scene.mentions(scene.lines["risk_words"], text)


def is_addressed(scene: Scene, text: str) -> bool:
    """Return whether a turn asks the counselor something or contradicts: to be answered, never a theme."""
    answered = [word for kind in scene.lines["counselor"]["answers"] for word in kind["to"]]
    return scene.mentions([*scene.lines["disagree_words"], *answered], text) or any(
        clause.rstrip("”’'\"").endswith(("?", "？"))
        and not scene.mentions(scene.lines["reported_words"], clause)
        for clause in clauses(text)
    )


def is_evasive(scene: Scene, text: str) -> bool:
    """Return whether a turn says that the client does not know, or that it is nothing."""
    evades = [*scene.lines["unsure_words"], *scene.lines["minimize_words"]]
    return scene.mentions(evades, own_words(scene.lines, text))


def is_misfit(scene: Scene, text: str) -> bool:
    """Return whether a skill or a task would miss what is known of this client."""
    known = " ".join([*map(str, scene.value("memory.file_lines", [])), *scene.heard])
    return any(
        scene.mentions(misfit["skill"], text) and scene.mentions(misfit["known"], known)
        for misfit in scene.lines["misfits"]
    )


def tells_good_news(scene: Scene, text: str) -> bool:
    """Return whether a turn tells of a change, for all its doubts."""
    return text in leaves(scene.lines["client"]["progress"]) or scene.mentions(
        scene.lines["good_words"], text
    )


def theme_of(scene: Scene, text: str) -> str:
    """Return the clause of a turn that tells of the client itself, or nothing.

    Stock lines, danger, doubt, words against oneself and questions to the counselor are no themes: they
    are answered when they are said and not quoted afterwards.
    """
    lines = scene.lines
    words = own_words(lines, text)
    if is_stock(lines, text) or is_addressed(scene, text) or heard_danger(scene, text):
        return ""
    if scene.mentions([*lines["minimize_words"], *lines["unkind_words"]], words):
        return ""
    told = [
        clause
        for clause in clauses(words)
        if not scene.mentions(lines["address_words"], clause)
        and not is_evasive(scene, clause)
        and not scene.mentions(lines["introduce_words"], clause)
        and len(clause) > _FIRST_WORDS
    ]
    return quote_of(str(lines["joiner"]).join(told), lambda clause: weight(scene, clause)) if told else ""


def themes_of(scene: Scene, texts: Sequence[str]) -> list[str]:
    """List the themes of some turns, in order.

    What was hard to say is not held up to the client afterwards; only the problem that it came with is.
    """
    light = [text for text in texts if scene.session_index == 1 or not is_heavy(scene, text)]
    return list(dict.fromkeys(theme for text in light if (theme := theme_of(scene, text))))


def weight(scene: Scene, clause: str) -> int:
    """Count how much a clause says of the inner life, less what it leaves to the clause before it."""
    words = sum(scene.mentions([word], clause) for word in scene.lines["theme_words"])
    return words - scene.mentions(scene.lines["anaphora_words"], clause)


def is_heavy(scene: Scene, utterance: str) -> bool:
    """Return whether what was said asks for company and not for work."""
    return scene.mentions(scene.lines["heavy_words"], utterance) and not is_stock(scene.lines, utterance)


def is_addressed_to_me(scene: Scene, text: str) -> bool:
    """Return whether a turn speaks of the counselor from beginning to end."""
    told = clauses(own_words(scene.lines, text))
    return bool(told) and all(scene.mentions(scene.lines["address_words"], clause) for clause in told)


def free_words(scene: Scene, asked: Sequence[str], answered: Sequence[str]) -> list[str]:
    """Leave out what belongs to the safety note alone: voiced danger, and answers to questions about it."""
    asks = scene.lines["safety_question_words"]
    others = [danger[part] for danger in scene.lines["dangers"].values() for part in ("ask", "plan")]
    others.append(scene.lines["counselor"]["risk_intent"])
    free = (
        text
        for question, text in zip(asked, answered, strict=False)
        if not scene.mentions(asks, question) and not any(other in question for other in others)
    )
    return [text for text in free if not heard_danger(scene, text)]


def weightiest(scene: Scene, themes: Sequence[str]) -> str:
    """Return the theme to carry on, by what it says of the inner life; nothing of nothing.

    That with which the client introduced itself is left for the file if there is another.
    """
    first = list(themes[:1]) if scene.session_index == 1 else []
    later = [theme for theme in themes[len(first) :] if _says_enough(theme)]
    return max(later or first, key=lambda theme: (weight(scene, theme), len(theme)), default="")


def _says_enough(theme: str) -> bool:
    """Return whether a clause can be understood a week later: some eight words of it, or ten signs."""
    return len(theme) >= (_SIGNS_TO_KEEP if is_chinese(theme) else _LETTERS_TO_KEEP)
