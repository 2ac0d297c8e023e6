"""The gate's fixed words as they stand in their file; knows services only by name and number."""

from __future__ import annotations

from string import Formatter
from typing import Any

from pydantic import Field, field_validator, model_validator

from psychagent.domain.base import Language, Record
from psychagent.domain.risk.finding import STANDS_IN, About
from psychagent.safety.resources import KINDS, Region, Resource


class CardTexts(Record):
    """The words around the resources, for one kind of danger."""

    title: str = Field(min_length=1)
    intro: str = Field(min_length=1)
    closing: str = Field(min_length=1)


class SaidTexts(Record):
    """How services are named within a sentence."""

    call: str
    """One with a number: `{call}`, `{name}`."""
    call_or_text: str
    """One with a number that can be written to as well: `{call}`, `{name}`, `{text}`."""
    text: str
    """One that can only be written to: `{text}`, `{name}`."""
    link: str
    """A page where lines are listed: `{url}`."""
    local: str = Field(min_length=1)
    """The emergency number where the region is unknown."""
    local_title: str = Field(min_length=1)
    """The same, as a line of a card."""
    local_with: str
    """The emergency number where the region is unknown, with those of some regions: `{calls}`."""
    between: str
    """What stands between two services."""
    region: str
    """A service, or its number, that is named only because many who read the language live there:
    `{region}`, `{service}`."""
    regions: str
    """What stands between two regions."""

    @model_validator(mode="after")
    def _has_its_places(self) -> SaidTexts:
        _check(self.call, "call", {"call", "name"})
        _check(self.call_or_text, "call_or_text", {"call", "name", "text"})
        _check(self.text, "text", {"text", "name"})
        _check(self.link, "link", {"url"})
        _check(self.local_with, "local_with", {"calls"})
        _check(self.region, "region", {"region", "service"})
        return self

    def name(self, resource: Resource, language: Language) -> str:
        """Name a service in the way in which it can best be reached."""
        name, text = resource.name[language], resource.text.get(language, "")
        if resource.call and text:
            return self.call_or_text.format(call=resource.call, name=name, text=text)
        if resource.call:
            return self.call.format(call=resource.call, name=name)
        return self.text.format(text=text, name=name) if text else self.link.format(url=resource.url)


class TalkTexts(Record):
    """Whether one can go on talking where a card is shown."""

    open: str = Field(min_length=1)
    closed: str = Field(min_length=1)
    """Where no session is open: nobody reads what is written."""


class AnswerTexts(Record):
    """`configs/safety/texts/<language>.yaml`."""

    card: dict[About, CardTexts]
    takeover: dict[About, tuple[str, ...]]
    """What is said in the counselor's place, first, second time and so on; the last one is repeated.
    `{lines}` stands for the services, each with its number."""
    said: SaidTexts
    unchecked: str
    """What a card adds where a number could not be checked with its owner; `{emergency}` is the number
    to call instead."""
    most_readers: dict[Region, str] = {}
    """The regions where most live who read the language, two letters each, and how one says "there"; their
    services are named where the person's region is unknown."""
    unset: str = Field(min_length=1)
    """What a card adds where the person's region is unknown: how to see the numbers of another place."""
    elsewhere: str = Field(min_length=1)
    """What a card adds where the region is known: what to do in another; `{region}` is its two letters."""
    talk: TalkTexts
    help: str = Field(min_length=1)
    """One line that stands below every prompt of the person."""

    @field_validator("card", "takeover")
    @classmethod
    def _knows_every_kind(cls, words: dict[About, Any]) -> dict[About, Any]:
        return {kind: words[other] for kind, other in STANDS_IN.items() if other in words} | words

    @model_validator(mode="after")
    def _is_whole(self) -> AnswerTexts:
        _check(self.unchecked, "unchecked", {"emergency"})
        for kind in KINDS:
            if kind not in self.card or not self.takeover.get(kind):
                raise ValueError(f"card and takeover need words for {kind.value!r}; add them")
            for number, text in enumerate(self.takeover[kind], start=1):
                _check(text, f"takeover.{kind.value}, text {number},", {"lines"})
        return self


def _check(text: str, where: str, wanted: set[str]) -> None:
    """Refuse a text without its places, or with others: it is filled in when a life is in danger."""
    try:
        found = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValueError(f"{where} has a brace that stands alone ({error}); remove it") from error
    if sorted(found) != sorted(wanted):
        held, places = (", ".join(f"{{{name}}}" for name in names) for names in (found, sorted(wanted)))
        raise ValueError(f"{where} holds {held or 'no place'}; it must hold once each of {places}")
