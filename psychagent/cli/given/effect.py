"""Options that have no effect in what was given: refused, for whoever gives one means something by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from psychagent.errors import SettingsError


@dataclass(frozen=True)
class Needs:
    """Declares, in an option's annotation, another option without which it has no effect."""

    other: str
    """The parameter's name."""
    value: str = ""
    """What that option must have; empty is anything."""


@dataclass(frozen=True)
class Unless:
    """Declares, in an option's annotation, another option beside which it has no effect."""

    other: str
    """The parameter's name."""


def rules_of(function: Any) -> dict[str, tuple[Needs | Unless, ...]]:
    """Map a command's parameters to what their annotations declare."""
    hints = get_type_hints(function, include_extras=True)
    rules = {
        name: tuple(part for part in get_args(hint) if isinstance(part, Needs | Unless))
        for name, hint in hints.items()
    }
    return {name: found for name, found in rules.items() if found}


def check_once(order: Sequence[Any]) -> None:
    """Check that no option is given twice of which one value counts.

    Args:
        order: The parameters in the order in which they were typed.

    Raises:
        SettingsError: Naming the first such option.
    """
    for param, times in Counter(order).items():
        if times > 1 and not getattr(param, "multiple", False):
            raise SettingsError(
                f"{option_name(param)} is given {times} times, and only the last would count; give it once"
            )


def check_effect(rules: Mapping[str, Sequence[Needs | Unless]], ctx: Any, params: Sequence[Any]) -> None:
    """Check that every option that was typed has an effect beside the others.

    Raises:
        SettingsError: Naming the first that has none, and what it takes.
    """
    named = {param.name: option_name(param) for param in params}
    # a flag that is turned off asks for nothing
    typed = {name for name in named if _is_typed(ctx, name) and ctx.params.get(name) not in (None, "")}
    typed -= {name for name in typed if ctx.params[name] is False}
    for name in sorted(typed & rules.keys()):
        for problem in _problems(rules[name], ctx.params, named):
            raise SettingsError(f"{named[name]} has no effect {problem}")


def _problems(
    rules: Sequence[Needs | Unless], values: Mapping[str, Any], named: Mapping[str, str]
) -> Iterator[str]:
    for rule in rules:
        other, value = named[rule.other], values.get(rule.other)
        if isinstance(rule, Unless):
            if value:
                yield f"with {other}; leave one of them out"
        elif not value or (rule.value and value != rule.value):
            wanted = f"{other} {rule.value}".strip()
            yield f"without {wanted}; give that too, or leave it out"


def _is_typed(ctx: Any, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def option_name(param: Any) -> str:
    """Name a parameter as it is typed, or as its help page calls it."""
    is_option = param.param_type_name == "option"
    return str(max(param.opts, key=len) if is_option else param.metavar or param.name.upper())
