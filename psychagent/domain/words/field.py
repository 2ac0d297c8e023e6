"""What is wrong with a field, in our words: the one table of all kinds of errors that pydantic finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from psychagent.domain.words.cut import cut
from psychagent.domain.words.value import kind_of, shown

_MOST_CHARS = 200
"""Of what a field must be, which may list many words."""
UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument", "unexpected_positional_argument"})
"""Something stands there that nothing has a use for."""
MISSING = frozenset(
    {
        *("missing", "missing_argument", "missing_keyword_only_argument", "missing_positional_only_argument"),
        "union_tag_not_found",
    }
)
_SAID = frozenset({"value_error", "assertion_error"})
"""Raised by a check of ours, whose words are written for whoever reads them."""
_WHOLE = {"json_invalid": "is not JSON; mend or remove it", "json_type": "is not JSON; mend or remove it"}
"""What is said of a value whole, in place of what to write."""

_BY_WORDS: Mapping[str, Sequence[str]] = {
    "a mapping of keys": (
        *("model_type", "model_attributes_type", "dataclass_type", "dataclass_exact_type", "mapping_type"),
        *("dict_type", "frozen_dict_type", "ordered_dict_type", "counter_type", "arguments_type"),
    ),
    "a list": (
        *("list_type", "tuple_type", "set_type", "frozen_set_type", "deque_type", "named_tuple_type"),
        *("iterable_type", "iteration_error"),
    ),
    "text, in quotes": ("string_type", "bytes_type"),
    "text of whole characters": ("string_unicode", "bytes_invalid_encoding"),
    "text of letters without accents": ("string_not_ascii",),
    "at least {min_length} letters": ("string_too_short", "bytes_too_short"),
    "at most {max_length} letters": ("string_too_long", "bytes_too_long"),
    "text of the form {pattern}": ("string_pattern_mismatch",),
    "{min_length} or more of them": ("too_short",),
    "{max_length} or fewer of them": ("too_long",),
    "{expected}": ("literal_error", "enum"),
    "{expected_tags}": ("union_tag_invalid",),
    "true or false": ("bool_type", "bool_parsing"),
    "a whole number": ("int_type", "int_parsing", "int_from_float"),
    "a number": (
        *("float_type", "float_parsing", "decimal_type", "decimal_parsing", "fraction_type"),
        *("fraction_parsing", "complex_type", "complex_str_parsing"),
    ),
    "a number of fewer digits": (
        *("int_parsing_size", "decimal_max_digits", "decimal_max_places", "decimal_whole_digits"),
    ),
    "a finite number": ("finite_number",),
    "more than {gt}": ("greater_than",),
    "{ge} or more": ("greater_than_equal",),
    "less than {lt}": ("less_than",),
    "{le} or less": ("less_than_equal",),
    "a multiple of {multiple_of}": ("multiple_of",),
    "nothing (null)": ("none_required",),
    "a date like 2026-01-31": (
        *("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
    ),
    "a date in the past": ("date_past", "datetime_past"),
    "a date in the future": ("date_future", "datetime_future"),
    "a time like 13:30:00": ("time_type", "time_parsing"),
    "date and time like 2026-01-31T13:30:00Z": (
        *("datetime_type", "datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"),
    ),
    "date and time without a time zone": ("timezone_naive",),
    "date and time with a time zone, as in 2026-01-31T13:30:00Z": ("timezone_aware", "timezone_offset"),
    "a span of time like PT90S": ("time_delta_type", "time_delta_parsing"),
    "an address like http://127.0.0.1:8000/v1": (
        *("url_type", "url_parsing", "url_syntax_violation", "url_too_long", "url_scheme"),
    ),
    "a path": ("path_type",),
    "an id like 123e4567-e89b-42d3-a456-426614174000": ("uuid_type", "uuid_parsing", "uuid_version"),
    "keys that are text, in quotes": ("invalid_key",),
    "values that are text or numbers": ("set_item_not_hashable",),
    "fewer levels of lists and mappings": ("recursion_loop", "recursion_depth_exceeded"),
    "what belongs there": (
        # what no file can bring about, but a caller of a graph may
        *("no_such_attribute", "get_attribute_error", "needs_python_object", "is_instance_of"),
        *("is_subclass_of", "callable_type", "frozen_field", "frozen_instance", "multiple_argument_values"),
        *("default_factory_not_called", "missing_sentinel_error", "ellipsis_error"),
    ),
}
"""What must be written there instead -> the kinds of errors that say so."""
WANTED: Mapping[str, str] = {kind: words for words, kinds in _BY_WORDS.items() for kind in kinds}
KNOWN = WANTED.keys() | UNKNOWN | MISSING | _SAID | _WHOLE.keys()
"""Kinds of errors that there are words for."""


def problem_of(items: Sequence[ErrorDetails], *, hide: bool = False) -> str:
    """Say what is wrong with one value: what it is, and what to write instead.

    Args:
        items: What pydantic found about it: one error for each kind that the value might have been of.
        hide: Whether no message may repeat the value.
    """
    value = items[0]["input"]
    said = list(dict.fromkeys(_said(items)))
    remedy = "; ".join(said) or f"write {_joined(_wanted(items))}"
    if hide or (said and isinstance(value, Mapping) and value):
        # what holds keys is told by what was said of it
        return f": {remedy}"
    return f" has {shown(value)}: {remedy}"


def whole_problem(items: Sequence[ErrorDetails]) -> str:
    """Say what is wrong with data as a whole."""
    if said := list(_said(items)):
        return "; ".join(said)
    return f"holds {kind_of(items[0]['input'])}, not {_joined(_wanted(items))}"


def _said(items: Iterable[ErrorDetails]) -> Iterator[str]:
    for item in items:
        if item["type"] in _SAID:
            yield str(item.get("ctx", {}).get("error", "")) or "cannot be used; mend it"
        elif item["type"] in _WHOLE:
            yield _WHOLE[item["type"]]


def _wanted(items: Iterable[ErrorDetails]) -> Iterator[str]:
    for item in items:
        if item["type"] not in _SAID:
            yield cut(wanted(item), _MOST_CHARS)


def wanted(item: Mapping[str, Any]) -> str:
    """Say what an error of pydantic asks for; a kind that is not known, as of a later version, in general."""
    words = WANTED.get(item["type"], "what belongs there")
    context = {"expected": "", "pattern": "", **item.get("ctx", {})}
    text = words.format_map({name: _number(value) for name, value in context.items()})
    return text.replace(" 1 letters", " 1 letter")


def _number(value: object) -> str:
    """Write a bound as somebody would: 1 and not 1.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _joined(words: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(words))
