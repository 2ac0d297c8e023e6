"""What is wrong with the fields of a model, in one sentence: the field, the value seen, the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from psychagent.domain.text.secret import holds_key, names_secret, without_keys
from psychagent.domain.words.cut import cut
from psychagent.domain.words.field import MISSING, UNKNOWN, problem_of, whole_problem
from psychagent.domain.words.near import KNOWN, near, nearest
from psychagent.domain.words.truth import truths_for_numbers
from psychagent.domain.words.value import shown

_MOST_TOLD = 3
"""Problems of one file that a message tells."""
_NAME_CHARS = 40
"""Of a key that a message names."""
_MISSPELLED = 0.6
"""As `near` counts: a key that is less like another is no slip of the pen."""


class UnshownError(ValueError):
    """A value is refused that may hold a secret, so that no message repeats it."""


def explain(error: ValidationError, model: type[Any]) -> str:
    """Describe the problems in one sentence: the field, the value seen, the remedy.

    Args:
        error: What pydantic found.
        model: A model, or a dataclass of pydantic's.
    """
    by_place: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for item in error.errors():
        by_place.setdefault(place_in(model, item["loc"]), []).append(item)
    problems = [problem for place, items in by_place.items() for problem in _problems(place, items, model)]
    problems = list(_once(problems))
    more = f" (and {len(problems) - _MOST_TOLD} more)" if len(problems) > _MOST_TOLD else ""
    # a key may stand where nobody looks for one: as a name, or in place of a number
    return without_keys("; ".join(problems[:_MOST_TOLD]) + more)


def explain_truth(given: Any, read: Any) -> str:
    """Say where true or false stands for a number, which pydantic takes; an empty text if nowhere."""
    for place, truth, remedy in truths_for_numbers(given, read):
        return f"field {_named(place)!r} has {shown(truth)}: write {remedy}"
    return ""


def shown_cause(error: ValidationError) -> ValidationError | None:
    """Return what a traceback may print beside our sentence: not what names a field that is a key."""
    return None if holds_key(str(error)) else error


def _once(problems: Iterable[str]) -> Iterator[str]:
    """Tell what is known at a place with the first unknown key alone."""
    told = set()
    for problem in problems:
        head, known, names = problem.partition(KNOWN)
        yield head if names in told else problem
        told |= {names} if known else set()


def _named(place: Iterable[Any]) -> str:
    return ".".join(cut(str(part), _NAME_CHARS) for part in place)


def _problems(place: tuple[int | str, ...], items: Sequence[ErrorDetails], model: type[Any]) -> Iterator[str]:
    """Tell what is wrong at one place; where several things may stand, each has found something."""
    where = _named(place)
    of_value = [item for item in items if item["type"] not in UNKNOWN | MISSING]
    if of_value and not where:
        yield whole_problem(of_value)
    elif of_value:
        # never print the value of a field named "key": it may be an API key
        unshown = any(isinstance(item.get("ctx", {}).get("error"), UnshownError) for item in of_value)
        is_named = "key" in str(place[-1]) or any(names_secret(str(part)) for part in place)
        yield f"field {where!r}{problem_of(of_value, hide=unshown or is_named)}"
    elif any(item["type"] in UNKNOWN for item in items):
        yield f"unknown key {where!r}{_remedy(place, model)}"
    else:
        yield f"field {where!r} is missing; add it"


def _remedy(loc: Sequence[int | str], model: type[Any]) -> str:
    """Suggest what an unknown key was meant to be: a sibling key, or one that belongs elsewhere."""
    name, beside = str(loc[-1]), _fields(_model_at(model, loc[:-1]))
    if name in _fields(model):
        return "; it belongs at the top of the file"
    inner = {field: list(_fields(part)) for field, part in _inner_models(model).items()}
    everywhere = {key for keys in inner.values() for key in keys}
    if name not in everywhere and near(name, beside, cutoff=_MISSPELLED):
        return nearest(name, beside)
    close = near(name, everywhere, cutoff=_MISSPELLED)
    if not close:
        return nearest(name, beside)
    places = " or ".join(repr(field) for field, keys in inner.items() if close[0] in keys)
    return (
        f"; it belongs under {places}" if close[0] == name else f"; did you mean {close[0]!r} under {places}?"
    )


def place_in(model: type[Any], loc: Sequence[int | str]) -> tuple[int | str, ...]:
    """Name a place as a file does: without the words by which pydantic tells what a value might have been."""
    if loc and isinstance(loc[0], int):
        # what is given to a constructor by its place
        loc = (*list(_fields(model))[loc[0] : loc[0] + 1], *loc[1:])
    kinds: list[Any] = [model]
    place: list[int | str] = []
    is_chosen = False
    for part in loc:
        kinds = [one for kind in kinds for one in _choices(kind)]
        if len(kinds) > 1 and not is_chosen:
            is_chosen = True
        elif part != "[key]":
            is_chosen = False
            place.append(part)
            kinds = [below for kind in kinds for below in _below(kind, part)]
    return tuple(place)


def _choices(kind: Any) -> list[Any]:
    """List what a value may be, but for null."""
    if get_origin(kind) is Annotated:
        return _choices(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [one for part in get_args(kind) if part is not NoneType for one in _choices(part)]
    return [kind]


def _below(kind: Any, part: int | str) -> list[Any]:
    """Return what may stand at a key or number inside a value of a kind; nothing if that is not known."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return [field.annotation] if field else []
    inner = [one for one in get_args(kind) if one is not Ellipsis]
    return inner[-1:]


def _fields(model: type[Any]) -> dict[str, FieldInfo]:
    fields: dict[str, FieldInfo] = model.__pydantic_fields__
    # under the name that a file has: `from` is none that Python takes
    return {field.alias or name: field for name, field in fields.items()}


def _model_at(model: type[Any], loc: Sequence[int | str]) -> type[BaseModel]:
    """Follow a location in the data down to its model, as far as it can be determined."""
    for part in loc:
        model = _inner_models(model).get(str(part), model)
    return model


def _inner_models(model: type[Any]) -> dict[str, type[BaseModel]]:
    """Map each field to the model in its type, including optional and container types."""
    models: dict[str, type[BaseModel]] = {}
    for name, field in _fields(model).items():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                models[name] = part
    return models


def _parts(annotation: Any) -> Iterator[Any]:
    inner = get_args(annotation)
    if not inner:
        yield annotation
    for part in inner:
        yield from _parts(part)
