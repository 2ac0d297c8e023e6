"""A person at a terminal, or lines that are piped in."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from psychagent.chats.texts import ChatTexts
from psychagent.cli.chat.keys import read_message
from psychagent.cli.chat.paint import Painter
from psychagent.cli.chat.wake import waking_up
from psychagent.domain.base import Speaker
from psychagent.domain.turn import Turn
from psychagent.flows.events import Event, Said, Unsaid, Words
from psychagent.safety.answer import Card, CardLine

_ROOMY = 40
"""Rows from which a card is set with space between its lines."""


class Terminal:
    """Shows a chat on a console and reads lines."""

    def __init__(self, console: Console, texts: ChatTexts, *, read: Callable[[str], str] = input) -> None:
        """Take the console and the words of the chat's language.

        Args:
            console: Where all is shown.
            texts: The chat's own words.
            read: Asks for a line; raises EOFError where there is none, KeyboardInterrupt on Ctrl-C.
        """
        self._console, self._texts, self._read = console, texts, read
        self._is_live = console.is_terminal and sys.stdin.isatty()
        self._painter = Painter(console)
        self._words = ""

    @property
    def can_choose(self) -> bool:
        """Whether somebody is there to be asked."""
        return self._is_live

    def hear(self, event: Event) -> None:
        """Show the counselor's words as they come; where nobody watches, when they are complete."""
        match event:
            case Words(text):
                self._words += text
                if self._is_live:
                    self._painter.show(self._spoken(Speaker.COUNSELOR, self._words))
            case Unsaid():
                self._words = ""
                self.wait(self._texts.thinking)
            case Said(turn):
                self.see_turn(turn)

    def see_turn(self, turn: Turn) -> None:
        """Show a whole turn; words of it that are on the screen become part of it."""
        self._words = ""
        spoken = self._spoken(turn.speaker, turn.text)
        if self._is_live:
            self._painter.keep(spoken)
        else:
            self._console.print(spoken, soft_wrap=True)
        self._console.print()

    def see_card(self, card: Card) -> None:
        """Show a card in a box."""
        self.wait("")
        # on a small screen the numbers must not scroll away above the counselor's words
        gap = [Text()] if self._console.height >= _ROOMY else []
        lines = [Text(card.intro), Text()]
        for line in card.lines:
            lines += [self._service(line), *gap]
        lines += [*([] if gap else [Text()]), Text(card.closing)]
        if card.talk:
            lines.append(Text(card.talk))
        if card.note:
            lines += [*gap, Text(card.note, style="dim")]
        title = Text(f" {card.title} ", style="bold")
        padding = (1 if gap else 0, 2)
        self._console.print(Panel(Group(*lines), title=title, border_style="bold yellow", padding=padding))
        self._console.print()

    def _service(self, line: CardLine) -> Text:
        words = self._texts.card
        ways = [
            (words.call.format(number=line.call) if line.call else "", "bold"),
            (words.text.format(how=line.text) if line.text else "", ""),
            (line.url, ""),
            (line.hours, ""),
        ]
        shown = Text(" · ").join(Text(way, style=style) for way, style in ways if way)
        return Text.assemble((line.name, "bold"), "\n", shown)

    def be_told(self, text: str) -> None:
        """Show a line of the program's own."""
        self.wait("")
        self._console.print(Text(text, style="dim"), soft_wrap=not self._is_live)
        self._console.print()

    def leave(self) -> None:
        """Say how to come back."""
        self.be_told(self._texts.left)

    def wait(self, text: str) -> None:
        """Show what is waited for, in the place of the words to come; empty takes words back."""
        self._words = ""
        if not self._is_live:
            return
        if text:
            self._painter.show(Text(text, style="dim italic"))
        else:
            self._painter.clear()

    def ask(self, prompt: str, below: str = "") -> str | None:
        """Ask for a line; None on Ctrl-C, Ctrl-D or the end of what is piped in."""
        self.wait("")
        if self._is_live and below:
            self._console.print(Text(below, style="dim"))
        try:
            with _interruptible():
                typed = read_message(prompt, read=self._read) if self._is_live else self._read("")
        except (EOFError, KeyboardInterrupt):
            self._console.print()
            return None
        self._console.print(*([] if self._is_live else [Text(f"{prompt}{typed}")]), soft_wrap=True)
        if not self._is_live:
            self._console.print()
        return typed

    def _spoken(self, speaker: Speaker, text: str) -> Text:
        is_counselor = speaker is Speaker.COUNSELOR
        name = self._texts.counselor if is_counselor else self._texts.you
        return Text.assemble(
            (f"{name}{self._texts.colon}", "bold cyan" if is_counselor else "bold green"), text
        )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let signals end the reading of a line; the event loop's own handler of Ctrl-C would wait."""
    try:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:
        # not the main thread (a test): nobody presses keys there
        yield
        return
    try:
        with waking_up():
            yield
    finally:
        signal.signal(signal.SIGINT, before)
