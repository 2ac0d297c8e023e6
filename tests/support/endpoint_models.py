"""A model at the loopback server, asked in each of the ways that a run may ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableLambda

from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.domain.role import Role
from psychagent.flows.live import open_live
from psychagent.llm.endpoint import EndpointModel
from psychagent.llm.langchain import to_reply
from psychagent.llm.prompt import Prompt, assistant, system, user
from psychagent.llm.reply import Reply, Request
from tests.support.loopback.server import LoopbackServer, chat_body

KEY = "sk-secret-1234567890"
ASK = [system("You help."), user("Hello"), assistant("Hi"), user("Again")]


@asynccontextmanager
async def model_at_url(
    base_url: str, key: str | None, over: dict[str, Any], env: dict[str, str] | None = None
) -> AsyncIterator[EndpointModel]:
    given: dict[str, Any] = {
        "base_url": base_url,
        "model": "small",
        "timeout_sec": 5,
        "max_tokens": 77,
    } | over
    async with open_live(env or {}) as live:
        yield EndpointModel(EndpointSettings.model_validate(given), key=key, wire=live.wire)


def model_at_server(
    server: LoopbackServer, *, key: str | None = None, **over: Any
) -> AbstractAsyncContextManager[EndpointModel]:
    return model_at_url(server.base_url, key, over)


def asking(**options: Any) -> Request:
    prompt = Prompt(Role.COUNSELOR, tuple(ASK))
    return Request(prompt, prompt.messages, options)


async def directly(model: EndpointModel, **options: Any) -> Reply:
    """Ask where nobody listens."""
    return await model.reply(asking(**options))


async def heard(model: EndpointModel, **options: Any) -> Reply:
    """Ask within a run that has a callback handler."""
    return await _within_a_run(lambda: model.reply(asking(**options)))


async def streamed(model: EndpointModel, **options: Any) -> Reply:
    """Read the words as they come."""
    pieces = [piece async for piece in model.through_langchain.model.astream(list(ASK), **options)]
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    assert isinstance(whole, AIMessageChunk)
    return to_reply(whole)


async def _within_a_run(ask: Callable[[], Awaitable[Reply]]) -> Reply:
    async def work(_: object) -> Reply:
        return await ask()

    handler = AsyncCallbackHandler()
    reply: Reply = await RunnableLambda(work).ainvoke(None, {"callbacks": [handler]})
    return reply


Way = Callable[..., Awaitable[Reply]]
WHOLE: dict[str, Way] = {"directly": directly, "with listeners": heard}
"""The ways that ask for a whole answer."""
WAYS: dict[str, Way] = WHOLE | {"as a stream": streamed}


def choice(message: Any) -> dict[str, Any]:
    return chat_body("x") | {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
