"""Danger that the client's last words tell of for the first time."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.risk.danger import is_newly_told
from psychagent.domain.risk.finding import About
from psychagent.domain.turn import Turn

SELF, CHILD = About.SELF, About.CHILD


def talk(*told: tuple[int | None, About]) -> list[Turn]:
    """A session with what the counselor was told of before each of its turns; the client spoke last."""
    own = [Turn(speaker=Speaker.COUNSELOR, text="x", risk_level=n, risk_about=about) for n, about in told]
    return [turn for one in own for turn in (one, Turn(speaker=Speaker.CLIENT, text="y"))]


@pytest.mark.parametrize(
    ("told", "level", "about", "new"),
    [
        ([(0, About.NONE)], 1, SELF, True),
        ([(None, About.NONE)], 1, SELF, True),
        ([(1, SELF)], 1, SELF, False),
        ([(1, SELF)], 2, SELF, True),
        ([(2, SELF)], 1, SELF, False),
        ([(1, SELF)], 1, CHILD, True),
        ([(1, SELF)], 1, About.NONE, False),
        ([(1, SELF), (0, About.NONE)], 1, SELF, True),
        ([(1, CHILD), (1, SELF)], 1, CHILD, False),
        ([(0, About.NONE)], 0, SELF, False),
        ([], 2, SELF, False),
    ],
)
def test_what_the_counselor_was_not_told_of_before_is_new(
    told: list[tuple[int | None, About]], level: int, about: About, *, new: bool
) -> None:
    assert is_newly_told(talk(*told), level=level, about=about) is new
