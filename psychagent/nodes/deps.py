"""What nodes need and state must not hold: models, prompts and skills, as resolvers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from langgraph.runtime import Runtime

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.base import Language
from psychagent.domain.profile import Case
from psychagent.domain.role import Role
from psychagent.llm.chat import Chat
from psychagent.nodes.judge import JudgeDeps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import Brief, CourseState, SessionState
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
    judge: JudgeDeps
    """Who scores the rollouts that one is chosen from."""
    holdout: JudgeDeps | None = None
    """A second judge, whose scores take no part in the choice."""
    scale_hashes: Mapping[str, str] = field(default_factory=dict)
    """Hash of each scale that rollouts may be judged on."""


@dataclass(frozen=True)
class Sources:
    """What prompts are written from: text and settings, no model.

    An export has these and nothing else, so it can write a prompt again and can ask nobody.
    """

    baseline: BaselineSettings
    prompts: Callable[[Language], PromptLibrary]
    skills: Callable[[Language], SkillStore]


@dataclass(frozen=True)
class Deps(Sources):
    """Sources, and what is live: resolved per call, so that one graph serves every knob."""

    chat: Callable[[Role, Knobs], Chat]
    """Role and knobs to a model."""
    case: Callable[[Knobs], Case]
    """Knobs to a bundled case, for graphs that are started without one."""
    knobs: Knobs
    """The knobs that the settings mean."""
    rft: Rft | None = None
    """Where rollouts are judged and one is chosen; None is plain simulation."""
