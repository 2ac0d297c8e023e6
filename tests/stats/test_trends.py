"""The slope of a case, by hand and against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from psychagent.stats.trends import slope


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1, 5.0), (2, 6.0), (3, 7.0)], 1.0),
        ([(1, 5.0), (4, 3.5)], -0.5),
        # about (2.5, 5.25): (-1.5 * -1.25 + .5 * -.25 + 1.5 * .75 - .5 * .75) / (2.25 + .25 + .25 + 2.25)
        ([(1, 4.0), (2, 6.0), (3, 5.0), (4, 6.0)], 0.5),
        ([(3, 5.0), (3, 9.0)], None),
        ([(1, 5.0)], None),
        ([], None),
    ],
    ids=["a line", "a gap", "by hand", "one session twice", "one session", "none"],
)
def test_the_slope_is_told_where_there_are_two_sessions(
    points: list[tuple[float, float]], expected: float | None
) -> None:
    assert slope(points) == (None if expected is None else pytest.approx(expected))


def test_it_is_the_least_squares_slope() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(6, 1, size=8)
    sessions = np.arange(8.0)
    expected = np.polyfit(sessions, scores, 1)[0]
    assert slope(list(zip(sessions.tolist(), scores.tolist(), strict=True))) == pytest.approx(expected)
