"""The settings of one chat model; beside it the base of every settings model, which most import from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from psychagent.assets.address import Address
from psychagent.assets.settings.base import FilePath, Settings, beside_file, moved_to
from psychagent.assets.settings.prices import Prices
from psychagent.assets.settings.secrets import Fields, Headers, KeyName, ModelName, names_of_secrets
from psychagent.replies.as_json import Structured

__all__ = ["CHANGES_NO_REPLY", "EndpointSettings", "FilePath", "Settings", "beside_file", "moved_to"]

ASKS_NO_SERVER: Mapping[str, str] = {
    "offline": "is the built-in script, which asks no server",
    "minilm": "is the bundled model, which asks no server",
    "sentence_transformers": "loads its model here and asks no server",
}
"""Providers for which nothing of what says how a server is reached means anything."""


def refuse_unasked(settings: Settings, provider: str, names: Iterable[str]) -> None:
    """Refuse what is asked of a server where the provider asks none: whoever sets it means one.

    Args:
        settings: The settings of a model.
        provider: Where it is asked.
        names: The fields that only a server takes.

    Raises:
        ValueError: Naming the fields and the remedy.
    """
    fields = type(settings).model_fields
    given = [n for n in names if getattr(settings, n) != fields[n].get_default(call_default_factory=True)]
    if given and provider in ASKS_NO_SERVER:
        verb, out = ("is", given[0]) if len(given) == 1 else ("are", "them")
        raise ValueError(
            f"{' and '.join(given)} {verb} set, and provider {provider!r} {ASKS_NO_SERVER[provider]}; "
            f"write provider: openai, or leave {out} out"
        )


CHANGES_NO_REPLY = frozenset(
    {
        *("base_url", "api_key_env", "extra_headers", "timeout_sec", "max_retries", "max_wait_sec"),
        *("stream", "max_tokens_field", "prices"),
    }
)
"""Fields of an endpoint that may differ on resume: they say how it is reached, not what it is asked."""


class EndpointSettings(Settings):
    """One chat model: the offline script, or any OpenAI-compatible endpoint."""

    provider: Literal["offline", "openai"] = "openai"
    """`offline` is the built-in script (no language model); `openai` is any compatible server."""
    model: ModelName = "offline-script"
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
    prices: Prices | None = None
    """What its tokens cost; null is the price of its model under `machine.prices`, if there is one."""

    of_server: ClassVar[tuple[str, ...]] = ("model", "base_url", "api_key_env", "extra_headers", "extra_body")
    """Fields that only a server takes."""

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The environment variables that requests need."""
        return names_of_secrets(self.api_key_env, self.extra_headers)

    @model_validator(mode="after")
    def _needs_address(self) -> EndpointSettings:
        if self.provider == "openai" and not self.base_url:
            raise ValueError("base_url is required where provider is 'openai'")
        refuse_unasked(self, self.provider, self.of_server)
        return self
