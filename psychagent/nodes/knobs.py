"""Knobs that a user may set per run: the context of a graph, which LangGraph Studio shows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass

from psychagent.assets.settings.secrets import ModelName
from psychagent.domain.base import Language, Modality
from psychagent.domain.role import ClientKind
from psychagent.errors import SettingsError
from psychagent.files.read import nearest
from psychagent.safety.resources import load_resources


def _known(kind: type[StrEnum]) -> BeforeValidator:
    """Refuse a word that is not in a closed set, and name the set."""

    def check(value: object) -> object:
        if not isinstance(value, str) or value not in set(kind):
            word = value[:_TOLD] if isinstance(value, str) else ""
            raise ValueError(f"{_shown(value)} is unknown{nearest(word, kind)}")
        return value

    return BeforeValidator(check)


def _shown(value: object) -> str:
    """Repeat a value in a sentence, as much of it as one reads."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _TOLD else f"{text[:_TOLD]}…"


def _no_bool(value: object) -> object:
    """Refuse yes and no where a number is meant, which Python counts as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is no number; give one")
    return value


def _has_helplines(region: str) -> str:
    """Refuse a region that has no services, before anybody is in danger."""
    if len(region) > _TOLD:
        raise ValueError(f"{_shown(region)} is no region; write two letters, such as US")
    try:
        load_resources().require(region)
    except SettingsError as error:
        raise ValueError(str(error)) from error
    return region


_TOLD = 80
"""Characters of a bad value that a sentence repeats."""
_MOST = 10_000
"""Sessions of a course, and turns of a session: more is a slip."""
_LARGEST = 2**53
"""A whole number that every client of a server writes as it is."""
Number = Annotated[int, BeforeValidator(_no_bool)]
Rollouts = Annotated[Number, Field(ge=1, le=64)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Knobs:
    """Knobs that a user may set per run. Never holds a key.

    Raises:
        SettingsError: Naming the knob whose value is unknown or out of range.
    """

    language: Annotated[Language, _known(Language)] = Language.EN
    modality: Annotated[Modality, _known(Modality)] = Modality.CBT
    profile: Annotated[str, Field(min_length=1, max_length=_TOLD)] = "en01"
    """Id of a bundled profile, for graphs that are started without a case."""
    rollouts: Rollouts = 1
    """Number of candidate sessions, of which the best is kept; more than one needs a judge."""
    max_sessions: Annotated[Number, Field(ge=1, le=_MOST)] = 6
    max_counselor_turns: Annotated[Number, Field(ge=1, le=_MOST)] = 8
    client: Annotated[ClientKind, _known(ClientKind)] = ClientKind.SIMULATOR
    """`simulator`, or `human` for a person who answers through interrupts."""
    counselor_model: ModelName = ""
    """Another model at the counselor's endpoint; empty means the configured one."""
    region: Annotated[str, AfterValidator(_has_helplines)] = ""
    """Where the person is, two letters as in ISO 3166 (`US`): whose helplines are shown; empty is unknown."""
    seed: Annotated[Number, Field(ge=-_LARGEST, le=_LARGEST)] = 0

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_sentence(cls, data: Any, handler: ModelWrapValidatorHandler[Knobs]) -> Knobs:
        try:
            return handler(data)
        except ValidationError as error:
            problems = (f"knob {_shown(item['loc'][-1])}: {_reason(dict(item))}" for item in error.errors())
            raise SettingsError("; ".join(problems)) from error


def _reason(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "unexpected_keyword_argument":
        return f"there is none{nearest(str(problem['loc'][-1])[:_TOLD], Knobs.__dataclass_fields__)}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message if problem["type"] == "value_error" else f"has {_shown(problem['input'])}: {message}"


def knobs_of(context: object, default: Knobs) -> Knobs:
    """Return the knobs of a run; a graph without a context takes the default.

    Raises:
        SettingsError: If the context is something else than knobs: LangGraph hands on what it cannot read.
    """
    if context is None or isinstance(context, Knobs):
        return context or default
    raise SettingsError(
        f"the context is {str(context)[:80]!r}, not a mapping of knobs; give it like {{'modality': 'cbt'}}"
    )
