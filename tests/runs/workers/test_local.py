"""Workers of one process: so many at a time, each piece once, no write under a claim that was lost."""

from __future__ import annotations

import asyncio

import pytest

from psychagent.errors import ClaimLostError
from psychagent.runs.workers.base import Claim
from psychagent.runs.workers.local import LocalLedger, LocalWorkers


def pieces(count: int) -> list[tuple[str, int]]:
    return [(f"piece {n}", n) for n in range(count)]


async def test_every_piece_is_done_once_and_so_many_at_a_time() -> None:
    under_way, most, done = 0, 0, list[int]()

    async def work(claim: Claim[int]) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        done.append(claim.task)
        return claim.task * 10

    results = await LocalWorkers(3).run(pieces(10), work)
    assert sorted(done) == list(range(10))
    assert sorted(results) == [n * 10 for n in range(10)]
    assert most == 3


async def test_no_piece_is_begun_once_the_run_is_to_stop() -> None:
    begun: list[int] = []

    async def work(claim: Claim[int]) -> None:
        begun.append(claim.task)

    await LocalWorkers(1).run(pieces(5), work, stopped=lambda: len(begun) >= 2)
    assert begun == [0, 1]


async def test_a_claim_that_is_lost_does_not_end_the_others() -> None:
    ledger = LocalLedger()

    async def work(claim: Claim[int]) -> int:
        if claim.task == 0:
            del ledger.held[claim.name]
        claim.check()
        return claim.task

    assert await LocalWorkers(1, ledger).run(pieces(3), work) == [1, 2]


async def test_a_failure_ends_the_others_before_it_is_raised() -> None:
    ended: list[int] = []

    async def work(claim: Claim[int]) -> None:
        if claim.task == 0:
            await asyncio.sleep(0.001)
            raise LookupError("zero")
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(claim.task)

    with pytest.raises(LookupError, match="zero"):
        await LocalWorkers(3).run(pieces(3), work)
    assert sorted(ended) == [1, 2]
    assert len(asyncio.all_tasks()) == 1


async def test_a_piece_that_somebody_else_holds_is_left_to_them() -> None:
    ledger = LocalLedger()
    assert ledger.claim("piece 1") is not None

    async def work(claim: Claim[int]) -> int:
        return claim.task

    assert await LocalWorkers(2, ledger).run(pieces(3), work) == [0, 2]


async def test_pieces_are_given_back_whether_or_not_they_were_done() -> None:
    ledger = LocalLedger()

    async def fail(claim: Claim[int]) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await LocalWorkers(1, ledger).run(pieces(1), fail)
    assert ledger.held == {}


def test_nothing_is_written_under_a_claim_that_was_lost() -> None:
    ledger = LocalLedger()
    first = ledger.claim("cbt/en01")
    assert first is not None
    claim = Claim("task", "cbt/en01", first, ledger)
    claim.check()
    ledger.release("cbt/en01", first)
    second = ledger.claim("cbt/en01")
    assert second is not None
    assert second > first
    for act in (claim.check, lambda: ledger.beat("cbt/en01", first)):
        with pytest.raises(ClaimLostError, match="cbt/en01: the claim was lost to another worker"):
            act()
    ledger.release("cbt/en01", first)
    assert ledger.held == {"cbt/en01": second}, "a lost claim gives nothing back"
