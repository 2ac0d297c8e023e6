"""Templates of somebody else: what they may not do, how much they may write, and what they end in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

import jinja2
import jinja2.sandbox
from jinja2.exceptions import SecurityError

MOST_CHARS = 5_000_000
"""Of what one template writes: more than any model reads at once."""
FAULTS = (
    *(jinja2.TemplateError, ArithmeticError, AttributeError, LookupError),
    *(MemoryError, RecursionError, TypeError, ValueError),
)
"""What a template of somebody else may end in."""
_TOO_LONG = f"writes more than {MOST_CHARS} characters"
_UNSAFE = re.compile(r"access to attribute ('.*?') of '.*?' object is unsafe\.?", re.DOTALL)
_TOLD: dict[type[BaseException], str] = {
    RecursionError: "calls or includes itself without end",
    ZeroDivisionError: "divides by zero",
    OverflowError: "computes a number that is too large",
    MemoryError: _TOO_LONG,
}
_KINDS: dict[type[BaseException], str] = {
    TypeError: "does with a value what its kind does not allow",
    ValueError: "gives a value that does not fit",
    AttributeError: "reads what a value does not have",
    LookupError: "reads what a value does not have",
}


class TooLongError(jinja2.TemplateRuntimeError):
    """A template writes more than any model reads."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_TOO_LONG)


class Sandbox(jinja2.sandbox.ImmutableSandboxedEnvironment):
    """Looks at each attribute that a template reads, and at each product before it is computed."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, *, finalize: Callable[[object], object], **options: Any) -> None:
        """Bound also each value that is printed: whatever made it, to rewrite it takes longest."""
        super().__init__(finalize=lambda value: finalize(_bounded(value)), **options)

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply, unless a few characters of a template would fill the memory or take for ever."""
        for one, other in ((left, right), (right, left)):
            if operator == "*" and isinstance(one, Sized) and isinstance(other, int):
                _require(len(one) * other)
        if operator == "**" and isinstance(left, int) and left.bit_length() * abs(right) > MOST_CHARS:
            raise OverflowError
        return super().call_binop(context, operator, left, right)


def write(template: jinja2.Template, values: dict[str, object]) -> str:
    """Render a template of somebody else.

    Raises:
        TooLongError: As soon as it has written more than a template may.
    """
    return "".join(_up_to_most(template.generate(values)))


def _up_to_most(parts: Iterable[str]) -> Iterator[str]:
    written = 0
    for part in parts:
        _require(written := written + len(part))
        yield part


def _bounded(value: object) -> object:
    if isinstance(value, str):
        _require(len(value))
    return value


def _require(chars: int) -> None:
    if chars > MOST_CHARS:
        raise TooLongError


def told(error: BaseException) -> str:
    """Say in plain words what a template ended in, and what Python said where that tells more."""
    said = " ".join(str(error).split())
    if isinstance(error, SecurityError):
        named = _UNSAFE.fullmatch(said)
        return f"reads {named[1]}, which a template may not" if named else f"may not do this: {said}"
    for kind, words in _TOLD.items():
        if isinstance(error, kind):
            return words
    if isinstance(error, jinja2.TemplateError):
        return said
    return next((f"{words} ({said})" for kind, words in _KINDS.items() if isinstance(error, kind)), said)
