"""Where people can turn to, by region: each entry with the day it was checked and its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Record
from psychagent.domain.risk.finding import STANDS_IN, About
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError, SettingsError
from psychagent.files.read import load_model

KINDS = (About.SELF, About.OTHERS, About.HARMED, About.CHILD, About.DRINK)
"""The kinds of danger for which there are services and words."""
STALE_AFTER = timedelta(days=365)
"""Age from which an entry has to be compared with its source again: lines move, merge and close."""


def _matches(pattern: str, problem: str) -> AfterValidator:
    """Refuse what does not match, in words that say what to write."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{shown(value)} {problem}")
        return value

    return AfterValidator(check)


Region = Annotated[
    str, _matches("[A-Z]{2}", "is no region; write two capital letters as in ISO 3166-1, such as US")
]
"""Two letters as in ISO 3166-1; `EU` for the union."""
Dialed = Annotated[
    str,
    _matches(
        r"|\+?\d[\d -]*", "is not a number as it is dialed; write digits, spaces, hyphens and a leading +"
    ),
]
Address = Annotated[str, _matches(r"|https?://[^\s]+", "is no address; begin it with https://")]
Spoken = Annotated[str, _matches("[a-z]{2}", "is no language; write two letters as in ISO 639-1, such as en")]


class Resource(Record):
    """One service that helps."""

    id: str
    name: dict[Language, str]
    about: tuple[About, ...] = Field(min_length=1)
    """What it is there for."""
    call: Dialed = ""
    """The number as it is dialed and printed."""
    text: dict[Language, str] = {}
    """How to write to it, as an order: `text 988`."""
    url: Address = ""
    hours: dict[Language, str] = {}
    """When it answers: around the clock, or its hours."""
    urgent: bool = True
    """Whether the fixed text may name it: office hours fail those who call at night."""
    languages: tuple[Spoken, ...] = ()
    """What is spoken there; empty where it differs by country."""
    checked: date
    """The day on which the entry was last compared with what could be read about it."""
    source: Address = Field(min_length=1)
    """The page of its owner, or of an authority, that was read; if none could be, the one to check it on."""
    verified: bool = True
    """Whether such a page was read and gives the number; otherwise it is second-hand or common knowledge."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Resource:
        if not (self.call or self.text or self.url):
            raise ValueError(f"resource {self.id!r} has neither call, text nor url; give one")
        for field, words in (("name", self.name), ("text", self.text), ("hours", self.hours)):
            lacking = [language.value for language in Language if not words.get(language)]
            if lacking and (words or field == "name"):
                raise ValueError(f"resource {self.id!r} has no {field} in {', '.join(lacking)}; add it")
        return self


class RegionResources(Record):
    """The services of one region."""

    name: dict[Language, str]
    emergency: tuple[Resource, ...]
    """Whom to call where a life is in danger: police and ambulance apart where they have two numbers."""
    lines: tuple[Resource, ...] = ()
    """Other services; of each kind the one to name first stands first."""

    @model_validator(mode="after")
    def _has_a_number_for_every_kind(self) -> RegionResources:
        self.require(*(kind for kind in KINDS if kind not in STANDS_IN))
        return self

    def require(self, *kinds: About) -> None:
        """Refuse a region without an emergency number for one of some kinds.

        Raises:
            ValueError: Naming the kind.
        """
        for kind in kinds:
            if not any(one.call and kind in one.about for one in self.emergency):
                raise ValueError(f"there is no emergency number about {kind.value!r}; add one to 'emergency'")


class ResourcesFile(Record):
    """`configs/safety/resources.yaml`."""

    regions: dict[Region, RegionResources] = Field(min_length=1)
    anywhere: tuple[Resource, ...] = Field(min_length=1)
    """What is shown where the region is unknown or has no entries."""

    @model_validator(mode="after")
    def _names_each_once(self) -> ResourcesFile:
        ids = [one.id for one in self.all()]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"id {twice[0]!r} stands twice; rename one")
        return self

    @model_validator(mode="after")
    def _has_a_number_for_a_kind_in_every_region_or_in_none(self) -> ResourcesFile:
        for region in self.regions.values():
            region.require(*(self.known() & STANDS_IN.keys()))
        return self

    def known(self) -> set[About]:
        """Return the kinds of danger that it has services for; older files do not know all of them."""
        return {kind for one in self.all() for kind in one.about}

    def all(self) -> Iterator[Resource]:
        """Yield every service, region by region."""
        for region in self.regions.values():
            yield from region.emergency
            yield from region.lines
        yield from self.anywhere


class Resources:
    """All services."""

    def __init__(self, file: ResourcesFile) -> None:
        """Take the services of a file."""
        self.file = file
        self._known = file.known()

    def require(self, region: str) -> None:
        """Refuse a region that has no services; for entry points, before anybody speaks.

        Raises:
            SettingsError: Naming the nearest region.
        """
        known: Mapping[str, RegionResources] = self.file.regions
        if region and region not in known:
            raise SettingsError(f"no resources for region {shown(region)}{nearest(region, known)}")

    def emergency(self, region: str, about: About) -> tuple[Resource, ...]:
        """List the emergency lines of a region for a kind of danger; none where the region is unknown."""
        known = self.file.regions.get(region)
        return self._for(about, known.emergency) if known else ()

    def lines(self, region: str, about: About) -> tuple[Resource, ...]:
        """List the other lines for a kind of danger.

        A region without entries gets what helps anywhere: the moment of danger is the wrong one to
        refuse a setting.

        Args:
            region: Two letters; empty where it is unknown.
            about: The kind of danger.
        """
        known = self.file.regions.get(region)
        return self._for(about, known.lines if known else self.file.anywhere)

    def _for(self, about: About, services: Iterable[Resource]) -> tuple[Resource, ...]:
        kind = about if about in self._known else STANDS_IN.get(about, about)
        return tuple(one for one in services if kind in one.about)

    def stale(self, today: date) -> tuple[Resource, ...]:
        """List the entries to compare with their source again: checked too long ago, or not yet."""
        oldest = today - STALE_AFTER
        return tuple(one for one in self.file.all() if not oldest <= one.checked <= today)


def load_resources(root: Path | None = None) -> Resources:
    """Read the services; None is the bundled file.

    Raises:
        AssetError: Naming the field that is wrong.
    """
    return _read(asset_dir("configs", root) / "safety" / "resources.yaml")


@cache
def _read(path: Path) -> Resources:
    return Resources(load_model(ResourcesFile, path, AssetError))
