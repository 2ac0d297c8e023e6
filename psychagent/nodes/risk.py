"""The safety gate: after each turn of the client, how much danger it voices and what is done about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal, NamedTuple

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Speaker
from psychagent.domain.risk.audit import AuditKey
from psychagent.domain.risk.finding import (
    CONCERN,
    IMMINENT,
    NO_RISK,
    About,
    Classifier,
    Handling,
    RiskFinding,
    RiskMode,
)
from psychagent.domain.risk.level import (
    FAILURES_TOLD,
    failures_in_a_row,
    handling_of,
    is_model_due,
    is_worth_noting,
    level_at,
    level_of,
)
from psychagent.domain.role import ClientKind, Role
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage
from psychagent.errors import CallError, MalformedReplyError
from psychagent.llm.prompt import Prompt, system, user
from psychagent.llm.reply import Reply
from psychagent.nodes.deps import Deps, SessionNode, Sources
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import Brief, SessionState
from psychagent.replies.as_json import json_shape, read_json
from psychagent.safety.rules import Heard
from psychagent.scales.quotes import to_words

_WINDOW = 6
"""Last turns that the model reads: enough to tell who is meant, few enough to answer soon."""


class RiskReply(BaseModel):
    """What a model says of a turn."""

    level: int = Field(ge=NO_RISK, le=IMMINENT)
    about: Literal["none", "self", "others", "harmed"] = "none"
    when: Literal["now", "past", "none"] = "none"
    quote: str = Field(default="", max_length=300)


class Judged(NamedTuple):
    """A model's judgement of a turn, or why there is none."""

    classifier: Classifier
    level: int | None = None
    about: About = About.NONE
    usage: Usage = Usage()


def mode_of(baseline: BaselineSettings, knobs: Knobs) -> RiskMode:
    """Return what the gate does: with a person it always acts, whatever the settings say."""
    return RiskMode.ACT if knobs.client is ClientKind.HUMAN else baseline.safety.mode


def risk(deps: Deps) -> SessionNode:
    """Make the node that hears danger in the client's last turn.

    A model that fails leaves the turn to the rules, and the finding says so: the gate never fails open.
    """

    async def listen(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns, findings = runtime.context, state["turns"], state.get("findings", [])
        mode = mode_of(deps.baseline, brief.knobs)
        if mode is RiskMode.OFF:
            return {}
        last = level_at(findings, turns[:-1], before=brief.memory.risk_level)
        before = turns[-2].text if len(turns) > 1 else ""
        heard = deps.safety(brief.case.language).rules.hear(turns[-1].text, before)
        judged = await _judge(deps, brief, turns, heard, findings, last=last)
        finding = _finding(deps, brief, turns, heard, judged, findings, last=last, mode=mode)
        update: SessionState = {"usage": judged.usage}
        if is_worth_noting(finding):
            await _record(deps, brief, finding)
            update["findings"] = [finding]
        if mode is RiskMode.ACT:
            shows = finding.handling in {Handling.CARD, Handling.TAKEOVER}
            texts = deps.safety(brief.case.language)
            update["card"] = texts.card(brief.knobs.region, finding.about) if shows else None
        return update

    return listen


async def _judge(
    deps: Deps,
    brief: Brief,
    turns: Sequence[Turn],
    heard: Heard,
    findings: Sequence[RiskFinding],
    *,
    last: int,
) -> Judged:
    settings, is_person = deps.baseline.safety, brief.knobs.client is ClientKind.HUMAN
    if settings.endpoint is None:
        return Judged(Classifier.OFF)
    due = settings.classifier == "always" or is_model_due(
        findings, turns, soft=heard.soft, hard=heard.hard, last=last, is_person=is_person
    )
    # nothing that a model could say would change the highest level
    if not due or heard.hard == IMMINENT:
        return Judged(Classifier.SPARED)
    try:
        answer = await deps.chat(Role.RISK, brief.knobs).request(
            risk_prompt(deps, brief, turns),
            lambda reply: read_risk(reply, turns[-1].text),
            shape=json_shape(RiskReply),
        )
    except CallError as error:
        return Judged(Classifier.FAILED, usage=error.usage)
    reply = answer.value
    return Judged(Classifier.OK, reply.level, About(reply.about), answer.usage)


def read_risk(reply: Reply, said: str) -> RiskReply:
    """Read a model's judgement of a turn.

    Raises:
        MalformedReplyError: If it names danger without saying whose, or with a quote that is not in the turn.
    """
    found = read_json(reply.content, RiskReply)
    if found.level == NO_RISK:
        return found
    if found.about == "none":
        raise MalformedReplyError('"about" is "none" although the level is not 0; say whose danger it is')
    quote, words = to_words(found.quote), to_words(said)
    there = any(words[at : at + len(quote)] == quote for at in range(len(words) - len(quote) + 1))
    if not quote or not there:
        raise MalformedReplyError('"quote" is not in the client\'s last turn; copy its words')
    return found


def risk_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> Prompt:
    """Write the prompt that asks how much danger the client's last turn voices."""
    prompts = sources.prompts(brief.case.language)
    head = brief.once((prompts, "risk"), lambda: prompts.render("risk/system"))
    text = prompts.render("risk/user", turns=list(turns[-_WINDOW:]))
    return Prompt.of(
        Role.RISK,
        (system(head), user(text)),
        rendered=[head, text],
        seed=brief.seed("risk", len(turns)),
        call=brief.call(Role.RISK, len(turns)),
    )


def _finding(
    deps: Deps,
    brief: Brief,
    turns: Sequence[Turn],
    heard: Heard,
    judged: Judged,
    findings: Sequence[RiskFinding],
    *,
    last: int,
    mode: RiskMode,
) -> RiskFinding:
    at = len(turns) - 1
    level, carried = level_of(hard=heard.hard, soft=heard.soft, model=judged.level, last=last)
    # a turn that was found more dangerous before a crash is not taken more lightly after it
    known = deps.audit.known(_key(brief, at))
    level, carried = max(level, known), carried and known <= level
    about = judged.about if judged.level == level and judged.about is not About.NONE else heard.about
    if about is About.NONE and level >= CONCERN:
        about = next((f.about for f in reversed(findings)), About.SELF)
    finding = RiskFinding(
        turn=at,
        level=level,
        about=about,
        hard=heard.hard,
        soft=heard.soft,
        patterns=heard.patterns,
        model=judged.level,
        classifier=judged.classifier,
        carried=carried,
        handling=handling_of(level, mode),
        rules_hash=deps.safety(brief.case.language).rules.digest,
    )
    silent = failures_in_a_row([*findings, finding], turns) == FAILURES_TOLD
    if mode is RiskMode.ACT and silent and finding.handling in {Handling.NONE, Handling.NOTE}:
        return finding.model_copy(update={"handling": Handling.CARD})
    return finding


async def _record(deps: Deps, brief: Brief, finding: RiskFinding) -> None:
    endpoint = deps.baseline.safety.endpoint
    model = endpoint.model if endpoint else ""
    # it waits for the disk, and nothing may be said before the line is there
    await asyncio.to_thread(deps.audit.add, _key(brief, finding.turn), finding, model=model)


def _key(brief: Brief, turn: int) -> AuditKey:
    place = brief.place
    return AuditKey(place.thread, place.session, place.rollout, place.attempt, turn)


def safe_reply(deps: Deps) -> SessionNode:
    """Make the node that answers danger to life with a fixed text, without a model."""

    async def speak(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns, finding = runtime.context, state["turns"], state["findings"][-1]
        times = sum(turn.by_gate for turn in turns)
        texts = deps.safety(brief.case.language)
        words = texts.takeover(brief.knobs.region, finding.about, times=times)
        turn = Turn(speaker=Speaker.COUNSELOR, text=words, by_gate=True, risk_level=finding.level)
        return {"turns": [turn]}

    return speak
