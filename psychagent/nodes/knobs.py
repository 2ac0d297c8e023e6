"""Knobs that a user may set per run: the context of a graph, which LangGraph Studio shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs, ErrorDetails

from psychagent.assets.settings.secrets import ModelName
from psychagent.domain.base import LARGEST_SEED, MOST_ROLLOUTS, MOST_STEPS, Language, Modality
from psychagent.domain.role import ClientKind
from psychagent.domain.words.field import UNKNOWN, problem_of, whole_problem
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.safety.resources import load_resources


def _known(kind: type[StrEnum]) -> BeforeValidator:
    """Refuse a word that is not in a closed set, and name the set."""

    def check(value: object) -> object:
        if not isinstance(value, str) or value not in set(kind):
            word = value[:_TOLD] if isinstance(value, str) else ""
            raise ValueError(f"{shown(value)} is unknown{nearest(word, kind)}")
        return value

    return BeforeValidator(check)


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"has {shown(value)}: write a whole number")
    return value


def _or_none(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Take an empty text as it is: it names no other."""
    return value if value == "" else check(value)


def _has_helplines(region: str) -> str:
    """Refuse a region that has no services, before anybody is in danger."""
    if len(region) > _TOLD:
        raise ValueError(f"{shown(region)} is no region; write two letters, such as US")
    try:
        load_resources().require(region)
    except SettingsError as error:
        raise ValueError(str(error)) from error
    return region


_TOLD = 80
"""Characters of a bad value that a sentence repeats."""
Number = Annotated[int, BeforeValidator(_no_truth)]
Rollouts = Annotated[Number, Field(ge=1, le=MOST_ROLLOUTS)]


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
    max_sessions: Annotated[Number, Field(ge=1, le=MOST_STEPS)] = 6
    max_counselor_turns: Annotated[Number, Field(ge=1, le=MOST_STEPS)] = 8
    client: Annotated[ClientKind, _known(ClientKind)] = ClientKind.SIMULATOR
    """`simulator`, or `human` for a person who answers through interrupts."""
    counselor_model: Annotated[ModelName, WrapValidator(_or_none)] = ""
    """Another model at the counselor's endpoint; empty means the configured one."""
    region: Annotated[str, AfterValidator(_has_helplines)] = ""
    """Where the person is, two letters as in ISO 3166 (`US`): whose helplines are shown; empty is unknown."""
    seed: Annotated[Number, Field(ge=-LARGEST_SEED, le=LARGEST_SEED)] = 0
    given: ClassVar[frozenset[str]] = frozenset()
    """Names of the knobs that were set, be it to their default."""

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_sentence(cls, data: Any, handler: ModelWrapValidatorHandler[Knobs]) -> Knobs:
        try:
            knobs = handler(data)
        except ValidationError as error:
            raise SettingsError("; ".join(map(_problem, error.errors()))) from error
        # no field: two runs with the same knobs are the same, however they came by them
        object.__setattr__(knobs, "given", _names(data))
        return knobs


def _names(data: object) -> frozenset[str]:
    """Return the names of what a set of knobs is made from."""
    if isinstance(data, ArgsKwargs):
        by_place = list(Knobs.__dataclass_fields__)[: len(data.args)]
        return frozenset((*by_place, *(data.kwargs or {})))
    return frozenset(data) if isinstance(data, dict) else frozenset()


def _problem(item: ErrorDetails) -> str:
    if not item["loc"]:
        return f"the knobs: {whole_problem([item])}"
    first, names = item["loc"][0], list(Knobs.__dataclass_fields__)
    # what is given by its place has a number for a name
    name = names[first] if isinstance(first, int) and first < len(names) else str(first)[:_TOLD]
    if item["type"] in UNKNOWN:
        return f"knob {shown(name)}: there is none{nearest(name, Knobs.__dataclass_fields__)}"
    return f"knob {name!r}:{problem_of([item], hide=item['type'] == 'value_error').removeprefix(':')}"


def knobs_of(context: object, default: Knobs) -> Knobs:
    """Return the knobs of a run; a graph without a context takes the default.

    Raises:
        SettingsError: If the context is something else than knobs: LangGraph hands on what it cannot read.
    """
    if context is None or isinstance(context, Knobs):
        return context or default
    raise SettingsError(
        f"the context is {shown(context)}, not a mapping of knobs; give it like {{'modality': 'cbt'}}"
    )
