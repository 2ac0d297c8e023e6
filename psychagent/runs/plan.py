"""The plan of a run and what can be checked of it before a model or a graph is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic.dataclasses import dataclass as plan_class

from psychagent.assets.cases import CaseFile, find_cases
from psychagent.assets.key import require_key
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Language
from psychagent.domain.call import thread_id
from psychagent.errors import RecordError
from psychagent.files.given import OPEN, Plan
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import RunSettings
from psychagent.runs.events import Tell, tell_nobody
from psychagent.runs.home import require_home
from psychagent.runs.money.asked import roles_paid
from psychagent.runs.money.check import check_budget
from psychagent.runs.workers.beside import ALONE, Beside
from psychagent.scales.asked import check_methods_of
from psychagent.scales.reward import load_norms
from psychagent.scales.scale import find_scales
from psychagent.skills.library import SkillLibrary
from psychagent.skills.method import resolve_method


@plan_class(frozen=True, config=OPEN)
class SamplePlan(Plan):
    """Everything a run needs to know."""

    baseline: BaselineSettings
    runtime: RuntimeSettings
    dataset: DatasetSettings
    save_dir: Path
    env: Mapping[str, str]
    cache_dir: Path | None = None
    resume: bool = True
    overwrite: bool = False
    rft: RftSettings | None = None
    """Best-of-n rollouts; None means plain simulation."""
    replay_of: RunFolder | None = None
    """The run whose log of calls answers instead of models; None asks models."""
    tell: Tell = tell_nobody
    """Called with every event."""
    beside: Beside = ALONE
    """What is shared with other runs and evaluations of the process."""

    @property
    def folder(self) -> RunFolder:
        """The run's folder."""
        return RunFolder(self.save_dir / self.baseline.name)

    @property
    def settings(self) -> RunSettings:
        """The settings that the manifest records."""
        return RunSettings(baseline=self.baseline, runtime=self.runtime, dataset=self.dataset, rft=self.rft)


def check_plan(plan: SamplePlan) -> list[CaseFile]:
    """Check the paths and keys of a plan, and choose its cases.

    A run meets the same errors by itself; a command looks first, because importing what runs a graph
    takes longer than all of this.

    Raises:
        SettingsError, AssetError, RecordError: If the run could not start.
    """
    check_folder(plan)
    language = plan.runtime.world.language
    cases = choose_cases(plan)
    for name in _keys(plan):
        require_key(name, plan.env)
    if plan.rft is not None:
        judging = plan.rft.judging
        scales = [path.stem for path in find_scales(judging.scales_root)]
        check_methods_of(judging.methods, scales, "judging.methods")
        _check_prompts(judging.language or language, judging.prompts_root, judging=True)
        load_norms(plan.rft.norms)
    _check_prompts(language, plan.baseline.prompts_root)
    SkillLibrary(language, plan.baseline.skills_root)
    if plan.replay_of is None:
        check_budget(plan.settings, roles_paid(plan.settings))
    return cases


def has_run(folder: RunFolder) -> bool:
    """Return whether a folder holds a run, or what is left of one."""
    return any(path.exists() for path in (folder.manifest_path, folder.checkpoints, folder.calls))


def check_folder(plan: SamplePlan) -> None:
    """Check that a run may be in its folder.

    Raises:
        RecordError: If it can be none, holds something else, or a run that must not be continued.
    """
    require_home(plan.folder.path, "a run", "--save-dir")
    if has_run(plan.folder) and not plan.resume and not plan.overwrite:
        raise RecordError(f"{plan.folder.path}: holds a run; continue it with --resume, or --overwrite it")


def _check_prompts(language: Language, root: Path | None, *, judging: bool = False) -> None:
    """Check a folder of prompts; one's own is looked into, which the shipped one needs not."""
    prompts = PromptLibrary(language, root)
    if not prompts.is_shipped:
        prompts.check(judging=judging)


def choose_cases(plan: SamplePlan) -> list[CaseFile]:
    """Choose the cases of a plan; those that are played again need a log of their calls.

    Raises:
        SettingsError, AssetError: If there is none.
    """
    cases = find_cases(plan.dataset, plan.runtime.world.language)
    if plan.replay_of is None:
        return cases
    return [case for case in cases if plan.replay_of.journal(thread_id(case.modality, case.case_id)).exists()]


def _keys(plan: SamplePlan) -> Iterator[str]:
    """Name the keys that a run needs, in its own order."""
    gate = plan.baseline.safety.endpoint
    played = (plan.baseline.counselor, plan.baseline.reflecting, plan.runtime.world.client)
    for settings in (*played, *([gate] if gate else [])):
        yield from settings.secret_names
    for judge in (plan.rft.judging.judge, plan.rft.holdout) if plan.rft else ():
        if judge is not None and judge.provider != "offline":
            yield from judge.secret_names
    if resolve_method(plan.runtime.world.language, plan.baseline.retrieval.method) != "lexical":
        yield from plan.baseline.embedding.secret_names
