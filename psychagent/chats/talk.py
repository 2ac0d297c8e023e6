"""The loop of a chat: ask the person, let the course go on, show what it says; knows no terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from psychagent.chats.aside import card_of, hear_aside, help_card, take_between
from psychagent.chats.chat import Answer, Chat
from psychagent.chats.lines import Obey, Refuse, Say, read_line
from psychagent.chats.person import Person
from psychagent.chats.regions import ask_region
from psychagent.chats.scene import At, Ended, Scene, turns_left
from psychagent.chats.texts import ChatTexts, Order, load_chat_texts
from psychagent.domain.base import Speaker
from psychagent.domain.risk.finding import HIGH
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.turn import Turn, count_counselor_turns
from psychagent.errors import CallError, PsychAgentError, RecordError
from psychagent.flows.events import CardShown, CourseEnded, Event, Said, SessionClosed, SessionOpened
from psychagent.nodes.client import CLOSE
from psychagent.safety.answer import Card

RECAP = 4
"""Turns that are shown again when a chat goes on."""
FEW_LEFT = 5
"""Counselor turns left at which the person is told."""
REMIND_SEC = 3 * 3600.0
"""Seconds after which the person is reminded that this is a program."""


async def talk(chat: Chat, person: Person, *, clock: Callable[[], float] = time.monotonic) -> Ended:
    """Hold a chat until the person leaves or the course is over."""
    await chat.mend()
    return await _Talk(chat, person, clock).hold()


class _Talk:
    """One process's part of a chat."""

    def __init__(self, chat: Chat, person: Person, clock: Callable[[], float]) -> None:
        self.chat, self.person, self.clock = chat, person, clock
        language = chat.plan.record.language
        self.texts: ChatTexts = load_chat_texts(language)
        self.safety = chat.deps.safety(language)
        self.card: Card | None = None
        """The card that was shown last in the session: the same one again would only be in the way."""
        self.has_shown = False
        """Whether a card came with the person's last words."""
        self.scene = Scene(At.START)
        self.said = ""
        """The person's words that the course is given now."""
        self.expected: tuple[type[Exception], ...] = (PsychAgentError, *chat.faults)
        self.spoken = 0
        self.reminded = clock()

    async def hold(self) -> Ended:
        """Go on, step by step."""
        if self.chat.plan.record.region is None and self.person.can_choose and not self._ask_region():
            return self._leave()
        self.scene = await self.chat.scene()
        self._recap(self.scene)
        has_loaded = False
        while self.scene.at is not At.OVER:
            if self.scene.at is At.WORDS and not has_loaded:
                # not sooner: the first words come without it
                self.chat.load_ahead()
                has_loaded = True
            # reading a line blocks the loop: a Ctrl-C of before it must be heard first
            await asyncio.sleep(0)
            answer: Answer | None = None
            if self.scene.at is At.BETWEEN and not await self._wants_next():
                return self._leave()
            if self.scene.at is At.WORDS:
                answer = self.chat.unsent(self.scene) or self._ask_words()
                if answer is None:
                    return self._leave()
            if not await self._go_on(answer):
                return self._leave()
            self.scene = await self.chat.scene()
        return Ended.OVER

    def _leave(self) -> Ended:
        self.person.be_told(self.texts.left)
        return Ended.LEFT

    def _recap(self, scene: Scene) -> None:
        """Show the last turns of an open session, and its card."""
        if scene.at is At.OVER:
            self._say_over(self.texts.was_over)
            return
        self.spoken = count_counselor_turns(scene.turns)
        if scene.turns:
            self.person.be_told(self.texts.last_words)
        for turn in scene.turns[-RECAP:]:
            self.person.see_turn(turn)
        if scene.card is not None:
            self._show_card(scene.card)

    def _say_over(self, words: str) -> None:
        """Say that no session follows, and whom to turn to instead: the command ends, and /help with it."""
        self.person.be_told(words.format(folder=self.chat.place.path))
        self.person.see_card(help_card(self.chat, self.scene, ends=True))

    async def _go_on(self, answer: Answer | None) -> bool:
        """Let the course go on; return False where the person leaves because it cannot."""
        self.person.wait(self.texts.closing if answer == CLOSE else self.texts.thinking)
        self.said, self.has_shown = answer if isinstance(answer, str) else "", False
        try:
            async for event in self.chat.go_on(self.scene, answer):
                self._take(event)
        except self.expected as error:
            return await self._failed(error)
        except BaseException:
            # a fault of ours, or Ctrl-C: what ends the command must not keep the card away either
            self._stand_in()
            raise
        self.person.wait("")
        return True

    def _take(self, event: Event) -> None:
        match event:
            case CardShown(card):
                if card != self.card:
                    self._show_card(card)
                    self.person.wait(self.texts.thinking)
            case SessionOpened(index, _):
                self.spoken = 0
                self.person.be_told(self.texts.session.format(number=index))
                self.person.wait(self.texts.thinking)
            case Said(turn):
                self._heard(turn)
            case SessionClosed(session):
                self._close(session)
            case CourseEnded():
                self._say_over(self.texts.course_over)
            case _:
                self.person.hear(event)

    def _heard(self, turn: Turn) -> None:
        if turn.speaker is Speaker.CLIENT:
            return
        self.person.hear(Said(turn))
        self.spoken += 1
        left = turns_left(
            turn,
            self.spoken,
            most=self.chat.knobs.max_counselor_turns,
            extra=self.chat.deps.baseline.safety.extra_turns,
        )
        if left <= 0:
            self.person.wait(self.texts.closing)
        elif left == FEW_LEFT:
            self.person.be_told(self.texts.few_left.format(number=left))

    def _show_card(self, card: Card) -> None:
        self.card, self.has_shown = card, True
        self.person.see_card(card)

    def _close(self, session: FinishedSession) -> None:
        """Say that a session is over and what is carried on; in danger the card stays last in sight."""
        self.person.be_told(self.texts.closed)
        things = self.texts.joint.join(session.summary.homework)
        self.person.be_told(
            self.texts.carried.format(things=things) if things else self.texts.carried_summary
        )
        if self.card is not None:
            self.person.see_card(self.safety.after_session(self.card))
            self.card = None

    def _stand_in(self) -> None:
        """Show the card by the rules alone where the gate was stopped: a full disk must not keep it away."""
        if self.has_shown:
            return
        before = self.scene.turns[-1].text if self.scene.turns else ""
        heard = self.safety.rules.hear(self.said, before)
        card = card_of(self.chat, heard.about)
        # that of another danger, from before, has other numbers
        if max(heard.hard, heard.soft) >= HIGH and card != self.card:
            self._show_card(card)

    async def _failed(self, error: Exception) -> bool:
        """Say that nobody answers, and ask whether to try again."""
        self.person.wait("")
        if not isinstance(error, CallError):
            self._stand_in()
        with suppress(*self.expected):
            # what keeps the course from its files is told below, and must not hide it
            await self.chat.count_failed(error)
        self.person.be_told(self.texts.failed.format(reason=" ".join(str(error).split())))
        while self.person.can_choose:
            match self._order():
                case None | Order.QUIT:
                    return False
                case Refuse(""):
                    return True
                case Order.BACK if await self._take_back():
                    return True
                case _:
                    self.person.be_told(self.texts.failed_still)
        return False

    async def _take_back(self) -> bool:
        """Take back words that no answer could be made to, so that others can be sent in their place."""
        try:
            is_taken = await self.chat.take_back()
        except self.expected as error:
            self.person.be_told(str(error))
            return False
        self.person.be_told(self.texts.taken_back if is_taken else self.texts.nothing_back)
        return is_taken

    def _order(self) -> Order | Say | Refuse | None:
        """Ask for Enter or an order; return it, a refusal without a reason for Enter, or other words."""
        while True:
            typed = self.person.ask("> ", self.safety.texts.help)
            if typed is None:
                return None
            match read_line(typed, self.texts):
                case Obey(Order.HELP):
                    self._help()
                case Obey(order):
                    return order
                case Say(text) as said:
                    hear_aside(self.chat, self.person, self.scene, text)
                    return said
                case Refuse() as refused:
                    return refused

    async def _wants_next(self) -> bool:
        """Ask whether the next session begins."""
        self.person.be_told(self.texts.next)
        while True:
            match self._order():
                case Refuse("") | Order.NEW:
                    return True
                case None | Order.QUIT:
                    return False
                case Say(words):
                    await take_between(self.chat, self.person, words)
                case _:
                    self.person.be_told(self.texts.unheard)
            # words are no answer to this, but who types none at a prompt cannot be asked again
            if not self.person.can_choose:
                return True

    def _ask_words(self) -> Answer | None:
        """Ask for the person's words; None where it leaves."""
        if self.clock() - self.reminded >= REMIND_SEC:
            self.reminded = self.clock()
            self.person.be_told(self.texts.reminder)
        while True:
            typed = self.person.ask(f"{self.texts.you}{self.texts.colon}", self.safety.texts.help)
            match None if typed is None else read_line(typed, self.texts):
                case None | Obey(Order.QUIT):
                    return None
                case Say(text):
                    self._keep(text)
                    return text
                case Obey(Order.END):
                    return CLOSE
                case Obey(Order.HELP):
                    self._help()
                case Obey(Order.NEW):
                    self.person.be_told(self.texts.not_now)
                case Obey(Order.BACK):
                    self.person.be_told(self.texts.nothing_back)
                case Refuse(why) if why:
                    self.person.be_told(why)

    def _keep(self, words: str) -> None:
        """Keep words before anything else: from here on a crash costs none."""
        try:
            self.chat.keep(self.scene, words)
        except RecordError as error:
            # they are said all the same
            self.person.be_told(str(error))

    def _help(self) -> None:
        """Show the card at once, and only then record that it was asked for."""
        self.person.see_card(help_card(self.chat, self.scene))
        try:
            self.chat.note_help(self.scene)
        except RecordError as error:
            self.person.be_told(str(error))

    def _ask_region(self) -> bool:
        """Ask once where the person is; return False where it leaves instead."""
        region = ask_region(self.person, self.texts, self.safety, show_help=self._help)
        if region is None:
            return False
        self.chat = self.chat.in_region(region)
        return True
