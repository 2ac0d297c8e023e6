"""A judge that fails for a rollout: told at the end of the run, in its files, in `runs` and in the report."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from psychagent.cli.runs.overview import _table
from psychagent.cli.runs.run import show_result
from psychagent.domain.rollout import Choice
from psychagent.records.judged.unscored import Unscored, count_unscored
from psychagent.records.session import to_record
from psychagent.reports.rollouts.material import RftMaterial
from psychagent.reports.rollouts.numbers import compute_rft
from psychagent.reports.rollouts.read import read_rft_run
from psychagent.reports.rollouts.sections import warnings
from psychagent.runs.outcome import RunResult
from psychagent.runs.overview import list_runs
from psychagent.runs.sample import run_sample
from psychagent.stats.bootstrap import Sampling
from tests.support.fakes import case_of
from tests.support.finished import finished
from tests.support.loopback.server import Call, Http, serve
from tests.support.rolling import Tagged, judged, rollout_plan, scores_of
from tests.support.running import NAME, course_file, manifest

CHOICE = Choice(winner=2, selector="best", rewards={0: 0.25, 1: 0.5, 2: 1.5})
GONE = Http(status=418, body="no judge")
WHY = "judge: HTTP 418 no judge"


def judge_fails(scales: tuple[str, ...], answer: Http) -> Tagged:
    """Let the judge fail on some scales of the first rollout."""

    def also(tag: str, call: Call) -> Http | None:
        is_asked = call.role == "judge" and any(
            f"Scale {name}" in call.body["messages"][1]["content"] for name in scales
        )
        return answer if tag == "A" and is_asked else None

    return Tagged(also)


def told(result: RunResult) -> str:
    stream = io.StringIO()
    show_result(result, Console(file=stream, width=4000), transcripts="here")
    return stream.getvalue()


FAILURES = {
    "one scale": (
        ("SRS",),
        Unscored(rollouts=2, some=1, sessions=1, reasons={f"SRS: {WHY}": 1}),
        "The judge failed: of 2 judged rollouts 1 lack scales, in 1 session: SRS: " + WHY,
    ),
    "every scale": (
        ("WAI", "SRS"),
        Unscored(rollouts=2, none=1, sessions=1, reasons={f"WAI: {WHY}": 1, f"SRS: {WHY}": 1}),
        "The judge failed: of 2 judged rollouts 1 have no score, in 1 session: WAI, SRS: " + WHY,
    ),
}


@pytest.mark.parametrize("lost", FAILURES)
async def test_rollouts_without_scores_are_told_wherever_a_run_is_told_of(tmp_path: Path, lost: str) -> None:
    scales, expected, sentence = FAILURES[lost]
    with serve(judge_fails(scales, GONE).behave) as server:
        plan = rollout_plan(tmp_path, server.base_url, rft={"min_rollouts": 1})
        result = await run_sample(plan)
        made = server.count()
        again = await run_sample(plan)
        assert server.count() == made, "a session that is closed is not judged again"
    for each in (result, again):
        assert each.unscored() == expected
        assert sentence in told(each)
        assert each.exit_status() == 1
        assert "gives the same exit status, 1; hold cbt/en01 anew in another --save-dir" in told(each)
    assert Unscored.model_validate(course_file(tmp_path)["unscored"]) == expected
    assert Unscored.model_validate(manifest(tmp_path)["unscored"]) == expected
    (line,) = list_runs([tmp_path])
    assert line.unscored == expected
    shown = io.StringIO()
    Console(file=shown, width=300).print(_table([line]))
    assert "1 of 2 rollouts lack scores" in shown.getvalue()
    run = read_rft_run(tmp_path / NAME)
    lines = warnings(RftMaterial(run, compute_rft(run, Sampling()), Sampling(), None))
    assert any(line.startswith(sentence) for line in lines)


def test_what_the_second_judge_left_out_is_counted_and_told() -> None:
    second = scores_of({"client.BDI_II": 4.0}, ("SRS",))
    both = judged(1, ("WAI",), client_SRS=3.0).model_copy(update={"holdout": second})
    rollouts = (judged(0, WAI=6.0).model_copy(update={"holdout": second}), both, judged(2, WAI=9.0))
    session = finished().model_copy(update={"rollouts": rollouts, "winner": 2, "selection": CHOICE})
    assert count_unscored([to_record(case_of(), session)]) == Unscored(
        rollouts=3, some=2, sessions=1, reasons={"second judge, SRS: gone": 2, "WAI: gone": 1}
    )


async def test_a_run_whose_judge_never_fails_says_nothing_of_it(tmp_path: Path) -> None:
    with serve(Tagged().behave) as server:
        result = await run_sample(rollout_plan(tmp_path, server.base_url))
    assert result.exit_status() == 0
    assert "judge failed" not in told(result)
    assert result.unscored() == Unscored(rollouts=2)


async def test_a_case_whose_judge_gives_nothing_fails_with_the_reason(tmp_path: Path) -> None:
    with serve(Tagged(lambda tag, call: GONE if call.role == "judge" else None).behave) as server:
        result = await run_sample(rollout_plan(tmp_path, server.base_url, rft={"rollout_retries": 0}))
    failure = result.outcomes[0].failure
    assert failure
    assert f"rollout 1 lacks WAI, SRS; {WHY}" in failure.message
