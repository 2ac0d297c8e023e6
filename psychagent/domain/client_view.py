"""What the client simulator is told about itself before a session: what it can say, and from when."""

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
"""Token budget for the lines of a first meeting; lines beyond it move to the second session."""
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
    """Lines that were open in earlier sessions, so that the client does not contradict itself."""
    homework: tuple[str, ...]
    homework_status: str


def view_client(case: Case, memory: Memory, *, session_index: int, seed: int) -> ClientView:
    """Choose what the client knows about itself in this session.

    Disclosure opens step by step: what the client says at once comes in the first two sessions, what
    needs trust a few lines per session (fewer the more it resists), and what it hides from the second
    session on, one secret at a time. A line that is not shown cannot be recited, and no line is open
    in two sessions. Profiles without a disclosure block show their growth experiences instead.
    """
    info, disclosure = case.profile.basic_info, case.profile.disclosure or Disclosure()
    at_once, trusted = open_lines(disclosure, session_index)
    block = case.profile.theory.block(case.modality)
    background = "" if disclosure.at_once else " ".join(info.growth_experiences)
    return ClientView(
        name=info.static_traits.name,
        traits="; ".join(_traits(info.static_traits)),
        problem=clip_to_tokens(info.main_problem, _LINE_TOKENS),
        demands=clip_to_tokens(info.core_demands, _LINE_TOKENS // 2),
        background=clip_to_tokens(background, 2 * _LINE_TOKENS),
        patterns=_patterns(_values(block.model_dump())) if block else "",
        style=disclosure.style,
        resistance=disclosure.resistance,
        at_once=at_once,
        trusted=trusted,
        secrets=hidden_now(disclosure, session_index),
        risk=disclosure.risk.statement if disclosure.risk else "",
        remembered=tuple(clip_to_tokens(s.session_summary_abstract, 60) for s in memory.summaries[-1:]),
        earlier=_earlier(disclosure, session_index),
        homework=memory.homework,
        homework_status=homework_status(disclosure.homework_likelihood, seed),
    )


def _earlier(disclosure: Disclosure, session_index: int) -> tuple[str, ...]:
    groups = [group for k in range(1, session_index) for group in open_lines(disclosure, k)]
    lines = [line for group in groups for line in group]
    recent: list[str] = []
    for line in reversed(lines):
        if estimate_tokens(" ".join([*recent, line])) > _EARLIER_TOKENS:
            break
        recent.insert(0, line)
    return tuple(recent)


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


def open_lines(disclosure: Disclosure, session_index: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Choose the lines that are open in a session: those said at once, and those that need trust."""
    at_once = tuple(clip_to_tokens(line, _LONGEST_LINE) for line in disclosure.at_once)
    trusted = tuple(clip_to_tokens(line, _LONGEST_LINE) for line in disclosure.after_trust)
    cut, early = _first_meeting(at_once, disclosure.resistance), int(disclosure.resistance <= 2)
    if session_index == 1:
        return at_once[:cut], trusted[:early]
    step = 3 if disclosure.resistance <= 2 else 2
    first = early + (session_index - 2) * step
    return at_once[cut:] if session_index == 2 else (), trusted[first : first + step]


def _first_meeting(lines: Sequence[str], resistance: int) -> int:
    """Count the lines of a first meeting: fewer the more the client resists, and within the token budget."""
    most, budget, count = max(4, 7 - resistance), _AT_ONCE_TOKENS, 0
    for line in lines[:most]:
        budget -= estimate_tokens(line) + 1
        if budget < 0 and count:
            break
        count += 1
    return count


def hidden_now(disclosure: Disclosure, session_index: int) -> tuple[Secret, ...]:
    """Choose the secret in play in a session: none in the first, the second secret from the fourth on."""
    if session_index == 1:
        return ()
    secrets = disclosure.hidden
    return secrets[:1] if session_index < 4 or len(secrets) == 1 else secrets[1:2]


def homework_status(likelihood: float, seed: int) -> str:
    """Draw how much of the homework was done: done, partly done or not done."""
    draw = random.Random(seed).random()
    if draw < likelihood * 0.7:
        return HOMEWORK_STATES[0]
    return HOMEWORK_STATES[1] if draw < likelihood else HOMEWORK_STATES[2]
