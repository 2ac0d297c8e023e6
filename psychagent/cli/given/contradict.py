"""Options that contradict each other: to follow the last of them would be a guess, and may remove files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_OPPOSED = (("resume", "overwrite", "the one goes on with a run, the other removes it"),)
"""Flags that cannot both be set, by their parameters, and why."""


def why_contradict(params: Sequence[Any], typed: Mapping[str, Any], args: Sequence[str]) -> str:
    """Say which two options cannot both be meant; an empty text if none.

    Args:
        params: The command's parameters.
        typed: What was typed for them, by their names.
        args: The words of the command.
    """
    for one, other, why in _OPPOSED:
        if typed.get(one) is True and typed.get(other) is True:
            return f"--{one} and --{other} contradict each other: {why}; give one of them"
    words = args[: args.index("--")] if "--" in args else args
    for param in params:
        ways = (*_first(param.opts, words), *_first(param.secondary_opts, words))
        if len(ways) > 1:
            return f"{' and '.join(ways)} contradict each other; give one of them"
    return ""


def _first(names: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in words)[:1]
