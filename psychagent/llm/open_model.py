"""ChatOpenAI for servers of open models: streaming, tracing and whatever attaches callbacks.

Importing this module takes a second, so it is loaded only where a run needs it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from psychagent.assets.key import require_headers
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.domain.words.reading import why_not_json
from psychagent.llm.fault import (
    Fault,
    UnreadableError,
    broken_off,
    make_fault,
    no_connection,
    of_status,
    timed_out,
    unreadable,
)
from psychagent.llm.json_bytes import without_halves, write
from psychagent.llm.langchain import to_message
from psychagent.llm.servers.completion import (
    STREAM,
    as_unreadable,
    choices_of,
    read_completion,
    read_tokens,
    reasoning_of,
)
from psychagent.llm.servers.refusal import refusal_within, server_words
from psychagent.llm.servers.secrets import Veil, hide, holds_secret, mask_bytes
from psychagent.llm.servers.streaming import streaming_client
from psychagent.llm.wire import MOST_BYTES, Target, Wire

_MOVED = ("messages", "response_format", "max_completion_tokens")
NO_KEY = "none"
"""Given to the client library, which insists on a key, where a server needs none."""
_MISSHAPEN = (ValueError, TypeError, KeyError, AttributeError, IndexError)


class OpenModel(ChatOpenAI):
    """ChatOpenAI whose requests go over the project's own wire.

    A whole answer is asked for and read as without LangChain. While streaming, the body is sent in
    `extra_body`, because the openai client walks the message list recursively on every call, which
    costs CPU in proportion to the dialogue; `reasoning_content` is kept, because servers return
    thoughts there; and every error of an attempt is raised as a `Fault`.
    """

    # private, since pydantic would validate and copy what it knows the fields of
    _wire: Wire = PrivateAttr()
    _target: Target = PrivateAttr()
    _bound: str = PrivateAttr()
    _only_streams: bool = PrivateAttr()
    _never_streams: bool = PrivateAttr(default=False)
    """Whether the server was found to answer in one piece when it is asked for a stream."""

    def __init__(self, settings: EndpointSettings, *, wire: Wire, target: Target, **kwargs: Any) -> None:
        """Build the model; the wire carries whole answers."""
        super().__init__(**kwargs)
        self._wire, self._target = wire, target
        self._bound, self._only_streams = settings.max_tokens_field, settings.stream

    def _get_request_payload(
        self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        body = dict(payload.pop("extra_body", None) or {})
        for name in _MOVED:
            if name in payload:
                body.setdefault(self._bound if name == "max_completion_tokens" else name, payload.pop(name))
        # the client insists on the argument; extra_body's value replaces it in the request
        payload["messages"] = []
        payload["extra_body"] = body
        return payload

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        body = payload.pop("extra_body")
        # the default; an endpoint that is asked directly is not told either
        payload.pop("stream", None)
        if self._only_streams:
            body = dict(STREAM) | body
        data = await self._wire.post(self._target, write(payload | body))
        try:
            message = to_message(read_completion(data, self._target.secrets))
        except UnreadableError as error:
            raise unreadable(error, self._target.secrets) from error
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        if self._never_streams:
            yield await self._whole(*args, **kwargs)
            return
        size, chunks = 0, super()._astream(*args, **kwargs)
        veils = Veil(self._target.secrets), Veil(self._target.secrets)
        until = asyncio.get_running_loop().time() + self._target.timeout_sec
        with _as_faults(self._target):
            while (chunk := await _next_before(chunks, until)) is not None:
                size += len(str(chunk.message.content)) + 1
                if size > MOST_BYTES:
                    raise UnreadableError(f"a stream of more than {MOST_BYTES // 2**20} MB")
                yield _veiled(chunk, *veils)
            if rest := _rest(*veils):
                yield rest
            if not size:
                # an answer in one piece, whatever was asked for, reads as a stream without events
                whole = await self._whole(*args, **kwargs)
                self._never_streams = True
                yield whole

    async def _whole(self, *args: Any, **kwargs: Any) -> ChatGenerationChunk:
        """Ask for the answer in one piece, and return it as a stream's only part."""
        kwargs.pop("stream_usage", None)
        result = await self._agenerate(*args, **kwargs)
        message = result.generations[0].message
        return ChatGenerationChunk(message=AIMessageChunk(**message.model_dump(exclude={"type"})))

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        try:
            # the client library has parsed it
            chunk = without_halves(chunk)
            if chunk.get("usage") is not None and read_tokens(chunk["usage"]) is None:
                chunk = chunk | {"usage": None}
            choices = choices_of(chunk)
            chunk = chunk | {"choices": choices}
            generation = super()._convert_chunk_to_generation_chunk(
                chunk, default_chunk_class, base_generation_info
            )
            reasoning = reasoning_of(choices[0]["delta"]) if choices else ""
        except (*_MISSHAPEN, RecursionError) as error:
            raise as_unreadable(error) from error
        if generation is not None and reasoning and isinstance(generation.message, AIMessageChunk):
            generation.message.additional_kwargs["reasoning_content"] = reasoning
        return generation


def _veiled(chunk: ChatGenerationChunk, words: Veil, thoughts: Veil) -> ChatGenerationChunk:
    """Hide secrets in a chunk's words and thoughts, as far as they have arrived."""
    message = chunk.message
    if not words.secrets:
        return chunk
    more, info = _hidden(message.additional_kwargs, words), _hidden(chunk.generation_info or {}, words)
    if "reasoning_content" in more:
        more["reasoning_content"] = thoughts.past(message.additional_kwargs["reasoning_content"])
    # parts of a content are thoughts, which stand in `more`, or text
    content = words.past(message.content if isinstance(message.content, str) else str(message.text))
    changed = message.model_copy(update={"content": content, "additional_kwargs": more})
    return ChatGenerationChunk(message=changed, generation_info=info)


def _hidden(fields: Mapping[str, Any], veil: Veil) -> dict[str, Any]:
    """Hide secrets in what a server says in a single word, such as why it ended."""
    return {
        name: hide(value, veil.secrets) if isinstance(value, str) else value for name, value in fields.items()
    }


def _rest(words: Veil, thoughts: Veil) -> ChatGenerationChunk | None:
    """Return what waited until the end of a stream; None if nothing did."""
    said, thought = words.rest(), thoughts.rest()
    if not said and not thought:
        return None
    more = {"reasoning_content": thought} if thought else {}
    return ChatGenerationChunk(message=AIMessageChunk(content=said, additional_kwargs=more))


async def _next_before(
    chunks: AsyncIterator[ChatGenerationChunk], until: float
) -> ChatGenerationChunk | None:
    """Wait for the next chunk, no longer than the attempt may take; None after the last."""
    async with asyncio.timeout_at(until):
        return await anext(chunks, None)


def build_open_model(settings: EndpointSettings, wire: Wire, target: Target) -> OpenModel:
    """Build the LangChain model of an endpoint.

    Args:
        settings: How it samples.
        wire: Carries whole answers.
        target: Where the endpoint is.
    """
    model = OpenModel(
        settings,
        model=settings.model,
        base_url=settings.base_url,
        api_key=SecretStr(target.key or NO_KEY),
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_tokens=settings.max_tokens,
        timeout=settings.timeout_sec,
        max_retries=0,
        stream_usage=True,
        extra_body=dict(settings.extra_body) or None,
        http_async_client=streaming_client(wire, target),
        # the wire knows the proxy; an empty one keeps the library from reading its variable
        openai_proxy="",
        wire=wire,
        target=target,
    )
    _forget_environment(model.root_async_client, require_headers(settings.extra_headers, wire.env)[0])
    return model


def _forget_environment(client: Any, headers: dict[str, str]) -> None:
    """Keep what variables of the shell name for OpenAI itself from going to another server."""
    client.organization = client.project = None
    client._custom_headers = headers


_NEVER_SENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)


@contextmanager
def _as_faults(target: Target) -> Iterator[None]:
    """Turn whatever a streamed attempt raises into a Fault that holds no secret."""
    try:
        yield
    except (
        openai.OpenAIError,
        httpx.HTTPError,
        httpx.InvalidURL,
        TimeoutError,
        UnreadableError,
        json.JSONDecodeError,
        UnicodeDecodeError,
    ) as error:
        # a traceback prints the whole chain, so do not chain an error that holds a secret
        told = f"{error} {error.__cause__}"
        raise _to_fault(error, target) from (None if holds_secret(told, target.secrets) else error)


def _to_fault(error: Exception, target: Target) -> Fault:
    hidden = target.secrets
    if isinstance(error, openai.APIStatusError):
        response = error.response
        named = {"address": str(target.url), "through": target.through}
        return of_status(response.status_code, response.headers, response.content, hidden, **named)
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return timed_out(hidden)
    cause = _cause(error)
    if isinstance(cause, httpx.RemoteProtocolError) and "complete" in str(cause):
        # the connection was there, and the answer had begun
        return broken_off(cause, hidden)
    if isinstance(error, (openai.APIConnectionError, httpx.ConnectError, *_NEVER_SENT)):
        return no_connection(target.address, cause, passes=not isinstance(cause, _NEVER_SENT), secrets=hidden)
    if isinstance(error, UnreadableError):
        return unreadable(error, hidden)
    if isinstance(error, openai.APIError) and error.body is not None:
        # an event of a stream that holds an error
        said = mask_bytes(write({"error": error.body}), hidden)
        return unreadable(UnreadableError(server_words(said), refusal_within(said)), hidden)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return make_fault("the answer is not JSON", f"({why_not_json(error)})", passes=True, secrets=hidden)
    return broken_off(error, hidden)


def _cause(error: Exception) -> BaseException:
    """Unwrap the error that kept a request from reaching its server."""
    cause: BaseException = error
    while isinstance(cause, openai.APIConnectionError) and cause.__cause__:
        cause = cause.__cause__
    return cause
