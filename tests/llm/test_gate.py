"""Gates bound how many calls run at once, alone and one behind the other."""

from __future__ import annotations

import asyncio

import pytest

from psychagent.llm.gate import Gate, Gates


class Watched(Gate):
    """A gate that remembers how many were inside it at once."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.inside = self.most = 0

    async def __aenter__(self) -> None:
        await super().__aenter__()
        self.inside += 1
        self.most = max(self.most, self.inside)

    async def __aexit__(self, *error: object) -> None:
        self.inside -= 1
        await super().__aexit__(None, None, None)


@pytest.mark.parametrize(("narrow", "wide", "most"), [(2, 5, 2), (5, 3, 3)])
async def test_who_passes_several_gates_is_bound_by_the_narrowest(narrow: int, wide: int, most: int) -> None:
    first, last = Watched(narrow), Watched(wide)
    both = Gates(first, last)

    async def call() -> None:
        async with both:
            await asyncio.sleep(0)

    await asyncio.gather(*(call() for _ in range(20)))
    assert (first.most, last.most) == (narrow, most)
    assert (first.inside, last.inside) == (0, 0)


async def test_who_is_cancelled_in_the_second_line_gives_up_the_place_in_the_first() -> None:
    first, last = Watched(1), Watched(1)
    await last.__aenter__()

    async def call() -> None:
        async with Gates(first, last):
            pass

    waiting = asyncio.create_task(call())
    while not first.inside:
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert first.inside == 0
    await last.__aexit__(None, None, None)
    await call()


async def test_an_error_frees_the_places() -> None:
    first, last = Watched(1), Watched(1)
    with pytest.raises(ValueError, match="no"):
        async with Gates(first, last):
            raise ValueError("no")
    assert (first.inside, last.inside) == (0, 0)
