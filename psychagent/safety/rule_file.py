"""The rules of one language, in files by what they are about, checked as they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from psychagent.domain.base import Record
from psychagent.domain.risk.finding import CONCERN, IMMINENT, About
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError
from psychagent.files.digest import hash_file
from psychagent.files.read import load_data, to_model

_NAMED = re.compile(r"(?<!\?P)<[a-z_]+>")


class Context(Record):
    """Words around a pattern that change what it means: another person, a film, a denial."""

    scope: Literal["before", "clause", "sentence", "turn"] = "sentence"
    """Where the words must stand: in the sentence before the pattern (so that `$` is where it begins), in
    its clause, in its sentence, or anywhere in the turn."""
    match: tuple[str, ...]
    """Regular expressions on normalized text: lower case, half width, no apostrophes."""


class RiskPattern(Record):
    """One thing that a client may say, and how dangerous it is."""

    id: str
    level: int = Field(ge=CONCERN, le=IMMINENT)
    about: About
    hard: bool = True
    """Whether it acts alone; otherwise a model is asked, and it stands in where none answers."""
    scope: Literal["sentence", "turn"] = "sentence"
    """Whether its words stand in one sentence, or may be spread over the turn."""
    match: tuple[str, ...] = Field(min_length=1)
    """Regular expressions on normalized text."""
    also: tuple[str, ...] = ()
    """Regular expressions that must be found too, anywhere in the turn."""
    at_least: int = Field(default=0, ge=0)
    """How many of them; 0 is all. Signs that say little each may say much together."""
    softened_by: tuple[str, ...] = ()
    """Contexts in which a model is asked although the pattern is hard."""
    lowered_by: tuple[str, ...] = ()
    """Contexts in which it is no more than a concern."""
    voided_by: tuple[str, ...] = ()
    """Contexts in which it means nothing."""
    child_by: tuple[str, ...] = ()
    """Contexts in which it tells of a child that the speaker hurts or may hurt."""


class AnswerRule(Record):
    """What a yes, or another answer, means after a question of the counselor."""

    id: str
    level: int = Field(ge=CONCERN, le=IMMINENT)
    about: About
    hard: bool = True
    after: Literal["question", "remark"] = "question"
    """Whether it answers a question, or a turn of the counselor that asks nothing: "So you want to die." """
    asked: tuple[str, ...] = Field(min_length=1)
    """Regular expressions on the counselor's last question and the sentence before it, or on the last two
    sentences of a remark; an empty one stands for any turn, and for none."""
    said: tuple[str, ...] = ()
    """How an answer begins that affirms without a yes: a time, a place; empty is the file's `yes`."""
    voices: bool = False
    """Whether such an answer tells of voices or pursuers, of which the counselor's notes speak."""
    voided_by: tuple[str, ...] = ()
    """Contexts of the answer in which it means nothing."""
    child_by: tuple[str, ...] = ()
    """Contexts of the question in which it is about a child that the speaker hurts or may hurt."""


class RulesFile(Record):
    """The files of `configs/safety/rules/<language>/` together; each holds some of the fields."""

    whole_words: bool = False
    """Whether an expression begins and ends at the edge of a word; not for a language without spaces."""
    words: dict[str, str | tuple[str, ...]] = {}
    """Parts of expressions that many share, written `<name>` where they are used; of a list any may stand
    there. A later one may use an earlier one."""
    contexts: dict[str, Context] = {}
    patterns: tuple[RiskPattern, ...]
    answers: tuple[AnswerRule, ...] = ()
    yes: tuple[str, ...] = ()
    """Regular expressions that match a whole answer, or how it begins, if it says yes."""
    asks: tuple[str, ...]
    """Regular expressions of words with which a counselor asks about danger."""
    asks_again: tuple[str, ...] = ()
    """The same where danger is on record, so that "those thoughts" says enough."""
    asks_self: tuple[str, ...] = ()
    """Words with which a counselor asks whether the client thinks of dying, or harms itself."""
    asks_else: tuple[str, ...] = ()
    """Regular expressions of a question that only names danger: a condition, a film, somebody else's; an
    answer to it means none."""
    at_hand: tuple[str, ...] = ()
    """Words with which somebody in danger tells that help was called, is on its way or is there."""
    at_hand_after_a_call: tuple[str, ...] = ()
    """Words that tell so only once a fixed text has asked to call: "they" are the helpers then."""
    at_hand_unless_before: tuple[str, ...] = ()
    """Words before those, in the same clause, with which it was only thought of, or refused."""
    at_hand_unless_in_sentence: tuple[str, ...] = ()
    """Words of the same sentence by which it was long ago, or is somebody else's."""
    help_gone: tuple[str, ...] = ()
    """Words with which the client tells that help is no longer at hand."""

    @model_validator(mode="after")
    def _is_whole(self) -> RulesFile:
        ids = [*(rule.id for rule in self.patterns), *(rule.id for rule in self.answers)]
        twice = {one for one in ids if ids.count(one) > 1}
        if twice:
            raise ValueError(f"id {sorted(twice)[0]!r} stands twice; rename one")
        for rule in self.patterns:
            self._know(rule.id, (*rule.softened_by, *rule.lowered_by, *rule.voided_by, *rule.child_by))
            if rule.at_least > len(rule.also):
                raise ValueError(
                    f"pattern {rule.id!r} asks for {rule.at_least} of {len(rule.also)}; ask for fewer"
                )
        for answer in self.answers:
            self._know(answer.id, (*answer.voided_by, *answer.child_by))
        spelled = spell_out(self.words)
        for text in self._expressions():
            # compiled later, and once: that takes half a second
            expand(text, spelled)
        return self

    def _know(self, rule: str, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in self.contexts:
                raise ValueError(f"pattern {rule!r} names context {name!r}, which does not exist; add it")

    def _expressions(self) -> Iterator[str]:
        for rule in self.patterns:
            yield from (*rule.match, *rule.also)
        for answer in self.answers:
            yield from answer.asked
            yield from answer.said
        for context in self.contexts.values():
            yield from context.match
        yield from self.yes
        yield from (*self.asks, *self.asks_again, *self.asks_self, *self.asks_else)
        yield from (*self.at_hand, *self.at_hand_unless_before, *self.at_hand_unless_in_sentence)
        yield from (*self.at_hand_after_a_call, *self.help_gone)


def expand(text: str, words: Mapping[str, str]) -> str:
    """Write each `<name>` of an expression out.

    Raises:
        ValueError: If a name is not among the words.
    """

    def spelled(found: re.Match[str]) -> str:
        if found[0] not in words:
            raise ValueError(f"{shown(text)} uses {found[0]}, which is not among the words; add or mend it")
        return words[found[0]]

    return _NAMED.sub(spelled, text)


def spell_out(words: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    """Turn words into one expression for each `<name>`; one may use those above it."""
    spelled: dict[str, str] = {}
    for name, given in words.items():
        text = given if isinstance(given, str) else "|".join(given)
        # grouped, so that what stands beside a name goes with each of its words
        spelled[f"<{name}>"] = f"(?:{expand(text, spelled)})"
    return spelled


def read_rules(folder: Path) -> RulesFile:
    """Read all files of a folder as one: lists go on from file to file, names must stand in one of them.

    Raises:
        AssetError: Naming the file, or the folder, and what is wrong in it.
    """
    together: dict[str, Any] = {}
    for path in _files(folder):
        data = load_data(path, AssetError)
        if not isinstance(data, dict):
            raise AssetError(f"{path}: holds no fields; see its siblings for what may stand in it")
        for name, given in data.items():
            together[name] = _joined(together.get(name), given, origin=f"{path}: {name}")
    return to_model(RulesFile, together, origin=all_of(folder), raise_as=AssetError)


def all_of(folder: Path) -> str:
    """Name all files of a folder of rules: what is wrong with them together may stand in any."""
    return f"{folder} ({', '.join(path.name for path in _files(folder))})"


def _joined(before: Any, given: Any, *, origin: str) -> Any:
    """Put a field of one file behind the same field of those before it."""
    if before is None:
        return given
    if isinstance(before, list) and isinstance(given, list):
        return before + given
    if isinstance(before, dict) and isinstance(given, dict):
        if twice := before.keys() & given.keys():
            raise AssetError(f"{origin}: {sorted(twice)[0]!r} stands in another file too; keep one of them")
        return before | given
    raise AssetError(f"{origin}: stands in another file too; keep one of them")


def rule_hashes(folder: Path) -> dict[str, str]:
    """Hash the files of a folder of rules, by name."""
    return {path.name: hash_file(path) for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise AssetError(f"{folder}: holds no rules; put the files back")
    return files
