"""One complete system under study: what a counselor is made of, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from psychagent.assets.address import Address
from psychagent.assets.installed import MEMORIES, STRATEGIES, known_or_installed
from psychagent.assets.settings.end_token import EndToken
from psychagent.assets.settings.endpoint import EndpointSettings, FilePath, Settings, moved_to, refuse_unasked
from psychagent.assets.settings.prices import Prices
from psychagent.assets.settings.safety import SafetySettings
from psychagent.assets.settings.secrets import Headers, KeyName, ModelName, names_of_secrets
from psychagent.assets.settings.switch import Switched
from psychagent.domain.base import MOST_STEPS
from psychagent.domain.strategy.kinds import REFERENCE_NAMES, MemoryKind, Planning, SkillUse, StrategyKind
from psychagent.domain.text.name import checked_name


class EmbeddingSettings(Settings):
    """How texts are turned into vectors."""

    provider: Literal["minilm", "sentence_transformers", "openai"] = "minilm"
    """`minilm` is the bundled English model; the others need `model`."""
    model: ModelName | None = None
    """Model name or folder for sentence_transformers, or model name at the endpoint."""
    base_url: Address | None = None
    """Address of an OpenAI-compatible embeddings endpoint."""
    api_key_env: KeyName | None = None
    """Name of the environment variable that holds the key."""
    extra_headers: Headers = Field(default_factory=dict)
    """Additional request headers; a value `$NAME` is that of an environment variable, as secrets must be."""
    batch_size: int = Field(default=64, ge=1)
    """Texts per request or per encoding step."""
    timeout_sec: float = Field(default=60, gt=0)
    """Seconds until a request counts as timed out."""
    max_retries: int = Field(default=4, ge=0)
    """Retries after a failed attempt."""
    prices: Prices | None = None
    """What the endpoint's tokens cost; `completion` may be left out, as vectors have none."""

    @field_validator("prices", mode="before")
    @classmethod
    def _has_no_completion(cls, value: object) -> object:
        if isinstance(value, Mapping) and "prompt" in value:
            return {"completion": 0, **value}
        return value

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The environment variables that requests need."""
        return names_of_secrets(self.api_key_env, self.extra_headers)

    @model_validator(mode="after")
    def _needs_model(self) -> EmbeddingSettings:
        if self.provider != "minilm" and not self.model:
            raise ValueError(f"model is required where provider is {self.provider!r}")
        if self.provider == "openai" and not self.base_url:
            raise ValueError("base_url is required where provider is 'openai'")
        own = ("model",) if self.provider == "minilm" else ()
        refuse_unasked(self, self.provider, (*own, "base_url", "api_key_env", "extra_headers", "prices"))
        return self


class RetrievalSettings(Settings):
    """How skills reach the counselor's prompt."""

    query: Literal["rewrite", "utterance"] = "rewrite"
    """`rewrite` asks the counselor's model what to look for; `utterance` takes the client's words."""
    method: Literal["auto", "embed", "lexical", "fusion"] = "auto"
    """Ranking, of a memory that is searched too; `auto` is the best measured for the language (see
    docs/retrieval.md)."""
    stages: Literal["own", "previous"] = "previous"
    """Families that a session may draw on: of its own stage, or also of the one before."""
    top_k: int = Field(default=3, ge=1, le=20)
    """Most skills per turn."""
    floor: Literal["auto"] | float = "auto"
    """Fit that the best skill of a turn must reach for any to be shown. 0 shows `top_k` every turn; `auto`
    is what was measured for rewrites with the bundled model, and 0 otherwise (see docs/retrieval.md)."""
    keep_in_history: bool = False
    """Keep each turn's skills in the dialogue's history: in full where first shown, later by name."""
    candidates: int = Field(default=100, ge=1)
    """Most skills that may pass the session's coarse filter."""


class SkillSettings(Settings):
    """Which skills the counselor is shown."""

    use: Annotated[SkillUse, Switched] = SkillUse.ON
    """`off` shows none and makes no filter, rewrite or search; `random` shows as many of the session's stage,
    drawn by seed, as a control."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, data: object) -> object:
        return {"use": data} if isinstance(data, str | bool) else data


def _named_by_reference(value: object) -> object:
    return REFERENCE_NAMES.get(value, value) if isinstance(value, str) else value


class BaselineSettings(Settings):
    """One complete system under study: its models, retrieval, memory, reply format and limits.

    Two runs of the same baseline differ only in the world around it (`RuntimeSettings.world`) and in
    the cases (`DatasetSettings`).
    """

    moved: ClassVar[Mapping[str, str]] = moved_to("under 'counselor'", EndpointSettings)

    name: Annotated[str, AfterValidator(checked_name)] = "offline"
    """Name of the run's folder."""
    counselor: EndpointSettings = EndpointSettings(provider="offline")
    """Model that plays the counselor, filters skills and rewrites queries."""
    reflector: EndpointSettings | None = None
    """Model that writes the summary and what else is remembered; null is the counselor's."""
    share_prefix: bool = False
    """Ask for summary and client file behind the counselor's messages, which a prefix cache serves."""
    strategy: Annotated[
        StrategyKind | str,
        Field(union_mode="left_to_right"),
        known_or_installed(StrategyKind, STRATEGIES),
    ] = StrategyKind.PSYCHAGENT
    """How the counselor comes to its next turn; also the name of one that an installed package offers (see
    docs/baselines.md)."""
    reply_format: Literal["tags", "json", "plain"] = "tags"
    """How thoughts and response are asked for; small models need `json`, `plain` asks for the words alone."""
    memory: Annotated[
        MemoryKind | str,
        Field(union_mode="left_to_right"),
        known_or_installed(MemoryKind, MEMORIES),
        BeforeValidator(_named_by_reference),
    ] = MemoryKind.FILE
    """What the counselor carries from session to session; also the name of a kind that an installed package
    offers (see docs/baselines.md)."""
    mem0: Literal["two_pass", "add_only"] = "two_pass"
    """How `memory: mem0` takes in facts: compared with what it holds and added, changed or deleted, or only
    added."""
    memory_from: FilePath | None = None
    """Folder of a finished run with `memory: file`, from which `memory: other` shows another client's."""
    planning: Annotated[Planning, Switched] = Planning.ON
    """`off` takes the stage from the session's number, and its objectives are those of all clients."""
    skills: SkillSettings = SkillSettings()
    """Which skills the counselor is shown; a word alone is its `use`."""
    end_token: EndToken = "</end>"
    """Mark after the last response of a session."""
    max_sessions: int = Field(default=6, ge=1, le=MOST_STEPS)
    """A course ends after this many sessions, whatever the plan says."""
    max_counselor_turns: int = Field(default=20, ge=1, le=MOST_STEPS)
    """A session ends after this many counselor turns, whatever the counselor says."""
    unanswerable: Literal["fail", "close"] = "fail"
    """What becomes of a session in which a turn cannot be answered, because a filter takes offence or the
    dialogue no longer fits: its case fails, or it closes there with the words that were said."""
    memory_tokens: int = Field(default=800, ge=200)
    """Most estimated tokens that memory may take in a prompt; the rest stays stored."""
    memory_top_k: int = Field(default=5, ge=1, le=50)
    """Most items of a memory that is searched (`rag`, `mem0`, `memorybank`) that a turn is shown."""
    retrieval: RetrievalSettings = RetrievalSettings()
    """How skills are retrieved."""
    embedding: EmbeddingSettings = EmbeddingSettings()
    """Embedder of the skill index, and of a memory that is searched."""
    safety: SafetySettings = SafetySettings()
    """How danger is heard and handled."""
    skills_root: FilePath | None = None
    """Skill library (ours or the reference layout); null is the bundled one."""
    prompts_root: FilePath | None = None
    """Prompt folder; null is the bundled one."""

    @model_validator(mode="after")
    def _of_one_piece(self) -> BaselineSettings:
        if self.planning is Planning.THERAPY and self.skills.use is not SkillUse.OFF:
            raise ValueError(
                "planning 'therapy' changes the approach, and skills belong to one; set skills to 'off'"
            )
        return self

    @property
    def reflecting(self) -> EndpointSettings:
        """The model that writes summary and client file."""
        return self.reflector or self.counselor

    @model_validator(mode="after")
    def _memory_of_another(self) -> BaselineSettings:
        if self.memory is not MemoryKind.OTHER:
            if self.memory_from is not None:
                raise ValueError(f"memory_from is for memory 'other', and memory is {str(self.memory)!r}")
            return self
        if self.memory_from is None:
            raise ValueError("memory 'other' needs memory_from, the folder of a finished run")
        if self.share_prefix:
            # the reflector would write up another client's memory as this one's
            raise ValueError(
                "share_prefix cannot be true with memory 'other', whose prompts show another client's"
            )
        return self
