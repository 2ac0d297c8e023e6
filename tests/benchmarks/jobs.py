"""What is measured, each in a process of its own: prints one line of JSON."""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from psychagent.assets.profiles import find_cases
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.judge import EvalSettings, JudgeEndpoint
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.profile import Case
from psychagent.domain.skill import Skill
from psychagent.domain.usage import Usage
from psychagent.evals.evaluate import run_eval
from psychagent.evals.events import EvalEvent
from psychagent.evals.plan import EvalPlan
from psychagent.flows.build import build_deps
from psychagent.flows.course import build_course
from psychagent.flows.live import open_live
from psychagent.flows.rft import with_rollouts
from psychagent.nodes.deps import Deps
from psychagent.nodes.judge import plan_calls
from psychagent.runs.checkpoints.sqlite import open_checkpoints
from psychagent.runs.events import CallAnswered
from psychagent.scales.scale import reward_methods
from psychagent.skills.embed import Embedder
from psychagent.skills.encoders import Vectors, normalize
from psychagent.skills.index import StageIndex
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore
from psychagent.skills.vectors import VectorCache
from tests.benchmarks.work import calls_in_sequence, calls_per_session, write_dialogue
from tests.support.flat import baseline_of, runtime_of
from tests.support.loopback import replies


class HashEmbedder:
    """Vectors at no cost to speak of, so that embedding does not enter the timings."""

    name = "hash"

    async def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), 384), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row[hash(word) % 384] += 1
        return normalize(rows + 1e-3)


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


async def run_cases(base_url: str, cases: int, concurrency: int, sessions: int, turns: int) -> dict[str, Any]:
    """Time cases on SQLite checkpoints, start-up apart."""
    baseline, runtime = settings(base_url, max_sessions=sessions, max_counselor_turns=turns)
    async with open_live({}, calls=CALLS) as live:
        deps = with_hash_embedder(build_deps(baseline, runtime, live))
        for modality in Modality:
            for stage in (Stage.CONCEPTUALIZATION, Stage.INTERVENTION, Stage.CONSOLIDATION):
                await deps.skills(Language.EN).index(modality, stage)
        files = find_cases(DatasetSettings(split=None), Language.EN)
        found = [file.load() for file in files]
        work = [(n, found[n % len(found)]) for n in range(cases)]
        with tempfile.TemporaryDirectory() as folder:
            async with open_checkpoints(Path(folder) / "checkpoints.sqlite") as kept_in:
                graph = build_course(deps, kept_in.saver)
                waiting = iter(work)

                async def worker() -> None:
                    for number, case in waiting:
                        config: Any = {"configurable": {"thread_id": str(number)}, "recursion_limit": 100}
                        await graph.ainvoke({"case": case}, config, context=deps.knobs, durability="sync")

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
    async with open_live({}, calls=CALLS) as live:
        deps = with_hash_embedder(build_deps(baseline, runtime, live))
        case = find_cases(DatasetSettings(split=None), Language.EN)[0].load()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoints.sqlite"
            async with open_checkpoints(path) as kept_in:
                graph = build_course(deps, kept_in.saver)
                config: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": 12 * sessions}
                stream = graph.astream(
                    {"case": case}, config, context=deps.knobs, durability="sync", stream_mode="updates"
                )
                async for update in stream:
                    if "reflect" in update:
                        curve.append(_megabytes(path))
                await kept_in.compact("1")
            return {"curve_mb": curve, "compacted_mb": _megabytes(path)}


def _megabytes(path: Path) -> float:
    with sqlite3.connect(path) as db:
        pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        free = db.execute("PRAGMA freelist_count").fetchone()[0]
    db.close()
    return float((pages - free) * size) / 2**20


async def retrieval(skills: int) -> dict[str, Any]:
    """Time the search among made-up skills, the embedding of the query apart."""
    rng = np.random.default_rng(0)
    words = [f"word{n}" for n in range(3000)]

    def text() -> str:
        return " ".join(rng.choice(words, 14))

    made = tuple(
        Skill(id=f"s{n}", name=text()[:40], description=text(), when_to_use=text(), trigger=text())
        for n in range(skills)
    )
    vectors = normalize(rng.normal(size=(skills, 384)).astype(np.float32))
    index = StageIndex(made, vectors)
    candidates = [f"s{n}" for n in rng.choice(skills, 60, replace=False)]
    query, vector = text(), vectors[7]

    def timed(job: Callable[[], object]) -> float:
        spans = []
        for _ in range(200):
            start = time.perf_counter()
            job()
            spans.append(time.perf_counter() - start)
        return float(np.median(spans) * 1000)

    return {
        "embed_all_ms": timed(lambda: index.search(query="", vector=vector, k=5)),
        "embed_candidates_ms": timed(
            lambda: index.search(query="", vector=vector, candidates=candidates, k=5)
        ),
        "fusion_candidates_ms": timed(
            lambda: index.search(query=query, vector=vector, candidates=candidates, k=5)
        ),
        "fusion_all_ms": timed(lambda: index.search(query=query, vector=vector, k=5)),
    }


async def vector_cache(skills: int) -> dict[str, Any]:
    """Time how long the vectors of a library take to come from the cache on disk."""
    texts = [f"skill {n} " + replies.filler(200, n) for n in range(skills)]
    with tempfile.TemporaryDirectory() as folder:
        embedder: Embedder = HashEmbedder()
        await VectorCache(Path(folder), embedder).embed(texts)
        start = time.perf_counter()
        await VectorCache(Path(folder), embedder).embed(texts)
        return {"load_sec": time.perf_counter() - start}


async def judge_sessions(base_url: str, sessions: int, turns: int, concurrency: int) -> dict[str, Any]:
    """Time the default scales of some sessions, through the same function as `psychagent eval`."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number in range(sessions):
            write_dialogue(
                root / "runs" / "bench" / "cbt" / f"case{number}" / "session_1.json", turns, number
            )
        plan = EvalPlan(
            settings=EvalSettings(judge=judge_at(base_url), concurrency=concurrency, degenerate=0),
            output_root=root / "out",
            env={},
            data_root=root / "runs",
        )
        answered: list[Usage] = []

        def tell(event: EvalEvent) -> None:
            if isinstance(event, CallAnswered):
                answered.append(event.usage)

        plan = replace(plan, tell=tell)
        wall, cpu = time.perf_counter(), time.process_time()
        await run_eval(plan)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    calls = len(answered)
    return {
        "calls": calls,
        "wall": wall,
        "critical": calls / concurrency * 0.05,
        "cpu_ms_per_call": cpu / calls * 1000,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def judge_at(base_url: str) -> JudgeEndpoint:
    """Settings of a judge at the loopback server."""
    return JudgeEndpoint(provider="openai", base_url=base_url, model="loopback-judge")


async def rollouts(base_url: str, cases: int, n: int, turns: int) -> dict[str, Any]:
    """Time one session of n rollouts with their judging."""
    baseline, runtime = settings(base_url, max_sessions=1, max_counselor_turns=turns)
    rft = RftSettings(
        rollout_n=n,
        rollout_concurrency=n,
        judging=EvalSettings(judge=judge_at(base_url), concurrency=1024),
    )
    async with open_live({}, calls=CALLS) as live:
        plain = with_hash_embedder(build_deps(baseline, runtime, live))
        deps = with_rollouts(plain, rft, live)
        found = [file.load() for file in find_cases(DatasetSettings(split=None), Language.EN)[:cases]]
        for case in found:
            await deps.skills(Language.EN).index(case.modality, Stage.CONCEPTUALIZATION)
        with tempfile.TemporaryDirectory() as folder:
            async with open_checkpoints(Path(folder) / "checkpoints.sqlite") as kept_in:
                graph = build_course(deps, kept_in.saver)

                async def run(number: int, case: Case) -> None:
                    config: Any = {"configurable": {"thread_id": str(number)}, "recursion_limit": 100}
                    await graph.ainvoke({"case": case}, config, context=deps.knobs, durability="sync")

                wall, cpu = time.perf_counter(), time.process_time()
                await asyncio.gather(*(run(number, case) for number, case in enumerate(found)))
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    judged = len(judge_calls(deps))
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


JOBS: dict[str, Callable[..., Any]] = {
    "run_cases": run_cases,
    "one_session": one_session,
    "checkpoints": checkpoints,
    "retrieval": retrieval,
    "vector_cache": vector_cache,
    "judge_sessions": judge_sessions,
    "rollouts": rollouts,
}


def main() -> None:
    """Run a job by name with JSON options."""
    replies.END_AFTER["turns"] = 10_000
    result = asyncio.run(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
