"""What a counselor has not asked yet about a danger that was told of, so that no note tells it twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from pydantic import field_validator

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Record, Speaker
from psychagent.domain.risk.finding import About
from psychagent.domain.text.expression import to_pattern
from psychagent.domain.turn import Turn
from psychagent.errors import AssetError
from psychagent.files.read import to_model
from psychagent.safety.text import normalize, questions

_FILE = "counselor/unasked"
_VOICES = "voices"
_REMEMBERED = 512
"""Counselor's turns whose questions are kept: those of the sessions under way."""


class ToAsk(Record):
    """One thing to ask about a danger."""

    says: str
    """How a note names it."""
    asked: str
    """Regular expression of a question that asks it, on normalized text."""
    told: str | None = None
    """Regular expression of a client's words that tell it unasked; without one only a question counts."""

    @field_validator("asked", "told")
    @classmethod
    def _is_expression(cls, words: str | None) -> str | None:
        return words and to_pattern(words).pattern


class _Lists(Record):
    between: str
    """What parts the things in a note."""
    kinds: Mapping[str, tuple[ToAsk, ...]]


def still_to_ask(prompts: PromptLibrary, turns: Sequence[Turn], *, about: About, voices: bool) -> str:
    """Name what the counselor has not asked yet about a danger; empty where everything was asked.

    Args:
        prompts: Those of the language; older copies of somebody have no such list, and name it themselves.
        turns: The session so far.
        about: Whose danger it is.
        voices: Whether voices or pursuers were told of.
    """
    lists = _lists(prompts)
    if lists is None:
        return ""
    kinds, own = lists.kinds, About.SELF.value
    things = kinds.get(about.value, kinds.get(own, ()))
    # whoever is hurt, hurts a child or drinks is asked about that first
    if voices and about not in (About.HARMED, About.CHILD, About.DRINK):
        things = (*things, *kinds.get(_VOICES, ()))
    asked = [part for turn in turns if turn.speaker is Speaker.COUNSELOR for part in _questions(turn.text)]
    told = [_plain(turn.text) for turn in turns if turn.speaker is Speaker.CLIENT]
    return lists.between.join(thing.says for thing in things if not _is_known(thing, asked, told))


def _is_known(thing: ToAsk, asked: Sequence[str], told: Sequence[str]) -> bool:
    if any(re.search(thing.asked, part) for part in asked):
        return True
    return thing.told is not None and any(re.search(thing.told, words) for words in told)


@lru_cache(maxsize=_REMEMBERED)
def _questions(text: str) -> tuple[str, ...]:
    return tuple(questions(normalize(text)))


@lru_cache(maxsize=_REMEMBERED)
def _plain(text: str) -> str:
    return normalize(text)


@lru_cache(maxsize=8)
def _lists(prompts: PromptLibrary) -> _Lists | None:
    path = prompts.folder / f"{_FILE}.yaml"
    if not path.is_file():
        return None
    data = prompts.data(_FILE)
    if not isinstance(data, dict):
        raise AssetError(f"{path}: holds no fields; see the bundled file for what may stand in it")
    kinds = {name: given for name, given in data.items() if name != "between"}
    return to_model(
        _Lists, {"between": data.get("between"), "kinds": kinds}, origin=str(path), raise_as=AssetError
    )
