"""Rules that hear danger in a client's words: the floor under a model, and all there is without one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language
from psychagent.domain.risk.finding import CONCERN, NO_RISK, About
from psychagent.domain.text.expression import to_pattern
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError
from psychagent.files.digest import hash_json
from psychagent.safety.at_hand import AtHand
from psychagent.safety.rule_file import (
    AnswerRule,
    RiskPattern,
    RulesFile,
    all_of,
    expand,
    read_rules,
    rule_hashes,
    spell_out,
)
from psychagent.safety.text import (
    CLAUSE_MARKS,
    answer,
    last_question,
    last_remark,
    normalize,
    questions,
    sentences,
)

_NEVER = re.compile(r"(?!)")
_REST_OF_WORD = re.compile(r"\w{0,40}")
_REMEMBERED = 512
"""Turns whose reading is kept: those of the sessions under way."""
_WINDOW, _OVERLAP = 1500, 300
"""Characters that rules look at together; no passage that they know is as long as the overlap."""


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
        self._words = spell_out(file.words)
        # where words are parted by spaces, a space parts no clauses
        self._clause_marks = CLAUSE_MARKS.replace(" ", "") if file.whole_words else CLAUSE_MARKS
        # who asks about the client's own death asks about danger
        self._asks = self._any_of((*file.asks, *file.asks_self), whole=False)
        self._asks_again = self._any_of(file.asks_again, whole=False)
        self._asks_self = self._any_of(file.asks_self, whole=False)
        self._asks_else = self._any_of(file.asks_else)
        self.at_hand = AtHand(file, self._any_of)
        self._contexts = {name: (c.scope, self._any_of(c.match)) for name, c in file.contexts.items()}
        self._patterns = [
            (rule, self._any_of(rule.match), [self._any_of((one,)) for one in rule.also])
            for rule in file.patterns
        ]
        self._answers = [
            (rule, self._any_of(rule.asked), self._any_of(rule.said or file.yes)) for rule in file.answers
        ]
        self._unasked = [one for one in self._answers if one[1].search("")]
        # a turn is heard again when the next turns ask whether danger is open
        self._heard = lru_cache(maxsize=_REMEMBERED)(self._hear)

    def hear(self, text: str, before: str = "") -> Heard:
        """Say what the rules hear in a turn.

        Args:
            text: The client's words.
            before: The counselor's last words, after which a bare "yes" may be an answer to a question
                about danger.
        """
        return self._heard(text, before)

    def _hear(self, text: str, before: str) -> Heard:
        parts = _windows(normalize(text))
        turn = _Windows(parts)
        hits = [hit for at in range(len(parts)) for hit in self._said(turn, at)]
        # an answer stands at the beginning of a turn, its question at the end of the one before
        hits += self._answered(parts[0], _windows(normalize(before))[-1])
        if not hits:
            return Heard()
        # of what weighs the same, that a child is hurt by the speaker says more than that somebody is hurt
        worst = max(hits, key=lambda hit: (hit.level, hit.hard, hit.about is About.CHILD))
        return Heard(
            hard=max((hit.level for hit in hits if hit.hard), default=NO_RISK),
            soft=max((hit.level for hit in hits if not hit.hard), default=NO_RISK),
            about=worst.about,
            patterns=tuple(dict.fromkeys(hit.id for hit in hits)),
        )

    def voices(self, text: str, *, judged: bool) -> bool:
        """Return whether a turn voices danger; soft rules count only where no model has judged the turn."""
        heard = self.hear(text)
        return heard.hard > NO_RISK or (heard.soft > NO_RISK and not judged)

    def affirms_voices(self, text: str, before: str) -> bool:
        """Return whether a turn tells of voices or pursuers by what it answers, if only with a yes."""
        rules = {rule.id for rule, _, _ in self._answers if rule.voices}
        return not rules.isdisjoint(self.hear(text, before).patterns)

    def asks_about(self, text: str) -> bool:
        """Return whether a counselor asks about danger: in a question, or in the sentence before one."""
        return _are_asked(self._asks, text)

    def asks_again(self, text: str) -> bool:
        """Return whether a counselor asks about a danger that is on record, if only as "those thoughts"."""
        return self.asks_about(text) or _are_asked(self._asks_again, text)

    def asks_self(self, text: str) -> bool:
        """Return whether a counselor asks about the client's own death, or about self-harm."""
        return _are_asked(self._asks_self, text)

    def _said(self, turn: _Windows, at: int) -> Iterator[_Hit]:
        """Yield what the patterns find in one window of a turn."""
        text = turn.parts[at]
        parts = sentences(text)
        for rule, pattern, others in self._patterns:
            places = [
                part for part in (parts if rule.scope == "sentence" else [text]) if pattern.search(part)
            ]
            # the other expressions are tried last: most patterns match nothing in most turns
            if places and (most := _counts_as(rule, others, turn, at)):
                for where in places:
                    yield from self._found(rule, pattern, where, text, most)

    def _found(
        self, rule: RiskPattern, pattern: re.Pattern[str], where: str, text: str, most: int
    ) -> Iterator[_Hit]:
        for match in _matches(pattern, where):
            if self._stands(rule.voided_by, match, text):
                continue
            level = min(rule.level, most)
            if level > CONCERN and self._stands(rule.lowered_by, match, text):
                level = CONCERN
            hard = rule.hard and not self._stands(rule.softened_by, match, text)
            yield _Hit(rule.id, level, self._about(rule, match, text), hard)

    def _about(self, rule: RiskPattern | AnswerRule, match: re.Match[str], text: str) -> About:
        return About.CHILD if self._stands(rule.child_by, match, text) else rule.about

    def _stands(self, names: tuple[str, ...], match: re.Match[str], text: str) -> bool:
        for name in names:
            scope, pattern = self._contexts[name]
            if pattern.search(_around(scope, match, text, self._clause_marks)):
                return True
        return False

    def _answered(self, text: str, before: str) -> Iterator[_Hit]:
        words = {"question": last_question(before), "remark": last_remark(before)}
        text = answer(text)
        for rule, asked, said in self._answers if before else self._unasked:
            after = words[rule.after]
            # a question takes longer to search than an answer's beginning
            found = said.match(text)
            if (
                found
                and (question := asked.search(after))
                and not self._asks_else.search(after)
                and not self._stands(rule.voided_by, found, text)
            ):
                yield _Hit(rule.id, rule.level, self._about(rule, question, after), rule.hard)

    def _any_of(self, expressions: tuple[str, ...], *, whole: bool = True) -> re.Pattern[str]:
        if not expressions:
            return _NEVER
        found = "|".join(f"(?:{expand(one, self._words)})" for one in expressions)
        edged = rf"(?<!\w)(?:{found})(?!\w)" if whole and self.file.whole_words else found
        try:
            return to_pattern(edged, re.DOTALL)
        except ValueError as error:
            raise AssetError(_wrong_one(expressions, self._words, str(error))) from error


def _wrong_one(expressions: Sequence[str], words: Mapping[str, str], together: str) -> str:
    """Say which of some expressions, together no regular expression, is none by itself."""
    for one in expressions:
        try:
            to_pattern(expand(one, words))
        except ValueError as error:
            return str(error) if expand(one, words) == one else f"{shown(one)}: {error}"
    return together


class _Windows:
    """The windows of a turn, and what was looked for in them: rules share the expressions of their `also`."""

    def __init__(self, parts: Sequence[str]) -> None:
        self.parts = parts
        self._seen: dict[tuple[re.Pattern[str], int], bool] = {}

    def hold(self, pattern: re.Pattern[str], places: Iterable[int]) -> bool:
        """Return whether an expression stands in any of some windows; each is searched once."""
        for at in places:
            if (pattern, at) not in self._seen:
                self._seen[pattern, at] = pattern.search(self.parts[at]) is not None
            if self._seen[pattern, at]:
                return True
        return False


def _counts_as(rule: RiskPattern, others: Sequence[re.Pattern[str]], turn: _Windows, at: int) -> int:
    """Return the level up to which a rule counts by the signs beside it; `NO_RISK` if they are too few.

    Signs that only stand far apart, in a very long turn, make as much of a hard rule as others do. Those of a
    soft rule say little by themselves, and in enough words there are always some: they are a concern.
    """
    needed = rule.at_least or len(others)
    if sum(turn.hold(other, (at,)) for other in others) >= needed:
        return rule.level
    anywhere = range(len(turn.parts))
    if sum(turn.hold(other, anywhere) for other in others) < needed:
        return NO_RISK
    return rule.level if rule.hard else CONCERN


def _matches(pattern: re.Pattern[str], where: str) -> Iterator[re.Match[str]]:
    """Find matches that may overlap: one that means nothing must not hide another that begins in it."""
    start = 0
    while match := pattern.search(where, start):
        yield match
        start = match.start() + 1


def _are_asked(pattern: re.Pattern[str], text: str) -> bool:
    parts = _windows(normalize(text))
    return any(pattern.search(question) for part in parts for question in questions(part))


def _windows(text: str) -> list[str]:
    """Cut a long text into pieces that overlap: what contexts cost grows with the square of the length."""
    step = _WINDOW - _OVERLAP
    starts = range(0, max(len(text) - _OVERLAP, 1), step)
    return [text[_word_end(text, at) if at else 0 : _word_end(text, at + _WINDOW)] for at in starts]


def _word_end(text: str, at: int) -> int:
    """Return where a word ends that a cut would split: "I want to die" is not "I want to diet"."""
    rest = _REST_OF_WORD.match(text, at) if text[at - 1 : at].isalnum() else None
    return rest.end() if rest else at


def _around(scope: str, match: re.Match[str], text: str, clause_marks: str) -> str:
    """Return the words among which a context is looked for."""
    sentence = match.string
    if scope == "turn":
        return text
    if scope == "before":
        return sentence[: match.start()]
    if scope == "clause":
        start = max(sentence.rfind(mark, 0, match.start()) for mark in clause_marks) + 1
        ends = [end for mark in clause_marks if (end := sentence.find(mark, match.end())) >= 0]
        return sentence[start : min(ends, default=len(sentence))]
    return sentence


def load_rules(language: Language, root: Path | None = None) -> RiskRules:
    """Read the rules of a language; None is the bundled folder.

    Raises:
        AssetError: Naming the file, or the folder, and what is wrong in it.
    """
    folder = asset_dir("configs", root) / "safety" / "rules" / language.value
    file = read_rules(folder)
    try:
        return RiskRules(file, language, hash_json(rule_hashes(folder)))
    except AssetError as error:
        raise AssetError(f"{all_of(folder)}: {error}") from error
