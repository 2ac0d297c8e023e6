"""What is sent to a model: messages, and the context that the offline script may read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, str]
"""`role` and `content`, as the chat API takes them."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Prompt:
    """One call's messages, with the values that were rendered into them."""

    role: str
    """Who is asked: counselor, client, filter, rewrite, summary, client_file or judge."""
    messages: tuple[Message, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    """Structured values for the offline script; never sent to an endpoint."""
    seed: int = 0

    def visible_values(self) -> dict[str, Any]:
        """Keep only the values whose text stands in the messages.

        So the script knows nothing that the prompt does not say: a value that a template no
        longer renders is gone from here too.
        """
        text = _squeeze("\n".join(message["content"] for message in self.messages))
        kept = _keep(dict(self.values), text)
        return kept if isinstance(kept, dict) else {}

    def plus(self, *messages: Message) -> tuple[Message, ...]:
        """Return the messages with further ones behind them."""
        return (*self.messages, *messages)


def _squeeze(text: str) -> str:
    return _SPACE.sub(" ", text)


def _keep(value: Any, text: str) -> Any:
    """Drop every leaf that does not stand in the text; None says that nothing is left."""
    if isinstance(value, Mapping):
        kept = {k: v for k, item in value.items() if (v := _keep(item, text)) is not None}
        return kept or None
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [v for item in value if (v := _keep(item, text)) is not None]
        return items or None
    return value if _squeeze(str(value)).strip() in text else None


def system(content: str) -> Message:
    """Make a system message."""
    return {"role": "system", "content": content}


def user(content: str) -> Message:
    """Make a user message."""
    return {"role": "user", "content": content}


def assistant(content: str) -> Message:
    """Make an assistant message."""
    return {"role": "assistant", "content": content}
