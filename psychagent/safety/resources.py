"""Where people can turn to, by region: each entry with the day it was checked and its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Record
from psychagent.domain.risk.finding import About
from psychagent.errors import AssetError, SettingsError
from psychagent.files.read import load_model, nearest

Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""Two letters as in ISO 3166-1; `EU` for the union."""


class Resource(Record):
    """One service that helps."""

    id: str
    name: dict[Language, str]
    about: tuple[About, ...]
    """What it is there for."""
    call: str = ""
    """The number as it is dialed and printed."""
    text: str = ""
    """How to write to it."""
    url: str = ""
    hours: str = ""
    """When it answers; `24/7`, or its hours with the time zone."""
    languages: tuple[str, ...] = ()
    checked: date
    """The day on which the entry was compared with its source."""
    source: str
    """Address of the page that the owner, or an authority, publishes."""
    verified: bool = True
    """Whether the owner's own page, or an authority's, was read; otherwise it rests on second hands."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Resource:
        if not (self.call or self.text or self.url):
            raise ValueError(f"resource {self.id!r} has neither call, text nor url; give one")
        lacking = [language.value for language in Language if not self.name.get(language)]
        if lacking:
            raise ValueError(f"resource {self.id!r} has no name in {', '.join(lacking)}; add it")
        return self


class RegionResources(Record):
    """The services of one region."""

    name: dict[Language, str]
    emergency: Resource
    lines: tuple[Resource, ...] = ()


class ResourcesFile(Record):
    """`configs/safety/resources.yaml`."""

    regions: dict[Region, RegionResources] = Field(min_length=1)
    anywhere: tuple[Resource, ...] = Field(min_length=1)
    """What is shown where the region is unknown."""


class Resources:
    """All services."""

    def __init__(self, file: ResourcesFile) -> None:
        """Take the services of a file."""
        self.file = file

    def of(self, region: str, about: About) -> tuple[Resource, ...]:
        """List the services of a region for a kind of danger: the emergency line, then the rest.

        Args:
            region: Two letters; empty where it is unknown, which lists what helps anywhere.
            about: The kind of danger; `NONE` counts as danger to oneself.

        Raises:
            SettingsError: Naming the nearest region, if there are no services for it.
        """
        if not region:
            return self.file.anywhere
        known: Mapping[str, RegionResources] = self.file.regions
        if region not in known:
            raise SettingsError(f"no resources for region {region!r}{nearest(region, known)}")
        wanted = About.SELF if about is About.NONE else about
        lines: Sequence[Resource] = [r for r in known[region].lines if wanted in r.about]
        return (known[region].emergency, *lines)


def load_resources(root: Path | None = None) -> Resources:
    """Read the services; None is the bundled file.

    Raises:
        AssetError: Naming the field that is wrong.
    """
    path = asset_dir("configs", root) / "safety" / "resources.yaml"
    return Resources(load_model(ResourcesFile, path, AssetError))
