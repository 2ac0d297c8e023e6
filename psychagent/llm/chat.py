"""A role's access to a model: what each attempt sends, how its reply is read, what the call cost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import CallError, MalformedReplyError
from psychagent.llm.attempts import MAX_RETRIES, MAX_WAIT_SEC, Attempts
from psychagent.llm.fault import Fault
from psychagent.llm.prompt import Message, Prompt, assistant, user
from psychagent.replies.as_json import Structured, read_json, response_format

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_ECHO_CHARS = 600


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


@dataclass
class Chat:
    """A model, the gate that bounds concurrent calls, and the retry policy."""

    model: BaseChatModel
    policy: Policy
    gate: AbstractAsyncContextManager[None]
    """Bounds concurrent calls over everything that shares it: a `Gate` or a replacement."""
    retry_note: str
    """Message to the model after a malformed reply; `{problem}` is replaced by the problem."""
    on_call: Callable[[Usage], None] = lambda usage: None
    """Called with the usage of every answered request, for live progress."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rng: random.Random = field(default_factory=random.Random)

    @property
    def is_script(self) -> bool:
        """Whether this is the offline script instead of a language model."""
        return bool(getattr(self.model, "is_script", False))

    async def ask(self, prompt: Prompt, model: type[M]) -> Answer[M]:
        """Ask for a typed reply.

        Raises:
            ProviderError, ReplyError: When there is no further attempt; both carry the usage.
        """
        return await self.request(prompt, lambda message: read_json(_text(message), model), schema=model)

    async def request(
        self,
        prompt: Prompt,
        read: Callable[[AIMessage], T],
        *,
        schema: type[BaseModel] | None = None,
    ) -> Answer[T]:
        """Ask until `read` accepts the reply; after a malformed reply the model is told what was wrong.

        Args:
            prompt: What to send.
            read: Parses the reply; raises MalformedReplyError if it cannot.
            schema: The shape that the server is asked to enforce, if it can.
        """
        call = _Call(self, prompt, prompt.messages, self._kwargs(prompt, schema))
        attempts = Attempts(
            self.gate,
            self.policy.max_retries,
            self.policy.max_wait_sec,
            sleep=self.sleep,
            rng=self.rng,
        )
        try:
            value = await attempts.run(prompt.role, lambda number: call.attempt(number, read))
        except CallError as error:
            error.usage = call.spent
            raise
        return Answer(value, call.spent)

    def _kwargs(self, prompt: Prompt, schema: type[BaseModel] | None) -> dict[str, Any]:
        if self.is_script:
            return {"call": prompt}
        kwargs: dict[str, Any] = {"seed": prompt.seed} if self.policy.send_seed else {}
        shape = response_format(schema, self.policy.structured) if schema else None
        return kwargs | ({"response_format": shape} if shape else {})


@dataclass
class _Call:
    """A call across its attempts: what to send next, and the usage so far."""

    chat: Chat
    prompt: Prompt
    messages: tuple[Message, ...]
    kwargs: dict[str, Any]
    spent: Usage = field(default_factory=Usage)

    async def attempt(self, number: int, read: Callable[[AIMessage], T]) -> T:
        role, again = self.prompt.role, _retry(self.prompt.role, number)
        try:
            message = await self._send()
        except Fault:
            self.spent += again
            raise
        cost = measure(message, role) + again
        self.spent += cost
        self.chat.on_call(cost)
        try:
            return read(message)
        except MalformedReplyError as error:
            self._mend(_text(message), str(error), number)
            raise

    async def _send(self) -> AIMessage:
        message: AIMessage = await self.chat.model.ainvoke(list(self.messages), **self.kwargs)
        # a token limit may cut a character in half, leaving a surrogate that cannot be stored
        whole = _text(message).encode("utf-8", "replace").decode()
        return message if whole == message.content else message.model_copy(update={"content": whole})

    def _mend(self, reply: str, problem: str, number: int) -> None:
        """Add what was wrong with the reply, and change the seed so that the answer can differ."""
        note = self.chat.retry_note.format(problem=problem)
        self.messages = self.prompt.plus(assistant(reply[:_ECHO_CHARS] or "…"), user(note))
        if "seed" in self.kwargs:
            self.kwargs |= {"seed": self.kwargs["seed"] + 7919 * (number + 1)}


def _text(message: AIMessage) -> str:
    return str(message.text)


def _retry(role: str, attempt: int) -> Usage:
    return Usage(roles={role: RoleUsage(retries=1)}) if attempt else Usage()


def measure(message: AIMessage, role: str) -> Usage:
    """Read the usage of one answered request."""
    counts = message.usage_metadata
    if counts is None:
        return Usage(roles={role: RoleUsage(calls=1)})
    cached = (counts.get("input_token_details") or {}).get("cache_read") or 0
    return Usage(
        roles={
            role: RoleUsage(
                calls=1,
                prompt_tokens=counts["input_tokens"],
                cached_tokens=cached,
                completion_tokens=counts["output_tokens"],
            )
        }
    )
