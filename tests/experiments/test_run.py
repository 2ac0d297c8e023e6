"""Cells run beside each other, are done once, and fail and stop each by itself."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.errors import LockError, RecordError, SettingsError
from psychagent.experiments.events import CellEnded, ExperimentBegan, ExperimentEvent, InCell
from psychagent.experiments.outcome import ExperimentResult
from psychagent.experiments.plan import ExperimentPlan, find_cells
from psychagent.experiments.report import judged_folders
from psychagent.experiments.run import run_experiment
from psychagent.experiments.status import CellState, experiment_status
from psychagent.files.lock import hold_lock
from psychagent.records.experiments.index import read_index
from psychagent.runs.events import CallAnswered
from tests.support.experiments import SHORT, TWO, at_server, content, made, plan_in
from tests.support.loopback.server import Http, serve
from tests.support.running import always


async def run(plan: ExperimentPlan) -> tuple[ExperimentResult, list[ExperimentEvent]]:
    told: list[ExperimentEvent] = []
    return await run_experiment(replace(plan, tell=told.append)), told


def states(plan: ExperimentPlan) -> dict[str, CellState]:
    return {cell.system: cell.state for cell in experiment_status(plan).cells}


def calls(told: list[ExperimentEvent]) -> int:
    return sum(isinstance(event, InCell) and isinstance(event.event, CallAnswered) for event in told)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment of two systems, run once for all tests that only look at it."""
    folder = tmp_path_factory.mktemp("done")
    result, told = asyncio.run(run(plan_in(folder, content(TWO))))
    assert result.exit_status() == 0
    assert isinstance(told[0], ExperimentBegan)
    assert sum(isinstance(event, CellEnded) for event in told) == len(TWO)
    return folder


def test_each_cell_has_its_courses_and_scores_under_its_own_name(done: Path) -> None:
    plan = plan_in(done, content(TWO))
    assert states(plan) == dict.fromkeys(TWO, CellState.DONE)
    index = read_index(plan.index)
    assert [(cell.system, cell.seed) for cell in index.cells] == [(name, 0) for name in TWO]
    assert index.is_script
    assert index.cases == ("cbt/en01",)
    for entry, cell in zip(index.cells, find_cells(plan), strict=True):
        assert plan.folder / entry.run == cell.run.path
        assert cell.run.path.name == entry.system
        assert cell.run.manifest().settings.runtime.world.seed == 0
        assert (plan.folder / entry.evaluation / "scores.csv").is_file()
    assert judged_folders(plan).keys() == TWO.keys()
    assert all((folder / "summary.json").is_file() for (folder,) in judged_folders(plan).values())


async def test_what_is_done_is_not_done_again_and_a_changed_setting_redoes_its_cell_alone(
    tmp_path: Path,
) -> None:
    await run(plan_in(tmp_path, content(TWO)))
    before = made(tmp_path)
    result, told = await run(plan_in(tmp_path, content(TWO)))
    assert (result.exit_status(), calls(told)) == (0, 0)
    assert made(tmp_path) == before
    other = TWO | {"no_skills": {"from": "psychagent", "set": {"skills": "off", "memory": "none"}}}
    plan = plan_in(tmp_path, content(other))
    assert states(plan) == {"psychagent": CellState.DONE, "no_skills": CellState.OPEN}
    result, told = await run(plan)
    assert result.exit_status() == 0
    asked = {
        event.system for event in told if isinstance(event, InCell) and isinstance(event.event, CallAnswered)
    }
    assert asked == {"no_skills"}
    after = made(tmp_path)
    assert before.items() <= after.items(), "the earlier cell stays"
    assert [cell.system for cell in read_index(plan.index).earlier] == ["no_skills"]
    assert len(experiment_status(plan).earlier) == 1
    # and back: the earlier cell is there
    result, told = await run(plan_in(tmp_path, content(TWO)))
    assert (result.exit_status(), calls(told)) == (0, 0)


async def test_another_judge_is_asked_alone_and_the_scores_of_the_first_stay(tmp_path: Path) -> None:
    one = {"psychagent": TWO["psychagent"]}
    await run(plan_in(tmp_path, content(one)))
    before = made(tmp_path)
    twice = content(one)["eval"] | {"repeats": 2}
    plan = plan_in(tmp_path, content(one, eval=twice))
    assert states(plan) == {"psychagent": CellState.HELD}
    result, told = await run(plan)
    assert result.exit_status() == 0
    used = [e.event.usage for e in told if isinstance(e, InCell) and isinstance(e.event, CallAnswered)]
    assert {role for usage in used for role in usage.roles} == {"judge"}
    assert before.items() <= made(tmp_path).items()
    assert len(made(tmp_path)) > len(before)


async def test_an_experiment_may_grow_by_cases_and_shrink_without_their_scores(tmp_path: Path) -> None:
    one = {"psychagent": TWO["psychagent"]}
    await run(plan_in(tmp_path, content(one)))
    small = made(tmp_path)
    _, told = await run(plan_in(tmp_path, content(one, dataset={"modalities": ["cbt"], "max_cases": 2})))
    grown = made(tmp_path)
    sessions = {place for place in grown if "/run/" in place}
    assert len(sessions) == 2
    assert {place for place in small if "session_" in place} <= grown.keys()
    result, told = await run(plan_in(tmp_path, content(one)))
    assert (result.exit_status(), calls(told)) == (0, 0)
    scores = next(place for place in small if place.endswith("scores.csv"))
    assert made(tmp_path)[scores] == small[scores], "of the cases that are asked for alone"
    assert states(plan_in(tmp_path, content(one))) == {"psychagent": CellState.DONE}


async def test_a_cell_that_fails_does_not_end_the_others(tmp_path: Path) -> None:
    with serve(always("counselor", Http(status=400, body="no"))) as server:
        runtime = {"machine": {"max_outage_sec": 0}}
        systems = {"broken": at_server(server.base_url), "psychagent": TWO["psychagent"]}
        plan = plan_in(tmp_path, content(systems, runtime=runtime))
        result, _ = await run(plan)
    assert result.exit_status() == 1
    assert states(plan) == {"broken": CellState.FAILED, "psychagent": CellState.DONE}
    broken = result.outcomes[0]
    assert "HTTP 400" in broken.failure
    assert "no session was held" in broken.failure


async def test_all_cells_share_the_places_for_calls(tmp_path: Path) -> None:
    with serve(delay_sec=0.03) as server:
        systems = {name: at_server(server.base_url, memory=name) for name in ("none", "recap", "file")}
        runtime = {"machine": {"max_parallel_calls": 1, "max_outage_sec": 0}}
        result, _ = await run(plan_in(tmp_path, content(systems, runtime=runtime)))
        times = sorted(call.at for call in server.calls)
    assert result.exit_status() == 0
    # each call was answered before the next begins, whatever cell makes it
    assert all(later - earlier > 0.02 for earlier, later in zip(times, times[1:], strict=False))


async def test_a_signal_stops_all_cells_and_the_same_command_goes_on(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, content(TWO))
    alone = tmp_path / "alone"
    alone.mkdir()
    await run(plan_in(alone, content(TWO)))

    def stop_at_first(event: ExperimentEvent) -> None:
        if isinstance(event, InCell) and isinstance(event.event, CallAnswered) and not sent:
            sent.append(True)
            signal.raise_signal(signal.SIGINT)

    sent: list[bool] = []
    result = await run_experiment(replace(plan, tell=stop_at_first))
    assert result.exit_status() == 130
    assert CellState.DONE not in states(plan).values()
    result, _ = await run(plan)
    assert result.exit_status() == 0
    assert made(tmp_path).keys() >= made(alone).keys()
    assert {name: text for name, text in made(tmp_path).items() if name in made(alone)} == made(alone)


async def test_each_cell_has_a_log_of_its_own(tmp_path: Path) -> None:
    with serve(always("counselor", Http(status=400, body="no"))) as server:
        systems = {"broken": at_server(server.base_url), "psychagent": TWO["psychagent"]}
        plan = plan_in(tmp_path, content(systems))
        await run(plan)
    broken, well = (cell.run.log.read_text(encoding="utf-8") for cell in find_cells(plan))
    assert "cbt/en01: lost (counselor: HTTP 400" in broken
    assert "lost" not in well


async def test_an_experiment_in_use_is_left_alone(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, content(TWO))
    with hold_lock(plan.lock), pytest.raises(LockError, match="another process is working"):
        await run(plan)


@pytest.mark.parametrize(
    ("systems", "over", "words"),
    [
        (
            {
                "a": {
                    "baseline": "offline",
                    "set": {
                        "counselor": {
                            "provider": "openai",
                            "model": "m",
                            "base_url": "http://127.0.0.1:9/v1",
                            "api_key_env": "NO_SUCH_KEY",
                        }
                    },
                }
            },
            {},
            "system 'a': .*NO_SUCH_KEY",
        ),
        ({"a": {"baseline": "offline", "set": {"prompts_root": "nowhere"}}}, {}, "nowhere"),
        (TWO, {"eval": {"methods": {"cbt": ["WAII"]}}}, "'WAII'"),
        (TWO, {"dataset": {"split": "nothing"}}, "nothing"),
    ],
)
async def test_what_could_not_start_is_refused_before_the_first_call(
    tmp_path: Path, systems: dict[str, Any], over: dict[str, Any], words: str
) -> None:
    with pytest.raises(Exception, match=words):
        await run(plan_in(tmp_path, content(systems, **over)))
    assert not (tmp_path / "out").exists()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, content(TWO))
    plan.folder.mkdir(parents=True)
    (plan.folder / "summary.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RecordError, match="holds an evaluation, not an experiment; name another --save-dir"):
        asyncio.run(run(plan))


def test_a_plan_takes_settings_and_no_name_of_a_file(tmp_path: Path) -> None:
    settings: Any = "strategies"
    with pytest.raises(SettingsError, match="settings"):
        ExperimentPlan(settings=settings, save_dir=tmp_path, env={})


@pytest.mark.parametrize(
    ("systems", "over", "words"),
    [
        (TWO, {}, []),
        (
            TWO | {"gpt": at_server("http://127.0.0.1:9/v1")},
            {},
            ["reflect with different models (the script in psychagent, no_skills; loopback in gpt)"],
        ),
        (
            TWO | {"gpt": at_server("http://127.0.0.1:9/v1")},
            {"reflector": {"provider": "offline"}},
            [],
        ),
        (
            TWO | {"long": {"from": "no_skills", "set": {"max_sessions": 3, "max_counselor_turns": 9}}},
            {},
            ["long has max_sessions 3 and not 1 and max_counselor_turns 9 and not 2, as psychagent has"],
        ),
        (
            TWO
            | {
                "e5": {
                    "from": "psychagent",
                    "set": {"embedding": {"provider": "sentence_transformers", "model": "e5"}},
                }
            },
            {},
            ["search with different embedders (minilm in psychagent, no_skills; e5 in e5)"],
        ),
        (TWO | {"twin": {"from": "no_skills"}}, {}, ["twin is the same system as no_skills"]),
        (TWO | {"rolled": {"from": "no_skills", "rft": {"rollout_n": 2}}}, {}, []),
    ],
)
def test_what_makes_systems_hard_to_compare_is_said(
    tmp_path: Path, systems: dict[str, Any], over: dict[str, Any], words: list[str]
) -> None:
    notes = experiment_status(plan_in(tmp_path, content(systems, **over))).notes
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True))


async def test_a_system_with_rollouts_is_run_with_them(tmp_path: Path) -> None:
    system = {
        "baseline": "offline",
        "set": SHORT,
        "rft": {"rollout_n": 2, "judging": {"methods": {"cbt": ["WAI"]}}},
    }
    plan = plan_in(tmp_path, content({"best": system}))
    result, _ = await run(plan)
    assert result.exit_status() == 0
    (cell,) = find_cells(plan)
    assert cell.run.manifest().has_rollouts
    again, told = await run(plan)
    assert (again.exit_status(), calls(told)) == (0, 0)
