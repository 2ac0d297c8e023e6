"""What a person typed: words to say, an order, or something that cannot be sent; pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from psychagent.chats.texts import ChatTexts, Order
from psychagent.domain.text.typed import typed_words
from psychagent.domain.words.cut import cut

MOST_CHARS = 4000
"""Longest text that goes at a time."""


@dataclass(frozen=True)
class Say:
    """Words for the counselor, as they were typed."""

    text: str


@dataclass(frozen=True)
class Obey:
    """An order."""

    order: Order


@dataclass(frozen=True)
class Refuse:
    """Something that is not sent, and why."""

    why: str
    """Empty where nothing was typed: then the person is only asked again."""


Line = Say | Obey | Refuse


def read_line(typed: str, texts: ChatTexts) -> Line:
    """Tell what a person typed.

    Only a line that is an order as a whole, or that begins with a slash and has no space, is taken for
    one; tags and marks inside words mean nothing here.
    """
    text = typed_words(typed)
    if not text:
        return Refuse("")
    # an input method for Chinese may write a slash of full width
    command = unicodedata.normalize("NFKC", text).casefold()
    for order, names in texts.orders.items():
        if command in names:
            return Obey(order)
    if command.startswith("/") and len(command.split()) == 1 and command.count("/") == 1:
        return Refuse(texts.unknown_order.format(order=cut(text, 40)))
    if len(text) > MOST_CHARS:
        return Refuse(texts.long.format(length=f"{len(text):,}", most=f"{MOST_CHARS:,}"))
    return Say(text)
