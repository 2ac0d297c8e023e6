"""Write configs/README.md from the settings models, so that no field is described in two places."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.assets.settings.train import TrainSettings
from psychagent.files.markdown import markdown_table
from tools.field_notes import field_notes


@dataclass(frozen=True)
class Kind:
    """One kind of settings file."""

    folder: str
    """Under configs/."""
    model: type[BaseModel]
    taken_by: str
    """The commands and options that take such a file."""


REGISTRY = (
    Kind("baselines", BaselineSettings, "`psychagent sample`, `rft` and `doctor`: `--baseline`"),
    Kind("runtime", RuntimeSettings, "`psychagent sample`, `rft` and `doctor`: `--runtime`"),
    Kind("datasets", DatasetSettings, "`psychagent sample`, `rft` and `doctor`: `--dataset`"),
    Kind("eval", EvalSettings, "`psychagent eval` and `doctor`: `--config`"),
    Kind("rft", RftSettings, "`psychagent rft` and `doctor`: `--rft-config`"),
    Kind("experiments", ExperimentSettings, "`psychagent experiment run` and `status`"),
    Kind("train", TrainSettings, "`psychagent train`: `--config`"),
)
"""Every kind of settings file, in the order of the page."""

_ANCHORS = {kind.model: kind.folder for kind in REGISTRY}

_HEAD = """# Settings

Written by `make configs-readme` from the settings models; a test keeps it current. Edit the models'
notes instead of this file.

A file of settings is YAML. A key that is not listed is refused, and the nearest known one is named. A
path is relative to the file it stands in. A key is never written into a file: `api_key_env` names the
environment variable that holds it. Every field may be left out unless its default says *required*.
"""

_WORDS: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥", "max_length": "length ≤"}


def write_reference() -> str:
    """Write the reference as Markdown."""
    inner: dict[type[BaseModel], None] = {}
    parts = [_HEAD]
    for kind in REGISTRY:
        parts += [f"## {kind.folder}/", _first_line(kind.model), f"Taken by {kind.taken_by}."]
        parts += [_files(asset_dir("configs") / kind.folder), _table(kind.model)]
        inner |= dict.fromkeys(_nested(kind.model))
    parts.append("## Blocks inside them")
    for model in [model for model in inner if model not in _ANCHORS]:
        parts += [f"### {model.__name__}", _first_line(model), _table(model)]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _files(folder: Path) -> str:
    """List the shipped files of a kind, each with the first sentence of its comment."""
    return "\n".join(f"- `{path.name}`: {_about(path)}" for path in sorted(folder.glob("*.yaml")))


def _about(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = [line.removeprefix("#").strip() for line in takewhile(lambda line: line.startswith("#"), lines)]
    return " ".join(comment).split(". ")[0].removesuffix(".") + "."


def _nested(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """List the models inside a model, each before those inside it."""
    for info in model.model_fields.values():
        for part in _leaves(info.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield part
                yield from _nested(part)


def _leaves(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _leaves(part)


def _table(model: type[BaseModel]) -> str:
    rows = [
        (f"`{info.alias or name}`", _type(info), _default(info), field_notes(model).get(name, ""))
        for name, info in model.model_fields.items()
    ]
    return markdown_table(("field", "type", "default", "meaning"), rows)


def _type(info: FieldInfo) -> str:
    bounds = [
        f"{sign} {value:g}"
        for item in info.metadata
        for name, sign in _BOUNDS.items()
        if isinstance(value := getattr(item, name, None), int | float)
    ]
    return ", ".join([type_words(info.annotation), *bounds])


def type_words(annotation: Any) -> str:
    """Say in words what values a field takes."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(args[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in args)
    if origin in {Union, types.UnionType}:
        return " or ".join("null" if part is type(None) else type_words(part) for part in args)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mapping of {type_words(args[0])} to {type_words(args[1])}"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return f"list of {type_words(args[0])}"
    return _plain(annotation)


def _plain(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{item.value}`" for item in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        anchor = _ANCHORS.get(annotation, annotation.__name__.lower())
        return f"[{annotation.__name__}](#{anchor})"
    if isinstance(annotation, type) and issubclass(annotation, Path):
        return "path"
    return _WORDS.get(annotation, "any value")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "*required*"
    value = info.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_unset=True)
    text = yaml.safe_dump(_simple(value), default_flow_style=True, width=10_000, allow_unicode=True)
    return f"`{text.removesuffix('...' + chr(10)).strip()}`"


def _simple(value: Any) -> Any:
    """Turn enums and tuples into what YAML writes."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [_simple(item) for item in value]
    return value


if __name__ == "__main__":
    sys.stdout.write(write_reference())
