"""What is sent to a model: messages, and the context that the offline script may read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from psychagent.assets.prompts import Rendered
from psychagent.domain.call import CallId
from psychagent.domain.role import Role

Message = dict[str, str]
"""`role` and `content`, as the chat API takes them."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Prompt:
    """One call's messages, with the values that were rendered into them."""

    role: Role
    """The role asked."""
    messages: tuple[Message, ...]
    values: Mapping[str, object] = field(default_factory=dict)
    """What the messages were rendered from, for the offline script; never sent to an endpoint."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Values of closed sets -> how the messages print them."""
    seed: int = 0
    call: CallId | None = None
    """Which call of a run this is; None where no journal may answer it."""
    rephrased: Mapping[str, object] = field(default_factory=dict)
    """What the messages say in other words, so that the script cannot find it in the text."""

    @classmethod
    def of(
        cls,
        role: Role,
        messages: Sequence[Message],
        *,
        rendered: Sequence[Rendered],
        seed: int,
        call: CallId | None = None,
        also: Mapping[str, object] | None = None,
        rephrased: Mapping[str, object] | None = None,
    ) -> Prompt:
        """Make a prompt with the values of the templates that its messages were rendered from.

        Args:
            role: The role asked.
            messages: The messages to send.
            rendered: The rendered parts of the messages; for values of the same name the last counts.
            seed: Seed of the call.
            call: Which call of a run it is.
            also: Values that a template rephrases, so that its arguments do not
                appear in the text.
            rephrased: Values that the messages say in words of their own, and nowhere as they are.
        """
        values: dict[str, object] = {}
        words: dict[str, str] = {}
        for part in rendered:
            values |= part.values
            words |= part.words
        return cls(role, tuple(messages), values | dict(also or {}), words, seed, call, dict(rephrased or {}))

    def visible_values(self) -> dict[str, object]:
        """Keep only the values whose text, or whose word, appears in the messages; records are taken apart.

        This way the script knows nothing that the prompt does not say: a value that a template no
        longer renders disappears here too.
        """
        text = _squeeze("\n".join(message["content"] for message in self.messages))
        visible = _keep(dict(self.values), text, self.words)
        return (visible if isinstance(visible, dict) else {}) | dict(self.rephrased)

    def plus(self, *messages: Message) -> tuple[Message, ...]:
        """Return the messages followed by further ones."""
        return (*self.messages, *messages)


def _squeeze(text: str) -> str:
    return _SPACE.sub(" ", text)


def _keep(value: object, text: str, words: Mapping[str, str]) -> object:
    """Drop every leaf that does not appear in the text; None if nothing is left."""
    if isinstance(value, BaseModel):
        value = dict(value)
    elif isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        values = {k: v for k, item in value.items() if (v := _keep(item, text, words)) is not None}
        return values or None
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [v for item in value if (v := _keep(item, text, words)) is not None]
        return items or None
    shown = _squeeze(str(value)).strip()
    # a template sets marks of its own between entries
    bare = shown.rstrip("。；.") or shown
    return value if bare in text or words.get(shown, shown) in text else None


def system(content: str) -> Message:
    """Make a system message; like the other two, converts a rendered template to plain text."""
    return {"role": "system", "content": str(content)}


def user(content: str) -> Message:
    """Make a user message."""
    return {"role": "user", "content": str(content)}


def assistant(content: str) -> Message:
    """Make an assistant message."""
    return {"role": "assistant", "content": str(content)}
