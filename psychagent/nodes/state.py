"""The typed state of the graphs, and the values that nodes exchange."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, TypedDict

from langgraph.channels.delta import DeltaChannel

from psychagent.assets.prompts import Rendered
from psychagent.domain.base import Modality, Record, Stage
from psychagent.domain.call import WHOLE_SESSION, CallId, Place, thread_id
from psychagent.domain.cause import Cause
from psychagent.domain.client_memory import Recall
from psychagent.domain.ending import EndReason
from psychagent.domain.memory import ClientFile, Memory, SessionSummary
from psychagent.domain.plan import Correction, Plan, is_last
from psychagent.domain.profile import Case
from psychagent.domain.risk.finding import RiskFinding
from psychagent.domain.role import Role
from psychagent.domain.rollout import Choice, FinishedSession, Rollout
from psychagent.domain.scores import SessionScores
from psychagent.domain.seed import derive_seed
from psychagent.domain.strategy.item import MemoryStock
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage, fold_usage
from psychagent.domain.views.kinds import View, foreign_memory, in_full, shown_memory
from psychagent.domain.views.memory import MEMORY_TOKENS, MemoryView
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.nodes.knobs import Knobs
from psychagent.safety.answer import Card

_IN_ROLLOUTS = frozenset(
    {Role.COUNSELOR, Role.CLIENT, Role.REWRITE, Role.PERCEIVE, Role.STRATEGIZE, Role.RISK}
)
"""The roles that are asked in each rollout; the others are asked once a session."""


@dataclass(frozen=True)
class Brief:
    """What does not change within a session: the session graph's context, not part of its state."""

    case: Case
    plan: Plan
    memory: Memory
    candidates: tuple[str, ...]
    """Ids of the skills that the session may use."""
    session_index: int
    rollout_index: int = 0
    attempt: int = 0
    """Number of the try of this rollout, from 0."""
    knobs: Knobs = field(default_factory=Knobs)
    memory_tokens: int = MEMORY_TOKENS
    shows: View = in_full
    """How its system's memory stands in the head of prompts."""
    acts: bool = False
    """Whether the safety gate acts on what it finds."""
    stands_in: Memory | None = None
    """Another client's memory, which the counselor is shown in place of this one's."""
    recalls: tuple[Recall, ...] = ()
    """What the client remembers of earlier sessions; for its own prompts alone."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Names of the client file's fields as prompts of the language print them."""

    @property
    def is_last(self) -> bool:
        """Whether no session follows this one."""
        return is_last(self.plan, session_index=self.session_index, max_sessions=self.knobs.max_sessions)

    @property
    def approach(self) -> Modality:
        """The school that the session follows: the case's, unless the session before chose another."""
        last = self.memory.summaries[-1] if self.memory.summaries else None
        return (last.next_approach if last else None) or self.case.modality

    @property
    def region(self) -> str:
        """Whose helplines are shown: those of the run, else those of where the simulated client lives."""
        return self.knobs.region or self.case.profile.region

    @property
    def skill_stage(self) -> Stage:
        """The stage whose skills the session draws on: a last session, planned for whatever, is an ending.

        Not if it is also the first: then there is nothing to end yet.
        """
        ends = self.is_last and self.session_index > 1
        return max(self.plan.stage, Stage.CONSOLIDATION, key=lambda s: s.rank) if ends else self.plan.stage

    @cached_property
    def own_view(self) -> MemoryView:
        """The part of the client's own memory that prompts show: the reflector's always."""
        return shown_memory(
            self.shows, self.memory, budget=self.memory_tokens, labels=self.labels, acts=self.acts
        )

    @cached_property
    def view(self) -> MemoryView:
        """The part of memory that the counselor's prompts show in this session."""
        if self.stands_in is None:
            return self.own_view
        safety = self.own_view.safety if self.acts else None
        return foreign_memory(
            self.shows, self.stands_in, budget=self.memory_tokens, labels=self.labels, safety=safety
        )

    @cached_property
    def _texts(self) -> dict[Hashable, Rendered]:
        return {}

    def once(self, key: Hashable, render: Callable[[], Rendered]) -> Rendered:
        """Render a text of this session's prompts once: heads, and skills that later turns show again.

        Args:
            key: What the text depends on, within the session.
            render: Writes it.
        """
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = render()
        return text

    def seed(self, *parts: object) -> int:
        """Derive a call's seed from case, session, rollout and the parts given, in 0..2^31-1."""
        return derive_seed(
            self.knobs.seed,
            self.case.modality.value,
            self.case.case_id,
            self.session_index,
            self.rollout_index + 1000 * self.attempt,
            *parts,
        )

    @property
    def place(self) -> Place:
        """Where in a run the calls of this session are made."""
        thread = thread_id(self.case.modality, self.case.case_id)
        return Place(thread, self.session_index, self.rollout_index, self.attempt)

    def call(self, role: Role, part: object = "") -> CallId:
        """Identify a call of this session."""
        place = (
            self.place
            if role in _IN_ROLLOUTS
            else Place(self.place.thread, self.session_index, WHOLE_SESSION)
        )
        return CallId(place, role.value, str(part))


def append_turns(left: list[Turn] | None, batches: Sequence[list[Turn]]) -> list[Turn]:
    """Reduce turn updates: append in order (pure and associative, as DeltaChannel demands)."""
    return [*(left or []), *(turn for batch in batches for turn in batch)]


def append_findings(
    left: list[RiskFinding] | None, batches: Sequence[list[RiskFinding]]
) -> list[RiskFinding]:
    """Reduce findings: append in order."""
    return [*(left or []), *(finding for batch in batches for finding in batch)]


def not_to_be_given(name: str, value: object) -> SettingsError:
    """Make the error for an input that holds what the graph keeps itself."""
    return SettingsError(
        f"the input: field {name!r} has {shown(value)}, which the graph keeps itself; leave it out"
    )


def collect_rollouts(left: list[Rollout], right: list[Rollout]) -> list[Rollout]:
    """Collect rollouts by index: idempotent, whatever the order; an empty list clears.

    Raises:
        SettingsError: If they come from outside, where they have the types that a caller likes.
    """
    if not right:
        return []
    if not all(isinstance(rollout, Rollout) for rollout in right):
        raise not_to_be_given("rollouts", right)
    by_index = {rollout.index: rollout for rollout in left}
    for rollout in right:
        by_index[rollout.index] = _better(by_index.get(rollout.index), rollout)
    return [by_index[index] for index in sorted(by_index)]


def _better(before: Rollout | None, now: Rollout) -> Rollout:
    """Take a rollout that was held again, or, if that failed, the judged one that it was to improve on."""
    if before is None or before.judgement is None or now.failure is None:
        return now
    return before.model_copy(update={"usage": now.usage})


class SessionState(TypedDict, total=False):
    """State of one session."""

    turns: Annotated[list[Turn], DeltaChannel(append_turns)]
    usage: Annotated[Usage, DeltaChannel(fold_usage)]
    retrieved: Turn | None
    """The counselor's next turn as retrieval leaves it: skills and query, no words yet."""
    findings: Annotated[list[RiskFinding], DeltaChannel(append_findings)]
    """Turns of the client that voice danger, or about which a model did not answer."""
    closed: bool
    """Whether a person has ended the session instead of answering."""
    closed_by: Cause | None
    """Why a turn could not be answered, if the session closed for that."""
    card: Card | None
    """What is shown to the person beside the counselor's next words; None without danger."""


class RolloutState(TypedDict, total=False):
    """State of one rollout: its session, then the scores of its judges."""

    turns: list[Turn]
    findings: list[RiskFinding]
    usage: Usage
    closed_by: Cause | None
    judgement: SessionScores
    holdout: SessionScores


class Selected(Record):
    """The rollout that became the session."""

    winner: int
    """Its index."""
    choice: Choice | None = None
    """Rewards and how it was chosen; None if there was only one."""


class OpenSession(Record):
    """The open session; replaced as a whole on opening, so that nothing of the previous one remains."""

    index: int
    """From 1."""
    plan: Plan
    candidates: tuple[str, ...] = ()
    """Ids of the skills that its turns may use."""
    corrections: tuple[Correction, ...] = ()
    """What the guard changed in its plan."""
    usage: Usage = Usage()
    """Usage of opening it."""
    attempts: int = 0
    """How often rollouts have been repeated because too few could be compared."""
    first_attempt: int = 0
    """One more than `attempts` was when a failed session was last resumed: retries are counted from here."""
    again: tuple[int, ...] = ()
    """Indexes of the rollouts to repeat."""
    selected: Selected | None = None
    """None while no rollout is chosen."""


class Summarized(Record):
    """The summary of the open session, and its usage."""

    summary: SessionSummary
    usage: Usage


class FileUpdated(Record):
    """What is remembered beside the summary after the open session, and its usage."""

    client_file: ClientFile
    stock: MemoryStock = MemoryStock()
    usage: Usage = Usage()


class Recalled(Record):
    """What the client remembers of the open session, and the usage of asking it."""

    recall: Recall
    usage: Usage


class CourseState(TypedDict, total=False):
    """State of a course: what is carried from session to session, and the open session."""

    case: Case
    kept_knobs: dict[str, str | int]
    """The knobs of the newest opening, by name: LangGraph does not keep a run's context with its thread."""
    memory: Memory
    recalls: list[Recall]
    """What the client remembers of the sessions that are closed; the counselor never sees it."""
    open: OpenSession
    """The session that is open, or the last one once the course is over."""
    rollouts: Annotated[list[Rollout], collect_rollouts]
    summarized: Summarized | None
    file_updated: FileUpdated | None
    """Written in parallel with the summary, so each has a key of its own."""
    recalled: Recalled | None
    """None too where a person is the client."""
    last_scores: dict[str, float]
    """Scores of the previous session's chosen rollout, for rewards of change."""
    finished_session: FinishedSession | None
    """The session just closed; None while one is open."""
    finished_reason: EndReason | None
    """None until the course ends."""
