"""The offline script at one place of a session, without the session around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psychagent.domain.base import Language
from psychagent.offline.scene import Scene
from tests.support.offline_courses import lines_of

LINES = {language: lines_of(language) for language in Language}


def scene_of(
    language: Language,
    heard: Sequence[str],
    own: Sequence[str] = ("Hello.",),
    *,
    session_index: int = 2,
    **values: Any,
) -> Scene:
    """Put the script at a place in a session."""
    known = {"session_index": session_index, "max_sessions": 6, "max_turns": 8, "end_token": "</end>"}
    return Scene(
        lines=LINES[language],
        values=known | values,
        own=tuple(own),
        heard=tuple(heard),
        seed=3,
        session_seed=4,
    )
