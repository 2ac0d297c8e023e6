"""Read an object as it is meant: inside one that was put around it, its keys in another spelling.

A server that holds no shape leaves both to the model: `{"result": {...}}`, `whenToUse` for `when_to_use`.
What may mean either of two things is left as it is, or refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from psychagent.errors import MalformedReplyError

Schema = Mapping[str, Any]
"""A JSON Schema, or a part of one."""
_BETWEEN = re.compile(r"[\s_-]+")
_CHOICES = ("anyOf", "oneOf", "allOf")


def respelled(data: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Spell keys as they were asked for, where they differ in capitals, `-`, `_` or spaces alone.

    Args:
        data: What a model wrote.
        schema: The shape that it was asked for.

    Raises:
        MalformedReplyError: If a field is written in two spellings, neither of them the one asked for.
    """
    spelled: dict[str, Any] = _respelled(data, [schema], schema.get("$defs", {}))
    return spelled


def unwrapped(data: Mapping[str, Any], schema: Schema) -> dict[str, Any] | None:
    """Return the one object inside another that holds what was asked for; None if none or several do."""
    known = {_plain(name) for name in _fields([schema], schema.get("$defs", {}))}
    if len(data) > 1 and known & set(map(_plain, data)):
        return None
    inside = list(_objects_in(data.values()))
    while inside:
        holding = [item for item in inside if known & set(map(_plain, item))]
        if holding or len(inside) > 1:
            return holding[0] if len(holding) == 1 else None
        inside = list(_objects_in(inside[0].values()))
    return None


def _objects_in(values: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield item


def _respelled(value: Any, nodes: list[Schema], defs: Schema) -> Any:
    if isinstance(value, list):
        inner = [node["items"] for node in _alternatives(nodes, defs) if "items" in node]
        return [_respelled(item, inner, defs) for item in value]
    if not isinstance(value, Mapping):
        return value
    fields = _fields(nodes, defs)
    names = _meant(value, fields)
    return {names[key]: _respelled(inner, fields.get(names[key], []), defs) for key, inner in value.items()}


def _meant(keys: Iterable[str], fields: Iterable[str]) -> dict[str, str]:
    """Return the field that each key means; a key that means none stands for itself."""
    asked: dict[str, list[str]] = {}
    for field in fields:
        asked.setdefault(_plain(field), []).append(field)
    written: dict[str, str] = {key: key for key in keys}
    by_field: dict[str, str] = {}
    for key in written:
        known = asked.get(_plain(key), [])
        # two fields that differ in no more than their spelling are told apart by it
        if len(known) != 1 or known[0] in written:
            continue
        if known[0] in by_field:
            raise MalformedReplyError(
                f"field {known[0]} is written as {by_field[known[0]]} and as {key}; write it once, "
                f"as {known[0]}"
            )
        by_field[known[0]] = key
    return written | {key: field for field, key in by_field.items()}


def _fields(nodes: Iterable[Schema], defs: Schema) -> dict[str, list[Schema]]:
    """Return the fields that an object of a shape may have, each with what it may be."""
    fields: dict[str, list[Schema]] = {}
    for node in _alternatives(nodes, defs):
        for name, inner in node.get("properties", {}).items():
            fields.setdefault(name, []).append(inner)
    return fields


def _alternatives(nodes: Iterable[Schema], defs: Schema) -> Iterator[Schema]:
    """Yield the parts of a schema that may describe a value, behind references and choices."""
    for node in nodes:
        if "$ref" in node:
            yield from _alternatives([defs[node["$ref"].rpartition("/")[2]]], defs)
        for choice in _CHOICES:
            yield from _alternatives(node.get(choice, ()), defs)
        yield node


def _plain(name: str) -> str:
    return _BETWEEN.sub("", name).casefold()
