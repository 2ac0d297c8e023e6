"""A sum of money shows what it is, however small."""

from __future__ import annotations

import pytest

from psychagent.domain.words.money import amount


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0.00"),
        (1234.5, "1,234.50"),
        (0.5, "0.50"),
        (0.1, "0.10"),
        (0.0999, "0.10"),
        (0.0149, "0.015"),
        (0.01, "0.01"),
        (0.0009, "0.0009"),
        (0.00098, "0.00098"),
        (-0.0012, "-0.0012"),
        (1e-9, "0.000000001"),
        (1e-30, "0.00"),
    ],
)
def test_a_small_sum_is_not_written_as_nothing(value: float, written: str) -> None:
    assert amount(value) == written
