"""The safety gate: after each turn of the client, how much danger it voices and what is done about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from langgraph.runtime import ExecutionInfo, Runtime

from psychagent.domain.risk.audit import AuditKey
from psychagent.domain.risk.danger import STAYS_OPEN, last_about
from psychagent.domain.risk.finding import (
    HIGH,
    About,
    Handling,
    RiskFinding,
    RiskMode,
)
from psychagent.domain.risk.level import (
    FAILURES_TOLD,
    Level,
    about_of,
    failures_in_a_row,
    handling_of,
    is_certain,
    is_worth_noting,
    level_at,
    level_of,
)
from psychagent.domain.turn import Turn
from psychagent.nodes.deps import Deps, SessionNode
from psychagent.nodes.safety.classify import Judged, judge
from psychagent.nodes.safety.in_sight import InSight
from psychagent.nodes.safety.mode import mode_of
from psychagent.nodes.state import Brief, SessionState
from psychagent.safety.at_hand import HELP_AT_HAND
from psychagent.safety.rules import Heard


def risk(deps: Deps) -> SessionNode:
    """Make the node that hears danger in the client's last turn.

    A model that fails leaves the turn to the rules, and the finding says so: the gate never fails open.
    The card is said as soon as it is certain, and whatever fails then, a person has it before the error.
    """

    async def listen(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns, findings = runtime.context, state["turns"], state.get("findings", [])
        mode = mode_of(deps.baseline, brief.knobs)
        if mode is RiskMode.OFF:
            return {}
        last = level_at(findings, turns[:-1], before=brief.memory.risk_level)
        before = turns[-2].text if len(turns) > 1 else ""
        # one that was shown stays in sight: shown at every turn, it drowns what the person came to say
        shown = [f for f in findings if f.shows_card and f.level >= HIGH]
        said = [deps.safety(brief.case.language).card(brief.region, one.about) for one in shown]
        in_sight, acts = InSight(deps.safety, runtime, said), mode is RiskMode.ACT
        with in_sight.whatever_fails(About.SELF, in_danger=True):
            # what could not be heard may have been danger
            heard = deps.safety(brief.case.language).rules.hear(turns[-1].text, before)
        if acts and heard.hard >= HIGH:
            # before a model is waited for, and before a write that may fail
            in_sight.show(heard.about)
        by_rules, _ = level_of(hard=heard.hard, soft=heard.soft, model=None, last=last)
        with in_sight.whatever_fails(heard.about, in_danger=by_rules >= HIGH):
            judged = await judge(deps, brief, turns, heard, findings, last=last)
            key = _key(brief, runtime.execution_info, len(turns) - 1)
            finding = _finding(deps, brief, turns, heard, judged, findings, key=key, last=last, mode=mode)
            update: SessionState = {"usage": judged.usage} if judged.usage.roles else {}
            if acts:
                update["card"] = in_sight.show(finding.about) if finding.shows_card else None
            if is_worth_noting(finding):
                await _record(deps, key, finding)
                update["findings"] = [finding]
        return update

    return listen


def _finding(
    deps: Deps,
    brief: Brief,
    turns: Sequence[Turn],
    heard: Heard,
    judged: Judged,
    findings: Sequence[RiskFinding],
    *,
    key: AuditKey,
    last: int,
    mode: RiskMode,
) -> RiskFinding:
    now = level_of(hard=heard.hard, soft=heard.soft, model=judged.level, last=last)
    # a turn that was found more dangerous before a crash is not taken more lightly after it; one that is on
    # record as it is found now is handled as it was
    known = deps.audit.known(key)
    certain = known > now.level or is_certain(now.level, hard=heard.hard, model=judged.level)
    now = Level(max(now.level, known), now.carried and known <= now.level)
    before = last_about(findings, before=brief.memory.risk_about)
    rules = deps.safety(brief.case.language).rules
    # what was said of help long ago in the session is no reason to leave the call out
    at_hand = rules.at_hand.is_there(turns, lately=2 * STAYS_OPEN - 1)
    finding = RiskFinding(
        turn=key.turn,
        level=now.level,
        about=about_of(now, hard=heard.hard, by_rules=heard.about, by_model=judged.about, last=before),
        hard=heard.hard,
        soft=heard.soft,
        patterns=(*heard.patterns, HELP_AT_HAND) if at_hand else heard.patterns,
        model=judged.level,
        classifier=judged.classifier,
        carried=now.carried,
        handling=handling_of(now.level, mode, certain=certain, at_hand=at_hand),
        rules_hash=rules.digest,
    )
    silent = failures_in_a_row([*findings, finding], turns) == FAILURES_TOLD
    if mode is RiskMode.ACT and silent and finding.handling in {Handling.NONE, Handling.NOTE}:
        return finding.model_copy(update={"handling": Handling.CARD})
    return finding


async def _record(deps: Deps, key: AuditKey, finding: RiskFinding) -> None:
    endpoint = deps.baseline.safety.endpoint
    model = endpoint.model if endpoint else ""
    # it waits for the disk, and nothing may be said before the line is there
    await asyncio.to_thread(deps.audit.add, key, finding, model=model)


def _key(brief: Brief, execution: ExecutionInfo | None, turn: int) -> AuditKey:
    place = brief.place
    # the thread of the graph, which a run names after the case: over HTTP many people may share a profile
    thread = (execution.thread_id if execution else None) or place.thread
    return AuditKey(thread, place.session, place.rollout, place.attempt, turn)
