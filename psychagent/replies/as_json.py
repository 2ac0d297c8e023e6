"""Turn a model's text into a typed value: thoughts stripped, fences opened, shape checked."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from psychagent.errors import MalformedReplyError
from psychagent.replies.tags import split_thoughts

M = TypeVar("M", bound=BaseModel)

_DECODER = json.JSONDecoder(strict=False)


def read_json(text: str, model: type[M]) -> M:
    """Read the first JSON object of a reply as a model; unknown keys are left out.

    Raises:
        MalformedReplyError: Saying in a sentence that a model can act on what was wrong.
    """
    _, body = split_thoughts(text)
    start = body.find("{")
    if start < 0:
        raise MalformedReplyError("the reply holds no JSON object")
    try:
        data, _ = _DECODER.raw_decode(body, start)
        # an escape may stand for half a character, which no file can hold
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise MalformedReplyError(f"the reply is not valid JSON ({error})") from error
    known = model.model_fields
    if known and not known.keys() & data.keys():
        # a model whose fields all have defaults would take any object as an empty one
        raise MalformedReplyError(f"the JSON has none of the fields asked for: {', '.join(known)}")
    try:
        return model.model_validate(data, extra="ignore")
    except ValidationError as error:
        raise MalformedReplyError(_explain(error)) from error


def _explain(error: ValidationError) -> str:
    parts = [
        f"field {'.'.join(str(p) for p in e['loc']) or 'whole reply'}: {e['msg']}" for e in error.errors()[:3]
    ]
    return "the JSON has the wrong shape: " + "; ".join(parts)


@lru_cache(maxsize=256)
def response_format(model: type[BaseModel], structured: str) -> dict[str, Any] | None:
    """Write the request field that asks the server to hold the shape; None where it cannot."""
    if structured == "none":
        return None
    if structured == "json_object":
        return {"type": "json_object"}
    schema = _strict(model.model_json_schema())
    return {"type": "json_schema", "json_schema": {"name": model.__name__, "schema": schema, "strict": True}}


_STRING_LIMIT, _LIST_LIMIT = 300, 5


def _strict(node: Any) -> Any:
    """Require every property, refuse others, and bound each string and list.

    Small models run to the limit where a string or a list has none.
    """
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {k: _strict(v) for k, v in node.items() if k not in {"default", "title", "description"}}
    if "properties" in node:
        out["properties"] = {k: _strict(v) for k, v in node["properties"].items()}
        out["required"] = list(node["properties"])
        out["additionalProperties"] = False
    if out.get("type") == "string" and "enum" not in out and "const" not in out:
        out.setdefault("maxLength", _STRING_LIMIT)
    if out.get("type") == "array":
        out.setdefault("maxItems", _LIST_LIMIT)
    return out
