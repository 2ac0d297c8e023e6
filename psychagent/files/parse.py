"""Parse YAML and JSON text; a key that stands twice in a mapping is refused, where parsers keep the last."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as _Base
else:
    # the C parser where PyYAML was built with it: ten times as fast, with the same result
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


Key = TypeVar("Key", bound=Hashable)


class RepeatedKeyError(ValueError):
    """A key stands twice in one mapping."""


def parse_yaml(text: str) -> Any:
    """Parse YAML.

    Raises:
        RepeatedKeyError: Naming the key and the line of its repetition.
        yaml.YAMLError, ValueError, RecursionError: If it is not YAML.
    """
    return yaml.load(text, Loader=_Loader)


def parse_json(text: str) -> Any:
    """Parse JSON.

    Raises:
        RepeatedKeyError: Naming the key.
        ValueError, RecursionError: If it is not JSON.
    """
    return json.loads(text, object_pairs_hook=_to_mapping)


class _Loader(_Base):
    """Loads plain values only, and looks at each mapping once, before merges (`<<`) change it."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._looked_at: set[yaml.MappingNode] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Check the keys as written, then merge."""
        if node not in self._looked_at:
            self._looked_at.add(node)
            # the tag tells the number 1 from the text "1"
            keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if len(set(keys)) < len(keys):
                twice = _repeated(keys)
                marks = [key.start_mark for key, _ in node.value if (key.tag, key.value) == twice]
                raise RepeatedKeyError(f"key {twice[1]!r} stands twice, again in line {marks[1].line + 1}")
        super().flatten_mapping(node)


def _to_mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise RepeatedKeyError(f"key {_repeated(name for name, _ in pairs)!r} stands twice")
    return mapping


def _repeated(keys: Iterable[Key]) -> Key:
    """Return the first key that is repeated."""
    return next(key for key, times in Counter(keys).items() if times > 1)
