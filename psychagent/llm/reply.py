"""What is sent to a model and what comes back, whichever client carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from psychagent.domain.plain import plain
from psychagent.llm.prompt import Message, Prompt


class Tokens(NamedTuple):
    """What a server says that one request cost."""

    prompt: int
    cached: int
    """The part of `prompt` that was served from a prefix cache."""
    completion: int


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


def whole(text: str) -> str:
    """Keep what is text: no half characters, no control characters, nothing that steers a terminal.

    A token limit may cut a character in two, and no file can hold the half.
    """
    return plain(text if text.isascii() else text.encode("utf-8", "replace").decode())
