"""The log beside a run: a line for each fault, lost case and stop; a failed case keeps its traceback."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.runs.log import log_to
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Http, serve
from tests.support.running import NAME, always, course_file, once, run_plan


async def test_a_lost_case_is_a_line_in_the_log_and_keeps_its_traceback(tmp_path: Path) -> None:
    with serve(always("summary", Http(status=400, body="no"))) as server:
        await run_sample(run_plan(tmp_path, server.base_url, max_sessions=1))
    lines = (tmp_path / NAME / "run.log").read_text(encoding="utf-8").splitlines()
    (lost,) = [line for line in lines if "lost" in line]
    assert "ERROR" in lost
    assert "cbt/en01: lost (summary: HTTP 400" in lost
    failure = course_file(tmp_path)["failure"]
    assert failure["message"] in lost
    assert failure["traceback"].startswith("Traceback")
    assert "ProviderError: summary: HTTP 400" in failure["traceback"]
    assert "reflect.py" in failure["traceback"]


async def test_the_log_of_a_resumed_run_goes_on(tmp_path: Path) -> None:
    with serve(always("summary", Http(status=400, body="no"))) as server:
        for _ in range(2):
            await run_sample(run_plan(tmp_path, server.base_url, max_sessions=1))
    text = (tmp_path / NAME / "run.log").read_text(encoding="utf-8")
    assert text.count("cbt/en01: lost") == 2


async def test_a_retry_names_its_case(tmp_path: Path) -> None:
    with serve(once("summary", Http(status=503, body="busy"))) as server:
        await run_sample(run_plan(tmp_path, server.base_url, max_sessions=1))
    lines = (tmp_path / NAME / "run.log").read_text(encoding="utf-8").splitlines()
    (retry,) = [line for line in lines if "attempt 1 of" in line]
    assert "psychagent.llm.attempts: cbt/en01: summary: attempt 1 of" in retry


def test_only_what_reaches_the_level_is_written_and_others_loggers_stay_as_they_were(tmp_path: Path) -> None:
    logger = logging.getLogger("psychagent")
    before = (logger.level, list(logger.handlers))
    with log_to(tmp_path / "a.log", "warning"):
        logging.getLogger("psychagent.here").info("small")
        logging.getLogger("psychagent.here").warning("large")
        logging.getLogger("elsewhere").error("not ours")
    assert (logger.level, logger.handlers) == before
    (line,) = (tmp_path / "a.log").read_text(encoding="utf-8").splitlines()
    assert line.endswith("WARNING psychagent.here: large")


def test_a_log_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.log").mkdir()
    with pytest.raises(RecordError, match=r"a\.log: cannot be written"), log_to(tmp_path / "a.log", "info"):
        raise AssertionError("nothing runs without its log")


async def test_runs_beside_each_other_have_each_the_lines_of_its_own(tmp_path: Path) -> None:
    logger = logging.getLogger("psychagent")
    before = (logger.level, list(logger.handlers))

    async def work(name: str, level: str, others: asyncio.Barrier) -> None:
        with log_to(tmp_path / name, level):
            await others.wait()
            logging.getLogger("psychagent.here").info("small of %s", name)
            logging.getLogger("psychagent.here").warning("large of %s", name)
            await others.wait()

    others = asyncio.Barrier(2)
    await asyncio.gather(work("a", "info", others), work("b", "warning", others))
    told = {name: (tmp_path / name).read_text(encoding="utf-8").splitlines() for name in "ab"}
    assert [line.rpartition(": ")[2] for line in told["a"]] == ["small of a", "large of a"]
    assert [line.rpartition(": ")[2] for line in told["b"]] == ["large of b"]
    assert (logger.level, logger.handlers) == before


async def test_a_run_that_ends_first_leaves_the_level_of_the_other(tmp_path: Path) -> None:
    logger = logging.getLogger("psychagent")
    before = logger.level
    first = log_to(tmp_path / "a", "error")
    first.__enter__()
    with log_to(tmp_path / "b", "debug"):
        first.__exit__(None, None, None)
        assert logger.level == logging.DEBUG
    assert logger.level == before
