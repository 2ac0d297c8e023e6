"""Where nobody plans, a session's number alone says its stage."""

from __future__ import annotations

import pytest

from psychagent.domain.strategy.schedule import scheduled_stage

STAGES = [
    (1, "c"),
    (2, "cx"),
    (3, "cix"),
    (4, "ciix"),
    (6, "ciiiix"),
    (8, "cciiiixx"),
    (10, "cciiiiiixx"),
]
"""Sessions of a course, and the stage of each."""
LETTERS = {"conceptualization": "c", "intervention": "i", "consolidation": "x"}


@pytest.mark.parametrize(("most", "expected"), STAGES)
def test_the_first_quarter_conceptualizes_and_the_last_consolidates(most: int, expected: str) -> None:
    assert "".join(LETTERS[scheduled_stage(n, most).value] for n in range(1, most + 1)) == expected
