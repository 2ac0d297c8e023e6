"""What the gate shows and says: a card with resources, and the fixed text that takes a turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Record
from psychagent.domain.risk.finding import About
from psychagent.errors import AssetError
from psychagent.files.digest import hash_file
from psychagent.files.read import load_model
from psychagent.safety.resources import Resource, Resources, load_resources
from psychagent.safety.rule_file import rule_hashes
from psychagent.safety.rules import RiskRules, load_rules
from psychagent.safety.words import AnswerTexts


class CardLine(Record):
    """One service on a card."""

    name: str
    call: str = ""
    text: str = ""
    url: str = ""
    hours: str = ""
    verified: bool = True


class Card(Record):
    """Resources that are shown to the person; no part of the dialogue."""

    title: str
    intro: str
    lines: tuple[CardLine, ...]
    closing: str
    talk: str = ""
    """Whether one can go on talking where it is shown; empty in one that an older version wrote."""
    note: str = ""
    """What to do if a number does not answer, where one could not be checked, and how to see the numbers of
    another place, where nobody said which it is; empty otherwise."""


class _Guessed(NamedTuple):
    """A service of a region that nobody named, shown because many readers of the language live there."""

    region: str
    service: Resource
    is_state: bool


_MOST_GUESSED = 4


class SafetyTexts(NamedTuple):
    """Everything that the gate needs in one language."""

    rules: RiskRules
    texts: AnswerTexts
    resources: Resources

    def card(self, region: str, about: About, *, closed: bool = False) -> Card:
        """Write the card for a region and a kind of danger.

        Args:
            region: Two letters; empty where it is unknown.
            about: The kind of danger; `NONE` counts as danger to oneself.
            closed: Whether no session is open, so that nobody reads what is written beside it.
        """
        kind = _known(about)
        words = self.texts.card[kind]
        emergency, others = self.resources.emergency(region, kind), self.resources.lines(region, kind)
        first = [] if emergency else [CardLine(name=self.texts.said.local_title)]
        guessed = () if emergency else self._for_most_readers(kind)
        first += [self._in_region(one) for one in guessed]
        # the state answers for its emergency numbers: doubt belongs to the lines alone
        unsure = any(not one.verified for one in (*others, *(g.service for g in guessed if not g.is_state)))
        number = emergency[0].call if emergency else self.texts.said.local
        unchecked = self.texts.unchecked.format(emergency=number) if unsure else ""
        place = self.texts.elsewhere.format(region=region) if emergency else self.texts.unset
        card = Card(
            title=words.title,
            intro=words.intro,
            lines=(*first, *(to_line(one, self.rules.language) for one in (*emergency, *others))),
            closing=words.closing,
            talk=self.texts.talk.open,
            note="\n".join(note for note in (unchecked, place) if note),
        )
        return self.after_session(card) if closed else card

    def after_session(self, card: Card) -> Card:
        """Return a card as it is shown where no session is open: nobody reads what is written beside it."""
        return card.model_copy(update={"talk": self.texts.talk.closed})

    def _for_most_readers(self, about: About) -> tuple[_Guessed, ...]:
        """List emergency numbers and urgent lines of the regions where most live who read the language."""
        regions, found = self.texts.most_readers, list[_Guessed]()
        for region in regions:
            lines = self.resources.lines(region, about)
            # where none answers day and night, one that does not is better than the state's number alone
            urgent = [one for one in lines if one.urgent] or lines[:1]
            of_state = [_Guessed(region, one, True) for one in self.resources.emergency(region, about)]
            # each has its share: a person in danger does not read a list
            most = _MOST_GUESSED // len(regions)
            found += [*of_state, *(_Guessed(region, one, False) for one in urgent)][:most]
        return tuple(found)

    def _in_region(self, guessed: _Guessed) -> CardLine:
        line = to_line(guessed.service, self.rules.language)
        name = self._placed(guessed.region, line.name)
        return line.model_copy(update={"name": name[:1].upper() + name[1:]})

    def _placed(self, region: str, service: str) -> str:
        """Name a service, or its number, with the place for which alone it is."""
        return self.texts.said.region.format(region=self.texts.most_readers[region], service=service)

    def numbers(self, region: str, about: About) -> str:
        """Name what a counselor may name where it is asked for a number; empty where the region is unknown.

        A model that names numbers by heart names wrong ones.

        Args:
            region: Two letters; empty where it is unknown.
            about: The kind of danger.
        """
        kind, said = _known(about), self.texts.said
        emergency, others = self.resources.emergency(region, kind), self.resources.lines(region, kind)
        if not emergency:
            return ""
        urgent = [one for one in others if one.urgent and one.call]
        # an ambulance may be wanted whatever the danger is: who stops drinking may have a fit
        ambulance = self.resources.emergency(region, About.SELF)[:1]
        named = tuple({one.id: one for one in (*emergency[:1], *ambulance, *urgent[:2])}.values())
        return said.between.join(
            said.call.format(call=one.call, name=one.name[self.rules.language]) for one in named
        )

    def takeover(self, region: str, about: About, *, times: int) -> str:
        """Write the text that takes the counselor's turn.

        Args:
            region: Two letters; empty where it is unknown.
            about: The kind of danger.
            times: How often it has taken a turn in this session already.
        """
        texts = self.texts.takeover[_known(about)]
        return texts[min(times, len(texts) - 1)].format(lines=self._lines(region, _known(about)))

    def named(self, region: str, about: About) -> str:
        """Name in one line whom to turn to, for where nothing else can be shown."""
        kind = _known(about)
        return f"{self.texts.card[kind].title}: {self._lines(region, kind)}"

    def _lines(self, region: str, kind: About) -> str:
        said, language = self.texts.said, self.rules.language
        emergency, others = self.resources.emergency(region, kind), self.resources.lines(region, kind)
        # two to choose from: a person in danger does not read a list; a body that may have a fit needs an
        # ambulance, beside which no line that listens is another choice
        urgent = [] if kind is About.DRINK else [one for one in others if one.urgent]
        named = [said.name(one, language) for one in (*emergency[:1], *urgent[:1])]
        if not emergency:
            # the first number of each region, as what the local one is there: nobody takes it for their own
            first = {one.region: one.service.call for one in reversed(self._for_most_readers(kind))}
            calls = [self._placed(place, first[place]) for place in self.texts.most_readers if place in first]
            named = [said.local_with.format(calls=said.regions.join(calls)) if calls else said.local, *named]
        return said.between.join(named)


def to_line(resource: Resource, language: Language) -> CardLine:
    """Write a service for a card."""
    return CardLine(
        name=resource.name[language],
        call=resource.call,
        text=resource.text.get(language, ""),
        url=resource.url,
        hours=resource.hours.get(language, ""),
        verified=resource.verified,
    )


def _known(about: About) -> About:
    return About.SELF if about is About.NONE else about


def load_answers(language: Language, root: Path | None = None) -> AnswerTexts:
    """Read the texts of a language.

    Raises:
        AssetError: Naming the field that is wrong.
    """
    path = asset_dir("configs", root) / "safety" / "texts" / f"{language.value}.yaml"
    return load_model(AnswerTexts, path, AssetError)


@cache
def load_safety(language: Language) -> SafetyTexts:
    """Read the bundled rules, texts and resources of a language, once."""
    texts, resources = load_answers(language), load_resources()
    for region in texts.most_readers:
        resources.require(region)
    return SafetyTexts(load_rules(language), texts, resources)


def safety_hashes(language: Language) -> dict[str, str]:
    """Hash the files that the gate of a language reads, by their path."""
    folder = asset_dir("configs") / "safety"
    rules, files = f"rules/{language.value}", (f"texts/{language.value}.yaml", "resources.yaml")
    hashes = {f"{rules}/{name}": digest for name, digest in rule_hashes(folder / rules).items()}
    hashes |= {name: hash_file(folder / name) for name in files}
    return {f"safety/{name}": digest for name, digest in hashes.items()}


SafetySource = Callable[[Language], SafetyTexts]
"""Resolves a language to its rules, texts and resources."""
