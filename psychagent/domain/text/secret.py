"""What is a secret by its form or by the name that it stands under, whatever it is for.

Guesses on the side of caution where the remedy is small, and never repeats what it looked at.
"""

from __future__ import annotations

import re

_KEY = re.compile(
    r"(?<![^\W_])(?:"
    r"sk-(?=[\w-]*\d)[\w-]{12,}"  # OpenAI, Anthropic, OpenRouter, DeepSeek, LiteLLM
    r"|hf_[A-Za-z0-9]{16,}|gsk_[A-Za-z0-9]{16,}|xai-[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{20,}"
    r"|AIza[\w-]{20,}|nvapi-[\w-]{20,}|pplx-[A-Za-z0-9]{32,}|AKIA[A-Z0-9]{12,}"
    r"|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abposr]-[\w-]{10,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r")",
    re.ASCII,
)
"""Keys as those who give them out write them; no name of a model and no part of an address looks so."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAPS = re.compile(r"[\W_]+")
_NAME = re.compile(
    r"(?:\w+_)?(?:(?:api|user|secret|private|access|signing|signature|encryption|master|subscription|client)_?key"
    r"|passw(?:or)?d|passphrase|pwd|secret|credential|authorization|signature|cookie|jwt"
    r"|(?:access|auth|refresh|bearer|session|security|id|api|x|openai|client|provider|service|hf|github)_?token)"
    r"(?:s|_id|_\d+)?"
    r"|(?:x_)?(?:auth|bearer|token|key)"
)


def holds_key(text: str) -> bool:
    """Return whether a text holds what is a key by its form."""
    return _KEY.search(text) is not None


def without_keys(text: str) -> str:
    """Replace in a message what is a key by its form."""
    return _KEY.sub("***", text)


def names_secret(name: str) -> bool:
    """Return whether what stands under a name is a secret: `x-api-key`, `refreshToken`, `db_passwd`."""
    return _NAME.fullmatch(_GAPS.sub("_", _CAMEL.sub("_", name)).strip("_").lower()) is not None
