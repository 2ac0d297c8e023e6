"""Parse YAML and JSON text; a key that stands twice in a mapping is refused, where parsers keep the last."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from psychagent.domain.words.reading import why_not_json, why_not_yaml
from psychagent.domain.words.value import shown
from psychagent.files.written import as_written, is_misread

if TYPE_CHECKING:
    from yaml import SafeLoader as _Base
else:
    # the C parser where PyYAML was built with it: ten times as fast, with the same result
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


Key = TypeVar("Key", bound=Hashable)
N = TypeVar("N", int, float)

DEEPEST = 100
"""Most levels of lists and mappings in each other. What is nested deeper is no file of anybody's, and ends
whatever walks through it by recursion."""
LARGEST = 20_000_000
"""Most values of a file, with those that an alias of YAML repeats counted each time."""
DIGITS = 300
"""Most digits of a whole number: what is longer fits into no float, and Python does not even print it."""
_SEEMS_LONG = re.compile(r"[0-9]{10}")
"""What a longer number leaves where one in so many characters is looked at that ten make DIGITS."""
_SUSPICIOUS = 5_000
"""Lists and mappings that may nest without harm to the C parser, which crashes at some 10,000 levels."""

_NEST = frozenset({dict, list})


class RefusedError(ValueError):
    """A text is not read, for a reason that is told in words for whoever wrote it."""


class NestingError(RefusedError):
    """Lists and mappings stand in each other too deeply, or repeat each other without end."""


class MisreadError(RefusedError):
    """YAML reads a bare word as something else than whoever wrote it: a key as no text, 072 as 58."""


class RepeatedKeyError(RefusedError):
    """A key stands twice in one mapping."""


def parse_yaml(text: str) -> Any:
    """Parse YAML.

    Raises:
        MisreadError, RepeatedKeyError: Naming the word or key and its line.
        RefusedError: If it is not YAML, saying where it goes wrong.
    """
    try:
        if sum(map(text.count, ("[", "{", "- ", "? "))) > _SUSPICIOUS or len(text) > _SUSPICIOUS**2:
            _check_events(text)
        value = yaml.load(text, Loader=_Loader)
    except RefusedError:
        raise
    except yaml.YAMLError as error:
        raise RefusedError(_why_not_yaml(error)) from error
    except RecursionError as error:
        raise NestingError(_TOO_DEEP) from error
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
        # PyYAML takes a value to be of the form that its tag names
        raise RefusedError("a value is not of the form that its tag (!!) names") from error
    (_check_aliases if "*" in text else _check_depth)(value)
    return value


def parse_json(text: str, *, parse_float: Callable[[str], float] | None = None) -> Any:
    """Parse JSON.

    Args:
        text: The text.
        parse_float: Makes a number of how it is written; None is the library's own, which is faster.

    Raises:
        RepeatedKeyError: Naming the key.
        RefusedError: If it is not JSON, saying where it goes wrong.
    """
    # a function of ours for each number takes as long as all the rest, so only where one may be too long
    parse_int = _to_int if _SEEMS_LONG.search(text[:: DIGITS // 10]) else None
    try:
        value = json.loads(text, object_pairs_hook=_to_mapping, parse_int=parse_int, parse_float=parse_float)
    except RefusedError:
        raise
    except (ValueError, RecursionError) as error:
        raise RefusedError(why_not_json(error)) from error
    _check_depth(value)
    return value


def _why_not_yaml(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "a control character stands in it"
    return why_not_yaml(problem, mark and mark.line, mark and mark.column)


def _check_events(text: str) -> None:
    """Follow the levels of a text without building what it holds."""
    level = 0
    for event in yaml.parse(text, Loader=_Loader):
        level += isinstance(event, yaml.CollectionStartEvent)
        level -= isinstance(event, yaml.CollectionEndEvent)
        if level > DEEPEST:
            raise NestingError(_TOO_DEEP)


_TOO_DEEP = f"lists and mappings are nested deeper than {DEEPEST} levels"


def _check_depth(value: Any) -> None:
    """Walk through a value level by level."""
    level = [value] if type(value) in _NEST else []
    for _ in range(DEEPEST):
        level = [
            inner
            for part in level
            for inner in (part.values() if type(part) is dict else part)
            if type(inner) in _NEST
        ]
        if not level:
            return
    raise NestingError(_TOO_DEEP)


def _check_aliases(value: Any) -> None:
    """Walk through a value level by level; what an alias repeats is walked once and counted each time."""
    level, total = {id(value): (value, 1)} if type(value) in _NEST else {}, 0
    for _ in range(DEEPEST):
        below: dict[int, tuple[Any, int]] = {}
        for part, times in level.values():
            inner = part.values() if type(part) is dict else part
            total += times * len(inner)
            for each in inner:
                if type(each) in _NEST:
                    below[id(each)] = (each, below.get(id(each), (each, 0))[1] + times)
        if total > LARGEST:
            raise NestingError(f"it holds more than {LARGEST:,} values")
        if not below:
            return
        level = below
    raise NestingError(_TOO_DEEP)


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
            scalars = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if odd := [key for key in scalars if key.tag in _NO_KEYS]:
                raise MisreadError(_why_no_key(odd[0]))
            keys = [(key.tag, key.value) for key in scalars]
            if len(set(keys)) < len(keys):
                twice = _repeated(keys)
                marks = [key.start_mark for key, _ in node.value if (key.tag, key.value) == twice]
                raise RepeatedKeyError(f"key {twice[1]!r} stands twice, again in line {marks[1].line + 1}")
        super().flatten_mapping(node)


def _to_int(digits: str) -> int:
    if len(digits) > DIGITS:
        raise RefusedError(_TOO_LONG)
    return int(digits)


_TOO_LONG = f"a number of more than {DIGITS} digits"


_READ_AS = {
    f"tag:yaml.org,2002:{tag}": words
    for tag, words in {
        "null": "nothing",
        "bool": "true or false",
        "float": "a number",
        "timestamp": "a date",
    }.items()
}
"""What YAML takes some bare words to be."""
_NO_KEYS = _READ_AS.keys() - {"tag:yaml.org,2002:float"}
"""As a key, such a word is meant as text; numbers name tokens and levels."""


def _why_no_key(key: yaml.ScalarNode) -> str:
    """Say why a key is none, by the word that was written: what it is read as, nobody would look for."""
    place = f"key {shown(key.value)} in line {key.start_mark.line + 1}"
    return f"{place} is read as {_READ_AS[key.tag]}; put it in quotes"


def _construct_checked(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """Read a number or date; one that is none, such as the 31st of February, is named."""
    try:
        value = _CONSTRUCT[node.tag](loader, node)
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
        raise RefusedError(
            f"line {node.start_mark.line + 1}: {shown(node.value)} is not {_READ_AS[node.tag]}; mend it, or "
            "put it in quotes"
        ) from error
    return _number(node, value) if isinstance(value, float) else value


_CONSTRUCT = {
    f"tag:yaml.org,2002:{tag}": construct
    for tag, construct in {
        "bool": _Loader.construct_yaml_bool,
        "float": _Loader.construct_yaml_float,
        "timestamp": _Loader.construct_yaml_timestamp,
    }.items()
}
for _tag in _CONSTRUCT:
    _Loader.add_constructor(_tag, _construct_checked)


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    """Read a whole number in any of the ways that YAML writes one."""
    value = loader.construct_yaml_int(node) if len(node.value) <= DIGITS else None
    # of a number in hexadecimal, each digit says more
    if value is None or abs(value) >= 10**DIGITS:
        raise RefusedError(_TOO_LONG)
    return _number(node, value)


def _number(node: yaml.ScalarNode, value: N) -> N:
    """Return a number with how it is written; YAML 1.1 reads some in base 8 or 60, which nobody means."""
    if is_misread(node.value):
        raise MisreadError(
            f"line {node.start_mark.line + 1}: {shown(node.value)} is read as the number {shown(value)}; put "
            "it in quotes if it is text, or write the number in full"
        )
    return as_written(value, node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def _to_mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise RepeatedKeyError(f"key {_repeated(name for name, _ in pairs)!r} stands twice")
    return mapping


def _repeated(keys: Iterable[Key]) -> Key:
    """Return the first key that is repeated."""
    return next(key for key, times in Counter(keys).items() if times > 1)
