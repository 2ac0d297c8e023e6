"""One role's access to a model, with the one retry loop of the project."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import CallError, MalformedReplyError, ProviderError, ReplyError
from psychagent.llm.fault import Fault
from psychagent.llm.prompt import Message, Prompt, assistant, user
from psychagent.replies.as_json import read_json, response_format

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_ECHO_CHARS = 600


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A value that a model gave, with what it cost."""

    value: T
    usage: Usage


@dataclass(frozen=True)
class Policy:
    """When to try again."""

    max_retries: int = 4
    max_wait_sec: float = 60.0
    structured: str = "json_schema"
    send_seed: bool = True


@dataclass
class Chat:
    """A model, the gate that bounds calls at a time, and the retry policy."""

    model: BaseChatModel
    policy: Policy
    gate: asyncio.Semaphore
    retry_note: str
    """How a model is told what was wrong; `{problem}` stands for the problem."""
    on_call: Callable[[Usage], None] = lambda usage: None
    """Told of every answered request, for live progress."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rng: random.Random = field(default_factory=random.Random)

    @property
    def is_script(self) -> bool:
        """Whether this is the offline script and no language model."""
        return bool(getattr(self.model, "is_script", False))

    async def ask(self, prompt: Prompt, model: type[M]) -> Answer[M]:
        """Ask for a typed reply.

        Raises:
            ProviderError, ReplyError: When the retry budget is used up; both carry the usage.
        """
        return await self.request(prompt, lambda message: read_json(_text(message), model), schema=model)

    async def request(
        self,
        prompt: Prompt,
        read: Callable[[AIMessage], T],
        *,
        schema: type[BaseModel] | None = None,
    ) -> Answer[T]:
        """Ask until `read` accepts the reply; a malformed reply is told what was wrong with it.

        Args:
            prompt: What to send.
            read: Takes the reply apart; raises MalformedReplyError where it cannot.
            schema: The shape that the server is asked to hold, where it can.
        """
        spent, messages, problem = Usage(), prompt.messages, ""
        kwargs = self._kwargs(prompt, schema)
        gave_up: type[CallError] = ProviderError
        for attempt in range(self.policy.max_retries + 1):
            try:
                message = await self._call(messages, kwargs)
            except Fault as fault:
                problem, gave_up = str(fault), ProviderError
                spent += _retry(prompt.role, attempt)
                await self._wait(fault, prompt.role, attempt, spent)
                continue
            cost = measure(message, prompt.role) + _retry(prompt.role, attempt)
            spent += cost
            self.on_call(cost)
            try:
                return Answer(read(message), spent)
            except MalformedReplyError as error:
                problem, gave_up = str(error), ReplyError
                messages = prompt.plus(*self._note(_text(message), problem))
                kwargs = self._reseeded(kwargs, attempt)
        tries = self.policy.max_retries + 1
        raise gave_up(f"{prompt.role}: gave up after {tries} attempts; last problem: {problem}", usage=spent)

    async def _call(self, messages: Sequence[Message], kwargs: Mapping[str, Any]) -> AIMessage:
        async with self.gate:
            message: AIMessage = await self.model.ainvoke(list(messages), **kwargs)
        # half a character, cut off by a token limit, could be stored nowhere
        whole = _text(message).encode("utf-8", "replace").decode()
        return message if whole == message.content else message.model_copy(update={"content": whole})

    def _kwargs(self, prompt: Prompt, schema: type[BaseModel] | None) -> dict[str, Any]:
        if self.is_script:
            return {"call": prompt}
        kwargs: dict[str, Any] = {"seed": prompt.seed} if self.policy.send_seed else {}
        shape = response_format(schema, self.policy.structured) if schema else None
        return kwargs | ({"response_format": shape} if shape else {})

    @staticmethod
    def _reseeded(kwargs: dict[str, Any], attempt: int) -> dict[str, Any]:
        """Ask with another seed: a deterministic server would repeat its malformed reply."""
        return kwargs | ({"seed": kwargs["seed"] + 7919 * (attempt + 1)} if "seed" in kwargs else {})

    def _note(self, reply: str, problem: str) -> tuple[Message, Message]:
        return assistant(reply[:_ECHO_CHARS] or "…"), user(self.retry_note.format(problem=problem))

    async def _wait(self, fault: Fault, role: str, attempt: int, spent: Usage) -> None:
        """Wait before the next attempt, if there is to be one.

        Raises:
            ProviderError: If the fault will not pass, or not within `max_wait_sec`.
        """
        if not fault.passes:
            raise ProviderError(f"{role}: {fault}", usage=spent) from fault
        if attempt == self.policy.max_retries:
            return
        asked, most = fault.wait_sec, self.policy.max_wait_sec
        if asked is not None and asked > most:
            raise ProviderError(
                f"{role}: {fault}; the server asks to wait {asked:.0f} s, more than max_wait_sec {most:g}",
                usage=spent,
            ) from fault
        await self.sleep(backoff(attempt, asked, self.rng.random(), most))


def backoff(attempt: int, asked: float | None, draw: float, most: float) -> float:
    """Seconds to wait before the next attempt.

    What the server asked for, plus up to a quarter; else 0.5 s doubled with each attempt, of which
    half is drawn (`draw` in 0..1), so that callers who failed together do not return together.
    """
    if asked is not None:
        return asked + min(0.25 * asked, 1.0) * draw
    return min(0.5 * 2.0**attempt, most) * (0.5 + 0.5 * draw)


def _text(message: AIMessage) -> str:
    return str(message.text)


def _retry(role: str, attempt: int) -> Usage:
    return Usage(roles={role: RoleUsage(retries=1)}) if attempt else Usage()


def measure(message: AIMessage, role: str) -> Usage:
    """Read what one answered request cost."""
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
