"""The base of every settings model, and the settings of one chat model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from psychagent.assets.address import Address
from psychagent.files.read import UnshownError
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
_KEY = re.compile(
    r"(sk|hf|gsk|pk|rk|r8|ghp|xai|AIza)_?\w{16,}|(?=\w*[a-z])(?=\w*\d)\w*[A-Za-z0-9]{24,}", re.ASCII
)
"""What could be a name and looks like a key."""


def _variable(value: str) -> str:
    if not _NAME.fullmatch(value) or len(value) > 200 or _KEY.match(value):
        raise UnshownError("must be the name of an environment variable; put the key there, never in a file")
    return value


KeyName = Annotated[str, AfterValidator(_variable)]
"""Name of an environment variable that holds a key; a key itself is refused and never echoed."""

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|passw|credential", re.IGNORECASE)
_SECRET_FIELD = re.compile(
    r"(?:(?:x|openai|client|provider|service)[-_])?(?:api[-_]?key|user[-_]?key|auth(?:orization)?|access[-_]?token|token|secret|password|bearer"
    r"|credentials?)",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"(?:bearer|basic)\s+\S{8,}|(?:sk|hf|gsk|ghp|xai)[-_]\S{8,}|AIza\S{16,}", re.IGNORECASE
)
"""What is a secret whatever its name."""


def _headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise UnshownError(f"names {name[:40]!r}, which no header can be called")
        if value.startswith("$"):
            _variable(value[1:])
        elif _SECRET_HEADER.search(name) or _SECRET_VALUE.match(value):
            raise UnshownError(
                f"header {name!r} may hold a secret; put it into a variable of the environment and write "
                f"{name}: $NAME"
            )
        elif not value.isprintable() or not value.isascii():
            raise UnshownError(f"header {name!r} has a value that no header can have")
    return headers


Headers = Annotated[dict[str, str], AfterValidator(_headers)]
"""Headers of requests; a value `$NAME` is that of a variable of the environment."""


def names_of_secrets(key: str | None, headers: Mapping[str, str]) -> tuple[str, ...]:
    """List the environment variables that a key and headers are taken from."""
    named = (value[1:] for value in headers.values() if value.startswith("$"))
    return (*([key] if key else []), *named)


def _without_secret(fields: Mapping[str, object]) -> Mapping[str, object]:
    for name, value in fields.items():
        is_named = _SECRET_FIELD.fullmatch(name) and isinstance(value, str | Mapping)
        if is_named or isinstance(value, str) and _SECRET_VALUE.match(value):
            raise UnshownError(
                f"{name!r} may hold a secret, which the manifest would repeat; name its variable under "
                "api_key_env, or write extra_headers: {NAME-OF-HEADER: $NAME}"
            )
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, Mapping):
                _without_secret(part)
    return fields


Fields = Annotated[dict[str, object], AfterValidator(_without_secret)]
"""Fields of a request's body."""


class Settings(BaseModel):
    """Base of all settings: frozen, unknown keys refused."""

    # a traceback prints the refused value otherwise, which may be a secret
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

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


CHANGES_NO_REPLY = frozenset(
    {
        *("base_url", "api_key_env", "extra_headers", "timeout_sec", "max_retries", "max_wait_sec"),
        *("stream", "max_tokens_field"),
    }
)
"""Fields of an endpoint that may differ on resume: they say how it is reached, not what it is asked."""


class EndpointSettings(Settings):
    """One chat model: the offline script, or any OpenAI-compatible endpoint."""

    provider: Literal["offline", "openai"] = "openai"
    """`offline` is the built-in script (no language model); `openai` is any compatible server."""
    model: str = "offline-script"
    """Model name as the server knows it."""
    base_url: Address | None = None
    """Address of the server, ending in `/v1`; required for `openai`."""
    api_key_env: KeyName | None = None
    """Name of the environment variable that holds the key; none for a server without keys."""
    temperature: float | None = Field(default=0.7, ge=0, le=2)
    """Sampling temperature; null leaves it to the server."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Nucleus sampling; null leaves it to the server."""
    max_tokens: int | None = Field(default=1024, ge=1)
    """Most tokens of one reply; null leaves it to the server."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """Name of the request field that bounds a reply."""
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
    redraw: bool = True
    """Whether to ask again with another seed where a filter of the server's takes offence at a turn."""
    system_role: Literal["system", "developer", "fold"] = "system"
    """Role of the instructions; `fold` puts them before the user's first words, for models without one."""
    stream: bool = False
    """Whether replies are asked for as a stream, for servers that do nothing else."""
    extra_body: Fields = Field(default_factory=dict)
    """Additional request fields, sent as they are; they win over all others."""
    extra_headers: Headers = Field(default_factory=dict)
    """Additional request headers; a value `$NAME` is that of an environment variable, as secrets must be."""

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The environment variables that requests need."""
        return names_of_secrets(self.api_key_env, self.extra_headers)

    @model_validator(mode="after")
    def _needs_address(self) -> EndpointSettings:
        if self.provider == "openai" and not self.base_url:
            raise ValueError("base_url is required where provider is 'openai'")
        return self
