"""Between two sessions with a person: the course waits until the person begins the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from psychagent.domain.base import Speaker
from psychagent.domain.ending import end_reason
from psychagent.domain.memory import Memory
from psychagent.domain.risk.between import tell_between
from psychagent.domain.risk.finding import NO_RISK
from psychagent.domain.role import ClientKind
from psychagent.nodes.client import last_card
from psychagent.nodes.deps import CourseNode, Deps, Sources
from psychagent.nodes.kept import knobs_to_meet
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.opening import next_plan, read_brief
from psychagent.nodes.state import Brief, CourseState

NEXT: Mapping[str, bool] = {"next": True}
"""What a person answers to begin the next session; an empty text does, too."""
_UNHEARD = 'the session is over, so nobody reads what is sent; send {"next": true} to begin the next one'
_IN_DANGER = 'do not wait here: call now. {named}. Nobody reads this until {{"next": true}} begins a session'


def pause(deps: Deps) -> CourseNode:
    """Make the node that shows a person how the session ended, and waits for it to begin the next one.

    Without it the next opening follows the goodbye in one breath, and who waits without the stream never
    sees the goodbye. A course that is over, and one with a simulated client, goes on.
    """

    async def wait(state: CourseState, runtime: Runtime[Knobs]) -> CourseState:
        knobs = knobs_to_meet(state, runtime.context, deps.knobs)
        if knobs.client is ClientKind.HUMAN and _goes_on(deps, state, knobs):
            brief = await read_brief(deps, state, knobs)
            said = _ask_person(deps, brief, _shown(deps, state, brief))
            return {"memory": carried(deps, state, said)} if said else {}
        return {}

    return wait


def _goes_on(sources: Sources, state: CourseState, knobs: Knobs) -> bool:
    """Decide as the next opening will: whether another session follows."""
    session, most = state["open"], knobs.max_sessions
    plan, _ = next_plan(sources, state["case"], session, state["memory"], max_sessions=most)
    return end_reason(plan.stage, session.index, most) is None


def _shown(sources: Sources, state: CourseState, brief: Brief) -> dict[str, object]:
    """Say what the person is shown: the counselor's last words, what was set, and the card of a danger."""
    session = state["finished_session"]
    assert session is not None, "reflect runs before pause"
    own = [turn.text for turn in session.turns if turn.speaker is Speaker.COUNSELOR]
    card = last_card(sources, brief, session.risk, closed=True)
    return {
        "closed": True,
        "counselor": own[-1] if own else "",
        "session_index": session.session_index,
        "homework": list(session.summary.homework),
        **({"card": card.model_dump(mode="json")} if card else {}),
    }


def carried(sources: Sources, state: CourseState, said: Sequence[str]) -> Memory:
    """Return memory with what a person wrote between two sessions, as far as it tells of danger."""
    memory, rules = state["memory"], sources.safety(state["case"].language).rules
    for words in said:
        heard = rules.hear(words)
        memory = tell_between(memory, words, level=max(heard.hard, heard.soft), about=heard.about)
    return memory


def _ask_person(sources: Sources, brief: Brief, shown: Mapping[str, object]) -> list[str]:
    """Interrupt until the person begins the next session; return what tells of danger meanwhile."""
    more, told = dict[str, object](), list[str]()
    while (said := interrupt({**shown, **more})) not in ("", NEXT):
        texts = sources.safety(brief.case.language)
        # the one is for the program that answers, the other for whoever sits in front of it
        more = {"problem": _UNHEARD, "say": texts.texts.talk.closed}
        # as an answer in a session may be given, too
        words = said.get("text") if isinstance(said, Mapping) else said
        words = words if isinstance(words, str) else ""
        heard = texts.rules.hear(words)
        if max(heard.hard, heard.soft) > NO_RISK:
            told.append(words)
            more["problem"] = _IN_DANGER.format(named=texts.named(brief.region, heard.about))
            more["card"] = texts.card(brief.region, heard.about, closed=True).model_dump(mode="json")
    return told
