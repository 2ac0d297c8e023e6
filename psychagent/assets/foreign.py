"""Fit profiles and cases of other projects to ours: keys that we lack are left out, and told once each.

Our own files are read strictly, so that a typing error does not lose what somebody wrote.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from psychagent.domain.base import Mixed, Modality
from psychagent.domain.profile import THEORY_MODELS, BasicInfo, Profile
from psychagent.domain.words.explain import explain
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import AssetError
from psychagent.files.change import list_folder

SUFFIXES = {".json", ".yaml", ".yml"}
_NOT_HELD = (
    "which no counselor here follows, so no case can be made of it; `psychagent eval` judges its sessions"
)
_OURS = {"language", "disclosure"}
"""Keys that no profile but ours has."""
_MISSPELLED = 0.8
"""Likeness from which an unknown key is taken for a known one that the mapping lacks."""
_BESIDE = {"client_info", "theoretical", "client_id", "global_plan", "sessions"}
"""What a PsychEval case holds beside a profile, as it should."""


@dataclass
class Fitted:
    """What became of the keys while data were fitted to our models."""

    left_out: Counter[str] = field(default_factory=Counter)
    """Unknown keys, however deep, and how often each was met."""
    read_as: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Misspelled keys with the known ones that they were taken for."""
    blocks: dict[str, str] = field(default_factory=dict)
    """Schools whose block cannot be read -> why."""

    def add(self, other: Fitted) -> None:
        """Take in what became of another file's keys; of unreadable blocks the first of each school."""
        self.left_out += other.left_out
        self.read_as += other.read_as
        self.blocks = other.blocks | self.blocks

    def notes(self) -> Iterator[str]:
        """Say each thing once."""
        for (theirs, ours), times in sorted(self.read_as.items()):
            yield f"key {theirs!r} ({_times(times)}) is read as {ours!r}"
        if self.left_out:
            names = ", ".join(f"{name!r} ({_times(n)})" for name, n in sorted(self.left_out.items()))
            yield f"unknown keys are left out: {names}"
        for school, why in sorted(self.blocks.items()):
            yield f"block 'theory.{school}' is left out ({why}); no case can be made under {school}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def is_foreign(data: Mapping[str, Any], path: Path) -> bool:
    """Return whether a file is another project's: JSON without what only ours has, or a PsychEval case."""
    return "client_info" in data or (path.suffix.lower() == ".json" and not _OURS & data.keys())


def fit_profile(data: Mapping[str, Any], path: Path) -> tuple[dict[str, Any], Fitted]:
    """Fit a profile of the reference release, or a PsychEval case, to the shape of ours.

    Raises:
        AssetError: If a case's school is unknown, or none of ours.
    """
    fitted = Fitted()
    if "client_info" in data:
        data = _from_psycheval(data, path, fitted)
    elif isinstance(data.get("theory"), Mapping):
        data = {**data, "theory": _fit_schools(data["theory"], fitted)}
    return _fit(Profile, data, fitted), fitted


def school_of(path: Path) -> Modality | None:
    """Return the school that a file's folder, or the folder of its split, is named after."""
    names = [folder.name.lower() for folder in path.absolute().parents[:2]]
    return next((Modality(name) for name in names if name in set(Modality)), None)


def refuse_mixed(root: Path) -> None:
    """Refuse a folder of cases that are of no one school.

    Raises:
        AssetError: If it is such a folder, or holds one.
    """
    for name in Mixed:
        if name.value in (root.absolute().name, *(path.name for path in list_folder(root, AssetError))):
            raise AssetError(f"{root}: holds cases of the school {name.value!r}, {_NOT_HELD}")


def passed_over(root: Path) -> Iterator[str]:
    """Say which folders beside those of the schools hold files: no case is made of them."""
    folders = [path for path in list_folder(root, AssetError) if path.is_dir()] if root.is_dir() else []
    others = sorted(path for path in folders if path.name not in set(Modality))
    for folder in others if len(others) < len(folders) else ():
        count = sum(path.suffix.lower() in SUFFIXES for path in folder.rglob("*"))
        if count:
            files = "1 file is" if count == 1 else f"{count} files are"
            yield f"{folder}: {files} left out; {_why_passed_over(folder.name)}"


def _why_passed_over(name: str) -> str:
    return f"of the school {name!r}, {_NOT_HELD}" if name in set(Mixed) else "no school has this name"


def _from_psycheval(data: Mapping[str, Any], path: Path, fitted: Fitted) -> dict[str, Any]:
    info = data["client_info"]
    if not isinstance(info, dict):
        raise AssetError(f"{path}: field 'client_info' holds {kind_of(info)}, not a mapping of keys")
    modality = _school(data, path)
    model = THEORY_MODELS[modality]
    fitted.left_out.update(data.keys() - _BESIDE - {"user_id"})
    basic, block = _split(info, set(model.model_fields))
    return {
        "user_id": data.get("client_id") or path.stem,
        "basic_info": basic,
        "theory": _fit_schools({modality.value: block}, fitted),
        "source": "PsychEval",
    }


def _school(data: Mapping[str, Any], path: Path) -> Modality:
    """Find the school of a case: its own word, else the folder's."""
    word = str(data.get("theoretical") or "").strip()
    if word.lower() in set(Modality):
        return Modality(word.lower())
    if word.lower() in set(Mixed):
        raise AssetError(f"{path}: is of the school {shown(word)}, {_NOT_HELD}")
    school = None if word else school_of(path)
    if school is None:
        raise AssetError(
            f"{path}: field 'theoretical' has {shown(data.get('theoretical'))}; known: {', '.join(Modality)}"
        )
    return school


def _split(info: Mapping[str, Any], own: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part what a case holds of its client: what is any school's, and what is one's own."""
    close = {
        name
        for name in info
        if name not in own | BasicInfo.model_fields.keys() and _nearest(name, own - info.keys())
    }
    inside = own | close
    return (
        {name: value for name, value in info.items() if name not in inside},
        {name: value for name, value in info.items() if name in inside},
    )


def _fit_schools(blocks: Mapping[str, Any], fitted: Fitted) -> dict[str, Any]:
    """Fit each school's block; one that cannot be read is left out: another may be used."""
    read: dict[str, Any] = {}
    for key, block in blocks.items():
        name = str(key).strip().lower()
        if name not in set(Modality):
            fitted.left_out[str(key)] += 1
        elif block is not None:
            model = THEORY_MODELS[Modality(name)]
            block = _fit(model, block, fitted)
            try:
                model.model_validate(block)
            except ValidationError as error:
                fitted.blocks[name] = explain(error, model)
            else:
                read[name] = block
    return read


def _fit(annotation: Any, value: Any, fitted: Fitted) -> Any:
    """Fit a value to a type, as far as it can be: a value of another kind stays, to be refused by name."""
    inner = [part for part in get_args(annotation) if part not in (type(None), Ellipsis)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _fit_mapping(annotation, value, fitted) if isinstance(value, Mapping) else value
    if get_origin(annotation) is tuple:
        # a text or a mapping alone is a list of one
        rows = value if isinstance(value, list | tuple) else [value]
        return [_fit(inner[0], row, fitted) for row in rows if row is not None]
    if isinstance(value, list) and _is_text(annotation):
        return "; ".join(str(part) for part in value if part is not None)
    models = [part for part in inner if isinstance(part, type) and issubclass(part, BaseModel)]
    return _fit(models[0], value, fitted) if len(models) == 1 else value


def _is_text(annotation: Any) -> bool:
    return annotation is str or (bool(get_args(annotation)) and get_args(annotation)[0] is str)


def _fit_mapping(model: type[BaseModel], data: Mapping[str, Any], fitted: Fitted) -> dict[str, Any]:
    """Keep what the model has a field for, and no null: the data sets have other fields, and nulls."""
    given = {name: value for name, value in data.items() if value is not None}
    lacking = model.model_fields.keys() - given.keys()
    read: dict[str, Any] = {}
    for name, value in given.items():
        known = name if name in model.model_fields else _nearest(name, lacking)
        if known is None:
            fitted.left_out[str(name)] += 1
            continue
        if known != name:
            fitted.read_as[str(name), known] += 1
            lacking -= {known}
        # of a text field pydantic keeps the type and its validators apart
        part = model.model_fields[known]
        read[known] = _fit(part.annotation, value, fitted)
    return read


def _nearest(name: object, known: set[str]) -> str | None:
    close = difflib.get_close_matches(str(name), sorted(known), n=1, cutoff=_MISSPELLED)
    return close[0] if close else None
