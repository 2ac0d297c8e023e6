"""The judge: ask about the items of scales for one dialogue, and gather the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict, TypeVar

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator

from psychagent.assets.prompts import PromptLibrary, Rendered
from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Language, Record, School
from psychagent.domain.call import CallId, Place
from psychagent.domain.role import Role
from psychagent.domain.scores import JudgeMark, ScaleResult
from psychagent.domain.seed import derive_seed
from psychagent.domain.text.fence import fenced
from psychagent.domain.usage import Usage, sum_usage
from psychagent.errors import (
    AssetError,
    CallError,
    MalformedReplyError,
    RecordError,
    ScoringError,
    SettingsError,
    captured,
    cause_of,
    usage_of,
)
from psychagent.files.read import explain
from psychagent.llm.chat import Answer, Chat
from psychagent.llm.prompt import Prompt, system, user
from psychagent.llm.reply import Reply
from psychagent.scales.dialogue import Dialogue
from psychagent.scales.fill import GroupCall, fill_scale
from psychagent.scales.reply import GroupReply, ItemReply, describe, read_group, reply_shape
from psychagent.scales.scale import Scale, default_methods
from psychagent.scales.verify import verify_item

T = TypeVar("T")


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


class JudgeState(TypedDict, total=False):
    """State of the judge graph."""

    results: dict[str, ScaleResult]


def methods_for(deps: JudgeDeps, modality: School) -> tuple[str, ...]:
    """Return the names of a modality's scales, from settings or by default."""
    return deps.settings.methods.get(modality) or default_methods(deps.scales, modality)


def _asked(deps: JudgeDeps, runtime: Runtime[JudgeBrief]) -> tuple[str, ...]:
    brief: object = runtime.context
    if not isinstance(brief, JudgeBrief):
        raise SettingsError("the judge graph takes the session as its context: give 'dialogue' there")
    return methods_for(deps, brief.dialogue.modality) if brief.methods is None else brief.methods


def plan_calls(deps: JudgeDeps, methods: Sequence[str]) -> list[JudgeTask]:
    """List the calls that scales need: one per group of items and repeat.

    Raises:
        AssetError: If a scale is unknown.
    """
    unknown = [name for name in methods if name not in deps.scales]
    if unknown:
        raise AssetError(f"no scale {', '.join(unknown)}; known: {', '.join(deps.scales)}")
    return [
        JudgeTask(scale=name, group=group, repeat=repeat)
        for name in methods
        for group in range(len(deps.scales[name].groups))
        for repeat in range(deps.settings.repeats)
    ]


def judge_call(
    place: Place, task: JudgeTask, asked_as: str = Role.JUDGE.value, *, again: bool = False
) -> CallId:
    """Identify a judge call of a session; `again` is the one about items that a reply left out."""
    parts = (asked_as, *task, *(["again"] if again else []))
    return CallId(place, Role.JUDGE.value, "/".join(map(str, parts)))


def judge(deps: JudgeDeps) -> Callable[..., Awaitable[JudgeState]]:
    """Make the node that administers all scales of a session side by side.

    It hands each scale to the graph's custom stream as soon as it is filled in.
    """

    async def ask(state: JudgeState, runtime: Runtime[JudgeBrief]) -> JudgeState:
        methods = _asked(deps, runtime)
        sitting = Sitting.of(deps, runtime.context)
        tasks = plan_calls(deps, methods)

        async def fill(name: str) -> ScaleResult:
            mine = [task for task in tasks if task.scale == name]
            calls = await asyncio.gather(*(_recorded(sitting, task) for task in mine), return_exceptions=True)
            result = fill_scale(deps.scales[name], [*map(_sound, calls)])
            runtime.stream_writer((name, result))
            return result

        # wait for all before an error of one ends the session, so that no call is left running
        filled = await asyncio.gather(*map(fill, methods), return_exceptions=True)
        return {"results": {name: _sound(result) for name, result in zip(methods, filled, strict=True)}}

    return ask


def _sound(result: T | BaseException) -> T:
    if isinstance(result, BaseException):
        raise result
    return result


async def _recorded(sitting: Sitting, task: JudgeTask) -> GroupCall:
    """Make a call; one that fails unexpectedly is recorded, so that its scale alone is missing.

    Raises:
        RecordError: If the journal cannot be used.
        CallError: If no other call could fare better.
        GraphDrained: If the run is asked to stop.
    """
    answer = await captured(sitting.administer(task), CallError, RecordError, GraphBubbleUp)
    if isinstance(answer, GroupCall):
        return answer
    return GroupCall(**task._asdict(), failure=f"{type(answer).__name__}: {answer}")


@dataclass(frozen=True)
class Sitting:
    """One session in front of the judge: what all of its calls share is rendered once."""

    deps: JudgeDeps
    brief: JudgeBrief
    head: Rendered
    dialogue: Rendered
    spoken: Sequence[Mapping[str, str]]
    """Speaker -> words of each line; the template rephrases the speakers."""

    @classmethod
    def of(cls, deps: JudgeDeps, brief: JudgeBrief) -> Sitting:
        """Render what all calls begin with."""
        prompts = deps.prompts(brief.dialogue.language)
        lines = [{"speaker": line.speaker.value, "text": fenced(line.text)} for line in brief.dialogue.lines]
        return cls(
            deps,
            brief,
            head=prompts.render("judge/system"),
            dialogue=prompts.render("judge/dialogue", lines=lines),
            spoken=[{line["speaker"]: line["text"]} for line in lines],
        )

    async def administer(self, task: JudgeTask) -> GroupCall:
        """Ask about one group of items, and once more about those that the reply lacks.

        A failed call is returned with its reason and without the items that were answered: a formula needs
        all of them, and whoever asks anew asks for the whole group, so that one reply weighs its items.
        """
        scale, lines = self.deps.scales[task.scale], self.brief.dialogue.lines
        ids, usage = scale.groups[task.group], Usage()
        answers: dict[str, ItemReply] = {}
        try:
            first = await self._request(task, ids)
            answers, usage = first.value.answers, first.usage
            if lacking := tuple(first.value.problems):
                second = await self._request(task, lacking, again=True)
                answers, usage = answers | second.value.answers, sum_usage((usage, second.usage))
        except (CallError, ScoringError) as error:
            if (cause := cause_of(error)) and cause.ends_run:
                # no other scale could fare better
                raise
            kept = f"; {len(answers)} of {len(ids)} items have an answer, too few for a score"
            failure = f"{type(error).__name__}: {error}{kept if answers else ''}"
            return GroupCall(**task._asdict(), failure=failure, usage=sum_usage((usage, usage_of(error))))
        items = tuple(verify_item(scale, answers[item], lines, task.repeat) for item in ids)
        return GroupCall(**task._asdict(), items=items, usage=usage)

    async def _request(
        self, task: JudgeTask, ids: tuple[str, ...], *, again: bool = False
    ) -> Answer[GroupReply]:
        """Ask about some items of a group; replies to a second call must together answer all of them."""
        scale = self.deps.scales[task.scale]
        answers: dict[str, ItemReply] = {}

        def read(reply: Reply) -> GroupReply:
            lacking = tuple(item for item in ids if item not in answers)
            group = read_group(reply.content, scale, lacking)
            if not again:
                return group
            answers.update(group.answers)
            if group.problems:
                raise MalformedReplyError(describe(group.problems))
            return GroupReply(answers, {})

        chat = self.deps.chat(self.brief.dialogue.language)
        shape = reply_shape(ids, *scale.range, absence=not scale.may_lack.isdisjoint(ids))
        return await chat.request(self.prompt(task, ids, again=again), read, shape=shape)

    def prompt(self, task: JudgeTask, ids: tuple[str, ...] = (), *, again: bool = False) -> Prompt:
        """Write a judge prompt: the dialogue first, the scale last, so that all scales share a prefix.

        Args:
            task: The group of items.
            ids: Some of its items; none means all.
            again: Whether it is the second call about the group.

        Raises:
            ScoringError: If the scale needs a profile or plan that the session lacks.
        """
        dialogue, scale = self.brief.dialogue, self.deps.scales[task.scale]
        prompts, place = self.deps.prompts(dialogue.language), self.brief.place
        values = _task_values(scale, ids or scale.groups[task.group], dialogue.language)
        parts = [
            self.dialogue,
            *(prompts.render(f"judge/{name}", text=_input(dialogue, name)) for name in scale.inputs),
            prompts.render("judge/task", **values),
        ]
        return Prompt.of(
            Role.JUDGE,
            (system(self.head), user("\n\n".join(parts))),
            rendered=[self.head, *parts],
            seed=derive_seed("judge", dialogue.hash, *task, *(["again"] if again else [])),
            call=judge_call(place, task, self.brief.asked_as, again=again) if place else None,
            also={"turns": self.spoken},
        )


def _input(dialogue: Dialogue, name: str) -> str:
    text = dialogue.profile if name == "profile" else dialogue.plan
    if not text:
        raise ScoringError(f"the scale reads the {name}, which the session does not come with")
    return text


def _task_values(scale: Scale, ids: Sequence[str], language: Language) -> dict[str, Any]:
    return {
        "name": scale.name,
        "title": scale.title.of(language),
        "measures": scale.measures.of(language),
        "guidance": scale.guidance.of(language),
        "anchors": scale.anchors.of(language),
        "lo": scale.range[0],
        "hi": scale.range[1],
        "none_against": scale.gates.none_against_from,
        "two_quotes": scale.gates.two_quotes_from,
        "absence": not scale.may_lack.isdisjoint(ids),
        "items": [
            {
                "id": i,
                "text": scale.by_id[i].of(language),
                "rates": "effect" if scale.by_id[i].effect else scale.by_id[i].rates,
            }
            for i in ids
        ],
    }
