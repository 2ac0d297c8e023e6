"""Read single fields of files of others."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from psychagent.domain.base import SCHOOLS, School
from psychagent.domain.words.value import shown
from psychagent.errors import RecordError


def read_school(value: Any, wanted: Sequence[School]) -> School:
    """Read a therapy school; where a file names none, it is the only one that is wanted.

    Raises:
        RecordError: If it is none that is known.
    """
    name = str(value).strip().lower()
    if name in SCHOOLS:
        return SCHOOLS[name]
    if not name and len(wanted) == 1:
        return wanted[0]
    raise RecordError(
        f"modality is {shown(value)}; known: {', '.join(SCHOOLS)}, or name one with --modalities "
        "('integrative' asks for the shared scales alone)"
    )


def read_number(value: Any, field: str) -> int:
    """Read the number of a session.

    Raises:
        RecordError: If it is none from 1.
    """
    if isinstance(value, bool) or not re.fullmatch("[0-9]{1,6}", str(value)) or int(value) < 1:
        raise RecordError(f"field {field!r} has {shown(value)}, not a number from 1; number sessions from 1")
    return int(value)


def to_text(value: Any) -> str:
    """Write a part of a file as text for the judge; empty if there is none."""
    return json.dumps(value, ensure_ascii=False) if value else ""
