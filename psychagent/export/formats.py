"""The formats of training data: one function per format, from a sample to a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from psychagent.export.sample import Sample
from psychagent.llm.prompt import Message

Format = Literal["messages", "sharegpt", "prompt-completion", "preference"]
Row = dict[str, Any]

_SPEAKER = {"user": "human", "assistant": "gpt"}


def to_messages(sample: Sample) -> Row:
    """Write a row for TRL and ms-swift; each assistant message carries `loss`, as ms-swift reads it."""
    history = [_marked(m, loss=False) for m in sample.prompt]
    return {"messages": [*history, *(_marked(m, loss=True) for m in sample.chosen)], "meta": _meta(sample)}


def _marked(message: Message, *, loss: bool) -> Row:
    return {**message, "loss": loss} if message["role"] == "assistant" else {**message}


def to_sharegpt(sample: Sample) -> Row:
    """Write a row for LLaMA-Factory: the system prompt separate, then human and gpt in turn."""
    heads = [m["content"] for m in sample.prompt if m["role"] == "system"]
    messages = [m for m in (*sample.prompt, *sample.chosen) if m["role"] != "system"]
    return {
        "conversations": [{"from": _SPEAKER[m["role"]], "value": m["content"]} for m in messages],
        "system": "\n\n".join(heads),
        "loss_turns": [len(messages) - 1],
        "meta": _meta(sample),
    }


def to_prompt_completion(sample: Sample) -> Row:
    """Write a row for TRL, which takes the loss on the completion alone."""
    return {"prompt": _plain(sample.prompt), "completion": _plain(sample.chosen), "meta": _meta(sample)}


def to_preference(sample: Sample) -> Row:
    """Write a row for TRL's DPO."""
    return {
        "prompt": _plain(sample.prompt),
        "chosen": _plain(sample.chosen),
        "rejected": _plain(sample.rejected),
        "meta": _meta(sample),
    }


def _plain(messages: Iterable[Message]) -> list[Row]:
    return [{**message} for message in messages]


def _meta(sample: Sample) -> Row:
    meta = {"id": sample.origin.id, **sample.origin.model_dump(mode="json")}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in meta.items()}


FORMATS: dict[Format, Callable[[Sample], Row]] = {
    "messages": to_messages,
    "sharegpt": to_sharegpt,
    "prompt-completion": to_prompt_completion,
    "preference": to_preference,
}

HISTORY_MASKING: dict[Format, str] = {
    "messages": (
        "Loss on the last message alone. Each assistant message bears `loss` (true or false), which ms-swift "
        "reads as it is. TRL on this format needs a chat template that puts `generation` marks around the "
        "messages with `loss` alone, together with `assistant_only_loss`; `psychagent train` takes the last "
        "message as the completion instead."
    ),
    "sharegpt": (
        "Loss on the last message alone: set `mask_history: true` in LLaMA-Factory's training file. "
        "`loss_turns` names the places in `conversations`, from 0, that bear loss."
    ),
    "prompt-completion": "Loss on the completion alone, TRL's default here; the prompt is history.",
    "preference": (
        "TRL takes the log-probabilities of all that follows the prompt. With pairs of sessions that "
        "includes the client's words on both sides; pairs of replies hold the counselor's words alone."
    ),
}


def dataset_info(files: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Write LLaMA-Factory's entries: name of a dataset -> where it is and how to read it.

    Args:
        files: Name of each dataset and of its file, which is next to `dataset_info.json`.

    Source: LLaMA-Factory, data/README.md, "Sharegpt Format".
    """
    columns = {"messages": "conversations", "system": "system"}
    tags = {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"}
    return {
        name: {"file_name": file, "formatting": "sharegpt", "columns": columns, "tags": tags}
        for name, file in files
    }
