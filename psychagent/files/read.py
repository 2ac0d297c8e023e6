"""Read YAML and JSON into models, with errors that name the file, the field and the remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from psychagent.domain.text.secret import without_keys
from psychagent.domain.words.explain import explain, explain_truth, shown_cause
from psychagent.errors import AssetError, RecordError
from psychagent.files.opened import Raise, read_bytes
from psychagent.files.parse import MisreadError, RepeatedKeyError, parse_json, parse_yaml
from psychagent.files.seal import KEY, ChangedError, check_seal
from psychagent.files.written import as_written

M = TypeVar("M", bound=BaseModel)

MOST_BYTES = 100_000_000
"""Of a file of settings, texts or one client: a larger one is another kind of file under a wrong name."""


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
        return parse_json(text, parse_float=_float) if path.suffix == ".json" else parse_yaml(text)
    except RepeatedKeyError as error:
        raise raise_as(f"{path}: {error}; keep one of them") from error
    except MisreadError as error:
        raise raise_as(f"{path}: {error}") from error
    except ValueError as error:
        # it may repeat what stands there
        reason = without_keys(str(error))
        kind = "json" if path.suffix == ".json" else "yaml"
        raise raise_as(f"{path}: not valid {kind} ({reason}); mend or remove it") from error


def _float(written: str) -> float:
    return as_written(float(written), written)


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
        read = model.model_validate(data, context={"base": base, "stored": raise_as is RecordError})
    except ValidationError as error:
        raise raise_as(f"{origin}: {explain(error, model)}") from shown_cause(error)
    # what a run wrote holds none, and takes long to look through
    if raise_as is not RecordError and (problem := explain_truth(data, read)):
        raise raise_as(f"{origin}: {problem}")
    return read
