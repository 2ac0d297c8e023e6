"""What the client simulator is told of itself before a session: how much it can say, and by when."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psychagent.domain.base import Record
from psychagent.domain.memory import Memory
from psychagent.domain.profile import Case, Disclosure, Secret, StaticTraits
from psychagent.domain.tokens import clip_to_tokens, estimate_tokens

_TRAITS = ("name", "age", "gender", "occupation", "marital_status", "family_status", "language_features")
_TRAIT_TOKENS, _SPEECH_TOKENS, _LINE_TOKENS, _PATTERN_TOKENS = 14, 24, 60, 45
_AT_ONCE_TOKENS = 150
"""What the lines of a first meeting may take; those beyond it come in the second session."""
_LONGEST_LINE = 60
_EARLIER_TOKENS = 260
HOMEWORK_STATES = ("done", "partly done", "not done")


class ClientView(Record):
    """The client as its prompt shows it in one session."""

    name: str
    traits: str
    problem: str
    demands: str
    background: str
    patterns: str
    style: str
    resistance: int
    at_once: tuple[str, ...]
    trusted: tuple[str, ...]
    secrets: tuple[Secret, ...]
    risk: str
    remembered: tuple[str, ...]
    earlier: tuple[str, ...]
    """Lines that were open in earlier sessions, so that the client does not contradict what it told."""
    homework: tuple[str, ...]
    homework_status: str


def view_client(case: Case, memory: Memory, *, session_index: int, seed: int) -> ClientView:
    """Choose what the client knows of itself in this session.

    Disclosure opens step by step: what it says at once in the first two sessions, what needs trust
    a few lines a session (fewer the more it resists), what it hides from the second session on,
    one thing at a time. A line that is not shown cannot be recited, and none is open in two
    sessions. Profiles without a disclosure block show their growth experiences instead.
    """
    info, told = case.profile.basic_info, case.profile.disclosure or Disclosure()
    at_once, trusted = open_lines(told, session_index)
    block = case.profile.theory.block(case.modality)
    background = "" if told.at_once else " ".join(info.growth_experiences)
    return ClientView(
        name=info.static_traits.name,
        traits="; ".join(_traits(info.static_traits)),
        problem=clip_to_tokens(info.main_problem, _LINE_TOKENS),
        demands=clip_to_tokens(info.core_demands, _LINE_TOKENS // 2),
        background=clip_to_tokens(background, 2 * _LINE_TOKENS),
        patterns=_patterns(_values(block.model_dump())) if block else "",
        style=told.style,
        resistance=told.resistance,
        at_once=at_once,
        trusted=trusted,
        secrets=hidden_now(told, session_index),
        risk=told.risk.statement if told.risk else "",
        remembered=tuple(clip_to_tokens(s.session_summary_abstract, 60) for s in memory.summaries[-1:]),
        earlier=_earlier(told, session_index),
        homework=memory.homework,
        homework_status=homework_status(told.homework_likelihood, seed),
    )


def _earlier(told: Disclosure, session_index: int) -> tuple[str, ...]:
    opened = [lines for k in range(1, session_index) for lines in open_lines(told, k)]
    told_before = [line for lines in opened for line in lines]
    kept: list[str] = []
    for line in reversed(told_before):
        if estimate_tokens(" ".join([*kept, line])) > _EARLIER_TOKENS:
            break
        kept.insert(0, line)
    return tuple(kept)


def _traits(traits: StaticTraits) -> Iterator[str]:
    for name in _TRAITS:
        text = getattr(traits, name)
        if text:
            yield clip_to_tokens(text, _SPEECH_TOKENS if name == "language_features" else _TRAIT_TOKENS)


def _patterns(values: Iterator[str]) -> str:
    """Join whole statements while they fit; the first is clipped if it does not."""
    joined = clip_to_tokens(next(values, ""), _PATTERN_TOKENS)
    for value in values:
        if estimate_tokens(longer := f"{joined} / {value}") > _PATTERN_TOKENS:
            break
        joined = longer
    return joined


def _values(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        node = node.values()
    if isinstance(node, str):
        yield from (part for part in [node.strip()] if part)
        return
    for item in node:
        yield from _values(item)


def open_lines(told: Disclosure, session_index: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Choose the lines that are open in a session: those said at once, and those that need trust."""
    at_once = tuple(clip_to_tokens(line, _LONGEST_LINE) for line in told.at_once)
    trusted = tuple(clip_to_tokens(line, _LONGEST_LINE) for line in told.after_trust)
    cut, early = _first_meeting(at_once, told.resistance), int(told.resistance <= 2)
    if session_index == 1:
        return at_once[:cut], trusted[:early]
    step = 3 if told.resistance <= 2 else 2
    first = early + (session_index - 2) * step
    return at_once[cut:] if session_index == 2 else (), trusted[first : first + step]


def _first_meeting(lines: Sequence[str], resistance: int) -> int:
    """Count the lines of a first meeting: fewer the more the client resists, and what has room."""
    most, left, count = max(4, 7 - resistance), _AT_ONCE_TOKENS, 0
    for line in lines[:most]:
        left -= estimate_tokens(line) + 1
        if left < 0 and count:
            break
        count += 1
    return count


def hidden_now(told: Disclosure, session_index: int) -> tuple[Secret, ...]:
    """Choose what the client hides in a session: nothing yet in the first, the next thing from the fourth."""
    if session_index == 1:
        return ()
    return told.hidden[:1] if session_index < 4 or len(told.hidden) == 1 else told.hidden[1:2]


def homework_status(likelihood: float, seed: int) -> str:
    """Draw how much of the homework was done: done, partly done or not done."""
    draw = random.Random(seed).random()
    if draw < likelihood * 0.7:
        return HOMEWORK_STATES[0]
    return HOMEWORK_STATES[1] if draw < likelihood else HOMEWORK_STATES[2]
