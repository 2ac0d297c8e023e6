"""How people call the regions that have helplines; pure."""

from __future__ import annotations

from collections.abc import Mapping

from psychagent.chats.texts import RegionTexts, load_chat_texts
from psychagent.domain.base import Language
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
