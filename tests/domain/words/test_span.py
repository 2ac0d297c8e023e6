"""A span of time is said as somebody would say it."""

from __future__ import annotations

from math import inf

import pytest

from psychagent.domain.words.span import span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((0, "0 s"), (7.4, "7 s"), (119, "119 s"), (120, "2 minutes"), (3600, "60 minutes")),
        *((7200, "2 hours"), (86400, "24 hours"), (30 * 86400, "30 days"), (1e9, "32 years")),
        *((1e12, "more than 100 years"), (1e300, "more than 100 years"), (inf, "more than 100 years")),
    ],
)
def test_the_largest_unit_of_which_there_are_two_is_taken(seconds: float, said: str) -> None:
    assert span(seconds) == said
