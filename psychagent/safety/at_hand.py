"""Whether help was called or has come, as somebody in danger tells it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from psychagent.domain.base import Speaker
from psychagent.domain.turn import Turn
from psychagent.safety.rule_file import RulesFile
from psychagent.safety.text import CLAUSE_MARKS, normalize

_SENTENCE = re.compile(r"[^.!?;。！？；…\n]+[.!?;。！？；…\n]*")
_CLAUSE = re.compile(rf"[{CLAUSE_MARKS.replace(' ', '')}]")
_ASKS = ("?", "？")
_REMEMBERED = 512
"""Turns whose reading is kept: those of the sessions under way."""

HELP_AT_HAND = "help_at_hand"
"""How a finding names it among the patterns that were found."""


class AtHand:
    """The rules of one language about help, compiled."""

    def __init__(self, file: RulesFile, any_of: Callable[[tuple[str, ...]], re.Pattern[str]]) -> None:
        """Take the rules, and what compiles expressions of their language into one."""
        self._there = any_of(file.at_hand)
        self._there_after_a_call = any_of((*file.at_hand, *file.at_hand_after_a_call))
        self._unless_before = any_of(file.at_hand_unless_before)
        self._unless_in_sentence = any_of(file.at_hand_unless_in_sentence)
        self._gone = any_of(file.help_gone)
        # every turn is read again at each turn behind it
        self._told = lru_cache(maxsize=_REMEMBERED)(self._tells)

    def tells(self, text: str, *, called_for: bool = False) -> bool | None:
        """Return whether words tell that help is at hand, or that it is no longer; None if they tell neither.

        What is asked, planned, refused or long ago tells neither. The last of several counts.

        Args:
            text: The client's words.
            called_for: Whether a fixed text has asked to call, so that "they" are the helpers.
        """
        return self._told(text, called_for)

    def _tells(self, text: str, called_for: bool) -> bool | None:
        told = None
        for sentence in _SENTENCE.findall(normalize(text)):
            if sentence.rstrip().endswith(_ASKS):
                continue
            if self._gone.search(sentence):
                told = False
            elif self._is_there(sentence, self._there_after_a_call if called_for else self._there):
                told = True
        return told

    def is_there(self, turns: Sequence[Turn], *, lately: int | None = None) -> bool:
        """Return whether help is at hand by what the client said last of it in a session.

        Args:
            turns: The session.
            lately: How many of the last turns count; None is all. Whether a fixed text has asked to call is
                looked for in all of them.
        """
        called_for = any(turn.by_gate for turn in turns)
        said = (
            self.tells(turn.text, called_for=called_for)
            for turn in reversed(turns if lately is None else turns[-lately:])
            if turn.speaker is Speaker.CLIENT
        )
        return next((told for told in said if told is not None), False)

    def _is_there(self, sentence: str, there: re.Pattern[str]) -> bool:
        if self._unless_in_sentence.search(sentence):
            return False
        return any(
            not self._unless_before.search(_CLAUSE.split(sentence[: found.start()])[-1])
            for found in there.finditer(sentence)
        )
