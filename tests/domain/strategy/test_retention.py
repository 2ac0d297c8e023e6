"""Items fade with the sessions, and slower each time that they are recalled: worked numbers."""

from __future__ import annotations

import pytest

from psychagent.domain.strategy.item import MemoryItem
from psychagent.domain.strategy.retention import not_forgotten, retention, strengthened


def item(number: str = "1.1", *, strength: int = 1, last_used: int = 1) -> MemoryItem:
    return MemoryItem(id=number, text="t", session=1, strength=strength, last_used=last_used)


@pytest.mark.parametrize(
    ("strength", "last_used", "session", "left"),
    [
        (1, 1, 1, 1.0),
        (1, 1, 2, 0.8187),  # exp(-1/5)
        (1, 1, 4, 0.5488),  # exp(-3/5)
        (1, 1, 5, 0.4493),  # exp(-4/5)
        (2, 2, 5, 0.7408),  # exp(-3/10)
        (2, 2, 8, 0.5488),  # exp(-6/10)
        (2, 2, 9, 0.4966),  # exp(-7/10)
        (3, 4, 14, 0.5134),  # exp(-10/15)
    ],
)
def test_retention_is_an_exponential_of_the_sessions_since_the_last_use(
    strength: int, last_used: int, session: int, left: float
) -> None:
    assert retention(item(strength=strength, last_used=last_used), session) == pytest.approx(left, abs=5e-5)


def test_what_is_never_recalled_is_forgotten_in_the_fourth_session_after_its_own() -> None:
    assert [len(not_forgotten([item()], session)) for session in range(1, 7)] == [1, 1, 1, 1, 0, 0]


def test_what_was_recalled_once_is_forgotten_in_the_seventh_session_after_that() -> None:
    (held,) = strengthened([item()], {"1.1"}, 3)
    assert (held.strength, held.last_used) == (2, 3)
    assert [session for session in range(3, 13) if not_forgotten([held], session)] == list(range(3, 10))


def test_only_what_was_recalled_is_held_more_firmly() -> None:
    held = strengthened([item("1.1"), item("1.2", strength=4, last_used=2)], ["1.2", "1.2", "9.9"], 5)
    assert [(one.id, one.strength, one.last_used) for one in held] == [("1.1", 1, 1), ("1.2", 5, 5)]
