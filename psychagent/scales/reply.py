"""What the judge replies for a group of items, and what makes such a reply unusable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from psychagent.errors import MalformedReplyError
from psychagent.replies.as_json import Shape, json_shape, read_json
from psychagent.scales.scale import Scale

MOST_QUOTES = 2
_QUOTE_CHARS, _ABSENT_CHARS = 240, 120


def _as_id(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class QuoteReply(BaseModel):
    """Words that the judge says were spoken, and where."""

    turn: int
    text: str = Field(json_schema_extra={"maxLength": _QUOTE_CHARS})


class ItemReply(BaseModel):
    """The judge's answer to one item."""

    id: Annotated[str, BeforeValidator(_as_id)]
    score: int
    quotes: list[QuoteReply] = Field(default_factory=list, json_schema_extra={"maxItems": MOST_QUOTES})
    absent: str = Field(default="", json_schema_extra={"maxLength": _ABSENT_CHARS})


class GroupReply(BaseModel):
    """The judge's answers to one group of items."""

    items: list[ItemReply]


@lru_cache(maxsize=256)
def reply_shape(ids: tuple[str, ...], lo: int, hi: int) -> Shape:
    """Return the shape that the server is asked to hold: these ids, this range, this many answers.

    Written out from the shape of any reply: a model a group would cost more than the group's call.
    """
    schema = json_shape(GroupReply).schema
    answer = schema["$defs"]["ItemReply"]
    own = {
        "id": {"enum": list(ids), "type": "string"},
        "score": {"maximum": hi, "minimum": lo, "type": "integer"},
    }
    answers = schema["properties"]["items"] | {"minItems": len(ids), "maxItems": len(ids)}
    named = schema["$defs"] | {"ItemReply": answer | {"properties": answer["properties"] | own}}
    return Shape("JudgeReply", schema | {"$defs": named, "properties": {"items": answers}})


def read_group(text: str, scale: Scale, ids: Sequence[str]) -> list[ItemReply]:
    """Read a reply; the answers come back in the order of the items.

    Raises:
        MalformedReplyError: If not every item is answered exactly once with a whole number in the
            range; the message tells the judge which.
    """
    answers = read_json(text, GroupReply).items
    counts = Counter(answer.id for answer in answers)
    lo, hi = scale.range
    problems = {
        "not answered": [i for i in ids if i not in counts],
        "answered twice": [i for i, n in counts.items() if n > 1],
        "not among the items asked for": [i for i in counts if i not in ids],
        f"scored outside {lo} to {hi}": [a.id for a in answers if not lo <= a.score <= hi],
    }
    messages = [f"{what}: {', '.join(which)}" for what, which in problems.items() if which]
    if messages:
        raise MalformedReplyError("items " + "; ".join(messages))
    by_id = {answer.id: answer for answer in answers}
    return [by_id[i] for i in ids]
