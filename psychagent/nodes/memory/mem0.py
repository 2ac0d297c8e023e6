"""Memory as facts that a model extracts after a session, and adds, changes or deletes, as in Mem0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from psychagent.domain.call import WHOLE_SESSION, CallId
from psychagent.domain.role import Role
from psychagent.domain.strategy.facts import NEAREST, Decision, Event, apply_decisions, live
from psychagent.domain.strategy.item import MemoryItem, MemoryStock
from psychagent.domain.turn import Turn
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.llm.chat import Answer
from psychagent.nodes.deps import Deps
from psychagent.nodes.memory.prompt import memory_prompt
from psychagent.nodes.memory.search import nearest_items, recall_items
from psychagent.nodes.state import Brief, FileUpdated

_FACTS, _MOST_FACTS = 20, 60
"""Facts that are asked for, and those that are too many: a model without end."""
_Fact = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(max_length=1200, json_schema_extra={"maxLength": 300}),
]


class FactsReply(BaseModel):
    """What a session revealed, a sentence each."""

    facts: tuple[_Fact, ...] = Field(
        default=(), max_length=_MOST_FACTS, json_schema_extra={"maxItems": _FACTS}
    )


def _event(value: object) -> object:
    word = value.strip().upper() if isinstance(value, str) else value
    # models write it for a fact that changes nothing
    return Event.NOOP if word == "NONE" else word


class Decided(BaseModel):
    """What a model decides about a fact, by the numbers that the prompt gives."""

    fact: int
    event: Annotated[Event, BeforeValidator(_event)]
    item: int = 0
    """0 where the fact is about no old item."""
    text: _Fact = ""


class DecisionsReply(BaseModel):
    """A decision for each fact."""

    decisions: tuple[Decided, ...] = Field(
        default=(), max_length=_MOST_FACTS, json_schema_extra={"maxItems": _FACTS}
    )


class Numbered(NamedTuple):
    """A fact or an item as a prompt lists it; numbers are copied more surely than ids."""

    number: int
    text: str
    session: int


async def take_in_facts(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> FileUpdated:
    """Extract what the session revealed, and bring the facts up to date."""
    chat = deps.chat(Role.CLIENT_FILE, brief.knobs)
    found = await chat.ask(memory_prompt(deps, brief, "facts", {"most": _FACTS}, turns=turns), FactsReply)
    facts = list(dict.fromkeys(fact for fact in found.value.facts if fact))
    decided = await _decide(deps, brief, facts)
    items = apply_decisions(brief.memory.stock.items, decided.value, session=brief.session_index)
    return FileUpdated(
        client_file=brief.memory.client_file,
        stock=MemoryStock(items=items),
        usage=found.usage + decided.usage,
    )


async def _decide(deps: Deps, brief: Brief, facts: Sequence[str]) -> Answer[list[Decision]]:
    """Ask what becomes of the facts; nobody is asked where none can be known yet, or all are to be kept."""
    added = [Decision(text=fact) for fact in facts]
    if deps.baseline.mem0 == "add_only" or not facts:
        return Answer(added, Usage())
    old = await _near_facts(deps, brief, facts)
    if not old:
        return Answer(added, Usage())
    values = {
        "session_index": brief.session_index,
        "facts": [Numbered(n, fact, brief.session_index) for n, fact in enumerate(facts, start=1)],
        "known": [Numbered(n, item.text, item.session) for n, item in enumerate(old, start=1)],
    }
    prompt = memory_prompt(deps, brief, "decisions", values)
    answer = await deps.chat(Role.CLIENT_FILE, brief.knobs).ask(prompt, DecisionsReply)
    decisions, dropped = read_decisions(answer.value.decisions, facts, old)
    unknown = Usage(roles={Role.CLIENT_FILE.value: RoleUsage(dropped=dropped)}) if dropped else Usage()
    return Answer(decisions, answer.usage + unknown)


async def _near_facts(deps: Deps, brief: Brief, facts: Sequence[str]) -> list[MemoryItem]:
    """Find the old items that are near to any of the facts, in the order of the course."""
    items, near = live(brief.memory.stock.items), set[str]()
    place = brief.place._replace(rollout=WHOLE_SESSION, attempt=0)
    for number, fact in enumerate(facts):
        call = CallId(place, "memory", f"fact {number}")
        found = await nearest_items(deps, brief, call, query=fact, items=items, most=NEAREST)
        near |= {item.id for item in found}
    return [item for item in items if item.id in near]


def read_decisions(
    decided: Sequence[Decided], facts: Sequence[str], old: Sequence[MemoryItem]
) -> tuple[list[Decision], int]:
    """Put decisions in the order of the facts; return too how many name a fact or an item that is not there.

    Of several about one fact the first counts. A fact without a decision is added: nothing is lost because
    a model forgot it.

    Args:
        decided: By the numbers of the prompt, from 1.
        facts: The facts, as the prompt numbered them.
        old: The items, as the prompt numbered them.
    """
    by_fact: dict[int, Decided] = {}
    for one in decided:
        by_fact.setdefault(one.fact, one)
    dropped = sum(not 1 <= number <= len(facts) for number in by_fact)
    decisions = []
    for number, fact in enumerate(facts, start=1):
        one = by_fact.get(number, Decided(fact=number, event=Event.ADD))
        names_one = one.event in (Event.UPDATE, Event.DELETE)
        known = names_one and 1 <= one.item <= len(old)
        dropped += names_one and not known
        decisions.append(
            Decision(
                text=one.text if one.event is Event.UPDATE and one.text else fact,
                event=one.event,
                item=old[one.item - 1].id if known else "",
            )
        )
    return decisions, dropped


async def recall_facts(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[tuple[str, ...]]:
    """Find the facts nearest to the client's last words, of those that still hold."""
    return await recall_items(deps, brief, turns, lambda items, session: live(items))
