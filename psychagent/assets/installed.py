"""What installed packages offer under an entry point, by name: parts of a system that are a researcher's own.

It knows the names without running the packages' code; that is loaded where a name is used.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from pydantic import BeforeValidator, ValidationInfo

from psychagent.domain.words.near import nearest
from psychagent.errors import SettingsError

T = TypeVar("T")

STRATEGIES, MEMORIES = "psychagent.strategies", "psychagent.memories"
"""The groups of entry points."""


def known_or_installed(kind: type[StrEnum], group: str) -> BeforeValidator:
    """Take a name of a closed set, or one that an installed package offers; the set's own goes first.

    What a run has stored is taken as it stands: its files are read where the package is not installed, too.
    """

    def check(value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str) or value in set(kind):
            return value
        names = {entry.name for entry in entry_points(group=group)}
        if value in names or (info.context or {}).get("stored"):
            return value
        raise ValueError(
            f"write {' or '.join(kind)}, or a name that a package offers under {group}"
            f"{nearest(value, [*kind, *names])}"
        )

    return BeforeValidator(check)


def load_installed(group: str, name: str, kind: type[T]) -> T:
    """Load what an installed package offers.

    Args:
        group: The group of entry points.
        name: Name of the entry point.
        kind: What it has to be.

    Raises:
        SettingsError: If no package offers it, several do, it cannot be loaded, or it is something else.
    """
    found = offered(group, name)
    if not isinstance(found, kind):
        raise SettingsError(
            f"the entry point {name!r} of {group} is a {type(found).__name__} and no {kind.__name__}; "
            f"name an instance of {kind.__module__}.{kind.__name__}"
        )
    return found


@cache
def offered(group: str, name: str) -> object:
    """Load whatever stands under the name of an entry point; once, since prompts ask for it in every turn."""
    entry = _only(group, name)
    try:
        found: object = entry.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise SettingsError(
            f"the entry point {name!r} of {group}, {entry.value!r}, cannot be loaded ({error}); mend the "
            "package or install it anew"
        ) from error
    return found


def _only(group: str, name: str) -> EntryPoint:
    found = {entry.value: entry for entry in entry_points(group=group) if entry.name == name}
    if not found:
        raise SettingsError(
            f"no installed package offers {name!r} as entry point of {group}; install the one that does"
        )
    if len(found) > 1:
        raise SettingsError(
            f"{name!r} is offered as entry point of {group} by {' and '.join(sorted(found))}; uninstall one"
        )
    return next(iter(found.values()))
