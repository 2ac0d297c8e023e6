"""Many cases: so many at a time, resumable, stopped cleanly, each failure kept to its case."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from langgraph.runtime import RunControl

from psychagent.assets.profiles import CaseFile, find_cases
from psychagent.assets.rft_settings import RftSettings
from psychagent.assets.settings import BaselineSettings, DatasetSettings, RuntimeSettings
from psychagent.domain.profile import Case
from psychagent.domain.usage import Usage
from psychagent.errors import RecordError
from psychagent.flows.build import build_deps, open_client
from psychagent.flows.course import build_course
from psychagent.flows.rft import with_rollouts
from psychagent.nodes.deps import Deps
from psychagent.nodes.state import FinishedSession
from psychagent.records.files import write_json
from psychagent.runs.checkpoints import open_checkpoints
from psychagent.runs.course import CourseRun, remove_run, run_case
from psychagent.runs.layout import RunFolder
from psychagent.runs.lock import hold_lock
from psychagent.runs.manifest import build_manifest, check_resumable
from psychagent.runs.outcome import Outcome, RunResult, merge_outcomes


@dataclass
class Watch:
    """Who is told how a run goes; every hook is optional."""

    on_start: Callable[[Sequence[CaseFile]], None] = lambda cases: None
    on_call: Callable[[Usage], None] = lambda usage: None
    on_session: Callable[[Case, FinishedSession], None] = lambda case, session: None
    on_case: Callable[[Outcome], None] = lambda outcome: None


@dataclass(frozen=True)
class SamplePlan:
    """Everything that a run is told."""

    baseline: BaselineSettings
    runtime: RuntimeSettings
    dataset: DatasetSettings
    save_dir: Path
    env: Mapping[str, str]
    cache_dir: Path | None = None
    resume: bool = True
    overwrite: bool = False
    rft: RftSettings | None = None
    """Best-of-n rollouts; None is plain simulation."""
    watch: Watch = field(default_factory=Watch)


async def run_sample(plan: SamplePlan) -> RunResult:
    """Run all cases of a plan.

    Ctrl-C and SIGTERM stop cleanly: every case ends after the step it is in, and the same command
    goes on later.

    Raises:
        LockError: If another process works in the same folder.
        RecordError: If the folder holds a run that must not be continued.
        SettingsError, AssetError, SkillStoreError: If the run cannot start.
    """
    folder = RunFolder(plan.save_dir, plan.baseline.name)
    cases = find_cases(plan.dataset, plan.runtime.language)
    with hold_lock(folder.lock):
        if plan.overwrite:
            remove_run(folder)
        if not plan.resume and folder.manifest.exists():
            raise RecordError(f"{folder.path}: holds a run; continue it with --resume, or --overwrite it")
        async with open_client() as client:
            deps = build_deps(
                plan.baseline,
                plan.runtime,
                env=plan.env,
                on_call=plan.watch.on_call,
                client=client,
                cache_dir=plan.cache_dir,
            )
            if plan.rft is not None:
                deps = with_rollouts(deps, plan.rft, env=plan.env, client=client, on_call=plan.watch.on_call)
            manifest = build_manifest(plan.baseline, plan.runtime, plan.dataset, deps)
            check_resumable(folder.manifest, manifest)
            write_json(folder.manifest, manifest)
            result = await _run_cases(plan, folder, deps, cases)
            totals = {name: part.model_dump() for name, part in result.usage().roles.items()}
            write_json(folder.manifest, manifest | {"totals": totals, "cases": _counts(result)})
            return result


def _counts(result: RunResult) -> dict[str, int]:
    return {status.value: number for status, number in result.count().items()}


async def _run_cases(plan: SamplePlan, folder: RunFolder, deps: Deps, cases: Sequence[CaseFile]) -> RunResult:
    control = RunControl()
    async with open_checkpoints(folder.checkpoints) as saver:
        run = CourseRun(
            graph=build_course(deps, saver),
            saver=saver,
            folder=folder,
            knobs=deps.knobs,
            control=control,
            keep_all=plan.rft is None or plan.rft.keep_all_rollout_transcripts,
            on_session=plan.watch.on_session,
        )
        plan.watch.on_start(cases)
        waiting = iter(cases)
        outcomes: list[Outcome] = []

        async def work() -> None:
            for case in waiting:
                if control.drain_requested:
                    return
                outcome = await run_case(run, case)
                outcomes.append(outcome)
                plan.watch.on_case(outcome)

        with stop_on_signals(control):
            await asyncio.gather(*(work() for _ in range(min(plan.runtime.concurrency, len(cases)))))
    return RunResult(outcomes=merge_outcomes(outcomes), interrupted=control.drain_requested)


@contextmanager
def stop_on_signals(control: RunControl) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM ask for a clean stop; a second Ctrl-C ends at once."""
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if control.drain_requested:
            loop.remove_signal_handler(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        control.request_drain("stopped by signal")

    try:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, ask)
    except (NotImplementedError, ValueError, RuntimeError):
        # not the main thread (a notebook's loop, a test): whoever runs it stops it
        yield
        return
    try:
        yield
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
