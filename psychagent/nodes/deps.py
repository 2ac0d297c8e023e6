"""What nodes need and state must not hold: models, prompts and skills, as resolvers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from langgraph.runtime import Runtime

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.run import BaselineSettings, RuntimeSettings
from psychagent.domain.base import Language
from psychagent.domain.profile import Case
from psychagent.llm.chat import Chat
from psychagent.nodes.state import Brief, CourseState, Knobs, SessionState
from psychagent.scales.reward import Norms
from psychagent.skills.store import SkillStore


class SessionNode(Protocol):
    """A node of the session graph."""

    def __call__(self, state: SessionState, runtime: Runtime[Brief]) -> Awaitable[SessionState]:
        """Return the keys that change."""


class CourseNode(Protocol):
    """A node of the course graph."""

    def __call__(self, state: CourseState, runtime: Runtime[Knobs]) -> Awaitable[CourseState]:
        """Return the keys that change."""


@dataclass(frozen=True)
class Rft:
    """What best-of-n takes: settings, norms and judges."""

    settings: RftSettings
    norms: Norms
    judge: Any
    """A `Judge` of flows/judge.py, which stands on a higher floor."""
    holdout: Any = None
    scale_hashes: Mapping[str, str] = field(default_factory=dict)
    """Hash of each scale that rollouts may be judged on."""


@dataclass(frozen=True)
class Deps:
    """Live things, resolved per call so that one graph serves every knob."""

    baseline: BaselineSettings
    runtime: RuntimeSettings
    chat: Callable[[str, Knobs], Chat]
    """Role and knobs to a model."""
    prompts: Callable[[Language], PromptLibrary]
    skills: Callable[[Language], SkillStore]
    case: Callable[[Knobs], Case]
    """Knobs to a bundled case, for graphs that are started without one."""
    knobs: Knobs
    """The knobs that the settings mean."""
    rft: Rft | None = None
    """Where rollouts are judged and one is chosen; None is plain simulation."""
