"""Count how many odd inputs of an area were tried, and how many did what they should."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import pytest

Check = Callable[[], None]
Show = Callable[[], AbstractContextManager[None]]


def try_all(area: str, kinds: Iterable[tuple[str, Check]], show: pytest.CaptureFixture[str]) -> None:
    """Run every check, print `area: tried n, survived k` (seen with `-s`), and fail naming the first few."""
    tried, failed = 0, []
    for name, check in kinds:
        tried += 1
        try:
            check()
        except Exception as error:  # noqa: BLE001  whatever a check raises is the finding
            failed.append(f"{name}: {type(error).__name__}: {error}")
    with show.disabled():
        print(f"\n{area}: tried {tried}, survived {tried - len(failed)}", end=" ")
    assert tried > 0
    assert failed == [], "\n".join(failed[:10])
