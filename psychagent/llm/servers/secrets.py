"""Hide secrets in what servers say: in messages, in bodies, and in words that arrive in pieces."""

from __future__ import annotations

from collections.abc import Iterable

SHORTEST_SECRET = 8
"""Characters of the shortest key that an answer is searched for."""


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace secrets in a text, the longest first, since one may be part of another."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def hide(text: str, secrets: Iterable[str]) -> str:
    """Replace secrets in the words of an answer, once they are decoded and joined; short ones stay."""
    return mask(text, [secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET])


class Veil:
    """Hides secrets in words that arrive in pieces: what may begin one waits for the next piece."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets that are long enough to be one."""
        self.secrets = tuple(secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET)
        self._held = ""

    def past(self, piece: str) -> str:
        """Return what of the words so far can be shown."""
        text = hide(self._held + piece, self.secrets)
        waits = max((_begun(secret, text) for secret in self.secrets), default=0)
        self._held = text[len(text) - waits :]
        return text[: len(text) - waits]

    def rest(self) -> str:
        """Return what waited and turned out to begin nothing."""
        rest, self._held = self._held, ""
        return rest


def _begun(secret: str, text: str) -> int:
    """Count the characters at the end of a text that may begin a secret."""
    sizes = range(min(len(secret) - 1, len(text)), 0, -1)
    return next((size for size in sizes if secret.startswith(text[-size:])), 0)


def mask_bytes(data: bytes, secrets: Iterable[str]) -> bytes:
    """Replace secrets in a body, before anything is cut out of it: half a secret is one too.

    What is too short to be one stays: a key "none" or "x", as servers of open models are given, would
    tear holes into ordinary words.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            for written in (secret, secret.replace("/", "\\/")):
                data = data.replace(written.encode(), b"***")
    return data
