"""Find a run finished: from its files alone, without a model, an embedder or a graph."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.assets.cases import CaseFile
from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.turn import count_counselor_turns
from psychagent.domain.usage import sum_usage
from psychagent.errors import RecordError
from psychagent.files.lock import hold_lock
from psychagent.files.write import remove_parts
from psychagent.records.course import CourseRecord
from psychagent.records.folder import CaseFolder
from psychagent.records.manifest import write_manifest
from psychagent.runs.checkpoints.settled import settled_threads
from psychagent.runs.events import CaseEnded, RunBegan
from psychagent.runs.home import require_home
from psychagent.runs.log import log_to
from psychagent.runs.manifest import build_manifest, resume_from
from psychagent.runs.outcome import Outcome, RunResult, Status, merge_outcomes
from psychagent.runs.plan import SamplePlan
from psychagent.runs.totals import with_totals
from psychagent.skills.library import SkillLibrary

_FINISHED = {status.value: status for status in Status if status.is_finished}


def find_finished(plan: SamplePlan, cases: Sequence[CaseFile]) -> RunResult | None:
    """Return the result of a run in which every chosen case is finished.

    Whatever is in doubt, such as a file that cannot be read, is left to the run itself.

    Returns:
        What `run_sample` would return; None if it has anything to do, or to say.

    Raises:
        LockError: If another process is working in the same folder.
        RecordError: If the folder holds a run that must not be continued.
    """
    places = [plan.folder.case(case.modality, case.case_id) for case in cases]
    if plan.rft or plan.replay_of or plan.overwrite or not plan.resume or not all(map(_is_closed, places)):
        return None
    require_home(plan.folder.path, "a run", "--save-dir")
    with hold_lock(plan.folder.lock), log_to(plan.folder.log, plan.runtime.machine.log_level):
        outcomes = _outcomes(plan, places)
        if outcomes is None or not _describe(plan, cases):
            return None
        remove_parts(plan.folder.path)
    plan.tell(RunBegan(len(cases)))
    for outcome in outcomes:
        plan.tell(CaseEnded(outcome))
    return RunResult(outcomes=merge_outcomes(outcomes))


def _is_closed(place: CaseFolder) -> bool:
    course = _course(place)
    return course is not None and course.status in _FINISHED


def _course(place: CaseFolder) -> CourseRecord | None:
    try:
        return place.course()
    except RecordError:
        return None


def _outcomes(plan: SamplePlan, places: Sequence[CaseFolder]) -> list[Outcome] | None:
    """Sum up every case; None if one of them needs the run."""
    settled = settled_threads(plan.folder.checkpoints)
    outcomes: list[Outcome] = []
    for place in places:
        outcome = _outcome(place) if place.name in settled else None
        if outcome is None:
            return None
        outcomes.append(outcome)
    return outcomes


def _outcome(place: CaseFolder) -> Outcome | None:
    course, stored = _course(place), place.sessions()
    numbers = [file.index for file in place.session_files()]
    if course is None or course.status not in _FINISHED or stored.broken:
        return None
    usage = sum_usage(session.usage for session in stored.records) + course.failed_usage
    if numbers != list(range(1, course.num_sessions + 1)) or usage != course.usage:
        return None
    return Outcome(
        case_id=place.case_id,
        modality=place.modality,
        status=_FINISHED[course.status],
        sessions=len(stored.records),
        turns=sum(count_counselor_turns(session.turns) for session in stored.records),
        usage=usage,
        folder=str(place.path),
    )


def _describe(plan: SamplePlan, cases: Sequence[CaseFile]) -> bool:
    """Write the manifest anew, as every command does; False if a profile can no longer be read.

    Raises:
        RecordError: If the run was made with something else.
    """
    language = plan.runtime.world.language
    now = build_manifest(
        plan.settings,
        cases,
        prompts=PromptLibrary(language, plan.baseline.prompts_root),
        skills=SkillLibrary(language, plan.baseline.skills_root),
    )
    if len(now.hashes.profiles) < len(cases):
        return False
    manifest = resume_from(plan.folder, now)
    write_manifest(plan.folder.manifest_path, with_totals(plan.folder, manifest))
    return True
