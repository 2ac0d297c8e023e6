"""Everything that pydantic can find has words of ours, which name no type of a program."""

from __future__ import annotations

from typing import Any, Literal, get_args

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import core_schema

from psychagent.domain.words.field import KNOWN, problem_of, wanted, whole_problem
from tests.support.library_words import library_words

ALL = get_args(core_schema.ErrorType)
CONTEXT = {
    name: 3.0
    for name in (
        *("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length"),
        *("expected", "expected_tags", "pattern", "actual_length", "tz_expected", "class", "error"),
    )
}


@pytest.mark.parametrize("kind", ALL)
def test_each_kind_of_error_has_words(kind: str) -> None:
    assert kind in KNOWN
    told = wanted({"type": kind, "ctx": CONTEXT})
    assert library_words(told) == []
    assert "{" not in told


def test_a_kind_of_a_later_version_is_told_in_general() -> None:
    assert wanted({"type": "tensor_type", "ctx": {}}) == "what belongs there"


class Part(BaseModel):
    """A part."""

    number: int = Field(default=1, ge=1, le=9)
    share: float = Field(default=0.5, gt=0, lt=1)
    word: Literal["a", "b"] = "a"
    name: str = Field(default="ab", min_length=1, max_length=3, pattern="^[a-z]+$")
    names: tuple[str, ...] = Field(default=("a",), min_length=1)
    yes: bool = True


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("number", "x", " has 'x': write a whole number"),
        ("number", 1.5, " has 1.5: write a whole number"),
        ("number", 0, " has 0: write 1 or more"),
        ("number", 10, " has 10: write 9 or less"),
        ("number", 10**999, " has a very long number: write 9 or less"),
        ("share", 0, " has 0: write more than 0"),
        ("share", 1.0, " has 1: write less than 1"),
        ("share", float("inf"), " has an infinite number: write less than 1"),
        ("word", "c", " has 'c': write 'a' or 'b'"),
        ("name", "", " has '': write at least 1 letter"),
        ("name", "abcd", " has 'abcd': write at most 3 letters"),
        ("name", "A", " has 'A': write text of the form ^[a-z]+$"),
        ("name", None, " has nothing: write text, in quotes"),
        ("name", {"a": 1}, " has a mapping of keys: write text, in quotes"),
        ("names", [], " has an empty list: write 1 or more of them"),
        ("names", {}, " has an empty mapping: write a list"),
        ("yes", "maybe", " has 'maybe': write true or false"),
    ],
)
def test_the_value_and_what_to_write_instead_are_told(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as error:
        Part.model_validate({field: value})
    assert problem_of(error.value.errors()) == said
    assert problem_of(error.value.errors(), hide=True) == f":{said.partition(':')[2]}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (5, "holds a number, not a mapping of keys"),
        (None, "holds nothing, not a mapping of keys"),
        (True, "holds true or false, not a mapping of keys"),
        ([], "holds a list, not a mapping of keys"),
        ("x", "holds text, not a mapping of keys"),
        (b"x", "holds bytes, not a mapping of keys"),
        ({1}, "holds a set, not a mapping of keys"),
        (object(), "holds something else, not a mapping of keys"),
    ],
)
def test_data_of_another_kind_are_named_by_it(value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(Part).validate_python(value)
    assert whole_problem(error.value.errors()) == said
