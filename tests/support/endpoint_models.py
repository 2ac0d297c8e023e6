"""A model at the loopback server, asked plainly or as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk

from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.flows.live import open_live
from psychagent.llm.endpoint import OpenModel, build_endpoint
from psychagent.llm.prompt import assistant, system, user
from tests.support.loopback.server import LoopbackServer, chat_body

KEY = "sk-secret-1234567890"
ASK = [system("You help."), user("Hello"), assistant("Hi"), user("Again")]


@asynccontextmanager
async def model_at_url(base_url: str, key: str | None, over: dict[str, Any]) -> AsyncIterator[OpenModel]:
    given: dict[str, Any] = {
        "base_url": base_url,
        "model": "small",
        "timeout_sec": 5,
        "max_tokens": 77,
    } | over
    async with open_live({}) as live:
        yield build_endpoint(EndpointSettings.model_validate(given), key=key, client=live.http)


def model_at_server(
    server: LoopbackServer, *, key: str | None = None, **over: Any
) -> AbstractAsyncContextManager[OpenModel]:
    return model_at_url(server.base_url, key, over)


async def said(model: OpenModel, **options: Any) -> AIMessage:
    return await model.ainvoke(list(ASK), **options)


async def streamed(model: OpenModel) -> AIMessageChunk:
    pieces = [piece async for piece in model.astream(list(ASK))]
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    assert isinstance(whole, AIMessageChunk)
    return whole


def choice(message: Any) -> dict[str, Any]:
    return chat_body("x") | {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
