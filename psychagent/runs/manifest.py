"""Describe what a run is made with, and decide whether an earlier run may be resumed."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel

from psychagent.assets.profiles import CaseFile
from psychagent.domain.base import Language
from psychagent.domain.role import Role
from psychagent.domain.script_note import MADE_WITH_SCRIPT
from psychagent.errors import PsychAgentError, RecordError
from psychagent.nodes.deps import Deps, Rft
from psychagent.nodes.judge import JudgeDeps
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import SCHEMA_VERSION, Hashes, Manifest, RunSettings, read_manifest

_PACKAGES = (
    "psychagent",
    "langgraph",
    "langchain-core",
    "langchain-openai",
    "faiss-cpu",
    "sentence-transformers",
)
_PLAYED = {"counselor": Role.COUNSELOR, "client": Role.CLIENT, "reflector": Role.SUMMARY}

CHANGES_NO_RESULT = frozenset(
    {
        *("base_url", "api_key_env", "timeout_sec", "max_retries", "max_wait_sec"),
        *("batch_size", "concurrency", "rollout_concurrency", "prices"),
        # locations of files, whose contents are compared by hash
        *("prompts_root", "skills_root", "scales_root", "norms"),
    }
)
"""Settings fields, at any depth, that may differ on resume because they cannot change a result."""
CHOOSES_CASES = frozenset(
    {"root", "split", "modalities", "max_cases", "max_cases_per_modality", "order", "seed"}
)
"""Dataset fields that may differ on resume, so that a run may grow."""


def build_manifest(settings: RunSettings, deps: Deps, cases: Sequence[CaseFile]) -> Manifest:
    """Describe a run before it starts, with names of API keys but never a key."""
    language = settings.runtime.world.language
    scripted = [name for name, role in _PLAYED.items() if deps.chat(role, deps.knobs).is_script]
    judges = _judges(deps.rft)
    scripted += [name for name, judge in judges.items() if judge.mark(language).is_script]
    baseline, embedding = settings.baseline, settings.baseline.embedding
    return Manifest(
        note=MADE_WITH_SCRIPT if scripted else None,
        scripted_roles=tuple(scripted),
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        models={
            "counselor": baseline.counselor.model,
            "client": settings.runtime.world.client.model,
            "reflector": baseline.reflecting.model,
            "embedding": embedding.model or embedding.provider,
            **{name: judge.settings.judge.model for name, judge in judges.items()},
        },
        settings=settings,
        hashes=Hashes(
            prompts=deps.prompts(language).hashes,
            skills=deps.skills(language).library.hashes,
            scales=dict(deps.rft.scale_hashes) if deps.rft else {},
            judging=_judging_hashes(deps.rft, language),
            profiles=dict(_profile_hashes(cases)),
        ),
    )


def _judges(rft: Rft | None) -> dict[str, JudgeDeps]:
    """Name the judges of a run with rollouts."""
    if rft is None:
        return {}
    return {"judge": rft.judge} | ({"holdout": rft.holdout} if rft.holdout else {})


def _judging_hashes(rft: Rft | None, language: Language) -> dict[str, str]:
    """Hash what decides which rollout is chosen, and thereby all later sessions."""
    if rft is None:
        return {}
    prompts = {f"prompts of the {name}": j.mark(language).prompt_hash for name, j in _judges(rft).items()}
    return prompts | {"norms": hashlib.sha256(rft.norms.model_dump_json().encode()).hexdigest()}


def _profile_hashes(cases: Sequence[CaseFile]) -> Iterator[tuple[str, str]]:
    for case in cases:
        try:
            case.load()
        except PsychAgentError:
            # its own case will fail with this error; once fixed it is hashed like any other
            continue
        yield f"{case.modality.value}/{case.case_id}", hashlib.sha256(case.path.read_bytes()).hexdigest()


def resume_from(folder: RunFolder, manifest: Manifest) -> Manifest:
    """Check that a run may be resumed, and carry over the cases that it already has.

    All settings of the system, the world and the dataset are compared, except `CHANGES_NO_RESULT` and
    `CHOOSES_CASES`; prompts, skills, scales and each case's profile are compared by hash.

    Returns:
        The manifest, extended by the profiles of earlier cases that are not selected this time.

    Raises:
        RecordError: Naming the field that differs and both values, or the file that is missing.
    """
    path = folder.manifest_path
    if not path.exists():
        if folder.checkpoints.exists():
            raise RecordError(
                f"{path}: is missing beside {folder.checkpoints.name}, so nobody can tell what the run was "
                "made with; put it back, or start anew with --overwrite"
            )
        return manifest
    try:
        before = read_manifest(path)
    except RecordError as error:
        raise RecordError(f"{error}; put it back, or start anew with --overwrite") from error
    if before.schema_version < SCHEMA_VERSION:
        raise RecordError(
            f"{path}: the run was begun by an earlier version (schema_version {before.schema_version}), from "
            "whose checkpoints this version cannot go on; its files stay readable: name another --save-dir, "
            "or start anew with --overwrite"
        )
    for part, old, new in _compared(before, manifest):
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                raise RecordError(
                    f"{path}: the run was made with {part} {name!r} = {_short(old.get(name))}, now "
                    f"{_short(new.get(name))}; go back to it, name another --save-dir, or start anew "
                    "with --overwrite"
                )
    profiles = before.hashes.profiles | manifest.hashes.profiles
    return manifest.model_copy(
        update={"hashes": manifest.hashes.model_copy(update={"profiles": dict(sorted(profiles.items()))})}
    )


def _compared(before: Manifest, now: Manifest) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield what must be equal: a name, and flat mappings of the earlier and of the present run."""
    old, new = before.settings, now.settings
    parts: tuple[tuple[str, BaseModel | None, BaseModel | None, frozenset[str]], ...] = (
        ("baseline", old.baseline, new.baseline, frozenset()),
        ("world", old.runtime.world, new.runtime.world, frozenset()),
        ("dataset", old.dataset, new.dataset, CHOOSES_CASES),
        ("rollouts", old.rft, new.rft, frozenset()),
    )
    for part, left, right, free in parts:
        yield part, _fields(left, free), _fields(right, free)
    for part in ("prompts", "skills", "scales", "judging"):
        yield part, getattr(before.hashes, part), getattr(now.hashes, part)
    both = before.hashes.profiles.keys() & now.hashes.profiles.keys()
    kept = [{name: hashes.profiles[name] for name in both} for hashes in (before.hashes, now.hashes)]
    yield "profile", kept[0], kept[1]


def _fields(settings: BaseModel | None, free: frozenset[str]) -> dict[str, Any]:
    return {} if settings is None else dict(flatten(settings.model_dump(mode="json"), free=free))


def flatten(data: Mapping[str, Any], *, free: frozenset[str], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of dumped settings by dotted path, except those that may differ."""
    for name, value in data.items():
        if name in free | CHANGES_NO_RESULT:
            continue
        if isinstance(value, dict) and value:
            yield from flatten(value, free=free, prefix=f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _short(value: Any) -> str:
    """Format a value for a message, shortening hashes."""
    return repr(f"{value[:12]}…" if isinstance(value, str) and len(value) > 40 else value)
