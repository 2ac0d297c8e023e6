"""Tracing by LangSmith: off unless a setting allows it, because a trace holds every prompt and thought."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from langsmith import configure

VARIABLES = ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING")

log = logging.getLogger(__name__)


def asks_for_tracing(env: Mapping[str, str]) -> str:
    """Return the variable of the shell that asks for tracing; empty if none does."""
    return next((name for name in VARIABLES if env.get(name, "").strip().lower() in {"true", "1"}), "")


def tell_tracing(env: Mapping[str, str], *, allowed: bool) -> str:
    """Say what becomes of a shell's wish for tracing; empty if it has none."""
    name = asks_for_tracing(env)
    if not name:
        return ""
    if allowed:
        return f"{name} is set and tracing allowed: LangSmith gets every prompt, reply and private thought"
    return f"{name} is set and not followed: nothing is traced unless the setting 'tracing' is true"


def follow_shell(env: Mapping[str, str], *, allowed: bool) -> str:
    """Switch tracing off for this process, or leave it to the shell; return what there is to tell."""
    # with an explicit `tracing_context` a program may still trace what it runs
    configure(enabled=None if allowed else False)
    told = tell_tracing(env, allowed=allowed)
    if told:
        log.warning("%s", told)
    return told
