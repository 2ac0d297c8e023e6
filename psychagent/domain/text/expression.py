"""Regular expressions that somebody writes into a file: compiled, or refused in one sentence."""

from __future__ import annotations

import re

from psychagent.domain.words.value import shown

_MOST_NESTED = 100
"""Parentheses within each other: Python's own parser goes down with each, and its stack ends."""
_TOO_DEEP = f"more than {_MOST_NESTED} parentheses stand within each other"


def to_pattern(expression: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a regular expression.

    Raises:
        ValueError: With the reason and the remedy.
    """
    try:
        # before it is compiled: how deep the stack may still go depends on who calls
        if _depth(expression) > _MOST_NESTED:
            raise RecursionError
        return re.compile(expression, flags)
    except RecursionError as error:
        raise ValueError(_refused(expression, _TOO_DEEP)) from error
    # a number of repeats that is beyond the machine's is no `re.error`
    except (re.error, OverflowError) as error:
        raise ValueError(_refused(expression, str(error))) from error


def _refused(expression: str, reason: str) -> str:
    return f"{shown(expression)} is no regular expression ({reason}); mend it"


def _depth(expression: str) -> int:
    """Count the parentheses within each other, those of a class of characters too, which are few."""
    deepest = depth = 0
    for mark in re.findall(r"\\.|[()]", expression, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(mark, 0)
        deepest = max(deepest, depth)
    return deepest
