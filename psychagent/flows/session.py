"""The session graph: retrieve, counselor, client, risk, until the client has answered the goodbye."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from psychagent.domain.base import Speaker
from psychagent.domain.risk.danger import is_newly_told, open_danger
from psychagent.domain.risk.finding import HIGH, About, Handling, RiskMode
from psychagent.domain.risk.level import level_at
from psychagent.domain.role import ClientKind
from psychagent.domain.turn import Turn, count_counselor_turns, said_goodbye
from psychagent.nodes.client import client
from psychagent.nodes.counselor import counselor
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.retrieval.retrieve import retrieve
from psychagent.nodes.safety.in_sight import keeping_in_sight
from psychagent.nodes.safety.mode import mode_of
from psychagent.nodes.safety.risk import risk
from psychagent.nodes.safety.safe_reply import safe_reply
from psychagent.nodes.state import Brief, SessionState
from psychagent.nodes.unanswerable import closing

Edge = Callable[[SessionState, Runtime[Brief]], Awaitable[str]]


def is_over(turns: Sequence[Turn], most: int) -> bool:
    """Return whether the counselor said goodbye or has used up its turns."""
    return said_goodbye(turns) or count_counselor_turns(turns) >= most


def goes_on(turns: Sequence[Turn], level: int, about: About = About.NONE, *, most: int, extra: int) -> bool:
    """Return whether danger keeps a session open that would be over, where the gate acts.

    It stays open while the level is high, where the client's last words tell of a danger for the first time,
    be it in answer to a goodbye, and, where the counselor was told of any danger in its last turn, until it
    has said the goodbye that danger kept it from; never for more than the extra turns.

    Args:
        turns: The session so far.
        level: Risk level of the client's last turn.
        about: Whose danger it is.
        most: Most counselor turns of a session.
        extra: Most counselor turns beyond them.
    """
    spoken = count_counselor_turns(turns)
    own = [turn for turn in turns[-2:] if turn.speaker is Speaker.COUNSELOR]
    was_kept = spoken > most or any(turn.risk_level for turn in own)
    is_unclosed = was_kept and not said_goodbye(turns)
    is_new = is_newly_told(turns, level=level, about=about)
    return spoken < most + extra and (level >= HIGH or is_unclosed or is_new)


def _level(state: SessionState, brief: Brief) -> int:
    return level_at(state.get("findings", []), state["turns"], before=brief.memory.risk_level)


def _takes_over(state: SessionState) -> bool:
    """Return whether the gate speaks next: only of the last turn, and only where it acts."""
    findings = state.get("findings", [])
    at = len(state["turns"]) - 1
    return any(f.turn == at and f.handling is Handling.TAKEOVER for f in findings)


def _is_kept_open(deps: Deps, state: SessionState, brief: Brief) -> bool:
    if mode_of(deps.baseline, brief.knobs) is not RiskMode.ACT:
        return False
    most, extra = brief.knobs.max_counselor_turns, deps.baseline.safety.extra_turns
    turns, level = state["turns"], _level(state, brief)
    about = open_danger(state.get("findings", []), turns, before=brief.memory.risk_about)
    return goes_on(turns, level, about, most=most, extra=extra)


def after_counselor(deps: Deps) -> Edge:
    """Make the edge that lets the client answer, a goodbye too; a person need not answer one to end."""

    # async, like every node and edge: LangGraph hands a plain function to a thread and waits for it
    async def decide(state: SessionState, runtime: Runtime[Brief]) -> str:
        if state.get("closed_by"):
            return END
        brief = runtime.context
        is_person = brief.knobs.client is ClientKind.HUMAN
        over = is_person and is_over(state["turns"], brief.knobs.max_counselor_turns)
        return END if over and not _is_kept_open(deps, state, brief) else "client"

    return decide


async def after_client(state: SessionState) -> str:
    """Hear danger in what the client said, unless the session ended instead."""
    return END if state.get("closed") or state.get("closed_by") else "risk"


async def after_retrieve(state: SessionState) -> str:
    """Let the counselor speak, unless the session ended instead."""
    return END if state.get("closed_by") else "counselor"


def after_risk(deps: Deps) -> Edge:
    """Make the edge that ends after the client's last word, unless danger keeps the session open."""

    async def decide(state: SessionState, runtime: Runtime[Brief]) -> str:
        brief = runtime.context
        if _takes_over(state):
            return "safe_reply"
        over = is_over(state["turns"], brief.knobs.max_counselor_turns)
        return END if over and not _is_kept_open(deps, state, brief) else "retrieve"

    return decide


def after_safe_reply(deps: Deps) -> Edge:
    """Make the edge that leaves the client the word, until the extra turns are used up too."""

    async def decide(state: SessionState, runtime: Runtime[Brief]) -> str:
        knobs = runtime.context.knobs
        most = knobs.max_counselor_turns + deps.baseline.safety.extra_turns
        return END if count_counselor_turns(state["turns"]) >= most else "client"

    return decide


def recursion_limit(max_counselor_turns: int) -> int:
    """Return the most supersteps that a session may take: four per counselor turn, plus a margin."""
    return 4 * max_counselor_turns + 10


def session_limit(deps: Deps, knobs: Knobs) -> int:
    """Return the most supersteps of a session, those included that danger may add."""
    return recursion_limit(knobs.max_counselor_turns + deps.baseline.safety.extra_turns)


def build_session(deps: Deps) -> CompiledStateGraph[SessionState, Brief, Any, Any]:
    """Build the graph of one session; its context is the session's Brief."""
    graph = StateGraph(SessionState, context_schema=Brief)
    graph.add_node("retrieve", keeping_in_sight(deps, closing(deps, retrieve(deps))))
    graph.add_node("counselor", keeping_in_sight(deps, closing(deps, counselor(deps))))
    graph.add_node("client", closing(deps, client(deps)))
    graph.add_node("risk", risk(deps))
    graph.add_node("safe_reply", safe_reply(deps))
    graph.add_edge(START, "retrieve")
    graph.add_conditional_edges("retrieve", after_retrieve, ["counselor", END])
    graph.add_conditional_edges("counselor", after_counselor(deps), ["client", END])
    graph.add_conditional_edges("client", after_client, ["risk", END])
    graph.add_conditional_edges("risk", after_risk(deps), ["retrieve", "safe_reply", END])
    graph.add_conditional_edges("safe_reply", after_safe_reply(deps), ["client", END])
    return graph.compile(name="session")
