"""Judge many sessions: so many calls at a time, resumable scale by scale, each failure kept to its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.scores import ScaleResult, SessionScores
from psychagent.domain.usage import Usage
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.find import Found, InputFormat, Search, find_sessions
from psychagent.evals.scales import write_scales
from psychagent.evals.store import keep_finished, scores_path, to_rows
from psychagent.evals.summary import EvalResult, judge_warnings, summarize
from psychagent.evals.worthless import choose_for_degenerate, make_degenerate
from psychagent.files.lock import hold_lock
from psychagent.files.write import remove_parts, write_text
from psychagent.flows.judge import Judge, build_judge_deps
from psychagent.flows.live import open_live
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import read_scores, to_csv, write_scores
from psychagent.records.summary import write_summary

CALLS_PER_SESSION = 6
"""Sessions are started so that this many calls of each find room at the gate."""


@dataclass
class EvalWatch:
    """Who is told how an evaluation goes; every hook is optional."""

    on_start: Callable[[int, int], None] = lambda sessions, scales: None
    """Sessions, and scales that are still to be asked over all of them."""
    on_call: Callable[[Usage], None] = lambda usage: None
    on_scale: Callable[[Found, str, ScaleResult], None] = lambda found, name, result: None
    on_session: Callable[[Found, SessionScores], None] = lambda found, scores: None


@dataclass(frozen=True)
class EvalPlan:
    """Everything that an evaluation is told."""

    settings: EvalSettings
    output_root: Path
    env: Mapping[str, str]
    data_root: Path | None = None
    """None is the example courses of the settings' language (English where none is set)."""
    modalities: tuple[Modality, ...] = ()
    methods: tuple[str, ...] | None = None
    """Scales by name; None is each modality's set."""
    case_limit: int | None = None
    resume: bool = True
    input_format: InputFormat = "auto"
    watch: EvalWatch = field(default_factory=EvalWatch)


@dataclass(frozen=True)
class Task:
    """One session's open work."""

    found: Found
    path: Path
    scores: SessionScores
    """What is kept from before."""
    open_scales: tuple[str, ...]


async def run_eval(plan: EvalPlan) -> EvalResult:
    """Judge all sessions of a plan and write their files, the table and the summary.

    Raises:
        SettingsError, AssetError: If it cannot start.
        LockError: If another process works in the same folder.
        RecordError: If a file cannot be written.
    """
    search = Search(
        root=plan.data_root or example_courses(plan.settings.language),
        input_format=plan.input_format,
        modalities=plan.modalities,
        case_limit=plan.case_limit,
        language=plan.settings.language,
    )
    folder = EvalFolder(plan.output_root)
    with hold_lock(folder.lock):
        remove_parts(folder.path)
        found, broken = find_sessions(search)
        if not found and not broken:
            raise SettingsError(
                f"{search.root}: holds no session to judge; check --data-root and --modalities"
            )
        calls = plan.settings.concurrency
        async with open_live(plan.env, calls=calls, report=plan.watch.on_call) as live:
            judge = Judge(build_judge_deps(plan.settings, live))
            worthless = _degenerate(judge, found, plan.settings.degenerate)
            tasks = [_task(plan, judge, item, folder) for item in found]
            extra = [_task(plan, judge, f, folder.worthless(f.baseline)) for f in worthless]
            plan.watch.on_start(len(tasks) + len(extra), sum(len(t.open_scales) for t in tasks + extra))
            done = await _judge_all(plan, judge, [*tasks, *extra])
        sessions, degenerate = done[: len(tasks)], done[len(tasks) :]
        warnings = judge_warnings(plan.settings, search.root, found, sessions)
        result = EvalResult(
            tuple(sessions), judge.deps.scales, tuple(degenerate), tuple(broken), tuple(warnings)
        )
        _write_tables(folder, result, plan.settings)
    return result


def example_courses(language: Language | None) -> Path:
    """Return the example courses that ship with the project."""
    folder = asset_dir("profiles") / (language or Language.EN).value / "courses"
    if not folder.is_dir():
        raise SettingsError(f"{folder}: no example courses; name sessions with --data-root")
    return folder


def _degenerate(judge: Judge, found: Sequence[Found], most: int) -> list[Found]:
    chosen = choose_for_degenerate(found, most)
    return [
        made for item in chosen for made in make_degenerate(item, judge.deps.prompts(item.dialogue.language))
    ]


def _task(plan: EvalPlan, judge: Judge, found: Found, folder: EvalFolder) -> Task:
    """Find out what is left to do for a session; a stored file that cannot be read is made anew."""
    path = scores_path(folder, found)
    fresh = judge.blank(found.dialogue, source_file=found.source_file, baseline=found.baseline)
    try:
        before = read_scores(path) if plan.resume and path.exists() else None
    except RecordError:
        before = None
    methods = plan.methods or judge.methods(found.dialogue.modality)
    kept = keep_finished(before, fresh, judge.deps.scales, asked=methods)
    open_scales = tuple(name for name in methods if name not in kept)
    return Task(found, path, _with(fresh, kept, judge), open_scales)


async def _judge_all(plan: EvalPlan, judge: Judge, tasks: Sequence[Task]) -> list[SessionScores]:
    """Judge sessions, enough at a time to keep every place at the gate busy."""
    results: dict[int, SessionScores] = {}
    waiting = iter(enumerate(tasks))

    async def work() -> None:
        for place, task in waiting:
            results[place] = await _judge_one(plan, judge, task)

    most = min(len(tasks), 2 + plan.settings.concurrency // CALLS_PER_SESSION)
    workers = [asyncio.create_task(work()) for _ in range(most)]
    try:
        await asyncio.gather(*workers)
    finally:
        # whatever ended the wait, nobody may go on writing once the folder's lock is given back
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [results[place] for place in range(len(tasks))]


async def _judge_one(plan: EvalPlan, judge: Judge, task: Task) -> SessionScores:
    """Judge what is open of a session; its file is written anew with each scale that comes in."""
    scores = task.scores
    async for name, result in judge.stream(task.found.dialogue, task.open_scales):
        scores = _with(scores, {name: result}, judge)
        write_scores(task.path, scores)
        plan.watch.on_scale(task.found, name, result)
    plan.watch.on_session(task.found, scores)
    return scores


def _with(scores: SessionScores, more: Mapping[str, ScaleResult], judge: Judge) -> SessionScores:
    """Add results in the order of the scales, so that the file does not tell which call came back first."""
    found = {**scores.scales, **more}
    return scores.model_copy(
        update={"scales": {name: found[name] for name in judge.deps.scales if name in found}}
    )


def _write_tables(folder: EvalFolder, result: EvalResult, settings: EvalSettings) -> None:
    # scales first: a table without its scales would be taken for one of the bundled ones
    write_scales(folder.scales, result.scales)
    write_text(folder.table, to_csv(to_rows(result.sessions, result.scales)))
    write_text(folder.worthless_table, to_csv(to_rows(result.degenerate, result.scales)))
    write_summary(folder.summary, summarize(result, settings))
