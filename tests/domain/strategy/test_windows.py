"""Sessions are cut into windows that overlap by a turn of the client, and into exchanges."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.strategy.windows import WINDOW_TURNS, exchanges, windows
from psychagent.domain.turn import Turn

_WHO = {"k": Speaker.COUNSELOR, "c": Speaker.CLIENT}


def session(who: str) -> list[Turn]:
    """Make a session from the letters of who speaks: k the counselor, c the client."""
    return [Turn(speaker=_WHO[letter], text=f"{letter}{at}") for at, letter in enumerate(who)]


@pytest.mark.parametrize(
    ("who", "cut"),
    [
        ("", []),
        ("k", [(0,)]),
        ("kc", [(0, 1)]),
        ("kckc", [(0, 1), (1, 2, 3)]),
        ("kckckc", [(0, 1), (1, 2, 3), (3, 4, 5)]),
        ("kckck", [(0, 1), (1, 2, 3), (3, 4)]),
        ("ckc", [(0, 1, 2)]),
        ("kcc", [(0, 1), (1, 2)]),
        ("kckkc", [(0, 1), (1, 2, 3, 4)]),
        ("kckkkc", [(0, 1), (1, 2, 3, 4), (4, 5)]),
    ],
)
def test_a_session_is_cut_at_the_clients_turns(who: str, cut: list[tuple[int, ...]]) -> None:
    assert windows(session(who)) == cut


@pytest.mark.parametrize("length", range(2, 41))
def test_windows_cover_every_turn_and_overlap_by_one(length: int) -> None:
    cut = windows(session(("kc" * 20)[:length]))
    assert {at for window in cut for at in window} == set(range(length))
    assert all(2 <= len(window) <= WINDOW_TURNS for window in cut)
    for before, after in zip(cut, cut[1:], strict=False):
        assert before[-1] == after[0]
        assert session("kc" * 20)[after[0]].speaker is Speaker.CLIENT


@pytest.mark.parametrize(
    ("who", "pairs"),
    [
        ("", []),
        ("k", []),
        ("kckck", [(0, 1), (2, 3)]),
        ("ckc", [(0,), (1, 2)]),
        ("kcc", [(0, 1), (2,)]),
    ],
)
def test_an_exchange_is_an_answer_with_what_was_said_before_it(
    who: str, pairs: list[tuple[int, ...]]
) -> None:
    assert exchanges(session(who)) == pairs
