"""Read an export in the form that a trainer takes: prompt and completion, or whole dialogues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from psychagent.domain.words.value import kind_of
from psychagent.errors import RecordError
from psychagent.files.lines import read_lines

Row = dict[str, Any]
_ROLE = {"human": "user", "gpt": "assistant"}


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
        return {"prompt": _plain(row["prompt"]), "completion": _plain(row["completion"])}
    if "messages" in row:
        messages = _plain(row["messages"])
    elif "conversations" in row:
        heads = [{"role": "system", "content": row["system"]}] if row.get("system") else []
        messages = heads + [{"role": _ROLE[m["from"]], "content": m["value"]} for m in row["conversations"]]
    elif {"chosen", "rejected"} <= row.keys():
        raise RecordError(f"{origin}: is preference data, which is for DPO; export another --format")
    else:
        raise RecordError(f"{origin}: has none of the formats that `psychagent export` writes")
    return {"prompt": messages[:-1], "completion": messages[-1:]}


def _plain(messages: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [{"role": m["role"], "content": m["content"]} for m in messages]


def to_dialogue(example: Row) -> Row:
    """Turn prompt and completion into one dialogue, in which every assistant message bears loss."""
    return {"messages": [*example["prompt"], *example["completion"]]}


def all_texts(examples: Iterable[Row]) -> Iterable[str]:
    """List every text of the examples, to train a tokenizer on."""
    for example in examples:
        for message in (*example["prompt"], *example["completion"]):
            yield message["content"]
