"""A finished case leaves nothing but its outcome: counted object by object, so that few cases suffice."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from psychagent.llm import endpoint
from psychagent.llm.reply import Reply
from psychagent.llm.servers.completion import read_completion
from psychagent.runs.events import CaseEnded
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, serve
from tests.support.rolling import rollout_plan
from tests.support.running import hearing, run_plan

pytestmark = pytest.mark.slow

WARM, LOOKS, CASES = 1, 3, 9
"""So many cases are not looked at, at the next three and the last three the least is counted."""
APART = CASES - LOOKS - WARM
"""Cases between the two looks."""
MOST_KB = 32.0
"""Most traced memory that a case may leave while bounded caches of texts fill, which take some 20 kB; one
object a case is told by its kind, whatever its size."""
KEPT = {"Outcome", "Usage", "RoleUsage", "Failure", "Unscored", "Heard"}
"""What a run's result holds of every case, and what a bounded cache of the gate's rules does."""
OURS = ("psychagent.", "asyncio", "_asyncio", "aiohttp", "langgraph", "langchain_core")


@dataclass
class Seen:
    """What was alive after some cases."""

    kinds: list[Counter[str]] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)

    def look(self) -> None:
        """Count what is alive, once what nobody holds is gone."""
        gc.collect()
        drop_timers()
        self.kilobytes.append(tracemalloc.get_traced_memory()[0] / 1024)
        kinds = (type(each) for each in gc.get_objects())
        self.kinds.append(Counter(kind.__qualname__ for kind in kinds if kind.__module__.startswith(OURS)))

    def grown(self) -> dict[str, int]:
        """Return the kinds of which there are more with every case."""
        kinds = {kind for counted in self.kinds for kind in counted} - KEPT
        more = {kind: self._more([float(counted[kind]) for counted in self.kinds]) for kind in kinds}
        return {kind: int(count) for kind, count in more.items() if count >= APART}

    def kilobytes_a_case(self) -> float:
        return self._more(self.kilobytes) / APART

    @staticmethod
    def _more(counts: list[float]) -> float:
        """Return how many more there are at the end; a case that is just over may not be gone yet."""
        return min(counts[-LOOKS:]) - min(counts[WARM : WARM + LOOKS])


def drop_timers() -> None:
    """Have the loop drop its cancelled timers: it keeps some hundred, with all that their calls held."""
    loop = asyncio.get_running_loop()
    for _ in range(250):
        loop.call_later(3600, print, context=Context()).cancel()


@contextmanager
def traced() -> Iterator[None]:
    tracemalloc.start(1)
    try:
        yield
    finally:
        tracemalloc.stop()


def one_in_seven(call: Call, number: int) -> Http | None:
    """Fail now and then, so that retries and their errors are counted too."""
    return Http(status=500, body="sorry") if number % 7 == 3 else loopback_reply(call, number)


async def seen_in(plan: SamplePlan) -> Seen:
    """Run a plan case by case, and look after each."""
    seen = Seen()
    machine = plan.runtime.machine.model_copy(update={"concurrency": 1})
    plan = replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))
    plan = hearing(plan, CaseEnded, lambda event: seen.look())
    with traced():
        result = await run_sample(plan)
    assert len(result.outcomes) == len(seen.kinds) == CASES
    return seen


def plan_of(kind: str, folder: Path, base_url: str) -> SamplePlan:
    if kind == "rft":
        return rollout_plan(folder, base_url, cases=CASES)
    return run_plan(folder, base_url, cases=CASES, max_sessions=1)


@pytest.mark.parametrize("kind", ["sample", "rft"])
async def test_a_finished_case_leaves_nothing_but_its_outcome(kind: str, tmp_path: Path) -> None:
    with serve(one_in_seven, keep=False) as server:
        seen = await seen_in(plan_of(kind, tmp_path, server.base_url))
    print(f"\n{kind}: {seen.kilobytes_a_case():.1f} kB a case; {seen.grown()}")
    assert seen.grown() == {}
    assert seen.kilobytes_a_case() <= MOST_KB


LEAKS = {"each reply": ("Reply", 0), "20 kB a case": ("", 1)}
"""An object of ours; and plain bytes, whose kind tells nothing: a case makes nine calls."""


@pytest.mark.parametrize("leak", LEAKS)
async def test_what_leaks_with_every_case_would_be_told(
    leak: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[object] = []
    kind, which = LEAKS[leak]

    def keeping(data: bytes, secrets: tuple[str, ...] = ()) -> Reply:
        reply = read_completion(data, secrets)
        kept.append((reply, bytes(2300))[which])
        return reply

    monkeypatch.setattr(endpoint, "read_completion", keeping)
    with serve(one_in_seven, keep=False) as server:
        seen = await seen_in(plan_of("sample", tmp_path, server.base_url))
    print(f"\nleaking {leak}: {seen.kilobytes_a_case():.1f} kB a case; {seen.grown()}")
    assert kind in seen.grown() if kind else seen.kilobytes_a_case() > MOST_KB
