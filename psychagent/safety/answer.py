"""What the gate shows and says: a card with resources, and the fixed text that takes a turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Record
from psychagent.domain.risk.finding import About
from psychagent.errors import AssetError
from psychagent.files.digest import hash_file
from psychagent.files.read import load_model
from psychagent.safety.resources import Resource, Resources, load_resources
from psychagent.safety.rules import RiskRules, load_rules


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


class CardTexts(Record):
    """The words around the resources, for one kind of danger."""

    title: str
    intro: str
    closing: str


class AnswerTexts(Record):
    """`configs/safety/texts/<language>.yaml`."""

    card: dict[About, CardTexts]
    takeover: dict[About, tuple[str, ...]]
    """What is said in the counselor's place, first, second time and so on; the last one is repeated.
    `{lines}` stands for the services, each with its number."""
    line: str = Field(pattern=r"\{name\}.*\{how\}")
    """How a service is named in a sentence."""
    between: str
    """What stands between two services in a sentence."""
    help: str
    """One line that stands below every prompt of the person."""


class SafetyTexts(NamedTuple):
    """Everything that the gate needs in one language."""

    rules: RiskRules
    texts: AnswerTexts
    resources: Resources

    def card(self, region: str, about: About) -> Card:
        """Write the card for a region and a kind of danger."""
        words = self.texts.card[_known(about)]
        lines = self.resources.of(region, about)
        return Card(
            title=words.title,
            intro=words.intro,
            lines=tuple(to_line(one, self.rules.language) for one in lines),
            closing=words.closing,
        )

    def takeover(self, region: str, about: About, *, times: int) -> str:
        """Write the text that takes the counselor's turn.

        Args:
            region: Two letters; empty where it is unknown.
            about: The kind of danger.
            times: How often it has taken a turn in this session already.
        """
        texts = self.texts.takeover[_known(about)]
        lines = [
            self.texts.line.format(name=one.name[self.rules.language], how=one.call or one.text or one.url)
            for one in self.resources.of(region, about)[:2]
        ]
        return texts[min(times, len(texts) - 1)].format(lines=self.texts.between.join(lines))


def to_line(resource: Resource, language: Language) -> CardLine:
    """Write a service for a card."""
    return CardLine(
        name=resource.name[language],
        call=resource.call,
        text=resource.text,
        url=resource.url,
        hours=resource.hours,
        verified=resource.verified,
    )


def _known(about: About) -> About:
    return About.SELF if about is About.NONE else about


def load_answers(language: Language, root: Path | None = None) -> AnswerTexts:
    """Read the texts of a language.

    Raises:
        AssetError: Naming the field that is wrong.
    """
    return load_model(
        AnswerTexts, asset_dir("configs", root) / "safety" / "texts" / f"{language.value}.yaml", AssetError
    )


@cache
def load_safety(language: Language) -> SafetyTexts:
    """Read the bundled rules, texts and resources of a language, once."""
    return SafetyTexts(load_rules(language), load_answers(language), load_resources())


def safety_hashes(language: Language) -> dict[str, str]:
    """Hash the files that the gate of a language reads, by their path."""
    folder = asset_dir("configs") / "safety"
    files = (f"rules/{language.value}.yaml", f"texts/{language.value}.yaml", "resources.yaml")
    return {f"safety/{name}": hash_file(folder / name) for name in files}


SafetySource = Callable[[Language], SafetyTexts]
"""Resolves a language to its rules, texts and resources."""
