"""Change values in the text of a settings file, so that its comments and order stay; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from psychagent.files.parse import parse_yaml

Keys = Sequence[str]
Edit = tuple[Keys, Any]
"""The keys that lead to a value, and the value."""


def with_value(data: Any, keys: Keys, value: Any) -> Any:
    """Return data in which one value is another; what was shared by an alias is no longer."""
    if not keys:
        return value
    inside: Mapping[str, Any] = data or {}
    return {**inside, keys[0]: with_value(inside.get(keys[0]), keys[1:], value)}


def edit_yaml(text: str, edits: Sequence[Edit], data: Any) -> tuple[str, bool]:
    """Change values of a YAML text.

    Args:
        text: The text as it is.
        edits: What to change.
        data: What the text is to hold in the end.

    Returns:
        The new text, and whether it is the old one but for the changes: what an alias or a merge key stands
        for cannot be changed in its place, so such a text is written anew, without its comments.
    """
    try:
        for keys, value in edits:
            text = _with_value(text, keys, value)
        if parse_yaml(text) == data:
            return text, True
    except (ValueError, yaml.YAMLError):
        # how a text is written knows no end of ways; the data say what is meant
        pass
    plain = json.loads(json.dumps(data))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), False


def _with_value(text: str, keys: Keys, value: Any) -> str:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for depth, key in enumerate(keys):
        if not isinstance(node, yaml.MappingNode) or not node.value:
            raise ValueError(f"{'.'.join(keys[:depth])} is no mapping")
        inside = next((v for k, v in node.value if k.value == key), None)
        if inside is None:
            return _insert(text, node, keys[depth], with_value(None, keys[depth + 1 :], value))
        node = inside
    assert node is not None, "a text without a value holds no key"
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if start == end else ""
    return text[:start] + space + json.dumps(value) + text[end:]


def _insert(text: str, node: yaml.MappingNode, key: str, value: Any) -> str:
    """Put a key before the first of a mapping, in its way of writing."""
    mark = node.value[0][0].start_mark
    new = f"{key}: {json.dumps(value)}"
    between = ", " if node.flow_style else "\n" + " " * mark.column
    return text[: mark.index] + new + between + text[mark.index :]
