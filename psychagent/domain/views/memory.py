"""How much of memory a prompt shows: a budget of tokens, and what is left out first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from psychagent.domain.base import Record
from psychagent.domain.file_facts import NO_LABELS, file_facts, is_filled, to_row
from psychagent.domain.memory import ClientFile, Memory, SessionSummary, Standing
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.strategy.item import MemoryItem
from psychagent.domain.text.clip import clip_to_clause, clip_to_newest
from psychagent.domain.text.fence import fenced
from psychagent.domain.text.tokens import clip_to_tokens, estimate_tokens

MEMORY_TOKENS = 800
"""Token budget of memory in a prompt, as counted by `estimate_tokens`."""
FILE_TOKENS = 1600
"""Token budget of the client file where it is shown in full, to be brought up to date."""
_HEADING_TOKENS, _ROW_TOKENS, _STANDING_TOKENS, _OLDER_TOKENS = 80, 20, 12, 30
"""Tokens of the budget taken by the headings, by the fixed words of a recent session and of a task, and by
the line of an older session."""
_DANGER_TOKENS, _NOTE_TOKENS, _LEAST_NOTE = 360, 80, 30
"""Tokens of the note on a danger however full memory is, of another note, and the fewest of a text."""
_NOTE_FIELD_TOKENS, _LEAST_FIELD = 5, 18
_OTHER_NOTES = 2
_NOTE_FIELDS = ("agreed", "words", "next", "asked", "people", "holds")
"""The texts of a note on danger, those first that must not be left out: what is still to be asked comes
before what was."""
_SAID = "words"
_HOLDING = ("agreed", "people", "holds", "next")
"""Those that a plan for a danger consists of: none of them is left out."""
_DANGER_TIERS = (("agreed", "next"), ("words", "asked"), ("people", "holds"))
"""The texts of a note on a danger in the order in which they get what they need: a plan cut in half may say
the opposite, and words without the command in them, or a question without its answer, say nothing."""


class RecentSession(NamedTuple):
    """What a prompt shows of one of the last sessions."""

    number: int
    abstract: str
    objectives: str
    status: str
    """Of the objectives; empty where it does not fit whole."""
    open: str
    """What was left unresolved."""


class SafetyLine(NamedTuple):
    """A session's note on danger."""

    number: int
    note: SafetyNote


class SaidSession(NamedTuple):
    """An earlier session, word for word or from where it still fits."""

    number: int
    turns: tuple[MemoryItem, ...]


class MemoryView(Record):
    """The part of memory that a prompt shows: at most `MEMORY_TOKENS` in all."""

    met: int = 0
    """How many sessions a memory that is searched was filled in: what of it fits stands with each turn."""
    portrait: str = ""
    said: tuple[SaidSession, ...] = ()
    """The earlier dialogues, oldest first."""

    safety: tuple[SafetyLine, ...] = ()
    """The newest note that holds a danger or a plan, always, and the last two others; oldest first."""
    file_lines: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    """One line for each session before the last two, oldest first."""
    recent: tuple[RecentSession, ...] = ()
    """The last two sessions, older first."""
    homework: tuple[str, ...] = ()
    standings: tuple[Standing, ...] = ()
    """How far each task was agreed on."""

    @property
    def must_ask(self) -> bool:
        """Whether a danger was voiced, which is to be asked about again; after denials alone it is not."""
        return any(row.note.must_stay for row in self.safety)

    def is_empty(self) -> bool:
        """Return whether there is nothing to show, as before the first session."""
        kept = (self.file_lines, self.recent, self.said, self.met, self.portrait, self.safety)
        return not any(kept)


def view_memory(
    memory: Memory, *, budget: int = MEMORY_TOKENS, labels: Mapping[str, str] = NO_LABELS
) -> MemoryView:
    """Choose what a prompt shows of memory.

    Safety comes first, however old it is, then homework, the last two summaries, the client file,
    and a line for each older session; when the budget is short, the oldest lines are dropped first.
    What is not shown stays stored.

    Args:
        memory: All of it.
        budget: The most tokens of it with its headings.
        labels: Name of a field of the client file -> how it is printed.
    """
    room = budget - _HEADING_TOKENS
    safety, room = _safety(memory.summaries, room=room, spare=room - _need_of_others(memory, labels))
    homework, room = _fit(memory.homework, limit=80, room=room, each=_STANDING_TOKENS)
    recent = _recent(memory, share=room * 45 // 100)
    room -= sum(estimate_tokens(" ".join(row[1:])) + _ROW_TOKENS for row in recent)
    older_rows = list(enumerate(memory.summaries[:-2], start=1))
    reserve = min(room // 3, _OLDER_TOKENS * len(older_rows))
    file_lines, rest = _fit(_facts(memory.client_file, labels), limit=90, room=room - reserve)
    older, _ = _fit(
        [f"{n}: {s.session_summary_abstract}" for n, s in reversed(older_rows)],
        limit=28,
        room=rest + reserve,
    )
    tasks = memory.summaries[-1].tasks() if memory.summaries else ()
    standing = {item.task: item.standing for item in tasks}
    return MemoryView(
        safety=safety,
        file_lines=tuple(file_lines),
        older=tuple(reversed(older)),
        recent=tuple(recent),
        homework=tuple(homework),
        standings=tuple(standing.get(task, Standing.AGREED) for task in memory.homework[: len(homework)]),
    )


def _facts(client_file: ClientFile, labels: Mapping[str, str]) -> list[str]:
    """Write each fact as a line, the name first."""
    known = file_facts(client_file)
    known = {path: known[path] for path in ("static_traits.name",) if path in known} | known
    return [to_row(path.split(".")[-1], value, labels) for path, value in known.items()]


def _need_of_others(memory: Memory, labels: Mapping[str, str]) -> int:
    """Count the tokens that everything but safety would take if it were all shown."""
    texts = [text for one in memory.summaries[-2:] for text in _recent_texts(one)]
    rows = [*texts, *_facts(memory.client_file, labels)]
    older = _OLDER_TOKENS * len(memory.summaries[:-2])
    fixed = _ROW_TOKENS * len(memory.summaries[-2:]) + _STANDING_TOKENS * len(memory.homework)
    return sum(estimate_tokens(row) + 2 for row in (*rows, *memory.homework)) + older + fixed


def _safety(
    summaries: Sequence[SessionSummary], *, room: int, spare: int
) -> tuple[tuple[SafetyLine, ...], int]:
    """Take the newest note on danger in detail, then the last two others, while there is room.

    The first may take all that nothing else needs.
    """
    rows = [SafetyLine(number, s.safety) for number, s in enumerate(summaries, start=1)]
    rows = [row for row in rows if row.note.danger is not Danger.NONE or row.note.must_stay]
    danger = [row for row in rows if row.note.must_stay][-1:]
    others = [row for row in rows if row not in danger][-_OTHER_NOTES:]
    taken: list[SafetyLine] = []
    limits = [
        *((r, _DANGER_TOKENS, spare) for r in danger),
        *((r, _NOTE_TOKENS, 0) for r in reversed(others)),
    ]
    for row, most, unused in limits:
        limit = max(min(most, room // 2), unused)
        if limit < _LEAST_NOTE:
            break
        note, cost = _fit_note(row.note, limit)
        taken.append(SafetyLine(row.number, note))
        room -= cost
    return tuple(sorted(taken, key=lambda row: row.number)), room


def note_texts(note: SafetyNote) -> list[str]:
    """List the texts that a note on danger holds."""
    return [text for name in _NOTE_FIELDS if (text := getattr(note, name))]


def _fit_note(note: SafetyNote, limit: int) -> tuple[SafetyNote, int]:
    """Shorten a note to some tokens; what could only be shown as a scrap of a few words is left out.

    Of a danger on record nothing is left out that holds the client: the other texts give way.
    """
    names = [name for name in _NOTE_FIELDS if getattr(note, name)]
    tiers = _DANGER_TIERS if note.must_stay else (_NOTE_FIELDS,)
    while True:
        texts, cost = _share_out({name: getattr(note, name) for name in names}, limit, tiers=tiers)
        cut = [name for name in names if texts[name] != getattr(note, name)]
        # a saying that is kept is whole, however short
        scraps = [n for n in cut if n != _SAID and estimate_tokens(texts[n]) < _LEAST_FIELD]
        # of a danger on record what is cut gives way; of another, the last that is told, cut or not
        spare = [name for name in cut if name not in _HOLDING] if note.must_stay else names
        if len(names) < 2 or not scraps or not spare:
            return note.model_copy(update=dict.fromkeys(_NOTE_FIELDS, "") | texts), cost
        names.remove(spare[-1])


def _share_out(
    texts: Mapping[str, str], limit: int, *, tiers: Sequence[Sequence[str]]
) -> tuple[dict[str, str], int]:
    """Shorten texts to an even share of the tokens; what short ones leave goes to the long ones.

    Those of a tier share all but the least that each text of the tiers behind it needs.
    """
    room, shares = limit - 2 * _NOTE_FIELD_TOKENS, {}
    needs = {
        name: min(estimate_tokens(text), _LEAST_NOTE) + _NOTE_FIELD_TOKENS for name, text in texts.items()
    }
    for place, tier in enumerate(tiers):
        kept = sum(needs.get(name, 0) for later in tiers[place + 1 :] for name in later)
        by_size = sorted(
            (name for name in tier if name in texts), key=lambda name: estimate_tokens(texts[name])
        )
        for at, name in enumerate(by_size):
            share = (room - kept) // (len(by_size) - at) - _NOTE_FIELD_TOKENS
            clip = clip_to_newest if name == _SAID else clip_to_clause
            shares[name] = clip(texts[name], max(share, 1))
            room -= estimate_tokens(shares[name]) + _NOTE_FIELD_TOKENS
    return shares, limit - room


def _fit(lines: Sequence[str], *, limit: int, room: int, each: int = 2) -> tuple[list[str], int]:
    """Clip each line to `limit` tokens and take lines, in order, while they fit."""
    taken: list[str] = []
    for line in lines:
        clipped = clip_to_tokens(line, limit)
        cost = estimate_tokens(clipped) + each
        if cost > room:
            break
        taken.append(clipped)
        room -= cost
    return taken, room


def _recent(memory: Memory, *, share: int) -> list[RecentSession]:
    rows = list(enumerate(memory.summaries, start=1))[-2:]
    each = share // max(len(rows), 1)
    return [_recent_session(number, summary, each) for number, summary in rows]


def _recent_session(number: int, summary: SessionSummary, tokens: int) -> RecentSession:
    """Shorten a session's texts; the abstract gets what the others leave."""
    abstract, objectives, status, unresolved = _recent_texts(summary)
    objectives = clip_to_tokens(objectives, tokens * 12 // 100)
    # half of it says the opposite: "safety: asked about, and ..."
    status = status if estimate_tokens(status) <= tokens * 15 // 100 else ""
    unresolved = clip_to_clause(unresolved, tokens * 23 // 100)
    left = tokens - sum(map(estimate_tokens, (objectives, status, unresolved)))
    abstract = clip_to_tokens(abstract, max(left, tokens * 45 // 100))
    return RecentSession(number, abstract, objectives, status, unresolved)


def _recent_texts(summary: SessionSummary) -> tuple[str, str, str, str]:
    """Return abstract, objectives, status and what is open."""
    goals, state = summary.goal_assessment, summary.client_state_analysis
    open_points = state.unresolved_points_or_tensions
    return summary.session_summary_abstract, goals.objective_recap, goals.completion_status, open_points


def write_file(client_file: ClientFile, *, budget: int = FILE_TOKENS) -> str:
    """Write a client file's filled fields as JSON, each text fenced, for the task of bringing it up to date.

    If it is longer than the budget, whole entries are left out, the oldest of the longest list first.
    """
    data = _filled_part(client_file.model_dump(mode="json", exclude={"origins", "history"}))
    while (over := estimate_tokens(text := json.dumps(data, ensure_ascii=False)) - budget) > 0:
        longest = max(_lists(data), key=lambda entries: len(str(entries)), default=None)
        if longest is None:
            return clip_to_tokens(text, budget)
        # several at once where much is over: each round measures the whole file again
        freed = 0
        while longest and freed <= over // 4:
            freed += estimate_tokens(json.dumps(longest.pop(0), ensure_ascii=False))
    return text


def _filled_part(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled_part(v) for key, v in value.items() if is_filled(v)}
    if isinstance(value, list):
        return [_filled_part(v) for v in value if is_filled(v)]
    return fenced(value) if isinstance(value, str) else value


def _lists(value: Any) -> list[list[Any]]:
    """Find the lists in a value that have an entry to spare."""
    inner = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    found = [entries for part in inner for entries in _lists(part)]
    return [value, *found] if isinstance(value, list) and value else found
