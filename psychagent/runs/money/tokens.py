"""How many tokens a call of each role takes, by place in the course: a planning figure, not a bill; pure.

The numbers are fitted to what a loopback server counts with texts of usual length (docs/prompts.md has the
sizes of the prompts), in English; `LANGUAGE` scales them. A counselor's reply with thoughts is 250 tokens of
which 83 are said, a client's is 60.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Language
from psychagent.domain.strategy.kinds import MemoryKind, SkillUse, StrategyKind
from psychagent.nodes.memory.kinds import memory_of

PAIR, COUNSELOR_SAYS, CLIENT_SAYS = 144, 83, 60
"""Tokens that a turn of both adds to a dialogue, and what each of them says."""
COUNSELOR_REPLY, PLAIN_REPLY = 250, 90
"""A reply with thoughts, and one of words alone."""
LANGUAGE: Mapping[Language, float] = {Language.EN: 1.0, Language.ZH: 1.1}
"""What prompts of a language take, compared with the English ones."""
_HEAD: Mapping[str, int] = {StrategyKind.PLAIN: 140}
_FULL_HEAD, _SKILLS, _NOTES, _SEARCHED_HEAD, _PORTRAIT, _ITEM = 930, 220, 60, 30, 150, 70
_FIRST_MEMORY, _MORE_MEMORY, _LESS_WITHOUT_FILE = 420, 60, 60
_CLIENT_HEAD, _CLIENT_FIRST, _CLIENT_MORE, _CLIENT_MOST = 985, 400, 65, 1200
_REWRITE_WINDOW, _REWRITE_STEP = 4, 8


class Tokens(NamedTuple):
    """What one call takes."""

    prompt: float
    cached: float
    """The part that a prefix cache serves where it still holds the call before."""
    reply: float


def memory_tokens(baseline: BaselineSettings, session: int, turns: float) -> float:
    """Return what memory takes in the head of a session's prompts; nothing in the first."""
    if session == 1:
        return 0
    most, written = baseline.memory_tokens, _FIRST_MEMORY + _MORE_MEMORY * (session - 2)
    match baseline.memory:
        case MemoryKind.NONE:
            return 0
        case MemoryKind.RECAP:
            return min(most, written - _LESS_WITHOUT_FILE)
        case MemoryKind.HISTORY:
            return min(most, (session - 1) * turns * PAIR)
        case MemoryKind.RAG | MemoryKind.MEM0:
            return _SEARCHED_HEAD
        case MemoryKind.MEMORYBANK:
            return _SEARCHED_HEAD + min(most // 2, _PORTRAIT)
        case _:
            # the client file; of a kind of somebody's own no more is known than that it keeps to the budget
            return min(most, written)


def recalled_tokens(baseline: BaselineSettings, session: int) -> int:
    """Return what recalled items take at a turn's tail."""
    if session == 1 or not memory_of(baseline).recalls:
        return 0
    return min(baseline.memory_tokens, baseline.memory_top_k * _ITEM)


def counselor_call(baseline: BaselineSettings, session: int, turn: int, turns: float) -> Tokens:
    """Return what the counselor's turn takes, from 0."""
    head = _HEAD.get(baseline.strategy, _FULL_HEAD) + memory_tokens(baseline, session, turns)
    tail = recalled_tokens(baseline, session) if turn else 0
    if turn:
        tail += _SKILLS if baseline.skills.use is not SkillUse.OFF else 0
        tail += 0 if baseline.strategy is StrategyKind.PLAIN else _NOTES
    reply = PLAIN_REPLY if baseline.reply_format == "plain" else COUNSELOR_REPLY
    # what an earlier turn asked begins the same, but for its tail
    cached = head + PAIR * (turn - 1) if turn else 0
    return Tokens(head + PAIR * turn + tail, cached, reply)


def client_memory(session: int) -> int:
    """Return what the client's own memory takes."""
    return 0 if session == 1 else min(_CLIENT_FIRST + _CLIENT_MORE * (session - 2), _CLIENT_MOST)


def client_call(session: int, turn: int) -> Tokens:
    """Return what the client's turn takes, from 0."""
    head = _CLIENT_HEAD + client_memory(session)
    cached = head + PAIR * (turn - 1) + COUNSELOR_SAYS if turn else 0
    return Tokens(head + PAIR * turn + COUNSELOR_SAYS, cached, CLIENT_SAYS)


def recall_call(session: int, turns: float) -> Tokens:
    """Return what the client's recall takes, behind its last call of the session."""
    last = client_call(session, int(turns))
    return Tokens(last.prompt + 400, last.cached, 100)


def rewrite_call(turn: int) -> Tokens:
    """Return what the query of a turn takes."""
    return _on_last_turns(turn, head=295, reply=50)


def perceive_call(turn: int) -> Tokens:
    """Return what the call takes that says what the client's last words show."""
    return _on_last_turns(turn, head=150, reply=30)


def strategize_call(turn: int) -> Tokens:
    """Return what the call takes that chooses how to answer them; its head is new in every turn."""
    return _on_last_turns(turn, head=260, reply=40)._replace(cached=0)


def _on_last_turns(turn: int, *, head: int, reply: int) -> Tokens:
    """Return what a call takes that reads the last four to ten utterances."""
    said = 2 * turn
    start = max(said - _REWRITE_WINDOW, 0) // _REWRITE_STEP * _REWRITE_STEP
    before = max(said - 2 - _REWRITE_WINDOW, 0) // _REWRITE_STEP * _REWRITE_STEP
    shared = max(said - 2 - start, 0) * PAIR / 2 if before == start else 0
    return Tokens(head + (said - start) * PAIR / 2, head - 20 + shared if turn > 1 else 0, reply)


def filter_call(baseline: BaselineSettings, session: int, turns: float) -> Tokens:
    """Return what the coarse filter takes."""
    return Tokens(520 + 1.15 * memory_tokens(baseline, session, turns), 0, 50)


def summary_call(baseline: BaselineSettings, session: int, turns: float) -> Tokens:
    """Return what the summary takes, which reads the session."""
    talk, memory = turns * PAIR, memory_tokens(baseline, session, turns)
    if baseline.share_prefix:
        before = counselor_call(baseline, session, max(int(turns) - 1, 0), turns)
        return Tokens(before.prompt + 600, before.cached, 480)
    return Tokens(780 + memory + talk, 0, 480)


def remember_call(baseline: BaselineSettings, session: int, turns: float) -> Tokens:
    """Return what a call takes by which memory takes in a session."""
    grown = 0 if session == 1 else 640 + 40 * (session - 2)
    talk = turns * PAIR
    if baseline.share_prefix:
        before = counselor_call(baseline, session, max(int(turns) - 1, 0), turns)
        return Tokens(before.prompt + 500, before.cached, 250)
    # the summary, asked beside it, begins the same
    return Tokens(410 + grown + talk, 150 + talk, 250)


RISK = Tokens(650, 500, 25)
"""The safety gate's model where it is asked about each turn, which is the most."""
