"""What the client simulator is told of itself before a session: how much it can say, and by when."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from psychagent.domain.base import Record
from psychagent.domain.memory import Memory
from psychagent.domain.profile import Case, Disclosure, Secret
from psychagent.domain.tokens import clip_to_tokens

_TRAITS = ("name", "age", "gender", "occupation", "marital_status", "family_status", "language_features")
_TRAIT_TOKENS, _LINE_TOKENS = 24, 70
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
    homework: tuple[str, ...]
    homework_status: str


def view_client(case: Case, memory: Memory, *, session_index: int, seed: int) -> ClientView:
    """Choose what the client knows of itself in this session.

    Disclosure opens step by step: what it says at once in the first sessions, what needs trust a
    few lines a session (fewer the more it resists), what it hides from the second session on. A
    line that is not shown cannot be recited. Profiles without a disclosure block show their growth
    experiences instead.
    """
    info, told = case.profile.basic_info, case.profile.disclosure or Disclosure()
    at_once, trusted = open_lines(told, session_index)
    traits = [getattr(info.static_traits, name) for name in _TRAITS]
    block = case.profile.theory.block(case.modality)
    background = "" if told.at_once else " ".join(info.growth_experiences)
    return ClientView(
        name=info.static_traits.name,
        traits="; ".join(clip_to_tokens(t, _TRAIT_TOKENS) for t in traits if t),
        problem=clip_to_tokens(info.main_problem, _LINE_TOKENS),
        demands=clip_to_tokens(info.core_demands, _LINE_TOKENS // 2),
        background=clip_to_tokens(background, 2 * _LINE_TOKENS),
        patterns=clip_to_tokens(" / ".join(_values(block.model_dump())) if block else "", _LINE_TOKENS),
        style=told.style,
        resistance=told.resistance,
        at_once=at_once,
        trusted=trusted,
        secrets=told.hidden[:1] if session_index > 1 else (),
        risk=told.risk.statement if told.risk else "",
        remembered=tuple(clip_to_tokens(s.session_summary_abstract, 60) for s in memory.summaries[-1:]),
        homework=memory.homework,
        homework_status=homework_status(told.homework_likelihood, seed),
    )


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
    if session_index == 1:
        return told.at_once, told.after_trust[:1] if told.resistance <= 2 else ()
    step = 3 if told.resistance <= 2 else 2
    first = max(0, (session_index - 2) * step)
    late = told.at_once[-1:] if session_index == 2 else ()
    return late, told.after_trust[first : first + step]


def homework_status(likelihood: float, seed: int) -> str:
    """Draw how much of the homework was done: done, partly done or not done."""
    draw = random.Random(seed).random()
    if draw < likelihood * 0.7:
        return HOMEWORK_STATES[0]
    return HOMEWORK_STATES[1] if draw < likelihood else HOMEWORK_STATES[2]
