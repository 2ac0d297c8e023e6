"""Wire best-of-n rollouts: add judges and norms to the dependencies of plain simulation."""

from __future__ import annotations

from dataclasses import replace

from psychagent.assets.settings.rollouts import RftSettings
from psychagent.flows.judge import build_judge_deps, warm_judge
from psychagent.flows.live import Live
from psychagent.nodes.deps import Deps, Rft
from psychagent.scales.reward import load_norms


def with_rollouts(deps: Deps, settings: RftSettings, live: Live) -> Deps:
    """Add n rollouts, a judge and norms to a course's dependencies.

    Args:
        deps: From `build_deps`.
        settings: How many rollouts, who judges them, how one is chosen.
        live: The course's own, so that judge calls pass the same gate.

    Raises:
        SettingsError: If a key that the settings name is not set.
        AssetError: If scales or norms cannot be read.
    """
    judge = build_judge_deps(settings.judging, live)
    holdout = None
    if settings.holdout is not None:
        holdout = build_judge_deps(settings.judging.model_copy(update={"judge": settings.holdout}), live)
    rft = Rft(
        settings=settings,
        norms=load_norms(settings.norms),
        judge=judge,
        holdout=holdout,
        scale_hashes={name: scale.hash for name, scale in judge.scales.items()},
    )
    return replace(deps, rft=rft, knobs=replace(deps.knobs, rollouts=settings.rollout_n))


def warm_rollouts(deps: Deps) -> Deps:
    """Read now, before an event loop runs, what the judges of rollouts otherwise read on first use."""
    for judge in (deps.rft.judge, deps.rft.holdout) if deps.rft else ():
        if judge is not None:
            warm_judge(judge)
    return deps
