"""Calls without whose answer a session goes on: what takes its place is counted, and told once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import CallError, ReplyError
from psychagent.llm.chat import Answer, Chat
from psychagent.llm.prompt import Prompt
from psychagent.llm.reply import Reply
from psychagent.replies.as_json import Shape

T = TypeVar("T")

log = logging.getLogger(__name__)


async def ask_or_go_on(
    chat: Chat, prompt: Prompt, read: Callable[[Reply], T], *, shape: Shape, instead: T, with_what: str
) -> Answer[T]:
    """Ask as `Chat.request` does, for a role of `DISPENSABLE`; go on where there is no usable reply.

    Args:
        chat: Asks.
        prompt: What to send.
        read: Parses the reply; raises MalformedReplyError if it cannot.
        shape: What the server is asked to enforce, if it can.
        instead: Taken where the attempts are used up.
        with_what: What the session goes on with then, for the log.

    Raises:
        ProviderError: If the server fails, or refuses whoever asks: it would fail the next call, too.
    """
    try:
        return await chat.request(prompt, read, shape=shape)
    except CallError as error:
        # a filter, or a prompt that is too long, is told by some servers as a status, by others as an ending
        if not isinstance(error, ReplyError) and not (error.cause and error.cause.is_of_call):
            raise
        if prompt.role not in chat.gone_on:
            chat.gone_on.add(prompt.role)
            # without what was wrong: it may quote the reply
            log.warning(
                "%s: no usable reply; the session goes on with %s, and so do others that get none "
                "(counted as `fallbacks` in `usage`)",
                prompt.role,
                with_what,
            )
        counted = Usage(roles={prompt.role: RoleUsage(fallbacks=1)})
        return Answer(instead, error.usage + counted)
