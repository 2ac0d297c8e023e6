"""Which region a person is in that has helplines, by whatever name they call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from psychagent.chats.lines import Obey, Refuse, Say, read_line
from psychagent.chats.person import Person
from psychagent.chats.texts import ChatTexts, Order, RegionTexts, load_chat_texts
from psychagent.domain.base import Language
from psychagent.safety.answer import SafetyTexts
from psychagent.safety.resources import RegionResources

Regions = Mapping[str, RegionResources]
"""Two letters -> region."""


def list_regions(regions: Regions, words: RegionTexts, language: Language) -> str:
    """Name all regions in a line."""
    return words.joint.join(words.one.format(name=r.name[language], code=code) for code, r in regions.items())


def names_of(regions: Regions) -> dict[str, str]:
    """Map every way to call a region, in any language and without case, to its two letters."""
    own = {name: code for code, region in regions.items() for name in (code, *region.name.values())}
    for language in Language:
        also = load_chat_texts(language).region.also
        own |= {name: code for code, names in also.items() for name in names if code in regions}
    return {name.casefold(): code for name, code in own.items()}


def ask_region(
    person: Person, texts: ChatTexts, safety: SafetyTexts, *, show_help: Callable[[], None]
) -> str | None:
    """Ask where a person is; return two letters, empty where they would not say, None where they leave."""
    words, language = texts.region, safety.rules.language
    regions = safety.resources.file.regions
    person.be_told(words.ask)
    person.be_told(words.known.format(regions=list_regions(regions, words, language)))
    names = names_of(regions)
    while True:
        typed = person.ask(f"{words.prompt}{texts.colon}")
        match None if typed is None else read_line(typed, texts):
            case None | Obey(Order.QUIT | Order.END):
                # no session is open yet that could be ended alone
                return None
            case Obey(Order.HELP):
                show_help()
            case Refuse(""):
                person.be_told(words.skipped)
                return ""
            case Say(text) if text.casefold() in names:
                return names[text.casefold()]
            case Refuse(why):
                person.be_told(why)
            case Obey(_):
                person.be_told(words.ask)
            case _:
                person.be_told(words.unknown.format(name=(typed or "").strip()[:40]))
