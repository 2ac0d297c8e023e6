"""The base of every settings model, and the settings of one chat model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from psychagent.replies.as_json import Structured


def _beside_file(value: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("base")
    is_too_long = any(len(part.encode(errors="replace")) > 255 for part in value.parts)
    if is_too_long or any(letter < " " for letter in str(value)):
        raise ValueError("is no path that a file can have; check it")
    try:
        value = value.expanduser()
    except RuntimeError as error:
        raise ValueError("begins with the home of a user who is not known; write the whole path") from error
    return value if value.is_absolute() or base is None else base / value


FilePath = Annotated[Path, AfterValidator(_beside_file)]
"""A path; a relative one is resolved against the folder of its settings file."""


_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def _variable(value: str) -> str:
    if not _NAME.fullmatch(value) or len(value) > 200:
        raise ValueError("must be the name of an environment variable; put the key there, never in a file")
    return value


KeyName = Annotated[str, AfterValidator(_variable)]
"""Name of an environment variable that holds a key; a key itself is refused and never echoed."""


class Settings(BaseModel):
    """Base of all settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    moved: ClassVar[Mapping[str, str]] = {}
    """Keys that stood here in an earlier version -> where they belong now."""

    @model_validator(mode="before")
    @classmethod
    def _of_this_shape(cls, data: object) -> object:
        places: dict[str, list[str]] = {}
        for key in data if isinstance(data, Mapping) else ():
            if key in cls.moved and key not in cls.model_fields:
                places.setdefault(cls.moved[key], []).append(repr(key))
        if places:
            moves = ", ".join(f"{', '.join(keys)} {place}" for place, keys in places.items())
            raise ValueError(f"is in the shape of an earlier version; put {moves}")
        return data


def moved_to(place: str, model: type[BaseModel]) -> dict[str, str]:
    """Map every field of a model to the place where it belongs now."""
    return dict.fromkeys(model.model_fields, place)


CHANGES_NO_REPLY = frozenset({"base_url", "api_key_env", "timeout_sec", "max_retries", "max_wait_sec"})
"""Fields of an endpoint that may differ on resume: they say how it is reached, not what it is asked."""


class EndpointSettings(Settings):
    """One chat model: the offline script, or any OpenAI-compatible endpoint."""

    provider: Literal["offline", "openai"] = "openai"
    """`offline` is the built-in script (no language model); `openai` is any compatible server."""
    model: str = "offline-script"
    """Model name as the server knows it."""
    base_url: str | None = None
    """Address of the server, ending in `/v1`; required for `openai`."""
    api_key_env: KeyName | None = None
    """Name of the environment variable that holds the key; none for a server without keys."""
    temperature: float | None = Field(default=0.7, ge=0, le=2)
    """Sampling temperature; null leaves it to the server."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Nucleus sampling; null leaves it to the server."""
    max_tokens: int = Field(default=1024, ge=1)
    """Most tokens of one reply."""
    timeout_sec: float = Field(default=120, gt=0)
    """Seconds until an attempt counts as timed out."""
    max_retries: int = Field(default=4, ge=0)
    """Retries after a failed or malformed attempt, per call."""
    max_wait_sec: float = Field(default=60, gt=0)
    """Longest wait before an attempt; a server that asks for more fails the call."""
    structured: Structured = "json_schema"
    """How typed replies are requested; the prompt describes the shape in any case."""
    send_seed: bool = True
    """Whether to send the call's seed; turn off for servers that refuse the field."""
    extra_body: dict[str, object] = Field(default_factory=dict)
    """Additional request fields, sent as they are."""

    @model_validator(mode="after")
    def _needs_address(self) -> EndpointSettings:
        if self.provider == "openai" and not self.base_url:
            raise ValueError("base_url is required where provider is 'openai'")
        return self
