"""A folder or file that is removed while a run writes to it: it stops, says so, and makes nothing anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.evals.evaluate import run_eval
from psychagent.runs.outcome import Status
from psychagent.runs.sample import run_sample
from tests.support.eval_runs import eval_plan, eval_settings_at, make_run
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, serve
from tests.support.running import NAME, run_plan


def whole_folder(run: Path) -> None:
    # at one stroke: the run may be in the middle of a write
    gone = run.with_name("gone")
    run.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def checkpoints_only(run: Path) -> None:
    (run / "checkpoints.sqlite").unlink()


def another_file_in_its_place(run: Path) -> None:
    kept = (run / "checkpoints.sqlite").read_bytes()
    (run / "checkpoints.sqlite").unlink()
    (run / "new").write_bytes(kept)
    (run / "new").rename(run / "checkpoints.sqlite")


def moved_away(run: Path) -> None:
    run.rename(run.with_name("elsewhere"))


GONE: dict[str, Callable[[Path], None]] = {
    "the whole folder": whole_folder,
    "the checkpoints": checkpoints_only,
    "the checkpoints, replaced": another_file_in_its_place,
    "the folder, moved": moved_away,
}
ROLES = ("filter", "counselor", "client", "summary")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", GONE)
async def test_a_run_whose_files_are_removed_stops_at_the_next_write(
    tmp_path: Path, kind: str, role: str
) -> None:
    run, left = tmp_path / NAME, list[set[str]]()

    def behave(call: Call, number: int) -> Http | None:
        if call.role == role and not left:
            GONE[kind](run)
            left.append({p.name for p in tmp_path.rglob("*")})
        return None

    with serve(behave) as server:
        plan = run_plan(tmp_path, server.base_url, cases=6, max_sessions=2)
        machine = plan.runtime.machine.model_copy(update={"concurrency": 1})
        plan = replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))
        result = await run_sample(plan)
        asked = len(server.calls)
    assert result.exit_status() == 1
    assert result.count()[Status.FAILED] >= 1
    told = {outcome.failure.message for outcome in result.outcomes if outcome.failure}
    assert all("was removed while the run works" in message and str(run) in message for message in told)
    # at most what the session at hand still had to ask
    assert asked <= 16, "the other cases are not begun"
    # the first answer makes its journal: in a folder that is there, but in no other
    journal = {"calls", "cbt", "en01.jsonl"} if run.exists() else set()
    assert {p.name for p in tmp_path.rglob("*")} - left[0] <= journal, "nothing is made anew"


@pytest.mark.parametrize("answered", [1, 2, 4, 7])
async def test_an_evaluation_whose_folder_is_removed_ends_with_the_reason(
    tmp_path: Path, answered: int
) -> None:
    data, out = make_run(tmp_path, "en01", "en02", "en03", sessions=2), tmp_path / "out"

    def behave(call: Call, number: int) -> Http | None:
        if number == answered:
            # at one stroke: another session may be in the middle of a write
            out.rename(tmp_path / "elsewhere")
        return loopback_reply(call, number)

    with serve(behave) as server:
        plan = eval_plan(data, out, settings=eval_settings_at(server, concurrency=1))
        with pytest.raises(RecordError, match="was removed while the run works") as caught:
            await run_eval(plan)
        asked = len(server.calls)
        assert str(out) in str(caught.value)
        assert not out.exists()
        assert asked <= 21, "the two sessions at hand are asked to their end, of seven calls each"
        assert len((await run_eval(plan)).sessions) == 6
