"""One role's access to a model, with the one retry loop of the project."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from psychagent.domain.reply import MalformedReplyError
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import ProviderError, ReplyError
from psychagent.llm.prompt import Message, Prompt, assistant, user
from psychagent.llm.reading import read_json, response_format

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_PASSING = (
    openai.APIConnectionError,
    openai.RateLimitError,
    openai.InternalServerError,
    openai.ConflictError,
)
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
        for attempt in range(self.policy.max_retries + 1):
            try:
                async with self.gate:
                    message = await self.model.ainvoke(list(messages), **kwargs)
            except _PASSING as error:
                problem = describe(error)
                spent += _retry(prompt.role, attempt)
                await self._wait(error, attempt, spent)
                continue
            except openai.OpenAIError as error:
                raise ProviderError(f"{prompt.role}: {describe(error)}", usage=spent) from error
            cost = measure(message, prompt.role) + _retry(prompt.role, attempt)
            spent += cost
            self.on_call(cost)
            try:
                return Answer(read(message), spent)
            except MalformedReplyError as error:
                problem = str(error)
                messages = prompt.plus(*self._note(_text(message), problem))
                kwargs = self._reseeded(kwargs, attempt)
        tries = self.policy.max_retries + 1
        kind = ReplyError if messages is not prompt.messages else ProviderError
        raise kind(f"{prompt.role}: gave up after {tries} attempts; last problem: {problem}", usage=spent)

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

    async def _wait(self, error: Exception, attempt: int, spent: Usage) -> None:
        if attempt == self.policy.max_retries:
            return
        asked = retry_after(error)
        if asked is not None and asked > self.policy.max_wait_sec:
            raise ProviderError(
                f"the server asks to wait {asked:g} s, more than max_wait_sec {self.policy.max_wait_sec:g}",
                usage=spent,
            ) from error
        await self.sleep(backoff(attempt, asked, self.rng.random(), self.policy.max_wait_sec))


def backoff(attempt: int, asked: float | None, draw: float, most: float) -> float:
    """Seconds to wait before the next attempt.

    What the server asked for, plus up to a quarter; else 0.5 s doubled with each attempt, of which
    half is drawn (`draw` in 0..1), so that callers who failed together do not return together.
    """
    if asked is not None:
        return asked + min(0.25 * asked, 1.0) * draw
    return min(0.5 * 2.0**attempt, most) * (0.5 + 0.5 * draw)


def retry_after(error: Exception) -> float | None:
    """Read the seconds of a Retry-After header; None where there is none that can be read."""
    response = getattr(error, "response", None)
    value = response.headers.get("retry-after") if response is not None else None
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None


def describe(error: Exception) -> str:
    """Say in a line what the endpoint did; never holds the request, so never a key."""
    if isinstance(error, openai.APIStatusError):
        hint = {401: "; check the key", 403: "; check the key", 404: "; check base_url and model"}
        return f"HTTP {error.status_code} {_reason(error)}{hint.get(error.status_code, '')}"
    if isinstance(error, openai.APITimeoutError):
        return "no answer within timeout_sec"
    if isinstance(error, openai.APIConnectionError):
        return f"connection failed ({error.__cause__ or error})"
    return f"{type(error).__name__}: {error}"


def _reason(error: openai.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.message)[:200]


def _text(message: AIMessage) -> str:
    return str(message.content)


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
