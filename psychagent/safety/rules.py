"""Rules that hear danger in a client's words: the floor under a model, and all there is without one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Record
from psychagent.domain.risk.finding import CONCERN, IMMINENT, NO_RISK, About
from psychagent.errors import AssetError
from psychagent.files.digest import hash_file
from psychagent.files.read import load_model
from psychagent.safety.text import last_question, normalize, sentences

_BEFORE_AN_ANSWER = re.compile(r"^\W+")
"""Dots and quotes before the words: "...yes"."""
_FRAGMENT = re.compile(r"<([a-z_]+)>")


class Context(Record):
    """Words around a pattern that change what it means: another person, a film, a denial."""

    scope: Literal["before", "sentence", "turn"] = "sentence"
    """Whether the words must stand before the pattern in its own sentence, anywhere in that sentence, or
    anywhere in the turn. With "before", `$` is the place where the pattern begins."""
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
    match: tuple[str, ...] = Field(min_length=1)
    """Regular expressions on normalized text: on each of its sentences, or on all of the turn."""
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


class AnswerRule(Record):
    """What a yes, or another answer, means after a question of the counselor."""

    id: str
    level: int = Field(ge=CONCERN, le=IMMINENT)
    about: About
    hard: bool = True
    asked: tuple[str, ...] = Field(min_length=1)
    """Regular expressions on the counselor's last question and the sentence before it."""
    said: tuple[str, ...] = ()
    """Regular expressions that match how the answer begins, instead of `yes`: "Tonight"."""
    voided_by: tuple[str, ...] = ()
    """Contexts of the answer in which it means nothing."""


class RulesFile(Record):
    """`configs/safety/rules/<language>.yaml`."""

    whole_words: bool = False
    """Whether an expression begins and ends at the edge of a word; not for a language without spaces."""
    words: dict[str, tuple[str, ...]] = {}
    """Expressions that have a name: `<name>` stands for any of them in whatever comes after."""
    contexts: dict[str, Context] = {}
    patterns: tuple[RiskPattern, ...]
    answers: tuple[AnswerRule, ...] = ()
    yes: tuple[str, ...] = ()
    """Regular expressions that match a whole answer, or how it begins, if it says yes."""
    asks: tuple[str, ...]
    """Regular expressions of words with which a counselor asks about danger."""

    @model_validator(mode="after")
    def _is_whole(self) -> RulesFile:
        ids = [*(rule.id for rule in self.patterns), *(rule.id for rule in self.answers)]
        twice = {one for one in ids if ids.count(one) > 1}
        if twice:
            raise ValueError(f"id {sorted(twice)[0]!r} stands twice; rename one")
        for rule in self.patterns:
            self._know(rule.id, (*rule.softened_by, *rule.lowered_by, *rule.voided_by))
            if rule.at_least > len(rule.also):
                raise ValueError(
                    f"pattern {rule.id!r} asks for {rule.at_least} of {len(rule.also)}; ask for fewer"
                )
        for answer in self.answers:
            self._know(answer.id, answer.voided_by)
        spelled = spell_out(self.words)
        for text in self._expressions():
            try:
                re.compile(expand(text, spelled))
            except re.error as error:
                raise ValueError(f"{text!r} is not a regular expression ({error}); mend it") from error
        return self

    def _know(self, rule: str, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in self.contexts:
                raise ValueError(f"pattern {rule!r} names context {name!r}, which does not exist; add it")

    def _expressions(self) -> Iterator[str]:
        for rule in self.patterns:
            yield from (*rule.match, *rule.also)
        for answer in self.answers:
            yield from (*answer.asked, *answer.said)
        for context in self.contexts.values():
            yield from context.match
        yield from self.yes
        yield from self.asks


def expand(text: str, words: Mapping[str, str]) -> str:
    """Write each `<name>` of an expression out.

    Raises:
        ValueError: If a name is not among the words.
    """
    for name in _FRAGMENT.findall(text):
        if name not in words:
            raise ValueError(f"{text!r} names <{name}>, which is not among the words; add it")
    return _FRAGMENT.sub(lambda found: words[found[1]], text)


def spell_out(words: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Turn words with names into one expression each; one may name those above it."""
    spelled: dict[str, str] = {}
    for name, expressions in words.items():
        spelled[name] = expand(f"(?:{'|'.join(expressions)})", spelled)
    return spelled


class Heard(NamedTuple):
    """What the rules heard in one turn."""

    hard: int = NO_RISK
    soft: int = NO_RISK
    about: About = About.NONE
    patterns: tuple[str, ...] = ()


class _Hit(NamedTuple):
    id: str
    level: int
    about: About
    hard: bool


class _Place(NamedTuple):
    """Where a pattern was found; a field for each scope of a context."""

    before: str
    sentence: str
    turn: str


class RiskRules:
    """The rules of one language, compiled."""

    def __init__(self, file: RulesFile, language: Language, digest: str = "") -> None:
        """Compile the rules.

        Args:
            file: The rules.
            language: What they are written for.
            digest: sha256 of the file, which findings name.
        """
        self.file, self.language, self.digest = file, language, digest
        words = spell_out(file.words)
        self.asks = tuple(expand(one, words) for one in file.asks)

        def any_of(expressions: tuple[str, ...]) -> re.Pattern[str]:
            found = "|".join(f"(?:{expand(one, words)})" for one in expressions)
            return re.compile(rf"(?<!\w)(?:{found})(?!\w)" if file.whole_words else found)

        self._contexts = {name: (c.scope, any_of(c.match)) for name, c in file.contexts.items()}
        self._patterns = [
            (rule, any_of(rule.match), [any_of((one,)) for one in rule.also]) for rule in file.patterns
        ]
        self._answers = [
            (rule, any_of(rule.asked), any_of(said))
            for rule in file.answers
            if (said := rule.said or file.yes)
        ]

    def hear(self, text: str, before: str = "") -> Heard:
        """Say what the rules hear in a turn.

        Args:
            text: The client's words.
            before: The counselor's last words, after which a bare "yes" may be an answer to a question
                about danger.
        """
        hits = [*self._said(normalize(text)), *self._answered(normalize(text), normalize(before))]
        if not hits:
            return Heard()
        worst = max(hits, key=lambda hit: (hit.level, hit.hard))
        return Heard(
            hard=max((hit.level for hit in hits if hit.hard), default=NO_RISK),
            soft=max((hit.level for hit in hits if not hit.hard), default=NO_RISK),
            about=worst.about,
            patterns=tuple(dict.fromkeys(hit.id for hit in hits)),
        )

    def _said(self, text: str) -> Iterator[_Hit]:
        parts = sentences(text)
        for rule, pattern, others in self._patterns:
            found = [
                _Place(part[: match.start()], part, text)
                for part in ([text] if rule.scope == "turn" else parts)
                for match in pattern.finditer(part)
            ]
            # the other expressions are tried last: most patterns match nothing in most turns
            if found and _are_enough(rule, others, text):
                for place in found:
                    if not self._stands(rule.voided_by, place):
                        yield self._judge(rule, place)

    def _judge(self, rule: RiskPattern, place: _Place) -> _Hit:
        is_lowered = rule.level > CONCERN and self._stands(rule.lowered_by, place)
        hard = rule.hard and not self._stands(rule.softened_by, place)
        return _Hit(rule.id, CONCERN if is_lowered else rule.level, rule.about, hard)

    def _stands(self, names: tuple[str, ...], place: _Place) -> bool:
        for name in names:
            scope, pattern = self._contexts[name]
            if pattern.search(getattr(place, scope)):
                return True
        return False

    def _answered(self, text: str, before: str) -> Iterator[_Hit]:
        question = last_question(before)
        text = _BEFORE_AN_ANSWER.sub("", text)
        place = _Place(text, text, text)
        for rule, asked, said in self._answers:
            if said.match(text) and asked.search(question) and not self._stands(rule.voided_by, place):
                yield _Hit(rule.id, rule.level, rule.about, rule.hard)


def _are_enough(rule: RiskPattern, others: list[re.Pattern[str]], text: str) -> bool:
    needed = rule.at_least or len(others)
    return sum(other.search(text) is not None for other in others) >= needed


def load_rules(language: Language, root: Path | None = None) -> RiskRules:
    """Read the rules of a language; None is the bundled folder.

    Raises:
        AssetError: Naming the file and what is wrong in it.
    """
    path = asset_dir("configs", root) / "safety" / "rules" / f"{language.value}.yaml"
    return RiskRules(load_model(RulesFile, path, AssetError), language, hash_file(path))
