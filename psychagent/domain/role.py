"""Who is asked for a reply, and who answers for the client, as closed sets."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a model plays in one call."""

    COUNSELOR = "counselor"
    CLIENT = "client"
    FILTER = "filter"
    """Chooses the families of skills that a session may draw on."""
    REWRITE = "rewrite"
    """Says what to look for in the skill library."""
    PERCEIVE = "perceive"
    """Says what the client's last words show, where a strategy asks for it."""
    STRATEGIZE = "strategize"
    """Chooses how to answer them, where a strategy asks for it."""
    SUMMARY = "summary"
    CLIENT_FILE = "client_file"
    RISK = "risk"
    """Judges how much danger a turn of the client voices."""
    RECALL = "recall"
    """Writes, after a session, what the client remembers of it."""
    JUDGE = "judge"
    PROBE = "probe"
    """Answers the doctor's test questions."""


EMBEDDING = "embedding"
"""What usage of an embedder is counted under: it turns texts into vectors and plays no role."""
DISPENSABLE = frozenset({Role.FILTER, Role.REWRITE, Role.RECALL})
"""Roles without whose answer a session goes on: with all skills, the client's own words, no notes."""


class ClientKind(StrEnum):
    """Who answers the counselor."""

    SIMULATOR = "simulator"
    HUMAN = "human"
    """A person, through an interrupt of the graph."""
