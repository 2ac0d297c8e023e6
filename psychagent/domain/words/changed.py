"""Changes of a copy, checked as the fields that they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from psychagent.domain.words.field import problem_of
from psychagent.domain.words.near import nearest


def checked_changes(model: type[BaseModel], update: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the changed fields of a model will hold; values that are there already are left alone.

    Raises:
        ValueError: Naming each field, the value seen and the remedy.
    """
    checked: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in update.items():
        if name not in model.model_fields:
            problems.append(f"unknown key {name!r}{nearest(name, model.model_fields)}")
            continue
        try:
            checked[name] = _adapter(model, name).validate_python(value)
        except ValidationError as error:
            problems += _problems(name, error)
    if problems:
        raise ValueError("; ".join(problems))
    return checked


def _problems(name: str, error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        place = ".".join(map(str, (name, *item["loc"])))
        yield f"field {place!r}{problem_of([item])}"


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    kind: Any = Annotated[field.annotation, field]
    return TypeAdapter(kind)
