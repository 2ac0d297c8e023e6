"""Open a finished run for export: its settings, its prompts as they were, its sessions in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.memory import Memory, SessionSummary
from psychagent.domain.profile import BasicInfo, Case, Profile, StaticTraits, Theory
from psychagent.domain.risk.finding import RiskMode
from psychagent.domain.strategy.item import MemoryStock
from psychagent.errors import RecordError
from psychagent.flows.build import to_knobs
from psychagent.nodes.deps import Sources
from psychagent.nodes.memory.kinds import memory_of
from psychagent.nodes.memory.other import open_other
from psychagent.nodes.safety.mode import mode_of
from psychagent.nodes.state import Brief
from psychagent.records.chat import CHAT
from psychagent.records.folder import CaseFolder, RunFolder
from psychagent.records.gaps.sessions import missing_sessions
from psychagent.records.manifest import Manifest
from psychagent.records.rollouts import RolloutData
from psychagent.records.session import SessionRecord
from psychagent.replies.strip import has_private
from psychagent.safety.answer import safety_hashes
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore

REBUILT = (
    "counselor/",
    "client_file/",
    "filter/",
    "modality/",
    "rewrite/",
    "shared/",
    "summary/",
    "words.yaml",
)
"""Folders of the templates that an export renders anew, and files whose words they print."""


@dataclass(frozen=True)
class RunSource:
    """A run as an export sees it."""

    folder: RunFolder
    manifest: Manifest
    sources: Sources
    """Renders prompts; holds no model."""
    changed: tuple[str, ...] = ()
    """Prompt and skill files that are no longer what the run was made with."""

    @property
    def language(self) -> Language:
        """The language of the run."""
        return self.manifest.settings.runtime.world.language


@dataclass(frozen=True)
class HeldSession:
    """One session with everything that it started from."""

    brief: Brief
    record: SessionRecord
    rollouts: RolloutData | None
    """None where there was only one."""


def open_run(path: Path, *, allow_changed: bool = False) -> RunSource:
    """Open a run, and make sure that its prompts can be rebuilt as they were.

    Args:
        path: The run's folder, or a save_dir with one run.
        allow_changed: Continue even if prompts or skills differ from those that the run was made with.

    Raises:
        RecordError: If it is not a run, or its prompts or skills have changed since.
        SettingsError: If it showed another client's memory, and the run that this was taken from has gone.
    """
    folder = RunFolder.of(path)
    manifest = folder.manifest()
    sources = _sources(manifest.settings.baseline, manifest.settings.runtime.world.language)
    changed = tuple(_changed(folder, manifest, sources))
    if changed and not allow_changed:
        raise RecordError(
            f"{folder.path}: {len(changed)} prompt or skill files are not what the run was made with "
            f"({', '.join(changed[:3])}{', …' if len(changed) > 3 else ''}), so the prompts cannot be "
            "rebuilt as the models saw them; go back to those files, or give --allow-changed-prompts"
        )
    return RunSource(folder, manifest, sources, changed)


def _sources(baseline: BaselineSettings, language: Language) -> Sources:
    prompts = PromptLibrary(language, baseline.prompts_root)
    library, stages = SkillLibrary(language, baseline.skills_root), baseline.retrieval.stages
    skills = SkillStore(library, embedder=None, method="lexical", stages=stages)
    return Sources(
        baseline=baseline,
        prompts=lambda language: prompts,
        skills=lambda language: skills,
        other_client=open_other(baseline, language),
    )


def _changed(folder: RunFolder, manifest: Manifest, sources: Sources) -> Iterator[str]:
    """Name the changed files that rebuilt prompts depend on."""
    language = manifest.settings.runtime.world.language
    modalities = {m for m in Modality if (folder.path / m.value).is_dir()}
    then, now = manifest.hashes.prompts, sources.prompts(language).hashes
    for name in sorted(then.keys() | now.keys()):
        if name.partition("/")[2].startswith(REBUILT) and then.get(name) != now.get(name):
            yield name
    # whether danger was asked about stands in the counselor's notes
    then, now = manifest.hashes.safety, safety_hashes(language)
    yield from (name for name in sorted(now) if "rules" in name and then.get(name) != now[name])
    then, now = manifest.hashes.skills, sources.skills(language).library.hashes
    for name in sorted(then.keys() | now.keys()):
        if name.partition("/")[2].partition("/")[0] in modalities and then.get(name) != now.get(name):
            yield name


def read_sessions(source: RunSource, skipped: Counter[str]) -> Iterator[HeldSession]:
    """Read all sessions by modality, case and number; count by reason those that cannot be used."""
    for place in source.folder.cases():
        yield from _read_case(source, place, skipped)


def _read_case(source: RunSource, place: CaseFolder, skipped: Counter[str]) -> Iterator[HeldSession]:
    summaries: list[SessionSummary] = []
    case = case_of(place.modality, place.case_id, source.language)
    if gap := missing_sessions(place):
        skipped[f"{place.name}/{gap.path.name}: {gap.reason}"] += 1
    for file in place.session_files():
        if file.index != len(summaries) + 1:
            skipped["an earlier session of the case is missing or cannot be read"] += 1
            continue
        try:
            record = file.read()
            session = HeldSession(_brief(source, case, record, summaries), record, record.typed_rollouts())
            summaries.append(record.typed_summary())
        except RecordError as error:
            skipped[f"{place.name}/{file.path.name}: {str(error).removeprefix(f'{file.path}: ')}"] += 1
            continue
        yield session


def case_of(modality: Modality, case_id: str, language: Language) -> Case:
    """Make a case with nothing but the client's id: the counselor never sees a profile."""
    unknown = BasicInfo.model_construct(static_traits=StaticTraits(name=""), main_problem="")
    nobody = Profile.model_construct(user_id=case_id, basic_info=unknown, theory=Theory())
    return Case.model_construct(case_id=case_id, modality=modality, language=language, profile=nobody)


def _check_private(source: RunSource, record: SessionRecord) -> None:
    """Make sure that no thoughts stand among the words; a person's words are not looked at.

    Raises:
        RecordError: Without the words. Files of earlier versions may hold such a turn, or edited ones.
    """
    is_chat = (source.folder.path / CHAT).exists()
    rollouts = record.typed_rollouts()
    rejected = [c.turns for c in rollouts.rollout_candidates] if rollouts else []
    for turn in chain(record.turns, *rejected):
        is_person = is_chat and turn.speaker is Speaker.CLIENT
        if not is_person and has_private(turn.text):
            raise RecordError("a turn holds private markup among its words; mend or remove it")


def _brief(source: RunSource, case: Case, record: SessionRecord, earlier: list[SessionSummary]) -> Brief:
    """Assemble what the session started from.

    Raises:
        RecordError: If the file lacks what our own runs write.
    """
    _check_private(source, record)
    baseline = source.manifest.settings.baseline
    knobs = to_knobs(baseline, source.manifest.settings.runtime.world)
    other = source.sources.other_client
    if record.plan is None or record.client_file_before is None or not record.turns:
        raise RecordError("the file lacks plan, client file or turns; only runs of this project have them")
    memory = Memory(
        client_file=record.client_file_before,
        stock=record.stock_before or MemoryStock(),
        summaries=tuple(earlier),
        homework=earlier[-1].homework if earlier else (),
    )
    return Brief(
        case=case,
        plan=record.plan,
        memory=memory,
        candidates=record.candidates,
        session_index=record.session_index,
        knobs=knobs,
        memory_tokens=baseline.memory_tokens,
        shows=memory_of(baseline).view,
        stands_in=other(case, record.session_index - 1) if other else None,
        acts=mode_of(baseline, knobs) is RiskMode.ACT,
        labels=source.sources.prompts(source.language).labels,
    )
