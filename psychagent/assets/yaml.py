"""Read YAML and JSON into models, with errors that name the file, the field and the remedy."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from psychagent.errors import AssetError, PsychAgentError

M = TypeVar("M", bound=BaseModel)
Raise = Callable[[str], PsychAgentError]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path, raise_as: Raise = AssetError) -> str:
    """Read a UTF-8 text file."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise raise_as(f"{path}: no such file; check the name") from error
    except (OSError, UnicodeDecodeError) as error:
        raise raise_as(f"{path}: cannot be read ({error}); it must be UTF-8 text") from error


def load_data(path: Path, raise_as: Raise = AssetError) -> Any:
    """Parse a YAML or JSON file, by its suffix."""
    text = read_text(path, raise_as)
    try:
        return json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_Loader)
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise raise_as(f"{path}: not valid {path.suffix[1:]} ({reason}); mend or remove it") from error


def load_model(model: type[M], path: Path, raise_as: Raise = AssetError) -> M:
    """Read a file into a model; paths inside it are relative to the file."""
    return to_model(model, load_data(path, raise_as), origin=str(path), base=path.parent, raise_as=raise_as)


def to_model(
    model: type[M],
    data: Any,
    *,
    origin: str,
    base: Path | None = None,
    raise_as: Raise = AssetError,
) -> M:
    """Validate data as a model.

    Args:
        model: What the data should be.
        data: Parsed YAML or JSON.
        origin: What to name in an error, usually the file.
        base: The folder that relative paths in the data refer to.
        raise_as: Error class of the boundary.
    """
    try:
        return model.model_validate(data, context={"base": base})
    except ValidationError as error:
        raise raise_as(f"{origin}: {explain(error, model)}") from error


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Say in one sentence what is wrong: the field, the value seen, the remedy."""
    problems = [_one_problem(dict(item), model) for item in error.errors()]
    more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
    return "; ".join(problems[:3]) + more


def _one_problem(item: dict[str, Any], model: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in item["loc"]) or "the whole file"
    if item["type"] == "extra_forbidden":
        return f"unknown key {where!r}{nearest(str(item['loc'][-1]), known_keys(model))}"
    if item["type"] == "missing":
        return f"field {where!r} is missing; add it"
    seen = repr(item["input"])
    return f"field {where!r} has {seen[:80]}: {item['msg']}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest known word, as the tail of an error message."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(names)}"


def known_keys(model: type[BaseModel]) -> set[str]:
    """List the keys of a model and of the models inside it."""
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        keys.add(name)
        inner = field.annotation
        for part in (inner, *getattr(inner, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel) and part is not model:
                keys |= known_keys(part)
    return keys
