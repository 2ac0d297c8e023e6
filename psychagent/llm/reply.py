"""What is sent to a model and what comes back, whichever client carries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from psychagent.domain.cause import Cause
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.usage import RoleUsage
from psychagent.llm.prompt import Message, Prompt


class Tokens(NamedTuple):
    """What a server says that one request cost."""

    prompt: int
    cached: int
    """The part of `prompt` that was served from a prefix cache."""
    completion: int


_LIMITS = (
    *("length", "max_tokens", "model_length", "max_output_tokens", "max_completion_tokens"),
    "model_context_window_exceeded",
)
_FILTERS = (
    *("content_filter", "safety", "prohibited_content", "blocklist", "recitation", "spii"),
    *("sensitive", "content_filtered", "guardrail_intervened"),
)
_BREAKS = (
    *("abort", "aborted", "cancelled", "canceled"),  # vLLM and SGLang, of a request that they dropped
    *("error", "network_error", "timeout"),  # OpenRouter, Zhipu
    *("insufficient_system_resource", "unavailable"),  # DeepSeek
)
_ENDED_BY: dict[str, Cause] = {
    **dict.fromkeys(_LIMITS, Cause.CUT),
    **dict.fromkeys(_FILTERS, Cause.FILTERED),
    **dict.fromkeys(_BREAKS, Cause.BROKEN),
    "refusal": Cause.REFUSED,
}
"""What servers call the end of a reply -> what it means."""


@dataclass(frozen=True)
class Reply:
    """One answer of a model, as it came."""

    content: str
    reasoning: str = ""
    """What the server moved out of the content as reasoning."""
    finish_reason: str = ""
    """Why the server ended the answer: `stop`, `length`, `content_filter`; empty if it does not say."""
    refusal: str = ""
    tokens: Tokens | None = None
    """None where the server does not count, or counts nonsense."""

    @property
    def why_unusable(self) -> Cause | None:
        """Why it may be of no use, as far as the server says; None if nothing speaks against it."""
        return Cause.REFUSED if self.refusal else _ENDED_BY.get(self.finish_reason.lower())

    def to_json(self) -> dict[str, Any]:
        """Write the reply as JSON values; what is empty is left out."""
        return {name: value for name, value in vars(self).items() if value}

    @staticmethod
    def of_json(data: Mapping[str, Any]) -> Reply:
        """Read what `to_json` wrote."""
        tokens = data.get("tokens")
        return Reply(**{"content": "", **data, "tokens": Tokens(*tokens) if tokens else None})


@dataclass(frozen=True)
class Request:
    """One request to a model."""

    prompt: Prompt
    """What the messages were made from; only the offline script looks at more than its role."""
    messages: tuple[Message, ...]
    """The prompt's own, or those and what was wrong with the last reply."""
    options: Mapping[str, Any]
    """Fields of the body that differ from call to call: `seed` and `response_format`."""


class Model(Protocol):
    """A model as a chat asks it."""

    @property
    def is_script(self) -> bool:
        """Whether this is the offline script instead of a language model."""

    async def reply(self, request: Request) -> Reply:
        """Make one attempt.

        Raises:
            Fault: If there is no usable answer.
        """

    def warm(self) -> None:
        """Load now what is otherwise loaded on first use."""


def measure(reply: Reply, messages: Sequence[Message], *, retries: int = 0) -> RoleUsage:
    """Measure one answered request; where its server does not count, estimate.

    What costs nothing in any sum would keep no budget.
    """
    if reply.tokens is None:
        return RoleUsage(
            calls=1,
            retries=retries,
            prompt_tokens=sum(estimate_tokens(message["content"]) for message in messages),
            completion_tokens=estimate_tokens(reply.content) + estimate_tokens(reply.reasoning),
            estimated=1,
        )
    prompt, cached, completion = reply.tokens
    return RoleUsage(
        calls=1, retries=retries, prompt_tokens=prompt, cached_tokens=cached, completion_tokens=completion
    )
