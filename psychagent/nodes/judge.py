"""The judge: ask about the items of scales for one dialogue, and gather the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypedDict, TypeVar

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime

from psychagent.domain.base import School
from psychagent.domain.scores import ScaleResult
from psychagent.domain.words.value import shown
from psychagent.errors import (
    AssetError,
    CallError,
    RecordError,
    SettingsError,
    captured,
    reason_of,
)
from psychagent.nodes.judging.brief import JudgeBrief, JudgeDeps, JudgeTask
from psychagent.nodes.judging.sitting import Sitting
from psychagent.scales.fill import GroupCall, fill_scale
from psychagent.scales.scale import default_methods

T = TypeVar("T")


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
        raise AssetError(f"no scale {shown(', '.join(unknown))}; known: {', '.join(deps.scales)}")
    return [
        JudgeTask(scale=name, group=group, repeat=repeat)
        for name in methods
        for group in range(len(deps.scales[name].groups))
        for repeat in range(deps.settings.repeats)
    ]


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
    return GroupCall(**task._asdict(), failure=reason_of(answer))
