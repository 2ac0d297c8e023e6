"""A role's access to a model: what each attempt sends, how its reply is read, what the call cost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from psychagent.domain.call import WHOLE_SESSION
from psychagent.domain.cause import Cause
from psychagent.domain.role import DISPENSABLE, Role
from psychagent.domain.seed import MAX_SEED
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import CallError, MalformedReplyError, ProviderError, ReplyError
from psychagent.llm.attempts import MAX_RETRIES, MAX_WAIT_SEC, Attempts, Outlast
from psychagent.llm.beside import SideBySide
from psychagent.llm.fault import Fault
from psychagent.llm.finish import read_finished, require_ended
from psychagent.llm.journal import FAILED, NO_JOURNAL, TRY, Journal, Kept, Key, digest
from psychagent.llm.prompt import Message, Prompt, assistant, user
from psychagent.llm.reply import Model, Reply, Request, measure
from psychagent.llm.servers.outage import Outages
from psychagent.replies.as_json import Shape, Structured, json_shape, read_json, response_format

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_ECHO_CHARS, _REDRAW = 600, 104729
_SOON = frozenset({Role.RISK, Role.PROBE})
"""Roles whose answer somebody waits for: the rules decide without a model, and the doctor tells at once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A value read from a model's reply, with the usage of the call."""

    value: T
    usage: Usage


@dataclass(frozen=True)
class Policy:
    """How to send requests and when to retry."""

    max_retries: int = MAX_RETRIES
    max_wait_sec: float = MAX_WAIT_SEC
    structured: Structured = "json_schema"
    send_seed: bool = True
    redraw: bool = True
    """Whether to ask again with another seed where a filter of the server's took offence."""


@dataclass
class Chat:
    """A model, the gate that bounds concurrent calls, the retry policy and the journal."""

    model: Model
    policy: Policy
    gate: AbstractAsyncContextManager[None]
    """Bounds concurrent calls over everything that shares it: a `Gate` or a replacement."""
    retry_note: str
    """Message to the model after a malformed reply; `{problem}` is replaced by the problem."""
    on_call: Callable[[Usage], None] = lambda usage: None
    """Called with the usage of every answered request, for live progress; not for replies of the journal."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rng: random.Random = field(default_factory=random.Random)
    journal: Journal = NO_JOURNAL
    """Where replies are looked for before a model is asked, and kept before they are used."""
    made_with: str = ""
    """What else decides a reply, such as the model's name: a reply kept under another is not taken."""
    beside: SideBySide = field(default_factory=SideBySide)
    outages: Outages = field(default_factory=Outages)
    """Waits for a server that is down."""
    address: str = ""
    """Which model where; empty where no server is asked."""
    max_tokens: int | None = None
    """How long a reply may be, as the settings say; None leaves it to the server."""
    gone_on: set[Role] = field(default_factory=set)
    """Roles of which it was told that a session went on without their answer."""

    @property
    def is_script(self) -> bool:
        """Whether this is the offline script instead of a language model."""
        return self.model.is_script

    async def ask(self, prompt: Prompt, model: type[M]) -> Answer[M]:
        """Ask for a typed reply.

        Raises:
            ProviderError, ReplyError: When there is no further attempt; both carry the usage.
        """
        return await self.request(
            prompt, lambda reply: read_json(reply.content, model), shape=json_shape(model)
        )

    async def request(
        self,
        prompt: Prompt,
        read: Callable[[Reply], T],
        *,
        shape: Shape | None = None,
    ) -> Answer[T]:
        """Ask until `read` accepts the reply; after a malformed reply the model is told what was wrong.

        Args:
            prompt: What to send.
            read: Parses the reply; raises MalformedReplyError if it cannot.
            shape: What the server is asked to enforce, if it can.
        """
        call = _Call(self, prompt, prompt.messages, self._options(prompt, shape))
        async with self.beside.calling(prompt.call):
            try:
                value = await self._answer(call, read)
            except CallError as error:
                error.usage, error.call = call.spent, prompt.call
                call.keep_failure(error)
                raise
        return Answer(value, call.spent)

    async def _answer(self, call: _Call, read: Callable[[Reply], T]) -> T:
        most, wait = self.policy.max_retries, self.policy.max_wait_sec
        outlast = self._outlast(call.prompt.role)
        attempts = Attempts(self.gate, most, wait, sleep=self.sleep, rng=self.rng, outlast=outlast)
        try:
            return await attempts.run(call.prompt.role, lambda _: call.attempt(read))
        except ReplyError:
            if not call.failed_before:
                raise
            call.begin_anew()
            return await attempts.run(call.prompt.role, lambda _: call.attempt(read))

    def _outlast(self, role: Role) -> Outlast | None:
        """Return how to wait for the server if it is down; None where the answer is of use only soon."""
        if not self.address or role in _SOON:
            return None
        return self.outages.of(self.address)

    def _options(self, prompt: Prompt, shape: Shape | None) -> dict[str, Any]:
        options: dict[str, Any] = {"seed": prompt.seed} if self.policy.send_seed else {}
        asked = response_format(shape, self.policy.structured) if shape else None
        return options | ({"response_format": asked} if asked else {})


@dataclass
class _Call:
    """A call across its attempts: what to send next, and the usage so far."""

    chat: Chat
    prompt: Prompt
    messages: tuple[Message, ...]
    first_options: dict[str, Any]
    options: dict[str, Any] = field(init=False)
    """The first ones, or with another seed after an unusable reply."""
    bound: dict[str, Any] = field(default_factory=dict)
    """What the server made us ask otherwise, as long as a reply may be, or the seed: no part of what is
    asked, so that a stored reply is found whatever was in the way of it."""
    replies: int = 0
    """Replies so far, unusable ones."""
    costs: RoleUsage = field(default_factory=RoleUsage)
    """All attempts so far."""
    unkept: RoleUsage = field(default_factory=RoleUsage)
    """The part of it that no reply in the journal stands for yet."""
    has_asked: bool = False
    """Whether a model was asked, not the journal alone."""
    has_tried: bool = field(init=False)
    """Whether it was asked before, by an interrupted run, too: each further attempt is a retry."""

    def __post_init__(self) -> None:
        """Begin with the first options, and with what attempts of an interrupted run cost."""
        self.options = self.first_options
        call = self.prompt.call
        tries = self.chat.journal.take_tries(call) if call else None
        self.has_tried, self.costs = tries is not None, tries or self.costs

    @property
    def spent(self) -> Usage:
        """The usage so far."""
        return Usage(roles={self.prompt.role: self.costs}) if self.costs != RoleUsage() else Usage()

    @property
    def failed_before(self) -> bool:
        """Whether an earlier run asked in vain and ended before it could take the replies back.

        That happens where two calls of a session fail together. In a rollout a failure is a result, so
        it is found again as it was; so it is where the session went on without an answer.
        """
        call, is_needed = self.prompt.call, self.prompt.role not in DISPENSABLE
        return is_needed and not self.has_asked and call is not None and call.place.rollout == WHOLE_SESSION

    def begin_anew(self) -> None:
        """Take back the stored replies, whose cost the next one bears, and ask as if for the first time."""
        if self.prompt.call is not None:
            self.chat.journal.void(self.prompt.call)
        self.messages, self.options, self.replies = self.prompt.messages, self.first_options, 0
        self.unkept = self.costs

    async def attempt(self, read: Callable[[Reply], T]) -> T:
        key, kept = self._key(), None
        if key is not None:
            kept = self.chat.journal.find(key)
        reply = await self._ask(key) if kept is None else self._take(kept)
        self.replies, self.has_tried = self.replies + 1, True
        try:
            return read_finished(reply, read, self.bound.get("max_tokens", self.chat.max_tokens))
        except MalformedReplyError as error:
            error.cause = error.cause or reply.why_unusable
            self._mend(reply.content, str(error))
            raise

    def _key(self) -> Key | None:
        if self.prompt.call is None or self.chat.journal is NO_JOURNAL:
            return None
        asked = digest(self.chat.made_with, self.messages, self.options)
        return Key(self.prompt.call, self.replies, asked)

    def _take(self, kept: Kept) -> Reply:
        """Take a reply from the journal, with the cost that it had when it was asked for.

        Raises:
            ProviderError, ReplyError: If a run that is played again got none.
        """
        self.costs += kept.cost or RoleUsage()
        if FAILED in kept.value:
            kind, message, *cause = kept.value[FAILED]
            error = _ERRORS[kind](message)
            error.cause = Cause(cause[0]) if cause and cause[0] else None
            raise error
        return Reply.of_json(kept.value)

    def keep_failure(self, error: CallError) -> None:
        """Keep why there was no usable reply, for the log: a run that is played again fails alike."""
        key = self._key()
        if key is not None and self.has_asked:
            why = [type(error).__name__, str(error), error.cause]
            self.chat.journal.add(key, Kept({FAILED: why}, self.unkept))

    async def _ask(self, key: Key | None) -> Reply:
        self.has_asked = True
        again, self.has_tried = int(self.has_tried), True
        try:
            reply = require_ended(await self._send())
        except Fault as fault:
            if fault.cause is not Cause.DOWN:
                self.chat.outages.answered(self.chat.address)
            self._count(RoleUsage(retries=again))
            if key is not None:
                # at once: the run may be killed before there is an answer that bears it
                self.chat.journal.add_try(key.call, Kept({TRY: fault.kind}, self.unkept))
                self.unkept = RoleUsage()
            raise
        self.chat.outages.answered(self.chat.address)
        cost = measure(reply, self.messages, retries=again)
        self._count(cost)
        if key is not None:
            self.chat.journal.add(key, Kept(reply.to_json(), self.unkept), self.messages)
            self.unkept = RoleUsage()
        self.chat.on_call(Usage(roles={self.prompt.role: cost}))
        return reply

    async def _send(self) -> Reply:
        """Send the request; where only a shorter reply fits behind the prompt, ask for that at once."""
        try:
            return await self.chat.model.reply(Request(self.prompt, self.messages, self.options | self.bound))
        except Fault as fault:
            if fault.cause is Cause.FILTERED and self.chat.policy.redraw:
                raise self._redrawn(fault) from fault
            if fault.fits is None or "max_tokens" in self.bound:
                raise
            self.bound["max_tokens"] = fault.fits
            log.info("%s: %d tokens fit behind the prompt; asked again", self.prompt.role, fault.fits)
        return await self.chat.model.reply(Request(self.prompt, self.messages, self.options | self.bound))

    def _redrawn(self, fault: Fault) -> Fault:
        """Let the next attempt draw another reply, at which the filter may take no offence."""
        if "seed" in self.options:
            seed = self.bound.get("seed", self.options["seed"])
            self.bound["seed"] = (seed + _REDRAW) & MAX_SEED
        return Fault(str(fault), passes=True, wait_sec=fault.wait_sec, kind=fault.kind, cause=fault.cause)

    def _count(self, cost: RoleUsage) -> None:
        self.costs += cost
        self.unkept += cost

    def _mend(self, reply: str, problem: str) -> None:
        """Add what was wrong with the reply, and change the seed so that the answer can differ."""
        note = self.chat.retry_note.format(problem=problem)
        self.messages = self.prompt.plus(assistant(reply[:_ECHO_CHARS] or "…"), user(note))
        if "seed" in self.options:
            self.options = self.options | {"seed": self.options["seed"] + 7919 * self.replies}


_ERRORS: dict[str, type[CallError]] = {kind.__name__: kind for kind in (ProviderError, ReplyError)}
