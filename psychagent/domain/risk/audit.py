"""The record of findings that the gate keeps: what it is asked for, and the one that keeps nothing."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from psychagent.domain.risk.finding import NO_RISK, RiskFinding


class AuditKey(NamedTuple):
    """Which turn a line is about: the same however often the session is played again."""

    subject: str
    """The course: its thread, or a pseudonym."""
    session: int
    """From 1."""
    rollout: int
    attempt: int
    turn: int
    """Place of the client's turn among the session's turns, from 0."""


class Audit(Protocol):
    """An append-only record; `records/audit/file.py` keeps it in a file."""

    def known(self, key: AuditKey) -> int:
        """Return the level on record for a turn; 0 if there is none."""

    def add(self, key: AuditKey, finding: RiskFinding, *, model: str) -> None:
        """Record a finding once: a turn that is on record is left as it is.

        May block for a write to the disk, and returns when the line is there.

        Raises:
            RecordError: If it cannot be written.
        """


class _NoAudit:
    """Keeps nothing, for graphs that nobody gave a place to."""

    def known(self, key: AuditKey) -> int:
        return NO_RISK

    def add(self, key: AuditKey, finding: RiskFinding, *, model: str) -> None:
        return None


NO_AUDIT: Audit = _NoAudit()
