"""Dependencies of nodes, which must not be in the state: models, prompts and skills, as resolvers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from langgraph.runtime import Runtime

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.base import Language
from psychagent.domain.memory import Memory
from psychagent.domain.profile import Case
from psychagent.domain.risk.audit import NO_AUDIT, Audit
from psychagent.domain.role import Role
from psychagent.llm.chat import Chat
from psychagent.llm.journal import NO_JOURNAL, Journal
from psychagent.nodes.judging.brief import JudgeDeps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import Brief, CourseState, SessionState
from psychagent.safety.answer import SafetySource, load_safety
from psychagent.scales.reward import Norms
from psychagent.skills.store import SkillStore
from psychagent.skills.texts.search import TextSearch


class SessionNode(Protocol):
    """A node of the session graph."""

    def __call__(self, state: SessionState, runtime: Runtime[Brief]) -> Awaitable[SessionState]:
        """Return the keys that change."""


class CourseNode(Protocol):
    """A node of the course graph."""

    def __call__(self, state: CourseState, runtime: Runtime[Knobs]) -> Awaitable[CourseState]:
        """Return the keys that change."""


def may_begin() -> None:
    """Let everything begin: there is no budget."""


@dataclass(frozen=True)
class Rft:
    """What best-of-n rollouts need: settings, norms and judges."""

    settings: RftSettings
    norms: Norms
    judge: JudgeDeps
    """Scores the rollouts, of which the best is chosen."""
    holdout: JudgeDeps | None = None
    """A second judge, whose scores do not affect the choice."""
    scale_hashes: Mapping[str, str] = field(default_factory=dict)
    """Hash of each scale that rollouts may be judged on."""


OtherClient = Callable[[Case, int], Memory]
"""Given a case and a number of sessions, returns the memory of another client after as many."""


@dataclass(frozen=True)
class Sources:
    """What prompts are built from: texts and settings, no model.

    An export has only these, so it can rebuild prompts but cannot call a model.
    """

    baseline: BaselineSettings
    prompts: Callable[[Language], PromptLibrary]
    skills: Callable[[Language], SkillStore]
    safety: SafetySource = field(default=load_safety, kw_only=True)
    other_client: OtherClient | None = field(default=None, kw_only=True)
    """What prompts show in place of a client's own memory; None where they show its own."""


@dataclass(frozen=True)
class Deps(Sources):
    """Sources and live resources, resolved per call so that one graph serves all knobs."""

    chat: Callable[[Role, Knobs], Chat]
    """Resolves role and knobs to a model."""
    case: Callable[[Knobs], Case]
    """Resolves knobs to a bundled case, for graphs that are started without one."""
    knobs: Knobs
    """The knobs according to the settings."""
    texts: Callable[[Language], TextSearch]
    """Finds the items of a memory that are nearest to a text."""
    rft: Rft | None = None
    """Judging and choosing of rollouts; None means plain simulation."""
    journal: Journal = NO_JOURNAL
    """Keeps the answers of a batch run, and so takes the place of checkpoints within a session."""
    audit: Audit = NO_AUDIT
    """Keeps what the safety gate finds."""
    begin: Callable[[], None] = may_begin
    """Called before a session or a rollout begins; raises GraphDrained where a budget lets nothing begin."""
