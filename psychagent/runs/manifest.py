"""Describe what a run is made with, and decide whether an earlier run may be resumed."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from psychagent.assets.cases import CaseFile
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.endpoint import CHANGES_NO_REPLY, EndpointSettings
from psychagent.domain.base import Language
from psychagent.domain.role import ClientKind
from psychagent.domain.script_note import MADE_WITH_SCRIPT
from psychagent.domain.words.value import as_text, shown
from psychagent.errors import PsychAgentError, RecordError
from psychagent.files.digest import hash_file, hash_text
from psychagent.files.refused import of_ours
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import SCHEMA_VERSION, Hashes, Manifest, RunSettings, read_manifest
from psychagent.safety.answer import safety_hashes
from psychagent.skills.library import SkillLibrary

if TYPE_CHECKING:
    # a finished run is described without what runs a graph
    from psychagent.nodes.deps import Rft
    from psychagent.nodes.judging.brief import JudgeDeps

_PACKAGES = (
    "psychagent",
    "langgraph",
    "langchain-core",
    "langchain-openai",
    "faiss-cpu",
    "sentence-transformers",
)

CHANGES_NO_RESULT = frozenset(
    {
        *CHANGES_NO_REPLY,
        *("batch_size", "concurrency", "rollout_concurrency", "prices", "max_outage_sec", "tracing"),
        # locations of files, whose contents are compared by hash
        *("prompts_root", "skills_root", "scales_root", "norms"),
    }
)
"""Settings fields, at any depth, that may differ on resume because they cannot change a result."""
CHOOSES_CASES = frozenset(
    {"root", "split", "modalities", "max_cases", "max_cases_per_modality", "order", "seed"}
)
"""Dataset fields that may differ on resume, so that a run may grow."""


def build_manifest(
    settings: RunSettings,
    cases: Sequence[CaseFile],
    *,
    prompts: PromptLibrary,
    skills: SkillLibrary,
    rft: Rft | None = None,
    client: ClientKind = ClientKind.SIMULATOR,
) -> Manifest:
    """Describe a run before it starts, with names of API keys but never a key.

    Args:
        settings: The settings of the run.
        cases: The cases that it takes.
        prompts: The prompts of the run's language.
        skills: The skills of the run's language.
        rft: What rollouts are judged with; None for plain simulation.
        client: Who answers the counselor; a person is no model.
    """
    language, embedding = settings.runtime.world.language, settings.baseline.embedding
    played, judges = _played(settings, client), _judges(rft)
    scripted = [name for name, endpoint in played.items() if endpoint.provider == "offline"]
    scripted += [name for name, judge in judges.items() if judge.mark(language).is_script]
    return Manifest(
        note=MADE_WITH_SCRIPT if scripted else None,
        scripted_roles=tuple(scripted),
        versions=find_versions(),
        models={
            **{name: endpoint.model for name, endpoint in played.items()},
            "embedding": embedding.model or embedding.provider,
            **{name: judge.settings.judge.model for name, judge in judges.items()},
        },
        settings=settings,
        hashes=Hashes(
            prompts=prompts.hashes,
            skills=skills.hashes,
            safety=safety_hashes(language),
            scales=dict(rft.scale_hashes) if rft else {},
            judging=_judging_hashes(rft, language),
            profiles=dict(_profile_hashes(cases)),
        ),
    )


def find_versions() -> dict[str, str]:
    """Name the versions of Python and of the packages that may change what is run."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def _played(settings: RunSettings, client: ClientKind) -> dict[str, EndpointSettings]:
    """Name the models of a course by what they play."""
    simulator = {"client": settings.runtime.world.client} if client is ClientKind.SIMULATOR else {}
    played: dict[str, EndpointSettings] = {
        "counselor": settings.baseline.counselor,
        **simulator,
        "reflector": settings.baseline.reflecting,
    }
    return played | ({"risk": gate} if (gate := settings.baseline.safety.endpoint) else {})


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
    return prompts | {"norms": hash_text(rft.norms.model_dump_json())}


def _profile_hashes(cases: Sequence[CaseFile]) -> Iterator[tuple[str, str]]:
    for case in cases:
        try:
            case.load()
        except PsychAgentError:
            # its own case will fail with this error; once fixed it is hashed like any other
            continue
        yield f"{case.modality.value}/{case.case_id}", hash_file(case.path)


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
        _check_empty(folder)
        return manifest
    try:
        before = read_manifest(path)
    except RecordError as error:
        other = "or name another --save-dir, or remove the folder by hand"
        raise RecordError(f"{of_ours(error)}, {other}") from error
    if before.schema_version < SCHEMA_VERSION:
        raise RecordError(
            f"{path}: the run was begun by an earlier version (schema_version {before.schema_version}), from "
            "whose checkpoints this version cannot go on; its files stay readable: name another --save-dir, "
            "or start anew with --overwrite"
        )
    if before.has_rollouts != manifest.has_rollouts:
        command = "rft" if before.has_rollouts else "sample"
        raise RecordError(
            f"{path}: the run was made by `psychagent {command}`; continue it with that command, name "
            "another --save-dir, or start anew with --overwrite"
        )
    refuse_other(
        path, before, manifest, "go back to it, name another --save-dir, or start anew with --overwrite"
    )
    profiles = before.hashes.profiles | manifest.hashes.profiles
    hashes = manifest.hashes.model_copy(update={"profiles": dict(sorted(profiles.items()))})
    return manifest.model_copy(update={"hashes": hashes, "audit_last": before.audit_last})


def refuse_other(path: Path, before: Manifest, now: Manifest, remedy: str) -> None:
    """Refuse settings or files that differ from those that a run was made with.

    Raises:
        RecordError: Naming the first that differs, both values and what to do.
    """
    for part, name, old, new in _differences(before, now):
        raise RecordError(f"{path}: the run was made with {part} {name!r} = {old}, now {new}; {remedy}")


def _check_empty(folder: RunFolder) -> None:
    """Refuse a folder that lacks a manifest and holds what a run wrote.

    Raises:
        RecordError: Naming what is there.
    """
    for path, is_there in (
        (folder.checkpoints, folder.checkpoints.exists()),
        (folder.calls, any(folder.calls.glob("*/*.jsonl"))),
    ):
        if is_there:
            raise RecordError(
                f"{folder.manifest_path}: is missing beside {path.name}, so nobody can tell what the run was "
                "made with; put it back, name another --save-dir, or remove the folder by hand"
            )
    for file in (file for case in folder.cases() for file in case.session_files()):
        raise RecordError(
            f"{folder.manifest_path}: is missing beside {file.path.relative_to(folder.path)}, so nobody can "
            "tell what the run was made with; put it back, name another --save-dir, or remove the folder"
        )


Difference = tuple[str, str, str, str]
"""What it is, the name of the field or file, its former value and its present one."""


def _differences(before: Manifest, now: Manifest) -> Iterator[Difference]:
    old, new = before.settings, now.settings
    parts: tuple[tuple[str, BaseModel | None, BaseModel | None, frozenset[str]], ...] = (
        ("baseline", old.baseline, new.baseline, frozenset()),
        ("world", old.runtime.world, new.runtime.world, frozenset()),
        ("dataset", old.dataset, new.dataset, CHOOSES_CASES),
        ("rollouts", old.rft, new.rft, frozenset()),
    )
    for part, left, right, free in parts:
        for name, was, is_now in compare_settings(left, right, free | CHANGES_NO_RESULT):
            yield part, name, was, is_now
    for part in ("prompts", "skills", "safety", "scales", "judging"):
        yield from _other_hashes(part, getattr(before.hashes, part), getattr(now.hashes, part))
    both = before.hashes.profiles.keys() & now.hashes.profiles.keys()
    profiles = [{name: hashes.profiles[name] for name in both} for hashes in (before.hashes, now.hashes)]
    yield from _other_hashes("profile", *profiles)


def compare_settings(
    old: BaseModel | None, new: BaseModel | None, free: frozenset[str], prefix: str = ""
) -> Iterator[tuple[str, str, str]]:
    """List the fields that differ: dotted path, former and present value as JSON.

    Only fields of settings have names that may be free. A mapping that a user fills, such as
    `extra_body`, is compared as one value.
    """
    if old is None or new is None:
        return
    for name in type(old).model_fields:
        if name in free:
            continue
        left, right = getattr(old, name), getattr(new, name)
        if isinstance(left, BaseModel) and isinstance(right, BaseModel):
            yield from compare_settings(left, right, free, f"{prefix}{name}.")
        elif _as_json(left) != _as_json(right):
            yield f"{prefix}{name}", _shown(left), _shown(right)


def _as_json(value: Any) -> str:
    return json.dumps(to_jsonable_python(value), sort_keys=True)


def _shown(value: Any) -> str:
    """Write a value for a message, as the file has it; a text alone in the quotes of messages."""
    plain = to_jsonable_python(value)
    return repr(plain) if isinstance(plain, str) else as_text(plain)


def _other_hashes(part: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield part, name, _short(old.get(name)), _short(new.get(name))


def _short(value: str | None) -> str:
    """Write a hash for a message: its beginning."""
    return shown(value if value is None else f"{value[:12]}…")
