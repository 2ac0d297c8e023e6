"""What a run will cost at most: calls and tokens by role, before anything is asked; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from psychagent.assets.cases import CaseFile
from psychagent.assets.settings.prices import FREE
from psychagent.assets.settings.roles import endpoint_of
from psychagent.domain.base import Record
from psychagent.domain.role import Role
from psychagent.domain.usage import RoleUsage
from psychagent.errors import RecordError
from psychagent.records.folder import CaseFolder
from psychagent.runs.money.asked import remember_calls, roles_asked
from psychagent.runs.money.priced import price_of
from psychagent.runs.outcome import Status
from psychagent.runs.plan import SamplePlan

PER_TURN = 147
"""Prompt tokens that a pair of turns adds to every later prompt which holds the dialogue."""


class Asked(NamedTuple):
    """How a role is asked in one session."""

    head: int
    """Prompt tokens beside the dialogue."""
    reply: int
    """Tokens of a reply, thoughts included."""
    each_turn: bool = False
    """Whether it is asked once a turn of the counselor; else once a session."""
    reads_dialogue: bool = True


EXPECTED: Mapping[Role, Asked] = {
    Role.COUNSELOR: Asked(1375, 250, each_turn=True),
    Role.REWRITE: Asked(740, 50, each_turn=True, reads_dialogue=False),
    Role.PERCEIVE: Asked(600, 30, each_turn=True, reads_dialogue=False),
    Role.STRATEGIZE: Asked(710, 40, each_turn=True, reads_dialogue=False),
    Role.CLIENT: Asked(989, 60, each_turn=True),
    Role.FILTER: Asked(512, 60, reads_dialogue=False),
    Role.SUMMARY: Asked(555, 400),
    Role.CLIENT_FILE: Asked(335, 300),
    Role.RECALL: Asked(1209, 150),
}
"""Heads and `PER_TURN` are fitted to `python -m tests.benchmarks tokens` at 20 and 40 turns; replies are
those of capable models in courses that were read, rounded up."""
MEMORY = 800
"""Prompt tokens of memory in every session but the first, for the counselor."""
RISK = Asked(650, 25, each_turn=True, reads_dialogue=False)
"""The safety gate's model where it is asked about each turn, which is the most."""
JUDGE_CALLS, JUDGE_PROMPT, JUDGE_REPLY = 12, 22_500, 2_200
"""A session judged on the scales of its modality (docs/evaluation.md)."""


class Line(Record):
    """What one role will be asked at most."""

    role: str
    model: str
    used: RoleUsage
    cost: float | None = None
    """At the prices that the settings give for the model; None where they give none."""
    currency: str = ""


class Forecast(Record):
    """What a run will do at most."""

    cases: int
    finished: int
    """Of these, already in the folder; nothing is asked for them."""
    sessions: int
    """Most sessions of a course."""
    turns: int
    """Most turns of the counselor in a session."""
    rollouts: int
    lines: tuple[Line, ...]

    @property
    def total(self) -> RoleUsage:
        """Sum over all roles."""
        return sum((line.used for line in self.lines), RoleUsage())


def forecast(plan: SamplePlan, cases: Sequence[CaseFile]) -> Forecast:
    """Say what a run asks at most: every course as long as its limits, no prompt served by a cache.

    Args:
        plan: The run.
        cases: Its cases.
    """
    finished = sum(is_finished(plan.folder.case(case.modality, case.case_id)) for case in cases)
    done = finished if plan.resume and not plan.overwrite else 0
    baseline, rollouts = plan.baseline, plan.rft.rollout_n if plan.rft else 1
    times = (len(cases) - done) * baseline.max_sessions
    return Forecast(
        cases=len(cases),
        finished=done,
        sessions=baseline.max_sessions,
        turns=baseline.max_counselor_turns,
        rollouts=rollouts,
        lines=tuple(_lines(plan, courses=len(cases) - done, times=times, rollouts=rollouts)),
    )


def _lines(plan: SamplePlan, *, courses: int, times: int, rollouts: int) -> Iterator[Line]:
    for role, asked in _roles(plan).items():
        # what is asked once a turn is asked in every rollout; the rest follows the one that was chosen
        often = times * rollouts if asked.each_turn else times
        if role is Role.CLIENT_FILE:
            often *= remember_calls(plan.baseline)
        used = _session(asked, plan.baseline.max_counselor_turns)
        if role is Role.COUNSELOR:
            later = (times - courses) * rollouts
            used = _scaled(used, often) + RoleUsage(prompt_tokens=later * used.calls * MEMORY)
        else:
            used = _scaled(used, often)
        yield _line(plan, role, endpoint_of(role, plan.baseline, plan.runtime.world).model, used)
    if plan.rft:
        judged = RoleUsage(calls=JUDGE_CALLS, prompt_tokens=JUDGE_PROMPT, completion_tokens=JUDGE_REPLY)
        judges = (plan.rft.judging.judge, *((plan.rft.holdout,) if plan.rft.holdout else ()))
        for judge in judges:
            yield _line(plan, Role.JUDGE, judge.model, _scaled(judged, times * rollouts))


def _roles(plan: SamplePlan) -> dict[Role, Asked]:
    asked = roles_asked(plan.settings)
    return {role: about for role, about in {**EXPECTED, Role.RISK: RISK}.items() if role in asked}


def _session(asked: Asked, turns: int) -> RoleUsage:
    """Sum up one session, whose dialogue grows by `PER_TURN` with each turn."""
    if not asked.each_turn:
        whole = turns * PER_TURN if asked.reads_dialogue else 0
        return RoleUsage(calls=1, prompt_tokens=asked.head + whole, completion_tokens=asked.reply)
    grown = PER_TURN * turns * (turns - 1) // 2 if asked.reads_dialogue else 0
    return RoleUsage(
        calls=turns, prompt_tokens=turns * asked.head + grown, completion_tokens=turns * asked.reply
    )


def _scaled(used: RoleUsage, times: int) -> RoleUsage:
    return RoleUsage(
        calls=used.calls * times,
        prompt_tokens=used.prompt_tokens * times,
        completion_tokens=used.completion_tokens * times,
    )


def _line(plan: SamplePlan, role: Role, model: str, used: RoleUsage) -> Line:
    price = price_of(role.value, plan.settings)
    if price is FREE:
        return Line(role=role.value, model=model, used=used)
    return Line(
        role=role.value,
        model=model,
        used=used,
        cost=price.cost(used) if price else None,
        currency=price.currency if price else "",
    )


def is_finished(place: CaseFolder) -> bool:
    """Return whether a case is finished in its folder, so that nothing is asked for it."""
    try:
        status = place.course().status
    except RecordError:
        return False
    return any(status == known.value and known.is_finished for known in Status)
