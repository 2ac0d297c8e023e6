"""The closed sets of which a system under study is put together."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class StrategyKind(StrEnum):
    """How a counselor comes to its next turn."""

    PSYCHAGENT = "psychagent"
    """Approach, memory, plan, skills and notes on where the session stands, in one call."""
    PLAIN = "plain"
    """Role, what is known of the client, and the dialogue: a chat model as it is."""
    THERAMIND = "theramind"
    """Two short calls before each reply: what the client's words show, and a strategy for the answer."""


class MemoryKind(StrEnum):
    """What a counselor carries from session to session."""

    FILE = "file"
    """A client file, a summary of each session, and the homework set last."""
    NONE = "none"
    """Nothing: each session is the first."""
    RECAP = "recap"
    """The summaries and the homework, without a client file."""
    HISTORY = "history"
    """The earlier dialogues word for word, the oldest turns left out where they do not fit."""
    RAG = "rag"
    """Windows of the earlier dialogues, of which each turn is shown those nearest to the client's words."""
    MEM0 = "mem0"
    """Facts that a model extracts, adds, changes and deletes; each turn is shown the nearest."""
    MEMORYBANK = "memorybank"
    """A portrait of the client, and events and exchanges that fade unless they are recalled."""
    OTHER = "other"
    """A control: the memory that `file` keeps, but of another client."""


THINKING = frozenset({StrategyKind.THERAMIND})
"""Strategies that ask twice before each reply but the first."""
REMEMBER_CALLS: Mapping[MemoryKind, int] = {
    MemoryKind.FILE: 1,
    MemoryKind.MEM0: 2,
    MemoryKind.MEMORYBANK: 1,
    MemoryKind.OTHER: 1,
}
"""How often a kind of memory asks the reflector after a session, beside the summary; the others never do."""


class Planning(StrEnum):
    """Where the plan of a session comes from."""

    ON = "on"
    """The summary of the session before proposes it, and the guard of stages decides."""
    OFF = "off"
    """Nobody plans: the stage follows from the session's number, its objectives are the same for all."""
    THERAPY = "therapy"
    """As `on`, and the summary also says whether the next session keeps its approach or changes it."""


class SkillUse(StrEnum):
    """Which skills a counselor is shown."""

    ON = "on"
    """Those that retrieval finds for the turn."""
    OFF = "off"
    """None: no filter, no rewrite and no search is made."""
    RANDOM = "random"
    """A control: as many of the session's stage, drawn by seed; nothing is asked or searched either."""


REFERENCE_NAMES = {
    "raw_history": MemoryKind.HISTORY,
    "public_recap": MemoryKind.RECAP,
    "membank": MemoryKind.MEMORYBANK,
}
"""What the reference release calls three kinds of memory."""
