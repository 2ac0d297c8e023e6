"""What the script has before it in one call, and how it draws its sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psychagent.llm.prompt import Message, Prompt

_CLAUSE = re.compile(r"[^.!?。！？…]+[.!?。！？…]*")
_COMMA = re.compile(r"(?<=[,;:，；：])\s*")
QUOTE_CHARS = 90


@dataclass(frozen=True)
class Scene:
    """One call as the script sees it: only what stands in the prompt."""

    lines: Mapping[str, Any]
    values: Mapping[str, Any]
    own: tuple[str, ...]
    """What this role has said in the dialogue, oldest first."""
    heard: tuple[str, ...]
    """What the other has said, oldest first."""
    seed: int
    session_seed: int
    """The same for all turns of a session: drawn from the prompt's head."""

    @classmethod
    def of(cls, call: Prompt, lines: Mapping[str, Any]) -> Scene:
        """Read a call."""
        dialogue = call.messages[1:]
        return cls(
            lines=lines,
            values=call.visible_values(),
            own=_said(dialogue, "assistant"),
            heard=_said(dialogue, "user"),
            seed=call.seed,
            session_seed=sum(map(ord, call.messages[0]["content"])),
        )

    def pick(self, options: Sequence[str], *salt: object) -> str:
        """Draw a sentence, preferring one that this role has not used in the session."""
        fresh = [o for o in options if not self._used(o)] or list(options)
        return random.Random(f"{self.seed}:{salt}").choice(fresh)

    def _used(self, option: str) -> bool:
        core = max(re.split(r"[{“”}]", option), key=len).strip()
        return len(core) > 3 and any(core in said for said in self.own)

    def join(self, *parts: str) -> str:
        """Put sentences behind one another, as the language does."""
        return str(self.lines["joiner"]).join(part for part in parts if part)

    def mentions(self, words: Sequence[str], text: str) -> bool:
        """Tell whether a text holds one of some phrases."""
        lowered = text.lower()
        return any(word.lower() in lowered for word in words)

    def value(self, name: str, default: Any) -> Any:
        """Return a value that stands in the prompt, or the default."""
        return self.values.get(name, default)


def _said(messages: Sequence[Message], role: str) -> tuple[str, ...]:
    return tuple(m["content"].split("\n\n[")[0] for m in messages if m["role"] == role)


def quote_of(text: str) -> str:
    """Take the clause of a text that is worth saying back: the longest, cut at a comma if long."""
    clauses = [c.strip() for c in _CLAUSE.findall(text) if c.strip()]
    if not clauses:
        return text.strip()
    best = max(clauses, key=len)
    if len(best) <= QUOTE_CHARS:
        return best
    cut = ""
    for part in _COMMA.split(best):
        if cut and len(cut) + len(part) > QUOTE_CHARS:
            break
        cut += part + ("" if part.endswith(("，", "；", "：")) else " ")
    cut = cut.strip().rstrip(",;:，；：")
    if len(cut) > QUOTE_CHARS + 30:
        words = cut[:QUOTE_CHARS]
        cut = words.rsplit(" ", 1)[0] if " " in words else words
    return f"{cut} …" if cut.isascii() else f"{cut}……"
