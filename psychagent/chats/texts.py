"""What a chat says of its own accord, as data by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Record
from psychagent.errors import AssetError
from psychagent.files.read import load_model


class Order(StrEnum):
    """What a person may order instead of saying something."""

    HELP = "help"
    END = "end"
    QUIT = "quit"
    NEW = "new"
    BACK = "back"


class Notice(Record):
    """What is said before the first word."""

    title: str
    what: str
    script: str
    stored: str
    """With `{folder}`."""
    sent: str
    """With `{hosts}`."""
    sent_nowhere: str
    adults: str
    help: str
    orders: str

    def lines(self, *, folder: str, hosts: Sequence[str], is_script: bool) -> list[str]:
        """Write the notice.

        Args:
            folder: Where the chat is stored.
            hosts: Whom the words are sent to; none where nobody is asked.
            is_script: Whether a script plays the counselor.
        """
        sent = self.sent.format(hosts=", ".join(hosts)) if hosts else self.sent_nowhere
        script = [self.script] if is_script else []
        stored = self.stored.format(folder=folder)
        return [self.what, *script, stored, sent, self.adults, self.help, self.orders]


class RegionTexts(Record):
    """How a person is asked where they are."""

    ask: str
    known: str
    """With `{regions}`."""
    one: str
    """One region: `{name}`, `{code}`."""
    joint: str
    """Between two regions."""
    also: Mapping[str, tuple[str, ...]]
    """Other names by which people call a region, by its two letters."""
    prompt: str
    unknown: str
    """With `{name}`."""
    skipped: str


class CardWords(Record):
    """What a card says to a person who asked for it, and how it names the ways to reach a service."""

    asked: str
    after: str
    """The same when no session follows."""
    call: str
    """With `{number}`."""
    text: str
    """With `{how}`."""


class ChatTexts(Record):
    """`configs/chat/<language>.yaml`."""

    counselor: str
    you: str
    colon: str
    """Behind who speaks, with the space that the language wants."""
    joint: str
    """Between the parts of a list."""
    notice: Notice
    region: RegionTexts
    session: str
    """With `{number}`."""
    last_words: str
    thinking: str
    closing: str
    closed: str
    carried: str
    """With `{things}`."""
    carried_summary: str
    next: str
    unheard: str
    """Of words that are typed between two sessions."""
    carried_aside: str
    """The same of words that tell of danger: the counselor of the next session has them."""
    course_over: str
    """With `{folder}`."""
    was_over: str
    """With `{folder}`."""
    left: str
    failed: str
    """With `{reason}`."""
    failed_still: str
    taken_back: str
    nothing_back: str
    few_left: str
    """With `{number}`."""
    reminder: str
    long: str
    """With `{length}` and `{most}`."""
    unknown_order: str
    """With `{order}`."""
    not_now: str
    orders: Mapping[Order, tuple[str, ...]]
    """How each order is typed."""
    card: CardWords


@cache
def load_chat_texts(language: Language) -> ChatTexts:
    """Read the texts of a language."""
    return load_model(ChatTexts, asset_dir("configs") / "chat" / f"{language.value}.yaml", AssetError)
