"""The manifest: what a run was made with, and whether it may be resumed."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from psychagent.assets.settings.run import BaselineSettings, DatasetSettings, RuntimeSettings
from psychagent.domain.base import Language
from psychagent.errors import RecordError
from psychagent.files.read import read_json
from psychagent.nodes.deps import Deps
from psychagent.records.folder import RunFolder

SCRIPT_NOTE = (
    "Made with the offline script, which is no language model: it shows how the system works and says "
    "nothing about counseling."
)
_PACKAGES = (
    "psychagent",
    "langgraph",
    "langchain-core",
    "langchain-openai",
    "faiss-cpu",
    "sentence-transformers",
)
_GUARDED = ("models", "conditions", "prompts", "skills", "scales")


def build_manifest(
    baseline: BaselineSettings, runtime: RuntimeSettings, dataset: DatasetSettings, deps: Deps
) -> dict[str, Any]:
    """Describe a run before it starts; holds names of keys, never a key."""
    scripted = [r for r in ("counselor", "client", "summary") if deps.chat(r, deps.knobs).is_script]
    return {
        "schema_version": 1,
        "note": SCRIPT_NOTE if scripted else None,
        "scripted_roles": [
            *("reflector" if r == "summary" else r for r in scripted),
            *_scripted_judges(deps, runtime.language),
        ],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "models": {
            "counselor": baseline.model,
            "client": runtime.client.model,
            "reflector": (runtime.reflector or baseline).model,
            "embedding": runtime.embedding.model or runtime.embedding.provider,
            **_judges(deps),
        },
        "conditions": {
            "language": runtime.language.value,
            "seed": runtime.seed,
            "max_sessions": baseline.max_sessions,
            "max_counselor_turns": baseline.max_counselor_turns,
            "rollouts": deps.knobs.rollouts,
            **_rft_conditions(deps, runtime.language),
        },
        "settings": {
            "rft": deps.rft.settings.model_dump(mode="json") if deps.rft else None,
            "baseline": baseline.model_dump(mode="json"),
            "runtime": runtime.model_dump(mode="json"),
            "dataset": dataset.model_dump(mode="json"),
        },
        "seed": runtime.seed,
        "prompts": deps.prompts(runtime.language).hashes,
        "skills": deps.skills(runtime.language).library.hashes,
        "scales": dict(deps.rft.scale_hashes) if deps.rft else {},
    }


def _rft_conditions(deps: Deps, language: Language) -> dict[str, Any]:
    """What decides which rollout is kept, and so what all later sessions are."""
    if deps.rft is None:
        return {}
    settings = deps.rft.settings
    norms = deps.rft.norms.model_dump_json()
    return {
        "selector": settings.selector,
        "missing": settings.missing,
        "scores": settings.judging.use,
        "repeats": settings.judging.repeats,
        "scales of rollouts": settings.judging.model_dump(mode="json")["methods"],
        "norms": hashlib.sha256(norms.encode()).hexdigest(),
        "judge prompts": deps.rft.judge.deps.mark(language).prompt_hash,
    }


def _scripted_judges(deps: Deps, language: Language) -> list[str]:
    judges = {"judge": deps.rft.judge, "holdout": deps.rft.holdout} if deps.rft else {}
    return [name for name, judge in judges.items() if judge and judge.deps.mark(language).is_script]


def _judges(deps: Deps) -> dict[str, str]:
    """Name the judges of a run with rollouts."""
    if deps.rft is None:
        return {}
    settings = deps.rft.settings
    second = {"holdout": settings.holdout.model} if settings.holdout else {}
    return {"judge": settings.judging.judge.model} | second


def check_resumable(folder: RunFolder, manifest: Mapping[str, Any]) -> None:
    """Refuse to go on with other models, prompts, skills, scales or conditions.

    Raises:
        RecordError: Naming what differs, or what is missing to tell.
    """
    path = folder.manifest_path
    if not path.exists():
        if folder.checkpoints.exists():
            raise RecordError(
                f"{path}: is missing beside {folder.checkpoints.name}, so nobody can tell what the run was "
                "made with; put it back, or start anew with --overwrite"
            )
        return
    before = _read_manifest(path)
    for part in _GUARDED:
        old, new = before.get(part) or {}, manifest.get(part) or {}
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                raise RecordError(
                    f"{path}: the run was made with {part} {name!r} = {_short(old.get(name))}, now "
                    f"{_short(new.get(name))}; go back to it, name another --save-dir, or start anew "
                    "with --overwrite"
                )


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        data = read_json(path)
    except RecordError as error:
        raise RecordError(f"{error}; put it back, or start anew with --overwrite") from error
    if not isinstance(data, dict):
        kind = type(data).__name__
        raise RecordError(
            f"{path}: holds {kind}, not a manifest; put it back, or start anew with --overwrite"
        )
    return data


def _short(value: Any) -> str:
    """Write a value for a message; of a hash, its beginning."""
    return repr(f"{value[:12]}…" if isinstance(value, str) and len(value) > 40 else value)
