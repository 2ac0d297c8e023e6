"""The one retry loop: how it waits, when it gives up, and what it writes to the log."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from email.utils import formatdate

import pytest

from psychagent.errors import CallError, MalformedReplyError, ProviderError, ReplyError
from psychagent.llm.attempts import Attempts, backoff
from psychagent.llm.fault import Fault
from psychagent.llm.gate import Gate
from tests.support.endpoint_models import directly, model_at_server
from tests.support.loopback.server import Http, serve

SAID = "words of the server that may repeat the prompt"


class Trial:
    """Attempts that raise what a list says, then give a value; their waits are noted and not waited."""

    def __init__(self, problems: Sequence[Exception], *, max_retries: int = 3) -> None:
        self.problems, self.numbers, self.waits = list(problems), list[int](), list[float]()
        self.attempts = Attempts(Gate(1), max_retries, 30.0, sleep=self.note, rng=random.Random(1))

    async def note(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def once(self, number: int) -> str:
        self.numbers.append(number)
        if self.problems:
            raise self.problems.pop(0)
        return "value"

    async def run(self) -> str:
        return await self.attempts.run("filter", self.once)


def passing(wait_sec: float | None = None) -> Fault:
    return Fault(f"HTTP 503 {SAID}", passes=True, wait_sec=wait_sec, kind="HTTP 503")


def malformed() -> MalformedReplyError:
    return MalformedReplyError(f"not usable: {SAID}")


def test_callers_who_fail_together_do_not_return_together() -> None:
    waits = {backoff(2, None, random.Random(n).random(), 60) for n in range(20)}
    assert len(waits) == 20


def test_a_wait_never_exceeds_the_longest_allowed() -> None:
    assert backoff(30, None, 1.0, 8.0) == 8.0


DATE = formatdate(0, usegmt=True)


@pytest.mark.parametrize(
    ("said", "least"),
    [
        *(("0", 0), ("-7", 0), ("0.001", 0), ("nan", 0), ("inf", 0), ("-inf", 0), (DATE, 0), ("soon", 0)),
        *(("", 0), ("0, 0", 0), ("1e-9", 0), ("\u0660", 0), ("5", 5), ("30", 30)),
    ],
)
async def test_a_server_that_asks_for_no_wait_is_not_asked_without_end(said: str, least: float) -> None:
    answer, trial = Http(status=429, body="slow down", headers={"retry-after": said}), Trial([])
    with serve(lambda call, n: answer) as server:
        async with model_at_server(server) as model:
            with pytest.raises(ProviderError, match="gave up after 4 attempts"):
                await trial.attempts.run("filter", lambda number: directly(model))
    assert len(server.calls) == 4
    for number, wait in enumerate(trial.waits):
        assert max(least, 0.25 * 2**number) <= wait <= max(least + 1, 0.5 * 2**number)


WAIT_WITHOUT_END = (
    r"asks to wait (31 s|3[12] years|[67]\d years|more than 100 years), more than max_wait_sec 30, so it is "
    "not asked again; try later, or raise max_wait_sec$"
)


@pytest.mark.parametrize(
    "said",
    [
        *("1e9", "31", "1000000000000", "9" * 400, formatdate(4e9, usegmt=True)),
        *("Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 99999 23:59:59 GMT"),
    ],
)
async def test_a_server_that_asks_for_a_wait_without_end_is_told_at_once(said: str) -> None:
    answer, trial = Http(status=429, body="slow down", headers={"retry-after": said}), Trial([])
    with serve(lambda call, n: answer) as server:
        async with model_at_server(server) as model:
            with pytest.raises(ProviderError, match=WAIT_WITHOUT_END):
                await trial.attempts.run("filter", lambda number: directly(model))
    assert (len(server.calls), trial.waits) == (1, [])


async def test_attempts_are_numbered_and_only_a_fault_is_waited_out() -> None:
    trial = Trial([passing(2.0), malformed(), passing(0.0)])
    assert await trial.run() == "value"
    assert trial.numbers == [0, 1, 2, 3]
    assert len(trial.waits) == 2
    assert 2.0 <= trial.waits[0] <= 2.5
    assert 1.0 <= trial.waits[1] <= 2.0


@pytest.mark.parametrize(
    ("problems", "kind", "told"),
    [
        ([passing(), passing()], ProviderError, "filter: gave up after 2 attempts; last problem: HTTP 503"),
        ([passing(), malformed()], ReplyError, "filter: gave up after 2 attempts; last problem: not usable"),
        ([Fault("HTTP 401 no", passes=False)], ProviderError, "filter: HTTP 401 no"),
        ([passing(31.0)], ProviderError, "asks to wait 31 s, more than max_wait_sec 30"),
    ],
)
async def test_a_call_that_is_given_up_says_why(
    problems: list[Exception], kind: type[CallError], told: str
) -> None:
    trial = Trial(problems, max_retries=1)
    with pytest.raises(kind, match=told):
        await trial.run()
    assert len(trial.numbers) == len(problems)


async def test_a_stop_while_waiting_ends_the_call() -> None:
    class StoppedError(Exception):
        pass

    async def stop(seconds: float) -> None:
        raise StoppedError

    trial = Trial([passing()])
    attempts = Attempts(Gate(1), 3, sleep=stop)
    with pytest.raises(StoppedError):
        await attempts.run("filter", trial.once)
    assert trial.numbers == [0]


async def test_each_retry_is_one_line_and_a_call_given_up_is_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="psychagent"):
        with pytest.raises(ReplyError):
            await Trial([passing(4.0), malformed(), malformed()], max_retries=2).run()
    lines = [(record.levelname, record.name, record.getMessage()) for record in caplog.records]
    assert [(level, name) for level, name, _ in lines] == [
        ("INFO", "psychagent.llm.attempts"),
        ("INFO", "psychagent.llm.attempts"),
        ("WARNING", "psychagent.llm.attempts"),
    ]
    assert lines[0][2].startswith("filter: attempt 1 of 3: HTTP 503; again in 4.")
    assert lines[1][2] == "filter: attempt 2 of 3: a malformed reply; again in 0.0 s"
    assert lines[2][2] == "filter: given up after attempt 3: a malformed reply"
    assert SAID not in caplog.text


async def test_a_call_that_succeeds_at_once_leaves_no_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="psychagent"):
        await Trial([]).run()
    assert caplog.records == []


async def test_a_gate_lets_so_many_through_at_a_time_and_the_others_in_turn() -> None:
    gate, under_way, most, order = Gate(2), 0, 0, list[int]()

    async def call(number: int) -> None:
        nonlocal under_way, most
        async with gate:
            under_way += 1
            most = max(most, under_way)
            order.append(number)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(call(number) for number in range(8)))
    assert most == gate.limit == 2
    assert order == list(range(8))


async def test_a_gate_takes_its_place_back_from_a_call_that_fails() -> None:
    gate = Gate(1)
    with pytest.raises(ValueError, match="no"):
        async with gate:
            raise ValueError("no")
    async with asyncio.timeout(1), gate:
        pass


def test_without_a_handler_of_the_user_nothing_goes_to_stderr() -> None:
    handlers = logging.getLogger("psychagent").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)
