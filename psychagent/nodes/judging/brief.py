"""What a run of the judge's graph is given, and how its calls are told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Language, Record
from psychagent.domain.call import CallId, Place
from psychagent.domain.role import Role
from psychagent.domain.scores import JudgeMark
from psychagent.domain.words.explain import explain
from psychagent.errors import (
    SettingsError,
)
from psychagent.llm.chat import Chat
from psychagent.scales.dialogue import Dialogue, why_one_sided
from psychagent.scales.scale import Scale


@dataclass(frozen=True)
class JudgeDeps:
    """Dependencies of the judge."""

    chat: Callable[[Language], Chat]
    prompts: Callable[[Language], PromptLibrary]
    scales: Mapping[str, Scale]
    settings: EvalSettings
    mark: Callable[[Language], JudgeMark]
    """Describes what scores in a language are made with."""


class JudgeBrief(Record):
    """Context of one run of the judge graph."""

    dialogue: Dialogue
    methods: tuple[str, ...] | None = None
    """Scales to administer, by name; None means the modality's default set."""
    place: Place | None = None
    """Where in a run the session is judged; None where no journal may answer."""
    asked_as: str = Role.JUDGE.value
    """Tells the calls of two judges of one session apart."""
    is_control: bool = False
    """Whether it is judged to see what its scores are worth, so that nobody need speak in it."""

    @model_validator(mode="after")
    def _is_of_two(self) -> JudgeBrief:
        heard = (line.speaker for line in self.dialogue.lines if line.text.strip())
        if not self.is_control and (problem := why_one_sided(heard)):
            raise ValueError(f"{problem}, so there is nothing to judge; give what both sides said")
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_sentence(cls, data: Any, handler: ModelWrapValidatorHandler[JudgeBrief]) -> JudgeBrief:
        try:
            return handler(data)
        except ValidationError as error:
            raise SettingsError(f"the judge's context: {explain(error, cls)}") from error


class JudgeTask(NamedTuple):
    """One judge call: a group of a scale's items, in one repeat."""

    scale: str
    group: int
    repeat: int


def judge_call(
    place: Place, task: JudgeTask, asked_as: str = Role.JUDGE.value, *, again: bool = False
) -> CallId:
    """Identify a judge call of a session; `again` is the one about items that a reply left out."""
    parts = (asked_as, *task, *(["again"] if again else []))
    return CallId(place, Role.JUDGE.value, "/".join(map(str, parts)))
