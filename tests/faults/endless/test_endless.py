"""Many cases, many faults, a restart in the middle: all accounted for, and the process does not grow.

`PSYCHAGENT_ENDLESS_CASES=1000 pytest -s tests/faults/endless` prints the table for a thousand cases.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Modality
from psychagent.runs.plan import SamplePlan
from tests.support.children import finish, psychagent, wait_for
from tests.support.loopback.server import Call, Http, serve
from tests.support.odd_bodies import KINDS
from tests.support.running import case_dirs, load, manifest, run_plan, write_yaml

pytestmark = pytest.mark.slow

CASES = int(os.environ.get("PSYCHAGENT_ENDLESS_CASES", "90"))
SESSIONS, CALLS_A_CASE, SHARE, STAYING = 2, 20.0, 0.1, 0.1
AT_ONCE = min(64, CASES // 6)
"""Few of them all: as long as every case is under way, memory grows whatever a finished one leaves."""
TIMEOUT_SEC = 3.0
GROWTH_KB, WARM_UP_KB = 24, 14_000
"""Most that a finished case may leave in memory (its outcome, and what the allocator keeps of it), and most
that a whole run may take while its caches fill. That is coarse: `test_leaks` counts objects."""
FILES_BESIDE = 40
"""Descriptors that are no connection: files of the run, checkpoints, the loop."""


@dataclass
class Unruly:
    """A server's behavior: one answer in ten is odd, by a seeded draw."""

    rng: random.Random = field(default_factory=lambda: random.Random(7))
    calls: int = 0
    answered: int = 0
    """Answers that hold a reply, usable or not: each is paid for."""
    odd: Counter[str] = field(default_factory=Counter)
    is_calm: bool = False

    def __post_init__(self) -> None:
        """Leave out the kinds that other tests measure."""
        self.kinds = [name for name in KINDS if name not in SLOW | HUGE]

    def __call__(self, call: Call, number: int) -> Http | None:
        """Answer a call, or leave it to the server."""
        self.calls += 1
        if self.is_calm or self.rng.random() >= SHARE:
            self.answered += 1
            return None
        # most pass: one that stays ends its case, and a case has some twenty calls
        stays = self.rng.random() < STAYING
        name = self.rng.choice([name for name in self.kinds if (KINDS[name].taken == "final") == stays])
        kind = KINDS[name]
        self.odd[kind.taken] += 1
        self.answered += kind.taken in {"reply", "fine"}
        return kind.answer(call)


SLOW = {name for name, kind in KINDS.items() if kind.says.startswith("no answer within")}
"""Kinds that keep a caller waiting until its time limit."""
HUGE = {name for name, kind in KINDS.items() if kind.says.startswith("larger than")}
"""Kinds of which some at a time decide how much memory is taken; a limit bounds each."""


@dataclass
class Watch:
    """What a process holds, twice a second."""

    rows: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Calls that the server had seen, resident kB, open descriptors, threads."""

    def growth_kb(self) -> float:
        """Return how much memory a case adds, from the second quarter of the calls to the last."""
        first, last = self._part(0.25, 0.5), self._part(0.75, 1.0)
        assert first, "nothing was seen of the process in its second quarter"
        assert last, "nothing was seen of the process in its last quarter"
        cases = (median(r[0] for r in last) - median(r[0] for r in first)) / CALLS_A_CASE
        return (median(r[1] for r in last) - median(r[1] for r in first)) / max(cases, 1)

    def most(self, column: int, start: float, end: float) -> int:
        """Return the largest value of a column in a part of the calls."""
        return max((row[column] for row in self._part(start, end)), default=0)

    def _part(self, start: float, end: float) -> list[tuple[int, int, int, int]]:
        if not self.rows:
            return []
        low, high = self.rows[0][0], self.rows[-1][0]
        span = (low + start * (high - low), low + end * (high - low))
        return [row for row in self.rows if span[0] <= row[0] <= span[1]]


@contextmanager
def watching(process: BaseProcess, server: Unruly) -> Iterator[Watch]:
    """Watch a process until the block ends."""
    watch, over, folder = Watch(), threading.Event(), Path(f"/proc/{process.pid}")

    def look() -> None:
        while not over.wait(0.25):
            try:
                status = dict(
                    line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
                )
                files = len(list((folder / "fd").iterdir()))
                watch.rows.append(
                    (server.calls, int(status["VmRSS"].split()[0]), files, int(status["Threads"]))
                )
            except (OSError, KeyError, ValueError):
                # the process ends
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


def plan_of(tmp_path: Path, base_url: str) -> SamplePlan:
    """Plan a run with a client of its own for every case."""
    text = (asset_dir("profiles") / "en" / "sample" / "en01.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "profiles" / "sample"
    folder.mkdir(parents=True)
    for number in range(CASES):
        name = f"c{number:04}"
        (folder / f"{name}.yaml").write_text(text.replace("user_id: en01", f"user_id: {name}"), "utf-8")
    plan = run_plan(
        tmp_path / "runs",
        base_url,
        max_sessions=SESSIONS,
        max_counselor_turns=2,
        timeout_sec=TIMEOUT_SEC,
        retrieval={"method": "lexical", "query": "rewrite"},
    )
    machine = plan.runtime.machine.model_copy(update={"concurrency": AT_ONCE})
    return replace(
        plan,
        dataset=DatasetSettings(root=tmp_path / "profiles", modalities=(Modality.CBT,)),
        runtime=plan.runtime.model_copy(update={"machine": machine}),
    )


def ends_of(save_dir: Path) -> Counter[str]:
    """Count the cases by how they ended, from their files; a case without a course file is told apart."""
    ends: Counter[str] = Counter()
    for folder in case_dirs(save_dir):
        file = folder / "course.json"
        ends[load(file)["status"] if file.exists() else "no course file"] += 1
    return ends


def reasons_of(save_dir: Path) -> list[str]:
    """List why cases failed, from their files."""
    courses = [load(folder / "course.json") for folder in case_dirs(save_dir)]
    return [course["failure"]["message"] for course in courses if course["status"] == "failed"]


def totals_of(save_dir: Path) -> int:
    return sum(part["calls"] for part in manifest(save_dir)["totals"].values())


@dataclass
class Leg:
    """A start of the run, until it ends or is ended."""

    watch: Watch
    seconds: float
    calls: int
    status: int


def start(argv: list[str], log: Path, unruly: Unruly, *, until: float = 0, ended_by: int = 0) -> Leg:
    """Start the run; end it by a signal once the server has seen so many calls, if one is named."""
    began, before = time.monotonic(), unruly.calls
    with psychagent(argv, log) as process, watching(process, unruly) as watch:
        if ended_by:
            assert wait_for(lambda: unruly.calls >= until, process, seconds=3600)
            assert process.pid is not None
            os.kill(process.pid, ended_by)
        status = finish(process, seconds=3600)
    return Leg(watch, time.monotonic() - began, unruly.calls - before, status)


def test_a_thousand_cases_with_faults_and_restarts_are_all_accounted_for(tmp_path: Path) -> None:
    unruly, runs = Unruly(), tmp_path / "runs"
    with serve(unruly, keep=False) as server:
        argv, log = write_yaml(tmp_path, plan_of(tmp_path, server.base_url)), tmp_path / "log"
        calls = CASES * CALLS_A_CASE
        legs = {
            "until it is killed": start(argv, log, unruly, until=calls / 4, ended_by=signal.SIGKILL),
            "until it is asked to stop": start(argv, log, unruly, until=calls / 2, ended_by=signal.SIGTERM),
            "to its end": start(argv, log, unruly),
        }
        ends, counted, reasons = ends_of(runs), totals_of(runs), reasons_of(runs)
        unruly.is_calm = True
        last = start(argv, log, unruly)
    show(legs, unruly, ends, counted)
    assert [leg.status for leg in legs.values()][:2] == [-signal.SIGKILL, 130]
    # all of them, once each, finished or failed with a reason, and the exit status says so
    assert sum(ends.values()) == CASES
    failed = ends.pop("failed", 0)
    assert ends == {"finished by max_sessions": CASES - failed}
    assert legs["to its end"].status == int(failed > 0)
    assert len(reasons) == failed
    told = [kind.says for kind in KINDS.values() if kind.says]
    assert [reason for reason in reasons if not any(says in reason for says in told)] == []
    # the same command mends them, once servers behave
    assert last.status == 0
    assert ends_of(runs) == {"finished by max_sessions": CASES}
    # what the kill cut off was paid and not kept: at most what was in flight
    assert 0 <= unruly.answered - totals_of(runs) <= AT_ONCE
    assert "Traceback" not in log.read_text()
    watch = legs["to its end"].watch
    assert watch.growth_kb() <= max(GROWTH_KB, WARM_UP_KB / CASES)
    assert watch.most(2, 0.75, 1.0) <= AT_ONCE + FILES_BESIDE
    assert watch.most(3, 0.75, 1.0) <= watch.most(3, 0.25, 0.5) + 2


def show(legs: dict[str, Leg], unruly: Unruly, ends: Counter[str], counted: int) -> None:
    """Print what was tried and what came of it."""
    odd = ", ".join(f"{count} {kind}" for kind, count in sorted(unruly.odd.items()))
    print(
        f"\n{CASES} cases x {SESSIONS} sessions, {AT_ONCE} at once, {unruly.calls} calls; odd answers: {odd}"
    )
    print(f"ends before the last resume: {dict(ends)}; {counted} calls counted")
    for name, leg in legs.items():
        watch, each = leg.watch, 1000 * leg.seconds / max(leg.calls, 1)
        print(
            f"{name}: {leg.seconds:.0f} s, {leg.calls} calls, {each:.1f} ms a call; "
            f"memory {watch.most(1, 0.25, 0.5) // 1024} -> {watch.most(1, 0.75, 1.0) // 1024} MB "
            f"({watch.growth_kb():.1f} kB a case); "
            f"descriptors {watch.most(2, 0.25, 0.5)} -> {watch.most(2, 0.75, 1.0)}; "
            f"threads {watch.most(3, 0.25, 0.5)} -> {watch.most(3, 0.75, 1.0)}"
        )
