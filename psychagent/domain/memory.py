"""What the counselor carries from session to session, as it is stored."""

from __future__ import annotations

from enum import StrEnum
from itertools import zip_longest
from typing import Annotated

from pydantic import BeforeValidator, Field

from psychagent.domain.base import Modality, Record, asked_for
from psychagent.domain.plan import Plan
from psychagent.domain.profile import (
    BtTheory,
    CbtTheory,
    HetTheory,
    PdtTheory,
    PmtTheory,
    Traits,
)
from psychagent.domain.risk.finding import NO_RISK, About
from psychagent.domain.safety import SafetyNote, note_from_text
from psychagent.domain.strategy.item import MemoryStock


class GoalAssessment(Record):
    """How far a session's objectives were met."""

    objective_recap: str = asked_for(600)
    completion_status: str = asked_for(200)
    evidence_and_analysis: str = asked_for(900)


class ClientStateAnalysis(Record):
    """How the client was in a session."""

    affective_state: str = asked_for(600)
    behavioral_patterns: str = asked_for(600)
    therapeutic_alliance: str = asked_for(600)
    unresolved_points_or_tensions: str = asked_for(600)


class Standing(StrEnum):
    """How far a homework task was agreed on."""

    AGREED = "agreed"
    HEDGED = "hedged"
    """The client said yes with doubts."""
    OFFERED = "offered"
    """The counselor proposed it, and the client did not take it up."""


class Homework(Record):
    """A task until the next session."""

    task: str
    standing: Standing = Standing.AGREED


class Ending(Record):
    """What a last session's summary holds instead of a next plan and homework."""

    reached: str = asked_for(400, default="")
    """What the course has changed, and what it has not."""
    aftercare: str = asked_for(400, default="")
    """What the client goes on with alone."""
    open_needs: str = asked_for(400, default="")
    referral: str = asked_for(400, default="")
    """Who was named as the next help; empty if nobody."""


class SessionSummary(Record):
    """The counselor's record of one past session."""

    session_summary_abstract: str = asked_for(1500, min_length=1)
    goal_assessment: GoalAssessment
    client_state_analysis: ClientStateAnalysis
    next_session_plan: Plan
    homework: tuple[str, ...] = ()
    """The tasks alone, as tools of the reference release read them."""
    standings: tuple[Standing, ...] = ()
    """One for each task; files without it hold only tasks that were agreed on."""
    safety: Annotated[SafetyNote, BeforeValidator(note_from_text)] = SafetyNote()
    ending: Ending | None = None
    """Only in the summary of a last session."""
    next_approach: Modality | None = None
    """The school that the next session follows, where planning is `therapy`; None keeps the case's."""

    def tasks(self) -> tuple[Homework, ...]:
        """Pair each task with how far it was agreed on."""
        standings = self.standings[: len(self.homework)]
        pairs = zip_longest(self.homework, standings, fillvalue=Standing.AGREED)
        return tuple(Homework(task=task, standing=standing) for task, standing in pairs)


class Superseded(Record):
    """A fact that a later session changed."""

    field: str
    """Dotted path in the client file."""
    value: str
    session_index: int
    """The session in which the old value was learned."""


class ClientFile(Record):
    """The counselor's own file on the client, built from what sessions revealed."""

    static_traits: Traits = Traits()
    main_problem: str = ""
    topic: str = ""
    core_demands: str = ""
    growth_experiences: tuple[str, ...] = ()
    theory: BtTheory | CbtTheory | HetTheory | PdtTheory | PmtTheory | None = None
    origins: dict[str, int] = Field(default_factory=dict)
    """Dotted path of each filled field -> the session in which its value was learned."""
    history: tuple[Superseded, ...] = ()


class Memory(Record):
    """Everything that the counselor remembers between sessions."""

    client_file: ClientFile = ClientFile()
    summaries: tuple[SessionSummary, ...] = ()
    homework: tuple[str, ...] = ()
    """The homework set last; how far it was agreed on stands in the last summary."""
    risk_level: int = 0
    """Level of the client's last turn; the next session goes on from there."""
    risk_about: About = About.NONE
    """Whose danger that is."""
    stock: MemoryStock = MemoryStock()
    """What kinds of memory that have no client file keep beside the summaries."""

    @property
    def holds_danger(self) -> bool:
        """Whether a danger was open, or on record, when the last session ended."""
        return self.risk_level > NO_RISK or (bool(self.summaries) and self.summaries[-1].safety.must_stay)

    def taken_up(self) -> tuple[str, ...]:
        """List the homework that the client agreed to, if with doubts; not what was only offered."""
        tasks = self.summaries[-1].tasks() if self.summaries else ()
        offered = {item.task for item in tasks if item.standing is Standing.OFFERED}
        return tuple(task for task in self.homework if task not in offered)
