"""Many cases at once: each failure kept to its case, and how a run ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.baseline import EmbeddingSettings, RetrievalSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Modality
from psychagent.errors import SettingsError
from psychagent.flows.events import SessionClosed
from psychagent.runs.events import CallAnswered, CaseEnded, InCase, RunBegan, RunEvent
from psychagent.runs.outcome import Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.loopback.replies import summary_reply
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.running import NAME, case_dirs, course_file, hearing, load, manifest, run_plan

SHORT: dict[str, Any] = {"max_sessions": 1, "max_counselor_turns": 1}


def own_profiles(folder: Path) -> Path:
    """Copy three profiles."""
    folder.mkdir()
    for name in ("en01", "en02", "en03"):
        source = asset_dir("profiles") / "en" / "sample" / f"{name}.yaml"
        (folder / f"{name}.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def without(field: str) -> Callable[[Path], None]:
    """Make a damage that takes a field away."""

    def damage(path: Path) -> None:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        place = data
        *outer, last = field.split(".")
        for name in outer:
            place = place[name]
        del place[last]
        path.write_text(yaml.safe_dump(data), encoding="utf-8")

    return damage


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a field of everybody's": (without("basic_info"), "field 'basic_info' is missing; add it"),
    "a field inside": (without("basic_info.static_traits"), "field 'basic_info.static_traits' is missing"),
    "the modality's block": (without("theory.cbt"), "field 'theory.cbt' is missing; add it"),
    "its end": (lambda path: path.write_bytes(path.read_bytes()[:50] + b"\n- ["), "not valid yaml"),
    "all": (lambda path: path.write_text(""), "holds nothing, not a profile"),
    "encoding": (lambda path: path.write_bytes(b"\xff\xfe\xff"), "is not UTF-8 text"),
}


@pytest.mark.parametrize(("damage", "told"), DAMAGES.values(), ids=DAMAGES)
async def test_a_profile_that_lacks_something_fails_alone_and_is_named(
    tmp_path: Path, damage: Callable[[Path], object], told: str
) -> None:
    root = own_profiles(tmp_path / "profiles")
    broken = root / "en02.yaml"
    whole = broken.read_bytes()
    damage(broken)
    with serve() as server:
        plan = run_plan(tmp_path / "runs", server.base_url, **SHORT)
        dataset = plan.dataset.model_copy(update={"root": root, "split": None, "max_cases": None})
        plan = replace(plan, dataset=dataset)
        result = await run_sample(plan)
        assert result.exit_status() == 1
        assert result.count() == {Status.FAILED: 1, Status.ENDED_BY_LIMIT: 2}
        failed = next(o for o in result.outcomes if o.failure)
        assert failed.case_id == "en02"
        assert failed.failure is not None
        assert told in failed.failure.message
        assert "en02" in failed.failure.message
        assert load(tmp_path / "runs/loopback/cbt/en02/course.json")["status"] == "failed"

        broken.write_bytes(whole)
        assert (await run_sample(plan)).exit_status() == 0
    assert [course_file(tmp_path / "runs", n)["finished"] for n in range(3)] == [True] * 3


async def test_a_course_that_the_plan_ends_is_finished(tmp_path: Path) -> None:
    stages = iter(["intervention", "consolidation", "termination"])

    def behave(call: Call, number: int) -> Http | None:
        return (
            Http(body=chat_body(json.dumps(summary_reply(next(stages))))) if call.role == "summary" else None
        )

    with serve(behave) as server:
        result = await run_sample(run_plan(tmp_path, server.base_url, max_sessions=9, max_counselor_turns=1))
    assert result.exit_status() == 0
    assert result.count() == {Status.ENDED_BY_PLAN: 1}
    assert course_file(tmp_path)["finished_reason"] == "plan"
    assert course_file(tmp_path)["num_sessions"] == 3
    held = [load(case_dirs(tmp_path)[0] / f"session_{k}.json")["stage"] for k in (1, 2, 3)]
    assert held == ["conceptualization", "intervention", "consolidation"]


async def test_a_plan_that_would_skip_a_stage_is_corrected_and_recorded(tmp_path: Path) -> None:
    def behave(call: Call, number: int) -> Http | None:
        return (
            Http(body=chat_body(json.dumps(summary_reply("termination")))) if call.role == "summary" else None
        )

    with serve(behave) as server:
        await run_sample(run_plan(tmp_path, server.base_url, max_sessions=9, max_counselor_turns=1))
    assert course_file(tmp_path)["num_sessions"] == 3
    assert [c["decided"] for c in course_file(tmp_path)["corrections"]] == ["intervention", "consolidation"]


def words_of(event: RunEvent) -> list[str]:
    """Write an event as a line; most of what happens inside a case is left out."""
    match event:
        case RunBegan(cases):
            return [f"start {cases}"]
        case CallAnswered():
            return ["call"]
        case InCase(_, case_id, SessionClosed(session)):
            return [f"{case_id} {session.session_index}"]
        case CaseEnded(outcome):
            return [f"{outcome.case_id} {outcome.status.value}"]
    return []


async def test_every_event_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, cases=2, max_counselor_turns=1)
        await run_sample(replace(plan, tell=lambda event: told.extend(words_of(event))))
        assert told.count("call") == len(server.calls)
    rest = [event for event in told if event != "call"]
    assert rest[0] == "start 2"
    for case in ("en01", "en02"):
        mine = [event for event in rest if event.startswith(case)]
        assert mine == [f"{case} 1", f"{case} 2", f"{case} finished by max_sessions"]


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_so_many_cases_run_at_a_time(tmp_path: Path, concurrency: int) -> None:
    under_way, most = set[str](), [0]
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, cases=4, **SHORT)
        plan = replace(plan, runtime=at_a_time(plan, concurrency))
        slow = Http(body=chat_body("<response>Hello</response>"), delay_sec=0.1)

        def behave(call: Call, number: int) -> Http | None:
            # a case begins with its filter call and ends with its outcome
            if call.role == "filter":
                under_way.add(str(call.body["seed"]))
                most[0] = max(most[0], len(under_way))
            return slow if call.role == "counselor" else None

        server.behave = behave
        ended = hearing(plan, CaseEnded, lambda event: under_way.remove(next(iter(under_way))))
        result = await run_sample(ended)
    assert result.exit_status() == 0
    assert most[0] == concurrency


async def test_a_watcher_that_fails_ends_the_run_and_leaves_nobody_working(tmp_path: Path) -> None:
    def fail(event: object) -> None:
        raise LookupError("the watcher's own")

    with serve(delay_sec=0.02) as server:
        plan = run_plan(tmp_path, server.base_url, cases=4, max_counselor_turns=1)
        with pytest.raises(LookupError, match="the watcher's own"):
            await run_sample(hearing(plan, CaseEnded, fail))
        # what was already on its way when its sender was cancelled still comes in
        await asyncio.sleep(0.2)
        made = len(server.calls)
        await asyncio.sleep(0.3)
        assert len(server.calls) == made
        assert len(asyncio.all_tasks()) == 1
        assert (await run_sample(plan)).exit_status() == 0


async def test_a_run_that_cannot_start_removes_no_former_run(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, **SHORT)
        await run_sample(plan)
        locked = plan.baseline.counselor.model_copy(update={"api_key_env": "NO_SUCH_KEY"})
        keyless = replace(
            plan, baseline=plan.baseline.model_copy(update={"counselor": locked}), overwrite=True
        )
        with pytest.raises(SettingsError, match="'NO_SUCH_KEY' is not set"):
            await run_sample(keyless)
    assert course_file(tmp_path)["finished"]
    assert manifest(tmp_path)["cases"] == {"finished by max_sessions": 1}


def at_a_time(plan: SamplePlan, concurrency: int) -> RuntimeSettings:
    """The plan's runtime with so many cases at a time."""
    machine = plan.runtime.machine.model_copy(update={"concurrency": concurrency})
    return plan.runtime.model_copy(update={"machine": machine})


def at_embeddings(plan: SamplePlan, base_url: str) -> SamplePlan:
    """Rank by an embeddings endpoint that is tried once."""
    embedding = EmbeddingSettings(provider="openai", model="m", base_url=base_url, max_retries=0)
    change = {"embedding": embedding, "retrieval": RetrievalSettings(method="embed")}
    return replace(plan, baseline=plan.baseline.model_copy(update=change))


async def test_where_skills_cannot_be_found_the_run_says_so_and_stops(tmp_path: Path) -> None:
    def behave(call: Call, number: int) -> Http | None:
        return Http(status=400, body="no such model") if call.path.endswith("/embeddings") else None

    with serve(behave) as server:
        plan = at_embeddings(run_plan(tmp_path, server.base_url, cases=6), server.base_url)
        plan = replace(plan, runtime=at_a_time(plan, 2))
        result = await run_sample(plan)
        assert not [call for call in server.calls if call.role == "counselor"], "never without skills"
        assert len(result.outcomes) == 2, "no case is begun once it is known"
        assert result.exit_status() == 1
        assert not result.interrupted
        reasons = [o.failure.message for o in result.outcomes if o.failure]
        assert reasons
        assert "embeddings endpoint" in reasons[0]

        server.behave = None
        made = len(server.calls)
        assert (await run_sample(plan)).exit_status() == 0
        assert len(server.calls) > made


async def test_cases_of_several_modalities_are_apart(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, **SHORT)
        dataset = plan.dataset.model_copy(update={"modalities": tuple(Modality), "max_cases": None})
        dataset = dataset.model_copy(update={"max_cases_per_modality": 1})
        result = await run_sample(replace(plan, dataset=dataset))
    assert result.exit_status() == 0
    assert {place.parent.name for place in case_dirs(tmp_path)} == {m.value for m in Modality}
    for place in case_dirs(tmp_path):
        session = load(place / "session_1.json")
        assert session["modality"] == place.parent.name
        assert session["case_id"] == place.name


ODD_SETUPS = {
    "certificates": ("https://127.0.0.1:9/v1", {"SSL_CERT_FILE": "/none"}, "'SSL_CERT_FILE' names '/none'"),
    "a proxy": ("http://127.0.0.1:9/v1", {"HTTP_PROXY": "socks5h://127.0.0.1:9"}, "'HTTP_PROXY'"),
}


@pytest.mark.parametrize("what", ODD_SETUPS)
async def test_an_endpoint_that_cannot_be_reached_ends_the_run_before_its_first_case(
    tmp_path: Path, what: str
) -> None:
    base_url, env, told = ODD_SETUPS[what]
    with pytest.raises(SettingsError, match=told):
        await run_sample(replace(run_plan(tmp_path, base_url, cases=2), env=env))
    assert not (tmp_path / NAME / "manifest.json").exists()
