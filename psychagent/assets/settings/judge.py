"""Settings of the judge and of an evaluation; the reference prints every field's note."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from psychagent.assets.settings.endpoint import EndpointSettings, FilePath, Settings
from psychagent.assets.settings.named import settings_file
from psychagent.assets.settings.prices import Prices
from psychagent.assets.settings.secrets import ModelName
from psychagent.domain.base import Language, School
from psychagent.errors import SettingsError
from psychagent.files.read import load_model


class JudgeEndpoint(EndpointSettings):
    """The judge's model; the offline script unless another is named."""

    provider: Literal["offline", "openai"] = "offline"
    """`offline` is a script that counts features of the text; `openai` is any compatible server."""
    model: ModelName = "offline-script"
    """Model name as the server knows it, or the scripted judge's name in configs/eval/script_judges.yaml."""
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Sampling temperature; 0, so that the same session gets the same scores."""
    max_tokens: int | None = Field(default=6000, ge=1)
    """Most tokens of one reply, up to 26 items with quotes; null leaves it to the server."""

    of_server = tuple(name for name in EndpointSettings.of_server if name != "model")

    @model_validator(mode="before")
    @classmethod
    def _is_where_it_is(cls, data: object) -> object:
        if isinstance(data, Mapping) and data.get("base_url") and "provider" not in data:
            # who names an address means the server there, not a script of the model's name
            return {**data, "provider": "openai"}
        return data


class EvalSettings(Settings):
    """How sessions are judged."""

    judge: JudgeEndpoint = JudgeEndpoint()
    """The judge's model; it should be neither the counselor's nor the client's."""
    language: Language | None = None
    """Language of the judge's prompts; null is each session's own."""
    repeats: int = Field(default=1, ge=1)
    """How often each scale is administered; the median counts and the spread is recorded."""
    use: Literal["raw", "verified"] = "raw"
    """Which scores the headline takes: the judge's own, or those after the check of its quotes."""
    methods: dict[School, tuple[str, ...]] = Field(default_factory=dict)
    """Scales by modality; a modality that is not named gets its default set."""
    concurrency: int = Field(default=16, ge=1)
    """Judge calls in parallel."""
    max_outage_sec: float = Field(default=600, ge=0)
    """Longest wait for a judge's server that is down, before the evaluation stops; 0 gives scales up."""
    tracing: bool = False
    """Whether LangSmith may be sent prompts and replies, where the shell asks for it."""
    degenerate: int = Field(default=1, ge=0)
    """Sessions of each modality that are also turned into worthless ones and judged; 0 is none."""
    prices: Prices | None = None
    """What the judge's tokens cost, where its endpoint does not say so; null prints no cost."""
    scales_root: FilePath | None = None
    """Folder of scales; null is the bundled one."""
    prompts_root: FilePath | None = None
    """Prompt folder; null is the bundled one."""

    @property
    def judge_prices(self) -> Prices | None:
        """What the judge's tokens cost: by its endpoint, or else by these settings."""
        return self.judge.prices or self.prices

    @field_validator("methods", mode="before")
    @classmethod
    def _is_by_school(cls, value: object) -> object:
        if isinstance(value, str | list):
            raise ValueError(
                "names no school; write one a line below it, such as cbt: [SRS], or give --methods"
            )
        return value


def load_eval_settings(path: Path | str | None) -> EvalSettings:
    """Read the settings of an evaluation: a file or a bundled name; None reads the offline judge."""
    return load_model(EvalSettings, settings_file(path, "eval", default="offline"), SettingsError)
