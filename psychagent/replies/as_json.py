"""Replies in JSON: any typed reply read from a model's text, and the JSON form of a counselor's reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, assert_never

from pydantic import BaseModel, Field, ValidationError

from psychagent.domain.base import Speaker
from psychagent.domain.turn import Thoughts
from psychagent.domain.words.field import problem_of
from psychagent.errors import MalformedReplyError
from psychagent.replies.fields import as_meant, left_out, require_parted, without_thoughts
from psychagent.replies.marks import end_marks, without_end
from psychagent.replies.meant import respelled, unwrapped
from psychagent.replies.objects import find_objects
from psychagent.replies.reply import CounselorReply, has_thoughts, named_skills, require_same
from psychagent.replies.words import to_words

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


MOST_CHARS = 400_000
"""Of a reply, its thoughts included: lists in it have no bound of their own, and a loop fills them."""


class JsonReply(BaseModel):
    """A counselor's reply in the `json` form."""

    assessment: str = Field(default="", max_length=400)
    client_state: str = Field(default="", max_length=200)
    skill: list[Annotated[str, Field(json_schema_extra={"maxLength": 120})]] = Field(
        default_factory=list, max_length=5
    )
    strategy: str = Field(default="", max_length=400)
    response: str = Field(min_length=1, max_length=1200)
    end: bool = False


def parse_json_reply(text: str, *, end_token: str) -> CounselorReply:
    """Read a counselor's reply in the `json` form.

    Args:
        text: The message's content.
        end_token: The mark of the other form; some models write it here too.

    Raises:
        MalformedReplyError: If it does not have that form, says nothing, or says what is private.
    """
    # its thoughts are private, and its words are read more strictly
    reply = read_object(text, lambda data: _as_model(data, JsonReply), json_shape(JsonReply))
    response = without_end(reply.response, end_token).strip()
    if not response:
        raise MalformedReplyError('the "response" is empty')
    thoughts = Thoughts(
        assessment=reply.assessment,
        client_state=reply.client_state,
        skill=named_skills(reply.skill),
        strategy=reply.strategy,
    )
    ends = reply.end or end_marks(end_token).search(reply.response) is not None
    return CounselorReply(
        thoughts=thoughts, response=to_words(response, Speaker.COUNSELOR), ends_session=ends
    )


def counselor_shape(*, with_skills: bool) -> Shape:
    """Return the shape of a counselor's reply in the `json` form, as its prompt asks for it."""
    name, schema = json_shape(JsonReply)
    if with_skills:
        return Shape(name, schema)
    asked = {field: value for field, value in schema["properties"].items() if field != "skill"}
    return Shape(name, schema | {"properties": asked, "required": list(asked)})


def write_json(reply: CounselorReply, *, end_token: str, with_skills: bool = True) -> str:
    """Write a reply so that `parse_json_reply` reads the same; empty thoughts are left out.

    Args:
        reply: What was thought and said.
        end_token: The mark of the other form.
        with_skills: Whether the form has a place for skills; else they are written where any are named.

    Raises:
        MalformedReplyError: If it would be read as another reply, or is longer than the form allows.
    """
    thoughts = reply.thoughts
    unasked = None if with_skills or thoughts.skill else {"skill"}
    private = thoughts.model_dump(mode="json", exclude=unasked) if has_thoughts(thoughts) else {}
    visible = {"response": reply.response, "end": reply.ends_session}
    text = json.dumps(private | visible, ensure_ascii=False)
    require_same(reply, parse_json_reply(text, end_token=end_token))
    return text


def read_object(text: str, read: Callable[[dict[str, Any]], T], shape: Shape) -> T:
    """Read the JSON object of a reply: an answer may repeat the shape or try one out before it.

    Every object outside thoughts is tried, those in a fence first, and of these the last first; only if
    none is what was asked for, also what stands inside them.

    Args:
        text: The message's content.
        read: Reads an object; raises MalformedReplyError if it is not what was asked for.
        shape: What was asked for; keys in another spelling are given that of the shape.

    Raises:
        MalformedReplyError: What is wrong with the object that was tried first, in a sentence that a model
            can act on.
    """
    if len(text) > MOST_CHARS:
        raise MalformedReplyError(f"the reply has {len(text)} characters; write at most {MOST_CHARS}")
    objects = find_objects(text)
    problems: dict[int, MalformedReplyError] = {}
    for number, data in enumerate(objects.data):
        try:
            return read(respelled(data, shape.schema))
        except MalformedReplyError as error:
            problems[number] = error
    if objects.problem:
        # what can be read may be no more than a part of what cannot
        raise MalformedReplyError(objects.problem)
    for number, data in enumerate(objects.data):
        if (inner := unwrapped(data, shape.schema)) is not None:
            try:
                return read(respelled(inner, shape.schema))
            except MalformedReplyError as error:
                problems[number] = error
    raise problems.get(0) or MalformedReplyError("the reply holds no JSON object")


def read_json(text: str, model: type[M]) -> M:
    """Read the JSON object of a reply as a model; unknown keys and thoughts in its texts are left out.

    Raises:
        MalformedReplyError: Saying what was wrong, in a sentence that a model can act on.
    """

    def read(data: dict[str, Any]) -> M:
        found = _as_model(without_thoughts(data), model)
        require_parted(found.model_dump(mode="json"))
        return found

    return read_object(text, read, json_shape(model))


def _as_model(data: dict[str, Any], model: type[M]) -> M:
    known = model.model_fields
    if known and not known.keys() & data.keys():
        # a model whose fields all have defaults would accept any object as an empty one
        raise MalformedReplyError(f"the JSON has none of the fields asked for: {', '.join(known)}")
    problems: list[ValidationError] = []
    for mend in (as_meant, left_out, None):
        try:
            return model.model_validate(data, extra="ignore")
        except ValidationError as error:
            problems.append(error)
            data = mend(data, error) if mend else data
    raise MalformedReplyError(_explain(problems[0])) from problems[0]


def _explain(error: ValidationError) -> str:
    # without the values: a reply holds thoughts, and a message goes into logs
    parts = [
        f"field {'.'.join(map(str, item['loc'])) or 'whole reply'}{problem_of([item], hide=True)}"
        for item in error.errors()[:3]
    ]
    return "the JSON has the wrong shape: " + "; ".join(parts)


Structured = Literal["json_schema", "json_object", "none"]
"""How a server is asked to hold a reply's shape."""


class Shape(NamedTuple):
    """The shape that a server is asked to hold a reply to."""

    name: str
    schema: dict[str, Any]
    """As JSON Schema, every string and list bounded."""


@lru_cache(maxsize=64)
def json_shape(model: type[BaseModel]) -> Shape:
    """Return the shape of a model's JSON."""
    return Shape(model.__name__, _strict(model.model_json_schema()))


def response_format(shape: Shape, structured: Structured) -> dict[str, Any] | None:
    """Build the request field that makes the server enforce the shape; None if it cannot."""
    match structured:
        case "none":
            return None
        case "json_object":
            return {"type": "json_object"}
        case "json_schema":
            named = {"name": shape.name, "schema": shape.schema, "strict": True}
            return {"type": "json_schema", "json_schema": named}
        case unknown:
            assert_never(unknown)


_STRING_LIMIT, _LIST_LIMIT = 300, 5


def _strict(node: Any) -> Any:
    """Require every property, refuse others, and bound each string and list.

    Small models fill an unbounded string or list up to the token limit.
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
