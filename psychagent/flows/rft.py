"""Wire best-of-n: what plain simulation needs, with judges and norms beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx

from psychagent.assets.eval_settings import EvalSettings
from psychagent.assets.rft_settings import RftSettings
from psychagent.domain.usage import Usage
from psychagent.flows.judge import Judge, build_judge_deps
from psychagent.nodes.deps import Deps, Rft
from psychagent.scales.reward import load_norms


def with_rollouts(
    deps: Deps,
    settings: RftSettings,
    *,
    env: Mapping[str, str],
    client: httpx.AsyncClient,
    on_call: Callable[[Usage], None] = lambda usage: None,
) -> Deps:
    """Give a course's dependencies n rollouts, a judge and norms.

    Raises:
        SettingsError: If a key that the settings name is not set.
        AssetError: If scales or norms cannot be read.
    """

    def judge(judging: EvalSettings) -> Judge:
        return Judge(build_judge_deps(judging, env=env, client=client, on_call=on_call))

    first = judge(settings.judging)
    second = None
    if settings.holdout is not None:
        second = judge(settings.judging.model_copy(update={"judge": settings.holdout}))
    rft = Rft(
        settings=settings,
        norms=load_norms(settings.norms),
        judge=first,
        holdout=second,
        scale_hashes={name: scale.hash for name, scale in first.deps.scales.items()},
    )
    return replace(deps, rft=rft, knobs=replace(deps.knobs, rollouts=settings.rollout_n))
