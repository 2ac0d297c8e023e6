"""What the script sees in one call, and how it picks its sentences; it knows nothing of counseling."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from psychagent.domain.role import ClientKind
from psychagent.llm.prompt import Message, Prompt
from psychagent.offline.quotes import clauses

_FILLED = re.compile(r"\{\w+\}|[“”]")
_SHORTEST_FIXED = 3


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
    approach: str = ""
    """The modality that the prompt's words name; empty if none."""

    @classmethod
    def of(cls, call: Prompt, lines: Mapping[str, Any]) -> Scene:
        """Read a call."""
        dialogue, values = call.messages[1:], call.visible_values()
        return cls(
            lines=_with_person(lines) if values.get("client") == ClientKind.HUMAN.value else lines,
            values=values,
            own=_said(dialogue, "assistant"),
            heard=_said(dialogue, "user"),
            seed=call.seed,
            session_seed=sum_letters(call.messages[0]["content"]),
            approach=_approach(call, lines),
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


def _with_person(lines: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace the lines that would be untrue to a person: a promise of secrecy, a chair."""
    counselor, own = lines["counselor"], lines["counselor"]["to_person"]
    answers = [*own["answers"], *counselor["answers"]]
    return {**lines, "counselor": {**counselor, **own, "answers": answers}}


def _approach(call: Prompt, lines: Mapping[str, Any]) -> str:
    """Find the modality by the name that a template gives it: its token is in no prompt."""
    text = "\n".join(message["content"] for message in call.messages)
    named: Mapping[str, str] = lines.get("approaches", {})
    return next((modality for modality, name in named.items() if re.search(name, text)), "")


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
