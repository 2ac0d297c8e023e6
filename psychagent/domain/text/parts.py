"""Parts of a message: which of them are words that somebody hears."""

from __future__ import annotations

_SPOKEN = frozenset({"text", "input_text", "output_text", "refusal"})


def is_spoken(kind: object) -> bool:
    """Return whether a part of a message is spoken, by its `type`; a part without one is.

    All others, such as `thinking`, `reasoning` or `tool_use`, are kept from whoever listens, also those of a
    name that nobody has heard of: a thought must not be heard because its name is new.
    """
    return kind is None or str(kind) in _SPOKEN
