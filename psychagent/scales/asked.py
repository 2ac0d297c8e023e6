"""The scales that settings or options ask for by name, checked before anything is asked of a judge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from psychagent.domain.base import School
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError


def check_methods(names: Iterable[str], known: Collection[str], origin: str) -> None:
    """Check that each of some names is a scale's.

    Args:
        names: What is asked for.
        known: The scales that there are.
        origin: The option or field that asks, as the message names it.

    Raises:
        AssetError: Naming the first that is none, and the closest match.
    """
    for name in names:
        if name not in known:
            raise AssetError(f"{origin} has {shown(name)}, which is no scale{nearest(name, known)}")


def check_methods_of(methods: Mapping[School, Sequence[str]], known: Collection[str], field: str) -> None:
    """Check the field of some settings that names scales by school.

    Raises:
        AssetError: If a name is no scale, or a school is named without a scale: nobody can tell whether
            none or the usual ones are meant.
    """
    for school, names in methods.items():
        origin = f"field '{field}.{school.value}'"
        if not names:
            raise AssetError(
                f"{origin} has {shown(names)}; name a scale, or leave the school out for its usual ones"
            )
        check_methods(names, known, origin)
