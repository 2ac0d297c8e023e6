"""The model behind an OpenAI-compatible endpoint: asked directly, or through LangChain where one listens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import Any

from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.llm.fault import UnreadableError, unreadable
from psychagent.llm.json_bytes import write
from psychagent.llm.langchain import LangChainModel, has_listeners
from psychagent.llm.prompt import Message, user
from psychagent.llm.reply import Reply, Request
from psychagent.llm.servers.completion import STREAM, read_completion
from psychagent.llm.wire import Wire

_OWN_RULES = re.compile(r"(gpt-5|o\d)")
"""Models of OpenAI for which langchain-openai changes the request: no temperature, other roles."""


def with_system_as(role: str, messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return messages whose instructions have a role that the server takes.

    Args:
        role: `system` changes nothing; `fold` puts the instructions before the first words of the user;
            any other is the name to use.
        messages: The messages of a request.
    """
    if role == "system" or not messages or messages[0]["role"] != "system":
        return tuple(messages)
    head, *rest = messages
    if role != "fold":
        return ({**head, "role": role}, *rest)
    if rest and rest[0]["role"] == "user":
        return (user(f"{head['content']}\n\n{rest[0]['content']}"), *rest[1:])
    return (user(head["content"]), *rest)


class EndpointModel:
    """A model behind an endpoint, asked in one of two ways that share the wire and the reader.

    Directly, a call costs a tenth of what it costs through langchain-openai. LangChain's way is taken
    where the current run has callbacks (streaming, tracing, LangGraph Studio) and for models whose
    requests need its rules.
    """

    is_script = False

    def __init__(self, settings: EndpointSettings, *, key: str | None, wire: Wire) -> None:
        """Prepare the parts of a request that no call changes; nothing is sent yet.

        Args:
            settings: Where it is and how it samples.
            key: The key itself; None if none is needed.
            wire: The pool of connections.

        Raises:
            SettingsError: If the environment names a proxy that cannot be used.
        """
        self._settings, self._wire = settings, wire
        self._target = wire.target(
            str(settings.base_url),
            "chat/completions",
            key=key,
            timeout_sec=settings.timeout_sec,
            headers=settings.extra_headers,
        )
        self._is_special = bool(_OWN_RULES.match(settings.model))
        sampling = settings.model_dump(include={"model", "temperature", "top_p", "max_tokens"})
        self._fixed = {name: value for name, value in sampling.items() if value is not None}
        if settings.stream:
            self._fixed |= STREAM

    async def reply(self, request: Request) -> Reply:
        """Make one attempt.

        Raises:
            Fault: If there is no usable answer.
        """
        request = replace(request, messages=with_system_as(self._settings.system_role, request.messages))
        if self._is_special or has_listeners():
            return await self.through_langchain.reply(request)
        return await self._direct(request)

    def warm(self) -> None:
        """Load LangChain's client now, before an event loop runs."""
        _ = self.through_langchain

    @cached_property
    def through_langchain(self) -> LangChainModel:
        """The same endpoint as a model of LangChain."""
        # a second of imports that a batch run does not need
        module = import_module("psychagent.llm.open_model")
        return LangChainModel(module.build_open_model(self._settings, self._wire, self._target))

    def body(self, request: Request) -> dict[str, Any]:
        """Write the body of a request; what the settings add in `extra_body` wins."""
        sent = self._fixed | dict(request.options) | {"messages": request.messages}
        if "max_tokens" in sent:
            sent[self._settings.max_tokens_field] = sent.pop("max_tokens")
        return sent | self._settings.extra_body

    async def _direct(self, request: Request) -> Reply:
        data = await self._wire.post(self._target, write(self.body(request)))
        try:
            return read_completion(data, self._target.secrets)
        except UnreadableError as error:
            raise unreadable(error, self._target.secrets) from error
