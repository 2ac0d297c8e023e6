"""The judge: ask about the items of scales for one dialogue, and gather the answers."""

from __future__ import annotations

import operator
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

from langgraph.errors import NodeError
from langgraph.runtime import Runtime
from langgraph.types import Send

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Language, Modality, Record
from psychagent.domain.role import Role
from psychagent.domain.scores import JudgeMark, ScaleResult
from psychagent.domain.seed import derive_seed
from psychagent.errors import AssetError, CallError, ScoringError, SettingsError, usage_of
from psychagent.llm.chat import Chat
from psychagent.llm.prompt import Prompt, system, user
from psychagent.scales.dialogue import Dialogue, fenced
from psychagent.scales.fill import GroupCall, fill_scale, verify_item
from psychagent.scales.reply import read_group, reply_schema
from psychagent.scales.scale import Scale, default_methods


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
    """Context of one run of the judge graph, so that no task has to carry the dialogue."""

    dialogue: Dialogue
    methods: tuple[str, ...] | None = None
    """Scales to administer, by name; None means the modality's default set."""


class JudgeTask(TypedDict):
    """Input of one judge call."""

    scale: str
    group: int
    repeat: int


class JudgeState(TypedDict, total=False):
    """State of the judge graph."""

    calls: Annotated[list[GroupCall], operator.add]
    results: dict[str, ScaleResult]


def methods_for(deps: JudgeDeps, modality: Modality) -> tuple[str, ...]:
    """Return the names of a modality's scales, from settings or by default."""
    return deps.settings.methods.get(modality) or default_methods(deps.scales, modality)


def _asked(deps: JudgeDeps, runtime: Runtime[JudgeBrief]) -> tuple[str, ...]:
    brief: JudgeBrief | None = runtime.context
    if brief is None:
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


def fan_out(deps: JudgeDeps) -> Callable[[JudgeState, Runtime[JudgeBrief]], list[Send] | str]:
    """Make the edge that dispatches all calls."""

    def send(state: JudgeState, runtime: Runtime[JudgeBrief]) -> list[Send] | str:
        return [Send("administer", task) for task in plan_calls(deps, _asked(deps, runtime))] or "collect"

    return send


def administer(deps: JudgeDeps) -> Callable[..., Awaitable[JudgeState]]:
    """Make the node that asks about one group of items; a failed call is recorded with its reason."""

    async def ask(task: JudgeTask, runtime: Runtime[JudgeBrief]) -> JudgeState:
        dialogue, scale = runtime.context.dialogue, deps.scales[task["scale"]]
        ids, (lo, hi) = scale.groups[task["group"]], scale.range
        try:
            prompt = judge_prompt(deps, dialogue, task)
            answer = await deps.chat(dialogue.language).request(
                prompt,
                lambda message: read_group(str(message.content), scale, ids),
                schema=reply_schema(ids, lo, hi),
            )
        except (CallError, ScoringError) as error:
            usage = usage_of(error)
            return {"calls": [GroupCall(**task, failure=f"{type(error).__name__}: {error}", usage=usage)]}
        items = tuple(verify_item(scale, reply, dialogue.lines, task["repeat"]) for reply in answer.value)
        return {"calls": [GroupCall(**task, items=items, usage=answer.usage)]}

    return ask


def record_broken(task: JudgeTask, error: NodeError) -> JudgeState:
    """Record a call that failed with an unexpected error: its scale is missing, its siblings continue."""
    return {"calls": [GroupCall(**task, failure=f"{type(error.error).__name__}: {error.error}")]}


def collect(deps: JudgeDeps) -> Callable[..., JudgeState]:
    """Make the node that turns calls into results, in the order in which scales were requested."""

    def gather(state: JudgeState, runtime: Runtime[JudgeBrief]) -> JudgeState:
        return {"results": gather_results(deps, _asked(deps, runtime), state.get("calls", []))}

    return gather


def gather_results(
    deps: JudgeDeps, methods: Sequence[str], calls: Sequence[GroupCall]
) -> dict[str, ScaleResult]:
    """Fill in every scale whose calls have all returned."""
    by_scale: dict[str, list[GroupCall]] = {name: [] for name in methods}
    for call in calls:
        by_scale[call.scale].append(call)
    return {
        name: fill_scale(deps.scales[name], mine)
        for name, mine in by_scale.items()
        if mine and len(mine) == len(deps.scales[name].groups) * deps.settings.repeats
    }


def judge_prompt(deps: JudgeDeps, dialogue: Dialogue, task: JudgeTask) -> Prompt:
    """Write a judge prompt: the dialogue first, the scale last, so that all scales share a prefix.

    Raises:
        ScoringError: If the scale needs a profile or plan that the session lacks.
    """
    prompts, scale = deps.prompts(dialogue.language), deps.scales[task["scale"]]
    lines = [{"speaker": line.speaker.value, "text": fenced(line.text)} for line in dialogue.lines]
    task_values = _task_values(scale, scale.groups[task["group"]], dialogue.language)
    head = prompts.render("judge/system")
    parts = [
        prompts.render("judge/dialogue", lines=lines),
        *(prompts.render(f"judge/{name}", text=_input(dialogue, name)) for name in scale.inputs),
        prompts.render("judge/task", **task_values),
    ]
    return Prompt.of(
        Role.JUDGE,
        (system(head), user("\n\n".join(parts))),
        rendered=[head, *parts],
        seed=derive_seed("judge", dialogue.hash, scale.name, task["group"], task["repeat"]),
        # the template rephrases the speakers
        also={"turns": [{line["speaker"]: line["text"]} for line in lines]},
    )


def _input(dialogue: Dialogue, name: str) -> str:
    text = dialogue.profile if name == "profile" else dialogue.plan
    if not text:
        raise ScoringError(f"the scale reads the {name}, which the session does not come with")
    return fenced(text)


def _task_values(scale: Scale, ids: Sequence[str], language: Language) -> dict[str, Any]:
    return {
        "name": scale.name,
        "title": scale.title.of(language),
        "measures": scale.measures.of(language),
        "guidance": scale.guidance.of(language),
        "anchors": scale.anchors.of(language),
        "lo": scale.range[0],
        "hi": scale.range[1],
        "items": [
            {
                "id": i,
                "text": scale.by_id[i].of(language),
                "rates": scale.by_id[i].rates,
                "default": scale.defaults[i],
            }
            for i in ids
        ],
    }
