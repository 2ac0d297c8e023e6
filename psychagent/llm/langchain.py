"""Any LangChain chat model as a model of ours, and replies as LangChain's messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.runnables.config import var_child_runnable_config

from psychagent.domain.text.plain import whole
from psychagent.llm.reply import Reply, Request, Tokens


@dataclass
class LangChainModel:
    """Asks through `ainvoke`, so that streams, traces and callbacks of the current run see the call."""

    model: BaseChatModel

    @property
    def is_script(self) -> bool:
        """Whether this is the offline script instead of a language model."""
        return bool(getattr(self.model, "is_script", False))

    async def reply(self, request: Request) -> Reply:
        """Make one attempt."""
        options: dict[str, Any] = {"call": request.prompt} if self.is_script else dict(request.options)
        return to_reply(await self.model.ainvoke(list(request.messages), **options))

    def warm(self) -> None:
        """Do nothing: the model is there."""


def has_listeners() -> bool:
    """Return whether the current run has callback handlers: a stream of words, a trace, a debugger."""
    config = var_child_runnable_config.get()
    callbacks = config.get("callbacks") if config else None
    return bool(getattr(callbacks, "handlers", callbacks))


def to_reply(message: AIMessage) -> Reply:
    """Convert a message of LangChain to a reply."""
    counts, more = message.usage_metadata, message.additional_kwargs
    tokens = None
    if counts is not None:
        cached = (counts.get("input_token_details") or {}).get("cache_read") or 0
        tokens = Tokens(counts["input_tokens"], cached, counts["output_tokens"])
    return Reply(
        content=whole(str(message.text)),
        reasoning=whole(str(more.get("reasoning_content") or "")),
        finish_reason=whole(str(message.response_metadata.get("finish_reason") or "")),
        refusal=whole(str(more.get("refusal") or "")),
        tokens=tokens,
    )


def to_message(reply: Reply) -> AIMessage:
    """Convert a reply to a message of LangChain, so that `to_reply` gives the same reply."""
    more = {"reasoning_content": reply.reasoning, "refusal": reply.refusal}
    counts = None
    if reply.tokens is not None:
        prompt, cached, completion = reply.tokens
        counts = UsageMetadata(
            input_tokens=prompt,
            output_tokens=completion,
            total_tokens=prompt + completion,
            input_token_details=InputTokenDetails(cache_read=cached),
        )
    return AIMessage(
        content=reply.content,
        additional_kwargs={name: value for name, value in more.items() if value},
        response_metadata={"finish_reason": reply.finish_reason} if reply.finish_reason else {},
        usage_metadata=counts,
    )
