"""Time the course graph as a batch run drives it: SQLite checkpoints, journals of calls."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psychagent.assets.cases import find_cases
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import WORKING_STAGES, Language, Modality
from psychagent.domain.call import thread_id
from psychagent.domain.profile import Case
from psychagent.flows.build import build_deps
from psychagent.flows.course import build_course
from psychagent.flows.live import Live, open_live
from psychagent.flows.rft import with_rollouts
from psychagent.nodes.deps import Deps
from psychagent.nodes.judge import plan_calls
from psychagent.runs.checkpoints.sqlite import SqliteCheckpoints, open_checkpoints
from psychagent.runs.journals.file import FileJournals
from psychagent.scales.scale import reward_methods
from psychagent.skills.embed import Embedder
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore
from tests.benchmarks.jobs.embedder import HashEmbedder
from tests.benchmarks.jobs.judging import judge_at
from tests.benchmarks.work import calls_in_sequence, calls_per_session
from tests.support.flat import baseline_of, runtime_of

CALLS = 1024
"""Model calls at a time: more than any job makes, so that the gate does not enter the timings."""


def settings(base_url: str, **over: Any) -> tuple[BaselineSettings, RuntimeSettings]:
    """Settings of a run against the loopback server."""
    given = {
        "base_url": base_url,
        "model": "loopback",
        "name": "bench",
        "max_sessions": 2,
        "max_counselor_turns": 10,
    }
    client = EndpointSettings(base_url=base_url, model="loopback")
    return baseline_of(**(given | {"retrieval": {"method": "fusion"}} | over)), runtime_of(client=client)


def with_hash_embedder(deps: Deps) -> Deps:
    """Replace the embedder; the index, its search and everything else are the real ones."""
    embedder: Embedder = HashEmbedder()
    stores = {lang: SkillStore(SkillLibrary(lang), embedder=embedder, method="fusion") for lang in Language}
    return replace(deps, skills=lambda language: stores[language])


@asynccontextmanager
async def batch(wire: Callable[[Live], Deps], cases: Sequence[Case]) -> AsyncIterator[Batch]:
    """Open what a batch run works with, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        journals = FileJournals(Path(folder) / "calls")
        path = Path(folder) / "checkpoints.sqlite"
        async with (
            open_live({}, calls=CALLS, journal=journals) as live,
            open_checkpoints(path) as kept_in,
        ):
            deps = wire(live)
            for case in cases:
                for stage in WORKING_STAGES:
                    await deps.skills(Language.EN).index(case.modality, stage)
                journals.open(thread_id(case.modality, case.case_id))
            yield Batch(deps, build_course(deps, kept_in.saver), kept_in, path)


@dataclass(frozen=True)
class Batch:
    """What a batch run works with."""

    deps: Deps
    graph: Any
    kept_in: SqliteCheckpoints
    path: Path

    async def run(self, case: Case) -> None:
        """Run one course to its end."""
        config = {
            "configurable": {"thread_id": thread_id(case.modality, case.case_id)},
            "recursion_limit": 100,
        }
        await self.graph.ainvoke({"case": case}, config, context=self.deps.knobs, durability="sync")


def distinct_cases(count: int) -> list[Case]:
    """Take the bundled cases as often as needed, each time under an id of its own."""
    found = [file.load() for file in find_cases(DatasetSettings(split=None), Language.EN)]
    return [
        found[n % len(found)].model_copy(update={"case_id": f"{found[n % len(found)].case_id}-{n}"})
        for n in range(count)
    ]


async def run_cases(base_url: str, cases: int, concurrency: int, sessions: int, turns: int) -> dict[str, Any]:
    """Time cases on SQLite checkpoints, start-up apart."""
    baseline, runtime = settings(base_url, max_sessions=sessions, max_counselor_turns=turns)
    work = distinct_cases(cases)
    async with batch(lambda live: with_hash_embedder(build_deps(baseline, runtime, live)), work) as opened:
        waiting = iter(work)

        async def worker() -> None:
            for case in waiting:
                await opened.run(case)

        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    calls = cases * sessions * calls_per_session(turns)
    in_sequence = calls_in_sequence(cases=cases, concurrency=concurrency, sessions=sessions, turns=turns)
    return {
        "wall": wall,
        "critical": in_sequence * 0.05,
        "calls": calls,
        "cpu_ms_per_call": cpu / calls * 1000,
        "calls_per_sec": calls / wall,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def one_session(base_url: str, turns: int, sessions: int) -> dict[str, Any]:
    """Run one case, for the server's log."""
    return await run_cases(base_url, 1, 1, sessions, turns)


async def checkpoints(base_url: str, sessions: int, turns: int) -> dict[str, Any]:
    """Measure the checkpoint file of one course, as it grows and after compaction."""
    baseline, runtime = settings(base_url, max_sessions=sessions, max_counselor_turns=turns)
    curve: list[float] = []
    case = distinct_cases(1)[0]
    thread = thread_id(case.modality, case.case_id)
    async with batch(lambda live: with_hash_embedder(build_deps(baseline, runtime, live)), [case]) as opened:
        config = {"configurable": {"thread_id": thread}, "recursion_limit": 12 * sessions}
        stream = opened.graph.astream(
            {"case": case}, config, context=opened.deps.knobs, durability="sync", stream_mode="updates"
        )
        async for update in stream:
            if "reflect" in update:
                curve.append(_megabytes(opened.path))
        await opened.kept_in.compact(thread)
        return {"curve_mb": curve, "compacted_mb": _megabytes(opened.path)}


def _megabytes(path: Path) -> float:
    with sqlite3.connect(path) as db:
        pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        free = db.execute("PRAGMA freelist_count").fetchone()[0]
    db.close()
    return float((pages - free) * size) / 2**20


async def rollouts(base_url: str, cases: int, n: int, turns: int) -> dict[str, Any]:
    """Time one session of n rollouts with their judging."""
    baseline, runtime = settings(base_url, max_sessions=1, max_counselor_turns=turns)
    rft = RftSettings(
        rollout_n=n,
        rollout_concurrency=n,
        judging=EvalSettings(judge=judge_at(base_url), concurrency=1024),
    )
    work = distinct_cases(cases)

    def wire(live: Live) -> Deps:
        return with_rollouts(with_hash_embedder(build_deps(baseline, runtime, live)), rft, live)

    async with batch(wire, work) as opened:
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*map(opened.run, work))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    judged = len(judge_calls(opened.deps))
    calls = cases * (n * (calls_per_session(turns) - 3 + judged) + 3)
    # filter, the longest rollout, its scales at once, summary and client file side by side
    critical = (1 + calls_per_session(turns) - 3 + 1 + 1) * 0.05
    return {
        "wall": wall,
        "critical": critical,
        "calls": calls,
        "cpu_ms_per_call": cpu / calls * 1000,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def judge_calls(deps: Deps) -> list[Any]:
    """List the calls that judging one session of the first modality takes."""
    assert deps.rft is not None
    scales = deps.rft.judge.scales
    return plan_calls(deps.rft.judge, reward_methods(scales, Modality.BT))
