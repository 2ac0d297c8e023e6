"""Read YAML and JSON into models, with errors that name the file, the field and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from psychagent.domain.text.secret import holds_key, names_secret, without_keys
from psychagent.domain.words.cut import cut
from psychagent.domain.words.field import MISSING, UNKNOWN, problem_of, whole_problem
from psychagent.domain.words.near import KNOWN, near, nearest
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError, RecordError
from psychagent.files.opened import Raise, read_bytes
from psychagent.files.parse import OddKeyError, RepeatedKeyError, parse_json, parse_yaml
from psychagent.files.seal import KEY, ChangedError, check_seal
from psychagent.files.truth import truths_for_numbers

M = TypeVar("M", bound=BaseModel)

_MOST_TOLD = 3
"""Problems of one file that a message tells."""
_MISSPELLED = 0.6
"""As `near` counts: a key that is less like another is no slip of the pen."""
_NAME_CHARS = 40
"""Of a key that a message names."""

MOST_BYTES = 100_000_000
"""Of a file of settings, texts or one client: a larger one is another kind of file under a wrong name."""


class UnshownError(ValueError):
    """A value is refused that may hold a secret, so that no message repeats it."""


def read_text(path: Path, raise_as: Raise = AssetError, *, most: int | None = None) -> str:
    """Read a UTF-8 text file; a byte-order mark before the text is no part of it.

    Args:
        path: The file.
        raise_as: Error class to raise if it cannot be read, or is no such text.
        most: Bytes that it may hold; None sets no bound.
    """
    try:
        text = read_bytes(path, raise_as, most=most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start} is 0x{error.object[error.start]:02x}"
        raise raise_as(
            f"{path}: is not UTF-8 text ({byte}); save it as UTF-8, or put it back if it is damaged"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_json(path: Path) -> Any:
    """Read a JSON file of a run; the seal that shows whether it is as it was written is left out.

    Raises:
        RecordError: If it is missing, truncated, not JSON, or was changed after it was written.
    """
    text = read_text(path, RecordError)
    try:
        data = parse_json(text)
        check_seal(text)
        if isinstance(data, dict):
            data.pop(KEY, None)
        return data
    except ChangedError as error:
        raise RecordError(
            f"{path}: {error}; put it back, or remove the field {KEY!r} if the change is meant"
        ) from error
    except ValueError as error:
        raise RecordError(f"{path}: is truncated or not JSON ({error}); mend it or put it back") from error


def load_data(path: Path, raise_as: Raise = AssetError) -> Any:
    """Parse a YAML or JSON file, by its suffix."""
    text = read_text(path, raise_as, most=MOST_BYTES)
    try:
        return parse_json(text) if path.suffix == ".json" else parse_yaml(text)
    except RepeatedKeyError as error:
        raise raise_as(f"{path}: {error}; keep one of them") from error
    except OddKeyError as error:
        raise raise_as(f"{path}: {error}") from error
    except ValueError as error:
        # it may repeat what stands there
        reason = without_keys(str(error))
        kind = "json" if path.suffix == ".json" else "yaml"
        raise raise_as(f"{path}: not valid {kind} ({reason}); mend or remove it") from error


def load_model(model: type[M], path: Path, raise_as: Raise = AssetError) -> M:
    """Read a file into a model; paths in it are relative to the file, an empty file means all defaults."""
    data = load_data(path, raise_as)
    return to_model(
        model, {} if data is None else data, origin=str(path), base=path.parent, raise_as=raise_as
    )


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
        model: The model to validate against.
        data: Parsed YAML or JSON.
        origin: What to name in an error, usually the file.
        base: The folder that relative paths in the data start from.
        raise_as: Error class to raise for invalid data.
    """
    try:
        read = model.model_validate(data, context={"base": base})
    except ValidationError as error:
        told = raise_as(f"{origin}: {explain(error, model)}")
        # a traceback prints the whole chain, and pydantic names the field
        raise told from (None if holds_key(str(error)) else error)
    # what a run wrote holds none, and takes long to look through
    for place, truth, remedy in truths_for_numbers(data, read) if raise_as is not RecordError else ():
        raise raise_as(f"{origin}: field {_named(place)!r} has {shown(truth)}: write {remedy}")
    return read


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Describe the problems in one sentence: the field, the value seen, the remedy."""
    by_place: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for item in error.errors():
        by_place.setdefault(place_in(model, item["loc"]), []).append(item)
    problems = [problem for place, items in by_place.items() for problem in _problems(place, items, model)]
    problems = list(_once(problems))
    more = f" (and {len(problems) - _MOST_TOLD} more)" if len(problems) > _MOST_TOLD else ""
    # a key may stand where nobody looks for one: as a name, or in place of a number
    return without_keys("; ".join(problems[:_MOST_TOLD]) + more)


def _once(problems: Iterable[str]) -> Iterator[str]:
    """Tell what is known at a place with the first unknown key alone."""
    told = set()
    for problem in problems:
        head, known, names = problem.partition(KNOWN)
        yield head if names in told else problem
        told |= {names} if known else set()


def _named(place: Iterable[Any]) -> str:
    return ".".join(cut(str(part), _NAME_CHARS) for part in place)


def _problems(
    place: tuple[int | str, ...], items: Sequence[ErrorDetails], model: type[BaseModel]
) -> Iterator[str]:
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


def _remedy(loc: Sequence[int | str], model: type[BaseModel]) -> str:
    """Suggest what an unknown key was meant to be: a sibling key, or one that belongs elsewhere."""
    name, beside = str(loc[-1]), _model_at(model, loc[:-1]).model_fields
    if name in model.model_fields:
        return "; it belongs at the top of the file"
    inner = {field: list(part.model_fields) for field, part in _inner_models(model).items()}
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


def place_in(model: type[BaseModel], loc: Sequence[int | str]) -> tuple[int | str, ...]:
    """Name a place as a file does: without the words by which pydantic tells what a value might have been."""
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


def _model_at(model: type[BaseModel], loc: Sequence[int | str]) -> type[BaseModel]:
    """Follow a location in the data down to its model, as far as it can be determined."""
    for part in loc:
        model = _inner_models(model).get(str(part), model)
    return model


def _inner_models(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Map each field to the model in its type, including optional and container types."""
    models: dict[str, type[BaseModel]] = {}
    for name, field in model.model_fields.items():
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
