"""Advice on what to install when an optional package is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psychagent.errors import SettingsError


@contextmanager
def needs_extra(name: str) -> Iterator[None]:
    """Turn the error of a missing optional package into advice.

    Raises:
        SettingsError: Naming the package and the command that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "psychagent":
            raise
        raise SettingsError(
            f"this command needs {package!r}, which is not installed; run: pip install 'psychagent[{name}]'"
        ) from error
