"""What the script sees in one call, and how it picks its sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from psychagent.llm.prompt import Message, Prompt

_CLAUSE = re.compile(r"[^.!?。！？…]+[.!?。！？…]*")
_COMMA = re.compile(r"(?<=[,;:，；：])\s*")
_FILLED = re.compile(r"\{\w+\}|[“”]")
QUOTE_CHARS, _SHORT_CLAUSE, _SHORTEST_FIXED = 90, 16, 3


@dataclass(frozen=True)
class Scene:
    """One call as the script sees it: only what is in the prompt."""

    lines: Mapping[str, Any]
    values: Mapping[str, Any]
    own: tuple[str, ...]
    """What this role has said in the dialogue, oldest first."""
    heard: tuple[str, ...]
    """What the other speaker has said, oldest first."""
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
            session_seed=sum_letters(call.messages[0]["content"]),
        )

    @property
    def session_index(self) -> int:
        """Number of the session, from 1."""
        return int(self.value("session_index", 1))

    def pick(self, options: Sequence[str], *salt: object) -> str:
        """Draw a sentence, preferring one that this role has not used in the session."""
        fresh = [o for o in options if not self.has_said(o)] or list(options)
        return random.Random(f"{self.seed}:{salt}").choice(fresh)

    def in_turn(self, options: Sequence[str], *, start: int) -> str:
        """Take the option at `start`, or the first after it that was not used in the session.

        Each session starts elsewhere, so that a role, which does not remember its words of earlier
        sessions, does not repeat them.
        """
        start %= len(options)
        ordered = [*options[start:], *options[:start]]
        return next((o for o in ordered if not self.has_said(o)), ordered[0])

    def has_said(self, option: str) -> bool:
        """Return whether this role has used one of an option's fixed sentences in the session."""
        fixed = [c for part in _FILLED.split(option) for c in clauses(part) if len(c) > _SHORTEST_FIXED]
        return any(clause in said for clause in fixed for said in self.own)

    def has_asked(self, options: str | Sequence[str]) -> bool:
        """Return whether the other speaker's last turn contains one of the sentences."""
        sentences = [options] if isinstance(options, str) else options
        last = self.heard[-1] if self.heard else ""
        return any(max(_FILLED.split(o), key=len).strip() in last for o in sentences)

    def join(self, *parts: str) -> str:
        """Join sentences as the language does; empty ones are left out."""
        return str(self.lines["joiner"]).join(part for part in parts if part)

    def mentions(self, words: Sequence[str], text: str) -> bool:
        """Return whether a text contains one of the expressions, ignoring case."""
        return bool(words) and _pattern(tuple(words)).search(text.replace("’", "'")) is not None

    def value(self, name: str, default: Any) -> Any:
        """Return a value visible in the prompt, or the default; `plan.stage` reaches into a value."""
        node: Any = self.values
        for part in name.split("."):
            if not isinstance(node, Mapping) or part not in node:
                return default
            node = node[part]
        return node


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{word})" for word in words), re.IGNORECASE)


def _said(messages: Sequence[Message], role: str) -> tuple[str, ...]:
    return tuple(m["content"].split("\n\n[")[0] for m in messages if m["role"] == role)


def sum_letters(text: str) -> int:
    """Turn a text into a number.

    `derive_seed` would be the obvious choice, but other numbers make other dialogues, and the
    README and tests quote those made with this one.
    """
    return sum(map(ord, text))


def clauses(text: str) -> list[str]:
    """Cut a text into its sentences."""
    return [clause.strip() for clause in _CLAUSE.findall(text) if clause.strip()]


def quote_of(text: str) -> str:
    """Return the clause of a text that is worth repeating: the longest, cut at a comma if it is long.

    Quotation marks inside it become single ones, so that it can be quoted.
    """
    parts = clauses(text.replace("“", "‘").replace("”", "’"))
    if not parts:
        return text.strip()
    best = max(parts, key=len)
    if len(best) <= QUOTE_CHARS:
        return best + _afterthought(parts, best)
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


def _afterthought(parts: Sequence[str], best: str) -> str:
    """Return a short clause right after the quoted one: it may take back what that one says."""
    behind = parts[parts.index(best) + 1 :][:1]
    if not behind or len(behind[0]) > (_SHORT_CLAUSE if best.isascii() else _SHORT_CLAUSE // 2):
        return ""
    return f" {behind[0]}" if best.isascii() else behind[0]


def fill(form: str, quote: str) -> str:
    """Put a quote into a sentence: `{quote}` as it is, `{words}` without its full stop."""
    return form.format(quote=quote, words=quote.rstrip(".。…").rstrip())


def is_stock(lines: Mapping[str, Any], text: str) -> bool:
    """Return whether a client's turn is a stock line of the script, which says nothing about this client."""
    client = lines["client"]
    groups = [*client["stall"].values(), *client["homework"].values(), *client["accept"].values()]
    risk = [client["risk_answer"], client["risk_support"], client["risk_okay"], *client["short"]]
    fixed = [line for group in groups for line in group] + risk
    fixed += [*client["risk_update"], *client["risk_update_again"]]
    fixed += client["goodbye"]
    return any(line in text for line in fixed)
