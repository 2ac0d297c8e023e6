"""What the counselor carries from session to session, and how much of it a prompt shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import Field

from psychagent.domain.base import Record
from psychagent.domain.plan import Plan
from psychagent.domain.profile import (
    BtTheory,
    CbtTheory,
    HetTheory,
    PdtTheory,
    PmtTheory,
    TheoryBlock,
    Traits,
)
from psychagent.domain.tokens import clip_to_tokens, estimate_tokens

MEMORY_TOKENS = 800
"""Token budget of memory in a prompt, as counted by `estimate_tokens`."""
_HEADING_TOKENS, _ROW_TOKENS = 58, 14
"""Tokens of that budget taken by the headings, and by the fixed words of each recent session."""
_SAFETY_NOTES = 3


class GoalAssessment(Record):
    """How far a session's objectives were met."""

    objective_recap: str = Field(max_length=600)
    completion_status: str = Field(max_length=200)
    evidence_and_analysis: str = Field(max_length=900)


class ClientStateAnalysis(Record):
    """How the client was in a session."""

    affective_state: str = Field(max_length=600)
    behavioral_patterns: str = Field(max_length=600)
    therapeutic_alliance: str = Field(max_length=600)
    unresolved_points_or_tensions: str = Field(max_length=600)


class SessionSummary(Record):
    """The counselor's record of one past session."""

    session_summary_abstract: str = Field(min_length=1, max_length=1500)
    goal_assessment: GoalAssessment
    client_state_analysis: ClientStateAnalysis
    next_session_plan: Plan
    homework: tuple[str, ...] = ()
    safety: str = Field(default="", max_length=400)
    """What was said about danger to the client or others, and what was agreed; empty if nothing."""


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
    """The homework set last."""


_FACT_FIELDS = ("static_traits", "main_problem", "topic", "core_demands", "growth_experiences")


def file_facts(client_file: ClientFile) -> dict[str, Any]:
    """List the filled facts of a client file by dotted path; the theory block's fields have no prefix."""
    dumped = client_file.model_dump(mode="json")
    facts = {name: dumped[name] for name in _FACT_FIELDS if name != "static_traits"}
    facts |= {f"static_traits.{k}": v for k, v in dumped["static_traits"].items()}
    facts |= dumped["theory"] or {}
    return {path: value for path, value in facts.items() if _filled(value)}


def _filled(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_filled(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(_filled(v) for v in value)
    return bool(value)


def merge_file(old: ClientFile, new: ClientFile, *, session_index: int) -> ClientFile:
    """Merge a session's client file into the earlier one.

    A field left empty in `new` keeps its old value (not mentioned means not changed). The old value
    of a changed field goes to `history`, with the session it came from.
    """
    before, after = file_facts(old), file_facts(new)
    changed = {path for path, value in after.items() if before.get(path) != value}
    history = [
        Superseded(field=path, value=to_line(before[path]), session_index=old.origins.get(path, 0))
        for path in sorted(changed & before.keys())
    ]
    traits = old.static_traits.model_dump() | {
        key: value for key, value in new.static_traits.model_dump().items() if value
    }
    return ClientFile(
        static_traits=Traits(**traits),
        **{name: getattr(new if name in after else old, name) for name in _FACT_FIELDS[1:]},
        theory=_merge_theory(old.theory, new.theory),
        origins=old.origins | dict.fromkeys(sorted(changed), session_index),
        history=(*old.history, *history),
    )


def _merge_theory(old: TheoryBlock | None, new: TheoryBlock | None) -> TheoryBlock | None:
    if old is None or new is None:
        return new or old
    unchanged = {k: v for k, v in old if not _filled(new.model_dump()[k])}
    return new.model_copy(update=unchanged)


def to_line(value: Any) -> str:
    """Write a fact as one line of text, whatever its shape."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {to_line(v)}" for key, v in value.items() if _filled(v))
    if isinstance(value, list | tuple):
        return " | ".join(to_line(v) for v in value if _filled(v))
    return str(value)


class RecentSession(NamedTuple):
    """What a prompt shows of one of the last sessions."""

    number: int
    abstract: str
    status: str
    """Of its goals."""
    open: str
    """What was left unresolved."""


class MemoryView(Record):
    """The part of memory that a prompt shows: at most `MEMORY_TOKENS` in all."""

    safety: tuple[str, ...] = ()
    """Notes on danger from the last sessions that have one; never left out for lack of room."""
    file_lines: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    """One line for each session before the last two, oldest first."""
    recent: tuple[RecentSession, ...] = ()
    """The last two sessions, older first."""
    homework: tuple[str, ...] = ()

    def is_empty(self) -> bool:
        """Return whether there is nothing to show, as before the first session."""
        return not (self.file_lines or self.recent)


def view_memory(memory: Memory, *, budget: int = MEMORY_TOKENS) -> MemoryView:
    """Choose what a prompt shows of memory.

    Safety comes first, however old it is, then homework, the last two summaries, the client file,
    and a line for each older session; when the budget is short, the oldest lines are dropped first.
    What is not shown stays stored.
    """
    safety, room = _fit(_safety_lines(memory), limit=60, room=budget - _HEADING_TOKENS)
    homework, room = _fit([f"{item}" for item in memory.homework], limit=80, room=room)
    recent = _recent(memory, share=room * 45 // 100)
    room -= sum(estimate_tokens(" ".join(row[1:])) + _ROW_TOKENS for row in recent)
    known = file_facts(memory.client_file)
    known = {path: known[path] for path in ("static_traits.name",) if path in known} | known
    facts = [f"{path.split('.')[-1]}: {to_line(v)}" for path, v in known.items()]
    older_rows = list(enumerate(memory.summaries[:-2], start=1))
    reserve = min(room // 3, 30 * len(older_rows))
    file_lines, rest = _fit(facts, limit=90, room=room - reserve)
    older, _ = _fit(
        [f"{n}: {s.session_summary_abstract}" for n, s in reversed(older_rows)],
        limit=28,
        room=rest + reserve,
    )
    return MemoryView(
        safety=tuple(safety),
        file_lines=tuple(file_lines),
        older=tuple(reversed(older)),
        recent=tuple(recent),
        homework=tuple(homework),
    )


def _safety_lines(memory: Memory) -> list[str]:
    notes = [f"{number}: {s.safety}" for number, s in enumerate(memory.summaries, start=1) if s.safety]
    return notes[-_SAFETY_NOTES:]


def _fit(lines: list[str], *, limit: int, room: int) -> tuple[list[str], int]:
    """Clip each line to `limit` tokens and take lines, in order, while they fit."""
    taken: list[str] = []
    for line in lines:
        clipped = clip_to_tokens(line, limit)
        cost = estimate_tokens(clipped) + 2
        if cost > room:
            break
        taken.append(clipped)
        room -= cost
    return taken, room


def _recent(memory: Memory, *, share: int) -> list[RecentSession]:
    rows = list(enumerate(memory.summaries, start=1))[-2:]
    each = share // max(len(rows), 1)
    return [
        RecentSession(
            number,
            clip_to_tokens(s.session_summary_abstract, each * 6 // 10),
            clip_to_tokens(s.goal_assessment.completion_status, each * 15 // 100),
            clip_to_tokens(s.client_state_analysis.unresolved_points_or_tensions, each * 2 // 10),
        )
        for number, s in rows
    ]


def memory_changes(before: ClientFile, after: ClientFile) -> Iterator[tuple[str, str, str]]:
    """List what a session changed in the client file: path, old line, new line."""
    old, new = file_facts(before), file_facts(after)
    for path in new:
        if old.get(path) != new[path]:
            yield path, to_line(old.get(path, "")), to_line(new[path])
