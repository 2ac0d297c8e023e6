"""Time an evaluation within one process."""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from psychagent.assets.settings.judge import EvalSettings, JudgeEndpoint
from psychagent.domain.usage import Usage
from psychagent.evals.evaluate import run_eval
from psychagent.evals.events import EvalEvent
from psychagent.evals.plan import EvalPlan
from psychagent.runs.events import CallAnswered
from tests.benchmarks.work import write_dialogue


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
