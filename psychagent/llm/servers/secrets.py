"""Hide secrets in what servers say: in messages, in bodies, and in words that arrive in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from psychagent.llm.servers.disguise import begun, find

SHORTEST_SECRET = 8
"""Characters of the shortest key that an answer is searched for."""
_SHORTEST_WORD = 4
"""Characters of the shortest password that is masked in a message, where it stands by itself."""
_HIDDEN = "***"
_SCHEME = re.compile(r"(?:bearer|basic|digest|token|api-?key|key)\s+(\S+)", re.IGNORECASE)
"""What variables of headers hold before the secret itself."""
_STAND_IN = re.compile(
    r"(?:[\W_]*(?:sk|no|not|non|none|need|needed|require|required|api|key|keys|apikey|nokey|placeholder|dummy"
    r"|fake|test|testing|token|empty|null|nil|undefined|unset|unused|your|my|here|the|insert|replace|with|this"
    r"|any|anything|nothing|whatever|local|localhost|ollama|lm|studio|lmstudio|vllm|llama|cpp|sglang|change"
    r"|changeme|me|example|sample|ignore|ignored|optional|default|server|value|string|todo)(?![^\W\d_]))+[\W_]*"
    r"|(?:sk[-_])?(?P<one>.)(?P=one)*"
    r"|not?(?:api)?(?:key)?(?:needed|required)|(?:your|my|test|dummy|fake)(?:api)?key",
    re.IGNORECASE | re.DOTALL,
)
"""What people write where a server needs no key: hidden, it would tear holes into ordinary words."""


@lru_cache(maxsize=64)
def _known(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """List what is a secret among keys and passwords, also without the scheme in front of it."""
    bare = (found[1] for secret in secrets if (found := _SCHEME.fullmatch(secret)))
    whole = (secret for secret in (*secrets, *bare) if secret and not _STAND_IN.fullmatch(secret))
    return tuple(dict.fromkeys(whole))


def _long(secrets: Iterable[str]) -> tuple[str, ...]:
    return tuple(secret for secret in _known(tuple(secrets)) if len(secret) >= SHORTEST_SECRET)


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace secrets in a message, which is ours: also short passwords, where they stand by themselves.

    What is only a word or a number stays: a key `1` or `test` would falsify what is told.
    """
    secrets = tuple(secrets)
    for word in _known(secrets):
        is_telling = not word.isalpha() and not word.isdigit()
        if _SHORTEST_WORD <= len(word) < SHORTEST_SECRET and is_telling and word in text:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", _HIDDEN, text)
    return _without_parts(hide(text, secrets), _long(secrets))


def _without_parts(text: str, secrets: Iterable[str]) -> str:
    """Replace stretches of long secrets: servers repeat a key cut short, and half a secret is one too."""
    size = SHORTEST_SECRET
    parts = {
        secret[at : at + size]
        for secret in secrets
        if len(secret) >= 2 * size
        for at in range(len(secret) - size + 1)
        # "secretkey" may be part of a key and is a word
        if any(char.isdigit() for char in secret[at : at + size])
    }
    shown, end, at = list[str](), 0, 0
    while parts and at <= len(text) - size:
        last = at
        while text[last : last + size] in parts:
            last += 1
        if last == at:
            at += 1
            continue
        shown += [text[end:at], _HIDDEN]
        end = at = last + size - 1
    return "".join([*shown, text[end:]])


def hide(text: str, secrets: Iterable[str]) -> str:
    """Replace secrets in the words of an answer, however they are written there; short ones stay."""
    shown, start = [], 0
    for first, last in _places(text, _long(secrets)):
        shown += [text[start:first], _HIDDEN]
        start = last
    return "".join([*shown, text[start:]]) if shown else text


def _places(text: str, secrets: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where secrets stand, in order; those that overlap, or of which one begins another, as one."""
    open_from = open_to = -1
    for first, last in sorted(find(text, secrets)):
        if first >= open_to:
            if open_to > 0:
                yield open_from, open_to
            open_from = first
        open_to = max(open_to, last)
    if open_to > 0:
        yield open_from, open_to


class Veil:
    """Hides secrets in words that arrive in pieces: what may begin one waits for the next piece."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets that are long enough to be one."""
        self.secrets = _long(secrets)
        self._held = ""

    def past(self, piece: str) -> str:
        """Return what of the words so far can be shown."""
        text = self._held + piece
        until = len(text) - (begun(text, self.secrets) if self.secrets else 0)
        # a secret that is whole may itself begin a longer one, or end in what begins another
        until = min([until, *(a for a, b in _places(text, self.secrets) if a < until < b)])
        self._held = text[until:]
        return hide(text[:until], self.secrets)

    def rest(self) -> str:
        """Return what waited and turned out to begin nothing more."""
        rest, self._held = hide(self._held, self.secrets), ""
        return rest


def mask_bytes(data: bytes, secrets: Iterable[str]) -> bytes:
    """Replace secrets in a body, before anything is cut out of it: half a secret is one too."""
    # whatever bytes it holds come back as they were
    text = data.decode("utf-8", "surrogateescape")
    shown = hide(text, secrets)
    return data if shown == text else shown.encode("utf-8", "surrogateescape")


def holds_secret(text: str, secrets: Iterable[str]) -> bool:
    """Return whether a message would give a secret away."""
    secrets = tuple(secrets)
    return mask(text, secrets) != text
