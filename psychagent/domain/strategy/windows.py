"""Sessions cut into pieces that can be searched: windows of a few turns, and exchanges of two."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.domain.base import Speaker
from psychagent.domain.turn import Turn

WINDOW_TURNS = 4
"""Most turns of a window. Most have three: the client, the counselor's answer, and what the client makes of
it. One turn alone says neither what was asked nor what came of it; more than four tell of several
things."""


def windows(turns: Sequence[Turn]) -> list[tuple[int, ...]]:
    """Cut a session into windows of 2 to 4 turns, by their numbers.

    Each ends with a turn of the client, if there is one near enough, and the next begins with the same turn:
    as an answer it belongs to what was asked, and as what the counselor responds to it belongs to that.
    """
    found: list[tuple[int, ...]] = []
    start, last = 0, len(turns) - 1
    while start < last or (turns and not found):
        most = min(start + WINDOW_TURNS - 1, last)
        clients = [at for at in range(start + 1, most + 1) if turns[at].speaker is Speaker.CLIENT]
        end = clients[0] if clients else most
        found.append(tuple(range(start, end + 1)))
        start = end
    return found


def exchanges(turns: Sequence[Turn]) -> list[tuple[int, ...]]:
    """Pair each turn of the client with the counselor's before it, by number; a last goodbye has none."""
    return [
        (at - 1, at) if at and turns[at - 1].speaker is Speaker.COUNSELOR else (at,)
        for at, turn in enumerate(turns)
        if turn.speaker is Speaker.CLIENT
    ]
