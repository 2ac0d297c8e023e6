"""Whether this Python keeps docstrings, which some libraries read when they are imported."""

from __future__ import annotations

import sys

from psychagent.errors import SettingsError

_STRIPS = 2
"""From this level on (`PYTHONOPTIMIZE=2`, `python -OO`) Python leaves docstrings out."""


def require_docstrings(library: str) -> None:
    """Refuse to go on where a library would end in an error of its own.

    Raises:
        SettingsError: If Python was started without docstrings.
    """
    if sys.flags.optimize >= _STRIPS:
        raise SettingsError(
            f"{library} reads docstrings, and Python was started without them (PYTHONOPTIMIZE is "
            f"{sys.flags.optimize}, or -OO was given); set PYTHONOPTIMIZE to 1, or leave it out"
        )
