"""What is no example to learn from: sessions in which voiced danger was left unasked, turns of the gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psychagent.domain.turn import Turn
from psychagent.export.rebuild import Rebuild
from psychagent.export.source import HeldSession
from psychagent.nodes.safety.told import told_in


def without_unasked(make: Rebuild, sessions: Sequence[HeldSession]) -> Iterator[HeldSession]:
    """Leave out and count sessions in which voiced danger was not asked about in the next turn.

    It is heard again in the stored turns, so that runs without rollouts are measured alike. None of the
    session's tasks is exported: a note on a session that passed danger over is likely to do the same.
    """
    for session in sessions:
        record = session.record
        if told_in(make.sources, session.brief, record.turns, record.risk).unasked:
            make.notes["session: voiced danger was not asked about in the next turn"] += 1
        else:
            yield session


def has_gate_turn(turns: Sequence[Turn]) -> bool:
    """Return whether the safety gate spoke one of these turns: a fixed text, which no model is to learn."""
    return any(turn.by_gate for turn in turns)
