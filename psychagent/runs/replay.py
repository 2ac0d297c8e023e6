"""Plan to play a run again from its log of calls: same files, no call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from psychagent.errors import RecordError
from psychagent.files.kind import resolved
from psychagent.records.folder import RunFolder
from psychagent.runs.plan import SamplePlan

M = TypeVar("M", bound=BaseModel)


def plan_replay(run: RunFolder, save_dir: Path, *, overwrite: bool = False) -> SamplePlan:
    """Plan to play all courses of a run again into another folder.

    Raises:
        RecordError: If it is no run, kept no log of its calls, or would be written over itself.
    """
    manifest = run.manifest()
    if not any(run.calls.glob("*/*.jsonl")):
        raise RecordError(
            f"{run.calls}: holds no log of calls; a run keeps one with --log-calls, or until a course ends"
        )
    settings = manifest.settings
    plan = SamplePlan(
        baseline=settings.baseline,
        runtime=settings.runtime,
        dataset=settings.dataset,
        save_dir=save_dir,
        env={},
        overwrite=overwrite,
        rft=settings.rft,
        replay_of=run,
    )
    if resolved(plan.folder.path) == resolved(run.path):
        raise RecordError(f"{run.path}: is the run itself; name another --save-dir")
    if plan.folder.path.exists() and not overwrite:
        # it may hold another run's replay, which this one must not go on with
        raise RecordError(f"{plan.folder.path}: is there already; name another --save-dir, or --overwrite it")
    return plan


def without_models(plan: SamplePlan) -> SamplePlan:
    """Return the plan to wire: it needs no key and no embedder, since nobody is asked."""
    baseline = _without_keys(plan.baseline)
    lexical = baseline.retrieval.model_copy(update={"method": "lexical"})
    return replace(
        plan,
        baseline=baseline.model_copy(update={"retrieval": lexical}),
        runtime=_without_keys(plan.runtime),
        rft=_without_keys(plan.rft) if plan.rft else None,
    )


def _without_keys(settings: M) -> M:
    return type(settings).model_validate(_clear(settings.model_dump()))


def _clear(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: part for name, part in value.items() if name != "extra_headers"}
        return {name: None if name == "api_key_env" else _clear(part) for name, part in kept.items()}
    return value
