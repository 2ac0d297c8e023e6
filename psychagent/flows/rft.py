"""Wire best-of-n: what plain simulation needs, with judges and norms beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import httpx

from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.usage import Usage
from psychagent.flows.build import open_client
from psychagent.flows.judge import Judge, build_judge_deps, warm_judge
from psychagent.nodes.deps import Deps, Rft
from psychagent.scales.reward import load_norms


def with_rollouts(
    deps: Deps,
    settings: RftSettings,
    *,
    env: Mapping[str, str],
    client: httpx.AsyncClient | None = None,
    on_call: Callable[[Usage], None] = lambda usage: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Deps:
    """Give a course's dependencies n rollouts, a judge and norms.

    Args:
        deps: From `build_deps`.
        settings: How many rollouts, who judges them, how one is chosen.
        env: Where keys are looked up; pass `os.environ`.
        client: Connection pool of the running event loop; one is opened where none is given.
        on_call: Told of every answered judge call.
        sleep: How to wait before another attempt.

    Raises:
        SettingsError: If a key that the settings name is not set.
        AssetError: If scales or norms cannot be read.
    """
    pool = client or open_client()

    def judge(judging: EvalSettings) -> Judge:
        made = build_judge_deps(judging, env=env, client=pool, on_call=on_call, sleep=sleep)
        return Judge(made)

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


def warm_rollouts(deps: Deps) -> Deps:
    """Read now, before an event loop runs, what the judges of rollouts would read when first asked."""
    for judge in (deps.rft.judge, deps.rft.holdout) if deps.rft else ():
        if judge is not None:
            warm_judge(judge.deps)
    return deps
