"""The settings models; every field's note is what the generated reference prints."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, model_validator

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.endpoint import EndpointSettings, FilePath, KeyName, Settings
from psychagent.domain.base import Language, Modality
from psychagent.errors import SettingsError
from psychagent.files.read import load_model

S = TypeVar("S", bound=BaseModel)


class BaselineSettings(EndpointSettings):
    """The counselor under study: its model and its limits."""

    name: str = Field(default="offline", pattern=r"^[\w.-]+$")
    """Name of the run's folder."""
    max_sessions: int = Field(default=6, ge=1)
    """A course ends after this many sessions, whatever the plan says."""
    max_counselor_turns: int = Field(default=20, ge=1)
    """A session ends after this many counselor turns, whatever the counselor says."""
    end_token: str = Field(default="</end>", min_length=1)
    """Mark after the last response of a session."""
    reply_format: Literal["tags", "json"] = "tags"
    """How thoughts and response are asked for; small models need `json`."""


class EmbeddingSettings(Settings):
    """What turns texts into vectors."""

    provider: Literal["minilm", "sentence_transformers", "openai"] = "minilm"
    """`minilm` is the embedded English model; the others name `model`."""
    model: str | None = None
    """Model name or folder for sentence_transformers, or model name at the endpoint."""
    base_url: str | None = None
    """Address of an OpenAI-compatible embeddings endpoint."""
    api_key_env: KeyName | None = None
    """Name of the environment variable that holds the key."""
    batch_size: int = Field(default=64, ge=1)
    """Texts per request or per encoding step."""
    timeout_sec: float = Field(default=60, gt=0)
    """Seconds until a request counts as timed out."""
    max_retries: int = Field(default=4, ge=0)
    """Further attempts after a failed one."""

    @model_validator(mode="after")
    def _needs_model(self) -> EmbeddingSettings:
        if self.provider != "minilm" and not self.model:
            raise ValueError(f"model is required where provider is {self.provider!r}")
        if self.provider == "openai" and not self.base_url:
            raise ValueError("base_url is required where provider is 'openai'")
        return self


class RetrievalSettings(Settings):
    """How skills reach the counselor's prompt."""

    query: Literal["rewrite", "utterance"] = "rewrite"
    """`rewrite` asks the counselor's model what to look for; `utterance` takes the client's words."""
    method: Literal["auto", "embed", "lexical", "fusion"] = "auto"
    """Ranking; `auto` is the best measured for the language (see docs/retrieval.md)."""
    top_k: int = Field(default=5, ge=1, le=20)
    """Skills per turn."""
    candidates: int = Field(default=60, ge=1)
    """Most skills that the session's coarse filter may leave."""


class RuntimeSettings(Settings):
    """How a run goes: language, models around the counselor, skills, concurrency."""

    language: Language = Language.EN
    """Language of prompts, skills and dialogue."""
    concurrency: int = Field(default=4, ge=1)
    """Cases at a time."""
    max_parallel_calls: int = Field(default=64, ge=1)
    """Model calls at a time, over all cases of the process."""
    save_dir: FilePath | None = None
    """Folder of runs; null is `runs` in the working directory."""
    seed: int = 0
    """Seed of everything that is drawn."""
    client: EndpointSettings = EndpointSettings(provider="offline")
    """Model that plays the client."""
    reflector: EndpointSettings | None = None
    """Model of summary and client file; null is the counselor's."""
    embedding: EmbeddingSettings = EmbeddingSettings()
    """Embedder of the skill index."""
    retrieval: RetrievalSettings = RetrievalSettings()
    """Query and size of retrieval."""
    skills_root: FilePath | None = None
    """Skill library (ours or the reference layout); null is the bundled one."""
    prompts_root: FilePath | None = None
    """Prompt folder; null is the bundled one."""
    cache_dir: FilePath | None = None
    """Where vectors are cached; null is the user's cache folder."""


class DatasetSettings(Settings):
    """Which cases a run takes."""

    root: FilePath | None = None
    """Folder of profiles; null is the bundled one of the runtime's language."""
    format: Literal["auto", "profiles", "reference", "psycheval"] = "auto"
    """Layout of the folder: ours, the reference release's, or PsychEval cases."""
    modalities: tuple[Modality, ...] = tuple(Modality)
    """Therapy schools to run."""
    split: str | None = "sample"
    """Sub-folder of profiles; null takes all."""
    max_cases: int | None = Field(default=None, ge=1)
    """Most cases in all; null is no limit."""
    max_cases_per_modality: int | None = Field(default=None, ge=1)
    """Most cases of each modality; null is no limit."""
    order: Literal["rotate", "file", "random"] = "rotate"
    """`file` is modality by modality; `rotate` takes modalities in turn, each with the next profile;
    `random` is a seeded choice."""
    seed: int = 0
    """Seed of the random order."""


DEFAULTS: dict[type[BaseModel], str] = {
    BaselineSettings: "baselines/offline.yaml",
    RuntimeSettings: "runtime/default.yaml",
    DatasetSettings: "datasets/default.yaml",
}


def load_settings(model: type[S], path: Path | None) -> S:
    """Read a settings file; None reads the default of its kind.

    Raises:
        SettingsError: Naming the file, the key, the value seen and the remedy.
    """
    return load_model(model, path or asset_dir("configs") / DEFAULTS[model], SettingsError)
