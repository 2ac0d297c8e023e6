"""Read an export in the form that a trainer takes: prompt and completion, or whole dialogues."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psychagent.assets.settings.train import TrainSettings
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import RecordError, SettingsError
from psychagent.files.kind import require_empty
from psychagent.files.lines import read_lines

Row = dict[str, Any]
_ROLES = ("system", "user", "assistant")
_ROLE = {"human": "user", "gpt": "assistant"}


@dataclass(frozen=True)
class Material:
    """What is trained on, and where the model goes."""

    path: Path
    folder: Path
    examples: list[Row]
    eval_examples: list[Row]
    """Empty where no loss on other data is measured."""


def prepare(settings: TrainSettings, *, data: Path | None = None, output: Path | None = None) -> Material:
    """Read the data and look at the output folder, before what trains is imported, which takes long.

    Args:
        settings: What to train and how.
        data: Export to train on, in place of the settings'.
        output: Folder of the trained model, in place of the settings'.

    Raises:
        SettingsError: If data or output is named nowhere.
        RecordError: If an export cannot be read, or the folder is not free.
    """
    path, folder = data or settings.data, output or settings.output_dir
    if path is None or folder is None:
        option = "data' (--data" if path is None else "output_dir' (--output-dir"
        raise SettingsError(f"'{option}) is not set; name it in the settings or on the command line")
    require_empty(folder, "--output-dir")
    others = read_examples(settings.eval_data) if settings.eval_data else []
    return Material(path, folder, read_examples(path), others)


def read_examples(path: Path) -> list[Row]:
    """Read an export of any format for fine-tuning as rows of `prompt` and `completion`.

    Raises:
        RecordError: If the file is missing or empty, holds no JSON, or is not for fine-tuning.
    """
    if not path.exists():
        raise RecordError(f"{path}: no such file; make it with `psychagent export`")
    examples = [to_example(row, f"{path}, line {number}") for number, row in read_lines(path)]
    if not examples:
        raise RecordError(f"{path}: holds no sample")
    return examples


def to_example(row: Any, origin: str) -> Row:
    """Turn a row of any format into prompt and completion: the last message is the completion.

    Raises:
        RecordError: If the row has none of the formats, or is preference data.
    """
    if not isinstance(row, dict):
        raise RecordError(f"{origin}: holds {kind_of(row)}, not a sample")
    if {"prompt", "completion"} <= row.keys():
        prompt, completion = (_messages(row, name, origin) for name in ("prompt", "completion"))
    elif "messages" in row:
        *prompt, last = _messages(row, "messages", origin) or [{}]
        completion = [last]
    elif "conversations" in row:
        *prompt, last = _system(row, origin) + _messages(row, "conversations", origin) or [{}]
        completion = [last]
    elif {"chosen", "rejected"} <= row.keys():
        raise RecordError(f"{origin}: is preference data, which is for DPO; export another --format")
    else:
        raise RecordError(f"{origin}: has none of the formats that `psychagent export` writes")
    if not completion or any(message.get("role") != "assistant" for message in completion):
        raise RecordError(
            f"{origin}: ends in no reply of the assistant, which is what is learned; export anew"
        )
    if not any(message["content"].strip() for message in completion):
        raise RecordError(f"{origin}: its last reply is empty, so nothing can be learned; remove the line")
    return {"prompt": prompt, "completion": completion}


def _system(row: Row, origin: str) -> list[Row]:
    text = row.get("system") or ""
    if not isinstance(text, str):
        raise RecordError(f"{origin}: 'system' is {kind_of(text)}, not a text; export anew")
    return [{"role": "system", "content": text}] if text else []


def _messages(row: Row, name: str, origin: str) -> list[Row]:
    """Read a list of messages, in either way of writing them."""
    values = row[name]
    if not isinstance(values, list):
        raise RecordError(f"{origin}: {name!r} is {kind_of(values)}, not a list; export anew")
    return [_message(value, f"{origin}: {name}[{place}]") for place, value in enumerate(values)]


def _message(value: Any, origin: str) -> Row:
    if not isinstance(value, dict):
        raise RecordError(f"{origin} is {kind_of(value)}, not a message; export anew")
    given = value.get("role", value.get("from"))
    text = value.get("content", value.get("value"))
    role = _ROLE.get(given, given) if isinstance(given, str) else given
    if role not in _ROLES:
        raise RecordError(
            f"{origin} has {shown(given, 40)} for its role; known: {', '.join(_ROLES)}; export anew"
        )
    if not isinstance(text, str):
        raise RecordError(f"{origin} has {kind_of(text)} for its words, not a text; export anew")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RecordError(f"{origin} holds half a character ({error.reason}); mend the line") from error
    return {"role": role, "content": text}


def to_dialogue(example: Row) -> Row:
    """Turn prompt and completion into one dialogue, in which every assistant message bears loss."""
    return {"messages": [*example["prompt"], *example["completion"]]}


def all_texts(examples: Iterable[Row]) -> Iterable[str]:
    """List every text of the examples, to train a tokenizer on."""
    for example in examples:
        for message in (*example["prompt"], *example["completion"]):
            yield message["content"]
