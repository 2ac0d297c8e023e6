"""What an evaluation is expected to take, from the sessions that it would judge; nothing is asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Language
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.evals.find import JudgeInput, find_sessions
from psychagent.evals.plan import EvalPlan, nothing_found
from psychagent.evals.worthless import choose_for_degenerate, make_degenerate
from psychagent.runs.money.estimate import Talk, estimate_judging
from psychagent.runs.money.estimated import Estimate
from psychagent.scales.scale import Scale, default_methods, load_scales


def estimate_eval(plan: EvalPlan, *, prefix_cache: bool = True) -> Estimate:
    """Estimate what an evaluation takes, its worthless sessions included, as if it began anew.

    Args:
        plan: The evaluation.
        prefix_cache: Whether the judge's server keeps prompts that begin alike.

    Raises:
        SettingsError: If there is no session to judge.
    """
    search, scales = plan.search(), load_scales(plan.settings.scales_root)
    inputs, _ = find_sessions(search)
    if not inputs:
        raise nothing_found(search.root)

    @cache
    def prompts(language: Language) -> PromptLibrary:
        return PromptLibrary(language, plan.settings.prompts_root)

    chosen = choose_for_degenerate(inputs, plan.settings.degenerate)
    worthless = [made for item in chosen for made in make_degenerate(item, prompts(item.dialogue.language))]
    talks = [_talk(plan, item, scales) for item in inputs]
    # a scale of safety is not asked about sessions that only show what means are worth
    means = {name: scale for name, scale in scales.items() if not scale.is_safety}
    talks += [_talk(plan, item, means) for item in worthless]
    return estimate_judging(plan.settings, talks, scales, prefix_cache=prefix_cache)


def _talk(plan: EvalPlan, item: JudgeInput, scales: Mapping[str, Scale]) -> Talk:
    dialogue = item.dialogue
    chosen = plan.methods or plan.settings.methods.get(dialogue.modality)
    methods = chosen or default_methods(scales, dialogue.modality)
    said = sum(estimate_tokens(line.text) for line in dialogue.lines)
    language = plan.settings.language or dialogue.language
    return Talk([name for name in methods if name in scales], said, len(dialogue.lines), language)
