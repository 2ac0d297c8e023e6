"""Judge many sessions at once: resumable call by call, each failure confined to its scale."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.scores import SessionScores
from psychagent.errors import RecordError
from psychagent.evals.events import EvalBegan
from psychagent.evals.find import JudgeInput, Search, find_sessions
from psychagent.evals.judging.sessions import Task, Work, judge_all, with_results
from psychagent.evals.marks import mark_rows, to_marks_csv
from psychagent.evals.money.prices import price_of_judge
from psychagent.evals.money.spent import counting_judge, open_eval_ledger
from psychagent.evals.plan import OUTPUT, EvalPlan, check_output, nothing_found
from psychagent.evals.safety.rates import safety_rows
from psychagent.evals.scales import write_scales
from psychagent.evals.store import keep_finished, scores_path, to_rows
from psychagent.evals.summary import EvalResult, judge_warnings, manifests_of, summarize
from psychagent.evals.worthless import choose_for_degenerate, make_degenerate
from psychagent.files.digest import hash_file
from psychagent.files.given import require
from psychagent.files.lock import Lock, hold_lock
from psychagent.files.write import remove_parts, write_text
from psychagent.flows.judge import Judge, build_judge_deps
from psychagent.flows.live import open_live
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import Broken
from psychagent.records.safety import to_safety_csv
from psychagent.records.scores import read_scores, refuse_other_file, to_csv
from psychagent.records.summary import ReadAs, write_summary
from psychagent.runs.events import Noticed
from psychagent.runs.journals.file import FileJournals
from psychagent.runs.log import log_to
from psychagent.runs.money.check import check_prices
from psychagent.runs.money.ledger import Ledger, LedgerGate
from psychagent.runs.money.spending import Spending
from psychagent.runs.stop import Stop
from psychagent.scales.scale import Scale

log = logging.getLogger(__name__)


async def run_eval(plan: EvalPlan) -> EvalResult:
    """Judge all sessions of a plan and write their files, the table and the summary.

    Ctrl-C, SIGTERM and SIGHUP stop cleanly: calls in flight may finish, no table is written, and the same
    command resumes later.

    Raises:
        SettingsError, AssetError: If it cannot start.
        LockError: If another process is working in the same folder.
        RecordError: If a file cannot be written, or one of another kind stands in its place.
    """
    search = require(EvalPlan, plan, "the plan").search()
    folder = EvalFolder(plan.output_root)
    check_output(plan)
    check_prices(plan.budget, {"judge": price_of_judge(plan.settings)})
    with hold_lock(folder.lock, OUTPUT) as lock, log_to(folder.log, plan.log_level):
        remove_parts(folder.path)
        inputs, broken = _find(plan, search)
        judged = await _judge_inputs(plan, folder, inputs, lock)
        manifests = manifests_of(search.root, inputs)
        warnings = judge_warnings(plan.settings, manifests, judged.sessions)
        result = EvalResult(
            judged.sessions,
            judged.scales,
            judged.degenerate,
            safety=safety_rows(inputs, judged.sessions, judged.scales),
            marks=mark_rows(inputs),
            broken=tuple(broken),
            warnings=tuple(warnings),
            scripted_roles=tuple(sorted({role for m in manifests for role in m.scripted_roles})),
            interrupted=judged.interrupted,
            stopped=judged.stopped,
            held=judged.held,
            spending=judged.spending,
            replies_taken=judged.replies_taken,
            data_root=folder.name_data(search.root),
            read_as=ReadAs(input_format=plan.input_format, roles=dict(plan.roles)),
        )
        if not result.interrupted:
            lock.check()
            _write_tables(folder, result, plan.settings)
    return result


def _find(plan: EvalPlan, search: Search) -> tuple[list[JudgeInput], list[Broken]]:
    """Find the sessions that a plan judges, and the files that cannot be.

    Raises:
        SettingsError: If there is neither.
    """
    inputs, broken = find_sessions(search)
    if not inputs and not broken:
        raise nothing_found(search.root)
    if plan.cases is not None:
        inputs = [item for item in inputs if "/".join(item.place[:2]) in plan.cases]
    return inputs, broken


@dataclass(frozen=True)
class _Judged:
    """The scores of the sessions that were found."""

    sessions: tuple[SessionScores, ...]
    degenerate: tuple[SessionScores, ...]
    scales: Mapping[str, Scale]
    interrupted: bool
    stopped: str
    held: bool
    spending: Spending | None
    replies_taken: int


async def _judge_inputs(
    plan: EvalPlan, folder: EvalFolder, inputs: Sequence[JudgeInput], lock: Lock
) -> _Judged:
    """Judge the sessions, and the worthless ones derived from them."""
    stop, journals = Stop(), FileJournals(folder.calls, keep=plan.log_calls)
    ledger = open_eval_ledger(plan, stop)
    async with open_live(
        plan.env,
        calls=plan.settings.concurrency,
        gate=plan.beside.judging,
        report=counting_judge(plan, ledger),
        sleep=stop.sleep,
        journal=journals,
        max_outage_sec=plan.settings.max_outage_sec,
        notice=lambda sentence: plan.tell(Noticed(sentence)),
        tracing=plan.settings.tracing,
    ) as live:
        live = replace(live, gate=LedgerGate(live.gate, ledger))
        judge = Judge(build_judge_deps(plan.settings, live))
        worthless = _degenerate(judge, inputs, plan.settings.degenerate)
        tasks = [_task(plan, judge, item, folder) for item in inputs]
        # worthless sessions show what means are worth, which a scale of safety does not enter
        extra = [
            _task(plan, judge, item, folder.worthless(item.baseline), with_safety=False) for item in worthless
        ]
        plan.tell(EvalBegan(len(tasks) + len(extra), sum(len(t.open_scales) for t in tasks + extra)))
        scores = await judge_all(Work(plan, judge, stop, journals, lock, ledger), [*tasks, *extra])
        journals.tidy()
    is_open = len(scores) < len(tasks) + len(extra)
    is_held = ledger.holds and is_open and not stop.by_signal
    return _Judged(
        sessions=tuple(scores[task.name] for task in tasks if task.name in scores),
        degenerate=tuple(scores[task.name] for task in extra if task.name in scores),
        scales=judge.deps.scales,
        interrupted=is_open,
        stopped=_why(stop, ledger, is_held=is_held) if is_open else "",
        held=is_held,
        spending=ledger.purse.spending() if plan.budget else None,
        replies_taken=journals.taken,
    )


def _why(stop: Stop, ledger: Ledger, *, is_held: bool) -> str:
    # from a soft limit on nothing asks for a stop
    return stop.reason or (ledger.purse.reason if is_held else "")


def _degenerate(judge: Judge, inputs: Sequence[JudgeInput], most: int) -> list[JudgeInput]:
    chosen = choose_for_degenerate(inputs, most)
    return [
        worthless
        for item in chosen
        for worthless in make_degenerate(item, judge.deps.prompts(item.dialogue.language))
    ]


def _task(
    plan: EvalPlan, judge: Judge, item: JudgeInput, folder: EvalFolder, *, with_safety: bool = True
) -> Task:
    """Work out what is left to do for a session; an unreadable scores file is written again."""
    path = scores_path(folder, item)
    refuse_other_file(path)
    fresh = judge.blank(item.dialogue, source_file=item.source_file, baseline=item.baseline)
    try:
        before = read_scores(path) if plan.resume and path.exists() else None
    except RecordError as error:
        log.warning("%s; the session is judged again", error)
        before = None
    methods = plan.methods or judge.methods(item.dialogue.modality)
    if not with_safety:
        safety = {name for name, scale in judge.deps.scales.items() if scale.is_safety}
        methods = tuple(name for name in methods if name not in safety)
    results = keep_finished(before, fresh, judge.deps.scales, asked=methods)
    open_scales = tuple(name for name in methods if name not in results)
    name = path.relative_to(plan.output_root).with_suffix("").as_posix()
    return Task(name, item, path, with_results(fresh, results, judge), open_scales)


def _write_tables(folder: EvalFolder, result: EvalResult, settings: EvalSettings) -> None:
    # scales first: a table without them would be read with the bundled scales
    write_scales(folder.scales, result.scales)
    write_text(folder.table, to_csv(to_rows(result.sessions, result.scales)))
    write_text(folder.worthless_table, to_csv(to_rows(result.degenerate, result.scales)))
    write_text(folder.safety, to_safety_csv(result.safety))
    write_text(folder.marks, to_marks_csv(result.marks))
    written = (folder.table, folder.worthless_table, folder.safety, folder.marks)
    tables = {path.name: hash_file(path) for path in written}
    summary = summarize(result, settings).model_copy(update={"tables": tables})
    write_summary(folder.summary, summary)
