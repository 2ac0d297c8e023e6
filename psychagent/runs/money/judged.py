"""How many calls and tokens it takes to have a session judged, from the scales themselves; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psychagent.domain.base import Language
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.usage import RoleUsage
from psychagent.scales.scale import Scale

_HEAD, _TASK, _A_LINE, _AN_ITEM, _PROFILE, _PLAN = 380, 130, 4, 14, 400, 60
"""Tokens of the instructions, of what a task says beside its scale, of naming a line's turn and speaker or
an item, and of what scales read beside the dialogue."""
ITEM_REPLY = 20
"""Tokens of the answer to one item: a score, and often the first words of a quote."""
VERDICT_REPLY = 45
"""Tokens of a verdict in one respect: which session is better, and a sentence that says why."""


def judge_usage(
    scales: Mapping[str, Scale],
    methods: Sequence[str],
    *,
    talk: float,
    lines: float,
    language: Language,
    repeats: int = 1,
) -> RoleUsage:
    """Estimate what it takes to have one session judged.

    Args:
        scales: All scales, by name.
        methods: Those that are asked.
        talk: Tokens that are said in the session.
        lines: Its turns, of both.
        language: Language of the prompts.
        repeats: How often each scale is asked.
    """
    shared = _HEAD + talk + lines * _A_LINE
    used = RoleUsage()
    for name in dict.fromkeys(methods):
        scale = scales[name]
        for items in scale.groups:
            first = used.calls == 0
            used += RoleUsage(
                calls=1,
                prompt_tokens=round(shared + _asked(scale, items, language)),
                # all scales are asked behind the same dialogue
                cached_tokens=0 if first else round(shared),
                completion_tokens=6 + len(items) * ITEM_REPLY,
            )
    again = repeats - 1
    return used + RoleUsage(
        calls=used.calls * again,
        prompt_tokens=used.prompt_tokens * again,
        cached_tokens=used.prompt_tokens * again,
        completion_tokens=used.completion_tokens * again,
    )


def pair_usage(scale: Scale, *, talk: float, lines: float, language: Language) -> RoleUsage:
    """Estimate what it takes to have two sessions compared in one order.

    Args:
        scale: The scale whose items are the dimensions.
        talk: Tokens that are said in both.
        lines: Their turns, of both sides.
        language: Language of the prompts.
    """
    items = [item.id for item in scale.items]
    return RoleUsage(
        calls=1,
        prompt_tokens=round(_HEAD + talk + lines * _A_LINE + _asked(scale, items, language)),
        # overall is asked as well
        completion_tokens=(len(items) + 1) * VERDICT_REPLY,
    )


def _asked(scale: Scale, items: Sequence[str], language: Language) -> int:
    words = [scale.title, scale.measures, scale.guidance, *(scale.by_id[item] for item in items)]
    anchors = scale.anchors.of(language).values()
    said = sum(estimate_tokens(text) for text in (*(part.of(language) for part in words), *anchors))
    read = (_PROFILE if "profile" in scale.inputs else 0) + (_PLAN if "plan" in scale.inputs else 0)
    return _TASK + said + len(items) * _AN_ITEM + read
