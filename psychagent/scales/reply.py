"""What the judge replies for a group of items, and what makes such a reply unusable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, create_model

from psychagent.errors import MalformedReplyError
from psychagent.replies.as_json import read_json
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
def reply_schema(ids: tuple[str, ...], lo: int, hi: int) -> type[BaseModel]:
    """Return the shape that the server is asked to enforce: these ids, this range, this many answers."""
    id_type: Any = Literal[ids]
    answer = create_model(
        "JudgeAnswer", __base__=ItemReply, id=(id_type, ...), score=(int, Field(ge=lo, le=hi))
    )
    answers: Any = Annotated[list[answer], Field(min_length=len(ids), max_length=len(ids))]
    return create_model("JudgeReply", items=(answers, ...))


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
