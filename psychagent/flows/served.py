"""What a served graph takes from the environment: the files that variables name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from psychagent.domain.risk.audit import NO_AUDIT, Audit
from psychagent.errors import PsychAgentError, SettingsError
from psychagent.files.name import why_no_path
from psychagent.files.shared import require_appendable
from psychagent.records.audit.file import FileAudit

T = TypeVar("T")

AUDIT = "PSYCHAGENT_AUDIT"


def load_named(env: Mapping[str, str], variable: str, load: Callable[[Path | None], T]) -> T:
    """Load from the file that a variable names, or what is loaded where it is unset or empty.

    Args:
        env: The environment.
        variable: The variable.
        load: Takes the file; None for the default.

    Raises:
        SettingsError: Naming the variable, what it holds and the remedy.
    """
    given = env.get(variable)
    if not given:
        return load(None)
    if problem := why_no_path(given):
        raise SettingsError(f"{variable} names {given[:80]!r}, which {problem}; or unset the variable")
    try:
        return load(Path(os.path.expanduser(given)))
    except PsychAgentError as error:
        raise SettingsError(f"{variable}: {error}; or unset the variable") from error


def open_audit(env: Mapping[str, str]) -> Audit:
    """Open the record of the safety gate; without a path it keeps none.

    Raises:
        SettingsError: If it cannot be written: to be told before anybody speaks of danger.
    """
    return load_named(env, AUDIT, _audit_at)


def _audit_at(path: Path | None) -> Audit:
    if path is None:
        return NO_AUDIT
    require_appendable(path)
    audit = FileAudit(path)
    audit.open()
    return audit
