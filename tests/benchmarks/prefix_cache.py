"""How much of each prompt a prefix cache of 16-token blocks would have served, from a server's log.

Tokens by the stated rule: 1 per CJK character, 1 per 4 other characters.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCK = 16
_TOKEN = re.compile(
    r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\uffef]|[^\u1100-\uffef]{1,4}|.", re.DOTALL
)


@dataclass
class Share:
    """Tokens of one role."""

    calls: int = 0
    prompt: int = 0
    served: int = 0

    @property
    def uncached(self) -> int:
        """Tokens that had to be computed."""
        return self.prompt - self.served

    def cost(self, cached_price: float) -> float:
        """Cost in full tokens, where one from the cache costs a part of a full one."""
        return self.uncached + cached_price * self.served


def tokenize(messages: Sequence[dict[str, str]]) -> list[str]:
    """Split a prompt into tokens, roles included."""
    tokens: list[str] = []
    for message in messages:
        tokens.append(f"<{message['role']}>")
        tokens += _TOKEN.findall(message["content"])
    return tokens


class PrefixCache:
    """Remembers every block by all that stands before it."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def serve(self, tokens: Sequence[str]) -> int:
        """Return how many tokens were there already, and keep the rest."""
        served, before, missing = 0, 0, False
        for at in range(0, len(tokens) - BLOCK + 1, BLOCK):
            before = hash((before, tuple(tokens[at : at + BLOCK])))
            missing = missing or before not in self._seen
            if not missing:
                served += BLOCK
            self._seen.add(before)
        return served


def measure(calls: Iterable[dict[str, Any]]) -> dict[str, Share]:
    """Measure logged calls in their order, by role and in all."""
    cache, shares = PrefixCache(), defaultdict[str, Share](Share)
    for call in calls:
        if "messages" not in call["body"]:
            continue
        tokens = tokenize(call["body"]["messages"])
        served = cache.serve(tokens)
        for role in (call["role"], "all"):
            shares[role].calls += 1
            shares[role].prompt += len(tokens)
            shares[role].served += served
    return dict(shares)


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read a server's log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
