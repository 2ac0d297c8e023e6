"""The plan of a chat: what was chosen now, or when it was begun; checked before a graph is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from psychagent.assets.key import require_key
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.load import lay_options, load_settings
from psychagent.assets.settings.runtime import RuntimeSettings, cache_dir_of
from psychagent.chats.person import new_case_id, person_case
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Case
from psychagent.domain.text.name import is_name, why_no_name
from psychagent.errors import SettingsError
from psychagent.records.chat import CHAT, ChatRecord, read_chat
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import RunSettings, read_manifest
from psychagent.runs.home import require_home
from psychagent.safety.answer import load_safety
from psychagent.skills.library import SkillLibrary
from psychagent.skills.method import resolve_method

TURNS = 30
"""Most counselor turns of a session, where nothing else is asked for: simulated clients need fewer."""


@dataclass(frozen=True)
class Choices:
    """What a person chose on the command line; None where nothing was."""

    baseline: Path | None = None
    runtime: Path | None = None
    language: Language | None = None
    modality: Modality | None = None
    region: str | None = None
    max_turns: int | None = None


@dataclass(frozen=True)
class ChatPlan:
    """Everything that a chat needs to know."""

    folder: RunFolder
    baseline: BaselineSettings
    runtime: RuntimeSettings
    record: ChatRecord
    is_new: bool
    env: Mapping[str, str]
    cache_dir: Path | None = None
    note: str = ""
    """What is said before the chat begins: which of two languages counts."""

    @property
    def settings(self) -> RunSettings:
        """The settings that the manifest records; a chat takes no case from a data set."""
        return RunSettings(baseline=self.baseline, runtime=self.runtime, dataset=DatasetSettings())

    @property
    def case(self) -> Case:
        """The person's case."""
        return person_case(self.record.modality, self.record.language, case_id=self.record.case_id)

    @property
    def record_path(self) -> Path:
        """The path of the chat's own file."""
        return self.folder.path / CHAT

    @property
    def is_script(self) -> bool:
        """Whether a script plays the counselor."""
        return self.baseline.counselor.provider == "offline"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Whom the person's words are sent to."""
        found = (urlsplit(url).netloc.rpartition("@")[2] for url in self._addresses())
        return tuple(dict.fromkeys(found))

    def _addresses(self) -> Iterator[str]:
        for endpoint in _endpoints(self.baseline):
            if endpoint.provider != "offline" and endpoint.base_url:
                yield endpoint.base_url
        if self.embedding_key_matters and self.baseline.embedding.base_url:
            yield self.baseline.embedding.base_url

    @property
    def embedding_key_matters(self) -> bool:
        """Whether an embedder is used at all."""
        return resolve_method(self.record.language, self.baseline.retrieval.method) != "lexical"

    def in_region(self, region: str) -> ChatPlan:
        """Return the plan with the person's region; empty where they would not say."""
        return replace(self, record=self.record.model_copy(update={"region": region}))


def _endpoints(baseline: BaselineSettings) -> list[EndpointSettings]:
    gate = [baseline.safety.endpoint] if baseline.safety.endpoint else []
    return [baseline.counselor, baseline.reflecting, *gate]


def make_plan(
    save_dir: Path, name: str, choices: Choices, env: Mapping[str, str], *, cache_dir: Path | None = None
) -> ChatPlan:
    """Plan a chat: a new one, or one that is in the folder and goes on as it was begun.

    Raises:
        SettingsError, AssetError: If it cannot start, or was begun with another language or modality.
        RecordError: If a file of the chat is damaged.
    """
    if not is_name(name):
        raise SettingsError(f"--name {why_no_name(name)}")
    folder = RunFolder(save_dir / name)
    begun = read_chat(folder.path / CHAT) if (folder.path / CHAT).exists() else None
    require_home(folder.path, "a chat", "--save-dir or --name")
    baseline, runtime = _settings(folder, choices)
    record = _new(choices, runtime) if begun is None else _same(begun, choices, name)
    world = runtime.world.model_copy(update={"language": record.language})
    plan = ChatPlan(
        folder=folder,
        baseline=baseline,
        runtime=runtime.model_copy(update={"world": world}),
        record=record,
        is_new=begun is None,
        env=env,
        cache_dir=cache_dir_of(runtime) or cache_dir,
        note=_conflict(choices, runtime, record, is_new=begun is None),
    )
    return _checked(plan if choices.region is None else plan.in_region(choices.region.upper()))


def _settings(folder: RunFolder, choices: Choices) -> tuple[BaselineSettings, RuntimeSettings]:
    """Read the settings that are named; without a name those that the chat was begun with."""
    before = read_manifest(folder.manifest_path).settings if folder.manifest_path.exists() else None
    if before is not None and choices.baseline is None:
        baseline = before.baseline
    else:
        baseline = load_settings(BaselineSettings, choices.baseline)
        baseline = baseline.model_copy(update={"max_counselor_turns": TURNS})
    if choices.max_turns is not None:
        baseline = lay_options(baseline, {"max_counselor_turns": choices.max_turns})
    if before is not None and choices.runtime is None:
        return baseline, before.runtime
    return baseline, load_settings(RuntimeSettings, choices.runtime)


def _new(choices: Choices, runtime: RuntimeSettings) -> ChatRecord:
    return ChatRecord(
        schema_version=1,
        case_id=new_case_id(),
        modality=choices.modality or Modality.CBT,
        language=choices.language or runtime.world.language,
    )


def _same(begun: ChatRecord, choices: Choices, name: str) -> ChatRecord:
    """Go on as the chat was begun.

    Raises:
        SettingsError: If another language or modality is asked for.
    """
    pairs = (("language", begun.language, choices.language), ("modality", begun.modality, choices.modality))
    for option, was, now in pairs:
        if now is not None and now is not was:
            raise SettingsError(
                f"the chat {name!r} was begun with --{option} {was.value}, now {now.value}; leave the option "
                "out, or begin another chat with --name"
            )
    return begun


def _conflict(choices: Choices, runtime: RuntimeSettings, record: ChatRecord, *, is_new: bool) -> str:
    """Say which language counts where a file that was named says another one; empty where none does."""
    world = runtime.world
    if choices.runtime is None or "language" not in world.model_fields_set:
        return ""
    if world.language is record.language:
        return ""
    told = f"{choices.runtime}: field 'world.language' has {world.language.value!r}"
    spoken = record.language.value
    counts = f"--language says {spoken}" if is_new else f"the chat was begun in {spoken}"
    return f"{told} and {counts}, which counts"


def _checked(plan: ChatPlan) -> ChatPlan:
    """Check what a chat would otherwise meet only after slow imports."""
    language = plan.record.language
    for endpoint in _endpoints(plan.baseline):
        for name in endpoint.secret_names:
            require_key(name, plan.env)
    if plan.embedding_key_matters:
        for name in plan.baseline.embedding.secret_names:
            require_key(name, plan.env)
    load_safety(language).resources.require(plan.record.region or "")
    PromptLibrary(language, plan.baseline.prompts_root)
    SkillLibrary(language, plan.baseline.skills_root)
    return plan
