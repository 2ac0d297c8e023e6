"""The chat model behind an OpenAI-compatible endpoint; knows nothing of prompts and retries."""

from __future__ import annotations

from typing import Any

import httpx
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from psychagent.assets.settings import EndpointSettings

_MOVED = ("messages", "response_format", "max_completion_tokens")


class OpenModel(ChatOpenAI):
    """ChatOpenAI for open models' servers.

    Two departures: the body's large fields travel in `extra_body`, because the openai client walks
    the message list recursively on every call (its CPU grows with the dialogue); and
    `reasoning_content` is kept, because servers move thoughts there.
    """

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

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        result = super()._create_chat_result(response, generation_info)
        for choice, generation in zip(response.choices, result.generations, strict=False):
            reasoning = (choice.message.model_extra or {}).get("reasoning_content")
            if reasoning and isinstance(generation.message, AIMessage):
                generation.message.additional_kwargs["reasoning_content"] = reasoning
        return result

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        choices = chunk.get("choices") or [{}]
        reasoning = (choices[0].get("delta") or {}).get("reasoning_content")
        if made is not None and reasoning and isinstance(made.message, AIMessageChunk):
            made.message.additional_kwargs["reasoning_content"] = reasoning
        return made


def build_endpoint(settings: EndpointSettings, *, key: str | None, client: httpx.AsyncClient) -> OpenModel:
    """Build the model of an endpoint.

    Args:
        settings: Where it is and how it samples.
        key: The key itself, read from the environment at the edge; None where none is needed.
        client: The connection pool; it belongs to one event loop.
    """
    return OpenModel(
        model=settings.model,
        base_url=settings.base_url,
        api_key=SecretStr(key or "none"),
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_tokens=settings.max_tokens,
        timeout=settings.timeout_sec,
        max_retries=0,
        stream_usage=True,
        extra_body=dict(settings.extra_body) or None,
        http_async_client=client,
    )
