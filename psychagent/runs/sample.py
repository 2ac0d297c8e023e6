"""Run many cases at once: resumable, stopped cleanly, each failure confined to its case."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from psychagent.assets.cases import CaseFile
from psychagent.domain.call import thread_id
from psychagent.errors import RemovedError
from psychagent.files.given import require
from psychagent.files.lock import hold_lock
from psychagent.files.write import remove_parts
from psychagent.flows.build import build_deps
from psychagent.flows.course import build_course, limit_of
from psychagent.flows.live import Live, open_live
from psychagent.flows.rft import with_rollouts
from psychagent.nodes.deps import Deps
from psychagent.records.audit.file import FileAudit
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import Manifest, write_manifest
from psychagent.runs.case import CourseRun
from psychagent.runs.checkpoints.base import Checkpoints
from psychagent.runs.checkpoints.sqlite import open_checkpoints
from psychagent.runs.course import run_case
from psychagent.runs.events import CaseEnded, Noticed, RunBegan, StopHeard
from psychagent.runs.home import require_home
from psychagent.runs.journals.base import Journals
from psychagent.runs.journals.file import FileJournals
from psychagent.runs.journals.replay import ReplayJournals
from psychagent.runs.log import log_to
from psychagent.runs.manifest import build_manifest, refuse_other, resume_from
from psychagent.runs.money.ledger import Ledger, LedgerGate
from psychagent.runs.money.opened import counting, open_run_ledger, open_spent_log
from psychagent.runs.outcome import Outcome, RunResult, Status, merge_outcomes
from psychagent.runs.plan import SamplePlan, check_folder, choose_cases, has_run
from psychagent.runs.replay import without_models
from psychagent.runs.resume.restore import remove_run
from psychagent.runs.stop import Stop, stop_on_signals
from psychagent.runs.totals import with_totals
from psychagent.runs.workers.base import Claim, Workers
from psychagent.runs.workers.local import LocalWorkers

log = logging.getLogger(__name__)


async def run_sample(plan: SamplePlan) -> RunResult:
    """Run all cases of a plan.

    Ctrl-C, SIGTERM and SIGHUP stop cleanly: every case ends after its current step, and the same command
    resumes later.

    Raises:
        LockError: If another process is working in the same folder.
        RecordError: If the folder holds a run that must not be continued.
        SettingsError, AssetError, SkillStoreError: If the run cannot start.
    """
    folder = require(SamplePlan, plan, "the plan").folder
    cases = choose_cases(plan)
    require_home(folder.path, "a run", "--save-dir")
    with hold_lock(folder.lock), log_to(folder.log, plan.runtime.machine.log_level):
        remove_parts(folder.path)
        check_folder(plan)
        stop, journals = Stop(), _open_journals(plan)
        ledger = open_run_ledger(plan, stop)
        async with open_live(
            plan.env,
            calls=plan.runtime.machine.max_parallel_calls,
            gate=plan.beside.calls,
            report=counting(plan, ledger),
            sleep=stop.sleep,
            journal=journals,
            max_outage_sec=plan.runtime.machine.max_outage_sec,
            notice=lambda sentence: plan.tell(Noticed(sentence)),
            tracing=plan.runtime.machine.tracing,
        ) as live:
            audit = FileAudit(folder.safety)
            deps = _build(plan, replace(live, gate=LedgerGate(live.gate, ledger)), audit)
            deps = replace(deps, begin=ledger.begin)
            manifest = _describe(plan, deps, cases)
            if plan.replay_of is not None:
                refuse_other(
                    plan.replay_of.manifest_path, plan.replay_of.manifest(), manifest, "go back to it"
                )
            if plan.overwrite and has_run(folder):
                # only now that nothing else can fail: never remove a run for one that cannot start
                remove_run(folder)
            manifest = resume_from(folder, manifest)
            audit.open()
            open_spent_log(plan)
            write_manifest(folder.manifest_path, with_totals(folder, manifest))
            return await _run_cases(plan, deps, cases, Run(stop, journals, audit, ledger, manifest))


def _open_journals(plan: SamplePlan) -> Journals:
    if plan.replay_of is not None:
        return ReplayJournals(plan.replay_of.calls)
    return FileJournals(plan.folder.calls, keep=plan.runtime.machine.log_calls)


def _build(plan: SamplePlan, live: Live, audit: FileAudit) -> Deps:
    plan = without_models(plan) if plan.replay_of else plan
    deps = build_deps(plan.baseline, plan.runtime, live, cache_dir=plan.cache_dir, audit=audit)
    return deps if plan.rft is None else with_rollouts(deps, plan.rft, live)


def _describe(plan: SamplePlan, deps: Deps, cases: Sequence[CaseFile]) -> Manifest:
    language = plan.runtime.world.language
    prompts, skills = deps.prompts(language), deps.skills(language).library
    return build_manifest(plan.settings, cases, prompts=prompts, skills=skills, rft=deps.rft)


@dataclass(frozen=True)
class Run:
    """What a run is held together by."""

    stop: Stop
    journals: Journals
    audit: FileAudit
    ledger: Ledger
    manifest: Manifest


async def _run_cases(plan: SamplePlan, deps: Deps, cases: Sequence[CaseFile], run: Run) -> RunResult:
    """Run the cases, and sum up in the manifest what is stored of them."""
    stop, journals, folder = run.stop, run.journals, plan.folder
    async with open_checkpoints(folder.checkpoints) as checkpoints:
        course = CourseRun(
            graph=build_course(deps, checkpoints.saver),
            limit=limit_of(deps, deps.knobs),
            checkpoints=checkpoints,
            journals=journals,
            audit=run.audit,
            folder=folder,
            knobs=deps.knobs,
            stop=stop,
            ledger=run.ledger,
            keep_all=plan.rft is None or plan.rft.keep_all_rollout_transcripts,
            tell=plan.tell,
        )

        async def work(claim: Claim[CaseFile]) -> Outcome:
            outcome = await run_case(course, claim)
            plan.tell(CaseEnded(outcome))
            return outcome

        plan.tell(RunBegan(len(cases)))
        tasks = [(thread_id(case.modality, case.case_id), case) for case in cases]
        workers: Workers = LocalWorkers(plan.runtime.machine.concurrency, places=plan.beside.cases)
        heard = stop_on_signals(stop, lambda again: plan.tell(StopHeard(again)), led_by=plan.beside.stop)
        with heard:
            outcomes = await workers.run(tasks, work, stopped=lambda: stop.asked)
        _sum_up(folder, run, checkpoints)
    is_incomplete = len(outcomes) < len(cases) or any(o.status is Status.PARTIAL for o in outcomes)
    return RunResult(
        outcomes=merge_outcomes(outcomes),
        interrupted=stop.by_signal and is_incomplete,
        stopped=stop.reason if is_incomplete else "",
        replies_taken=journals.taken,
        spending=run.ledger.spending(),
        held=run.ledger.holds and is_incomplete and not stop.by_signal,
    )


def _sum_up(folder: RunFolder, run: Run, checkpoints: Checkpoints) -> None:
    """Write the manifest's totals, unless the run was removed: alone, they would be in the way of another."""
    try:
        checkpoints.check()
    except RemovedError as error:
        log.error("no totals: %s", error)
        return
    run.journals.tidy()
    manifest = run.manifest.model_copy(update={"audit_last": run.audit.last})
    write_manifest(folder.manifest_path, with_totals(folder, manifest))
