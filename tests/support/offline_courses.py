"""Whole offline courses, run once and read by many tests; ranking by words needs no embedder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from psychagent.assets.profiles import find_profile, make_case
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.profile import Profile, Risk
from psychagent.domain.rollout import FinishedSession
from psychagent.flows.build import build_deps
from psychagent.flows.play import run_course
from psychagent.nodes.deps import Deps
from psychagent.offline.model import OfflineModel
from tests.support.flat import baseline_of, live, runtime_of

AT_RISK = ("en07", "en09", "en23", "zh07", "zh14", "zh20")


def offline(language: Language, *, prompts_root: Path | None = None, **baseline: Any) -> Deps:
    """Build the offline dependencies of a language."""
    limits = {"provider": "offline", "max_sessions": 6, "max_counselor_turns": 8} | baseline
    system = baseline_of(**limits, prompts_root=prompts_root)
    return build_deps(system, runtime_of(language=language), live())


@cache
def _deps(language: Language) -> Deps:
    return offline(language)


def bundled_profile(name: str) -> Profile:
    """Read a bundled profile; its language is in its name."""
    return find_profile(name, Language(name[:2]))


def risk_of(name: str) -> Risk:
    """Return the risk that a profile carries."""
    told = bundled_profile(name).disclosure
    assert told
    assert told.risk
    return told.risk


def run_offline_course(
    name: str, modality: Modality, deps: Deps, *, seed: int = 0, **knobs: Any
) -> list[FinishedSession]:
    """Run one course to its end."""
    language = Language(name[:2])
    case = make_case(find_profile(name, language), modality, language)
    chosen = replace(deps.knobs, language=language, modality=modality, profile=name, seed=seed, **knobs)
    return asyncio.run(run_course(deps, case, knobs=chosen))


@cache
def offline_course(
    name: str, modality: Modality, seed: int = 0, max_sessions: int = 6
) -> list[FinishedSession]:
    """Run a bundled course, or return it if it was run before."""
    return run_offline_course(name, modality, _deps(Language(name[:2])), seed=seed, max_sessions=max_sessions)


def lines_of(language: Language) -> Any:
    """Return the script's lines, as its model reads them."""
    return OfflineModel.load(_deps(language).prompts(language)).lines


def said_by(sessions: Sequence[FinishedSession] | FinishedSession, speaker: Speaker) -> list[str]:
    """List what one of the two says."""
    held = [sessions] if isinstance(sessions, FinishedSession) else sessions
    return [turn.text for session in held for turn in session.turns if turn.speaker is speaker]


def all_words(sessions: Sequence[FinishedSession] | FinishedSession) -> str:
    """Join everything that is said."""
    return "\n".join(said_by(sessions, Speaker.COUNSELOR) + said_by(sessions, Speaker.CLIENT))
