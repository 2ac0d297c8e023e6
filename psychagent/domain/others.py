"""Read what models trained on other forms write: the reference release's names for fields of ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from psychagent.domain.base import Modality, Stage

_STAGES = {
    # in this order: consolidation is spoken of as preventing a relapse after the intervention
    Stage.TERMINATION: r"terminat|closing|结束|结案|终止|告别",
    Stage.CONSOLIDATION: r"consolidat|relapse|巩固|复发",
    Stage.INTERVENTION: r"interven|干预",
    Stage.CONCEPTUALIZATION: r"conceptuali|概念化|目标设定",
}
"""How a stage is spoken of in other words than its id."""
_STAGE_KEYS = ("next_session_stage", "overall_stage", "session_stage")
_FOCUS_KEYS = ("next_session_focus", "session_focus", "objective", "objectives")
_TITLE_KEYS = ("stage_title", "theme")
_LONGEST_TITLE = 200


def stage_from_words(value: Any) -> Any:
    """Return the stage that some words name; anything else stays, to be refused by name."""
    if not isinstance(value, str) or value in set(Stage):
        return value
    return next((stage for stage, words in _STAGES.items() if re.search(words, value.lower())), value)


def plan_from_others(data: Any) -> Any:
    """Give a plan the names of our fields; one that has them already stays as it is."""
    if not isinstance(data, Mapping):
        return data
    plan = {**data}
    focus = _take(plan, "focus", _FOCUS_KEYS)
    if isinstance(focus, Mapping):
        # a title with its objectives
        inner = {**focus}
        _take(plan, "title", _TITLE_KEYS, also=inner)
        focus = _take(inner, "focus", _FOCUS_KEYS)
    plan["stage"] = stage_from_words(_take(plan, "stage", _STAGE_KEYS))
    if isinstance(focus, str):
        focus = [focus]
    plan["focus"] = focus
    title = _take(plan, "title", _TITLE_KEYS)
    if not title and isinstance(focus, list | tuple) and focus:
        title = str(focus[0])[:_LONGEST_TITLE]
    plan["title"] = title
    return {name: value for name, value in plan.items() if value is not None}


def _take(
    data: dict[str, Any], ours: str, theirs: Collection[str], also: Mapping[str, Any] | None = None
) -> Any:
    """Take a field under our name, else under one of theirs, and keep it under ours."""
    for source in (data, also or {}):
        for name in (ours, *theirs):
            if source.get(name) is not None:
                data[ours] = source[name]
                for other in theirs:
                    data.pop(other, None)
                return data[ours]
    return None


def file_from_others(data: Any, own: Collection[str]) -> Any:
    """Put a school's own fields, which others write beside the rest, where ours has them; nulls are left out.

    Args:
        data: A client file as a model writes it.
        own: Names of the school's own fields.
    """
    if not isinstance(data, Mapping):
        return data
    file = _without_nulls(data)
    theory = file.get("theory") or {}
    if isinstance(theory, Mapping) and len(theory) == 1 and next(iter(theory)) in set(Modality):
        theory = next(iter(theory.values()))
    if isinstance(theory, Mapping):
        file["theory"] = {name: file[name] for name in own if name in file} | {**theory}
    return file


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value if part is not None]
    return value
