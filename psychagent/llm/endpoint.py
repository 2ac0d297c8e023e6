"""The chat model behind an OpenAI-compatible endpoint; knows nothing of prompts and retries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.llm.fault import UnreadableError, as_faults

_MOVED = ("messages", "response_format", "max_completion_tokens")
_REASONING = ("reasoning_content", "reasoning")
"""Fields in which servers return thoughts; vLLM and OpenRouter use the second."""
NO_KEY = "none"
"""Sent to a server that needs no key, because the client insists on one."""
_MISSHAPEN = (ValueError, TypeError, KeyError, AttributeError, IndexError)


class OpenModel(ChatOpenAI):
    """ChatOpenAI for servers of open models.

    It differs in three ways: the body is sent as is (while streaming, in `extra_body`), because the
    openai client walks the message list recursively on every call, which costs CPU in proportion to
    the dialogue; `reasoning_content` is kept, because servers return thoughts there; and every error
    of an attempt is raised as a `Fault`.
    """

    deadline_sec: float = 120
    """Seconds until an attempt times out, even while the server keeps sending."""

    def _get_request_payload(
        self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        body = dict(payload.pop("extra_body", None) or {})
        for name in _MOVED:
            if name in payload:
                body["max_tokens" if name == "max_completion_tokens" else name] = payload.pop(name)
        # the client insists on the argument; extra_body's value replaces it in the request
        payload["messages"] = []
        payload["extra_body"] = body
        return payload

    def _key(self) -> str:
        key = self.openai_api_key
        text = key.get_secret_value() if isinstance(key, SecretStr) else ""
        return "" if text == NO_KEY else text

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        body = payload.pop("extra_body")
        with as_faults(self._key()):
            async with asyncio.timeout(self.deadline_sec):
                # the client's untyped call: building typed requests and answers, and taking them
                # apart again, costs half of a call's CPU
                response = await self.root_async_client.post(
                    "/chat/completions", cast_to=httpx.Response, body=payload | body
                )
            return self._create_chat_result(response.json())

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        empty = True
        with as_faults(self._key()):
            async for chunk in super()._astream(*args, **kwargs):
                empty = False
                yield chunk
            if empty:
                raise UnreadableError("an empty stream")

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        # this only parses the answer, so any error means that the answer is malformed
        try:
            result = super()._create_chat_result(response, generation_info)
            for choice, generation in zip(response["choices"], result.generations, strict=True):
                reasoning = _reasoning(choice["message"])
                if not isinstance(generation.message, AIMessage):
                    raise UnreadableError(f"a message of role {choice['message'].get('role')!r}")
                if reasoning:
                    generation.message.additional_kwargs["reasoning_content"] = reasoning
                generation.message.content = str(generation.message.text)
        except _MISSHAPEN as error:
            raise UnreadableError(f"{error}") from error
        if not result.generations:
            raise UnreadableError("no choices")
        return result

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        try:
            generation = super()._convert_chunk_to_generation_chunk(
                chunk, default_chunk_class, base_generation_info
            )
            choices = chunk.get("choices") or [{}]
            reasoning = _reasoning(choices[0].get("delta") or {})
        except _MISSHAPEN as error:
            raise UnreadableError(f"{error}") from error
        if generation is not None and reasoning and isinstance(generation.message, AIMessageChunk):
            generation.message.additional_kwargs["reasoning_content"] = reasoning
        return generation


def _reasoning(message: dict[str, Any]) -> str:
    texts = (message.get(name) for name in _REASONING)
    return next((text for text in texts if isinstance(text, str) and text), "")


def build_endpoint(settings: EndpointSettings, *, key: str | None, client: httpx.AsyncClient) -> OpenModel:
    """Build the model of an endpoint.

    Args:
        settings: Where it is and how it samples.
        key: The key itself; None if none is needed.
        client: The connection pool; it belongs to one event loop.
    """
    return OpenModel(
        model=settings.model,
        base_url=settings.base_url,
        api_key=SecretStr(key or NO_KEY),
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_tokens=settings.max_tokens,
        timeout=settings.timeout_sec,
        deadline_sec=settings.timeout_sec,
        max_retries=0,
        stream_usage=True,
        extra_body=dict(settings.extra_body) or None,
        http_async_client=client,
    )
