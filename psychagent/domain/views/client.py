"""What the client simulator is told about itself before a session: what it can say, and from when."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psychagent.domain.base import Record
from psychagent.domain.client_memory import Recall, recent_lines, told_lines, view_recalls
from psychagent.domain.memory import Memory
from psychagent.domain.profile import (
    ABOUT_DYING,
    NO_DANGER,
    Case,
    Disclosure,
    Risk,
    Secret,
    StaticTraits,
    TheoryBlock,
)
from psychagent.domain.safety import Danger
from psychagent.domain.text.tokens import estimate_tokens

_MATERIAL_TOKENS, _FEWEST_LINES = 480, 3
"""Token budget of all that a first session's prompt says of the person. When it is exceeded, only lines
that the client can tell at once wait for the second session, and never all of them; no fact is left out."""
_CLAUSE_MARK, _TELLING = re.compile(r"[,.;!?，。；！？…]+"), 4
"""What parts the clauses of an answer, and the fewest tokens of one that is known again by itself."""
HOMEWORK_STATES = ("done", "partly done", "not done")


class ClientView(Record):
    """The client as its prompt shows it in one session."""

    name: str
    traits: StaticTraits
    problem: str
    demands: str
    growth: tuple[str, ...]
    modality: str
    theory: TheoryBlock | None
    """The case's own block: what of it the client can tell, and what it does not see, the prompt says."""
    style: str
    resistance: int
    at_once: tuple[str, ...]
    trusted: tuple[str, ...]
    secrets: tuple[Secret, ...]
    risk_kind: str
    """What the danger is about; empty for a client without any."""
    risk: str
    first_answer: str
    if_calm: str
    risk_facts: str
    denies_risk: bool
    """Whether a question about dying or harm is truly answered no."""
    told: tuple[str, ...]
    """Lines that it told in earlier sessions, so that it neither repeats nor contradicts them."""
    remembered: tuple[Recall, ...]
    week: str
    """What happened since the last session."""
    homework: tuple[str, ...]
    homework_status: str
    excuse: str
    """Why homework was left undone; empty where it was done."""

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines that it could tell in this session, in the order in which they are numbered."""
        risk = [self.risk] if self.risk and self.risk not in self.told else []
        return (*self.at_once, *self.trusted, *(s.secret for s in self.secrets), *risk)


def view_client(
    case: Case, memory: Memory, recalls: Sequence[Recall] = (), *, session_index: int, seed: int
) -> ClientView:
    """Choose what the client knows about itself in this session.

    Facts are always known. Disclosure opens step by step: what needs trust a few lines more each
    session (fewer the more the client resists), what it hides from the second session on. A line that
    was told, by the client's own memory, is listed as told; one that was not stays open. Of the
    counselor's memory the client shares the homework, and that it was asked about danger; the seed
    decides how much of the homework was done.
    """
    info, block = case.profile.basic_info, case.profile.theory.block(case.modality)
    disclosure, told = case.profile.disclosure or Disclosure(), told_lines(recalls)
    asked = [summary.safety.danger for summary in memory.summaries]
    risk, first_answer, if_calm, risk_facts = _of_risk(disclosure.risk, told, asked, recalls)
    trusted = trusted_now(disclosure, told, session_index)
    known = (info.model_dump(), block.model_dump() if block else (), trusted)
    room = _MATERIAL_TOKENS - _size((known, risk, first_answer, if_calm, risk_facts))
    status = homework_status(disclosure.homework_likelihood, seed)
    return ClientView(
        name=info.static_traits.name,
        traits=info.static_traits,
        problem=info.main_problem,
        demands=info.core_demands,
        growth=info.growth_experiences,
        modality=case.modality.value,
        theory=block,
        style=disclosure.style,
        resistance=disclosure.resistance,
        at_once=at_once_now(disclosure, told, room=room if session_index == 1 else None),
        trusted=trusted,
        secrets=hidden_now(disclosure, told, session_index),
        risk_kind=disclosure.risk.kind if disclosure.risk else "",
        risk=risk,
        first_answer=first_answer,
        if_calm=if_calm,
        risk_facts=risk_facts,
        denies_risk=case.profile.disclosure is not None and disclosure.risk is None,
        told=recent_lines(told),
        remembered=view_recalls(recalls),
        week=week_before(disclosure, session_index),
        homework=memory.taken_up(),
        homework_status=status,
        excuse="" if status == HOMEWORK_STATES[0] else disclosure.homework_excuse,
    )


def _of_risk(
    risk: Risk | None, told: Sequence[str], asked: Sequence[Danger], recalls: Sequence[Recall]
) -> tuple[str, str, str, str]:
    """Return statement, first answer, what is added and the facts; once it was told, only the facts."""
    if risk is None:
        return "", "", "", ""
    if risk.kind in NO_DANGER:
        # such words are said freely, and whoever asks about them still gets the true no
        return risk.statement, risk.first_answer, risk.if_calm, risk.facts
    if risk.statement in told:
        # it stands among what was told, and is no longer kept quiet about
        return "", "", "", risk.facts or risk.statement
    # who is asked about dying in a first meeting was not asked about the drink
    first = [danger for danger in asked if danger is Danger.VOICED or risk.kind in ABOUT_DYING]
    if any(danger is not Danger.NONE for danger in first) or _was_said(risk.first_answer, recalls):
        return risk.statement, "", risk.if_calm, risk.facts
    return risk.statement, risk.first_answer, risk.if_calm, risk.facts


def _was_said(answer: str, recalls: Sequence[Recall]) -> bool:
    """Return whether a client remembers having given an answer, by any of its clauses."""
    entries = [_plain(text) for one in recalls for text in (*one.said, *one.details, one.left)]
    clauses = [_plain(clause) for clause in _CLAUSE_MARK.split(answer)]
    # "oh", "well" and "应酬嘛" are said of anything
    return any(
        clause in entry for clause in clauses if estimate_tokens(clause) >= _TELLING for entry in entries
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())


def _size(node: Any) -> int:
    return sum(estimate_tokens(text) + 1 for text in _texts(node))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield from [node] if node else []
        return
    for item in node.values() if isinstance(node, Mapping) else node:
        yield from _texts(item)


def at_once_now(disclosure: Disclosure, told: Sequence[str], *, room: int | None) -> tuple[str, ...]:
    """Choose the lines that the client can tell when asked: the first that it has not told.

    Args:
        disclosure: How it opens up.
        told: Lines told in earlier sessions.
        room: Token budget; the first few are shown in any case, and None is no limit.
    """
    untold = [line for line in disclosure.at_once if line not in told][: max(4, 7 - disclosure.resistance)]
    if room is None:
        return tuple(untold)
    costs = itertools.accumulate(estimate_tokens(line) + 1 for line in untold)
    fitting = sum(cost <= room for cost in costs)
    return tuple(untold[: max(fitting, _FEWEST_LINES)])


def trusted_now(disclosure: Disclosure, told: Sequence[str], session_index: int) -> tuple[str, ...]:
    """Choose the lines that need trust: one in a first session, then a few more each session.

    Lines that were not told yet stay open; when many have gathered, the first of them are shown.
    """
    step = 3 if disclosure.resistance <= 2 else 2
    opened = disclosure.after_trust[: 1 + (session_index - 1) * step]
    return tuple(line for line in opened if line not in told)[: step + 1]


def hidden_now(disclosure: Disclosure, told: Sequence[str], session_index: int) -> tuple[Secret, ...]:
    """Choose the secrets in play: none in a first session, one from the second, two from the fourth on."""
    known = 0 if session_index == 1 else 1 if session_index < 4 else 2
    return tuple(secret for secret in disclosure.hidden[:known] if secret.secret not in told)


def week_before(disclosure: Disclosure, session_index: int) -> str:
    """Return what happened before a session; empty before the first, and after the last event was told."""
    at = session_index - 2
    return disclosure.weeks[at] if 0 <= at < len(disclosure.weeks) else ""


def homework_status(likelihood: float, seed: int) -> str:
    """Draw how much of the homework was done: done, partly done or not done."""
    draw = random.Random(seed).random()
    if draw < likelihood * 0.7:
        return HOMEWORK_STATES[0]
    return HOMEWORK_STATES[1] if draw < likelihood else HOMEWORK_STATES[2]
