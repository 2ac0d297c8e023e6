"""Ask a model how much danger a turn voices, and check its answer against the turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from psychagent.domain.risk.finding import IMMINENT, NO_RISK, About, Classifier, RiskFinding
from psychagent.domain.risk.level import is_model_due
from psychagent.domain.role import ClientKind, Role
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage
from psychagent.errors import CallError, MalformedReplyError
from psychagent.llm.prompt import Prompt, system, user
from psychagent.llm.reply import Reply
from psychagent.nodes.deps import Deps, Sources
from psychagent.nodes.state import Brief
from psychagent.replies.as_json import json_shape, read_json
from psychagent.safety.rules import Heard
from psychagent.scales.quotes import to_words

_WINDOW = 6
"""Last turns that the model reads: enough to tell who is meant, few enough to answer soon."""


class RiskReply(BaseModel):
    """What a model says of a turn."""

    level: int = Field(ge=NO_RISK, le=IMMINENT)
    about: Literal["none", "self", "others", "harmed", "child", "drink"] = "none"
    when: Literal["now", "past", "none"] = "none"
    quote: str = Field(default="", max_length=300)


class Judged(NamedTuple):
    """A model's judgement of a turn, or why there is none."""

    classifier: Classifier
    level: int | None = None
    about: About = About.NONE
    usage: Usage = Usage()


async def judge(
    deps: Deps,
    brief: Brief,
    turns: Sequence[Turn],
    heard: Heard,
    findings: Sequence[RiskFinding],
    *,
    last: int,
) -> Judged:
    """Ask a model about the last turn where that is called for; one that fails leaves it to the rules."""
    settings, is_person = deps.baseline.safety, brief.knobs.client is ClientKind.HUMAN
    if settings.endpoint is None:
        return Judged(Classifier.OFF)
    due = settings.classifier == "always" or is_model_due(
        findings,
        turns,
        soft=heard.soft,
        hard=heard.hard,
        last=last,
        is_early=is_person or brief.memory.holds_danger,
        asked=_is_about_danger(deps, brief, turns[-2]) if len(turns) > 1 else False,
    )
    # nothing that a model could say would change the highest level
    if not due or heard.hard == IMMINENT:
        return Judged(Classifier.SPARED)
    try:
        answer = await deps.chat(Role.RISK, brief.knobs).request(
            risk_prompt(deps, brief, turns),
            lambda reply: read_risk(reply, turns[-1].text, last=last),
            shape=json_shape(RiskReply),
        )
    except CallError as error:
        if error.cause is not None and error.cause.ends_run and not is_person:
            # it would be asked in vain in every turn of the run; with a person the rules go on
            raise
        return Judged(Classifier.FAILED, usage=error.usage)
    reply = answer.value
    return Judged(Classifier.OK, reply.level, About(reply.about), answer.usage)


def _is_about_danger(sources: Sources, brief: Brief, own: Turn) -> bool:
    """Return whether a counselor's turn asks about danger, or was chosen because danger was heard."""
    rules = sources.safety(brief.case.language).rules
    asks = rules.asks_again if brief.memory.holds_danger else rules.asks_about
    return asks(own.text) or (own.rewrite is not None and own.rewrite.danger)


def read_risk(reply: Reply, said: str, *, last: int = NO_RISK) -> RiskReply:
    """Read a model's judgement of a turn.

    Args:
        reply: What the model wrote.
        said: The turn.
        last: Level of the client's turn before. A level that the turn has anyway, since it falls by one at
            most, needs no quote: no words show it, so the words count as none.

    Raises:
        MalformedReplyError: If it names danger without saying whose, or with a quote that is not in the turn.
    """
    found = read_json(reply.content, RiskReply)
    if found.level == NO_RISK:
        return found
    if found.about == "none":
        raise MalformedReplyError('"about" is "none" although the level is not 0; say whose danger it is')
    quote, words = to_words(found.quote), to_words(said)
    if not words:
        # a silence is an answer, and has no words to show
        return found
    if not quote and found.level < last:
        return found.model_copy(update={"level": NO_RISK, "about": "none"})
    there = any(words[at : at + len(quote)] == quote for at in range(len(words) - len(quote) + 1))
    if not quote or not there:
        raise MalformedReplyError('"quote" is not in the client\'s last turn; copy its words')
    return found


def _on_record(brief: Brief, turns: Sequence[Turn]) -> str:
    """Return the words of a danger that is open from before, until the window holds this session's own."""
    if not brief.memory.holds_danger or len(turns) > _WINDOW:
        return ""
    notes = [summary.safety for summary in brief.memory.summaries]
    return " ".join(note.words for note in notes if note.must_stay)


def risk_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> Prompt:
    """Write the prompt that asks how much danger the client's last turn voices."""
    prompts = sources.prompts(brief.case.language)
    head = brief.once((prompts, "risk"), lambda: prompts.render("risk/system"))
    text = prompts.render("risk/user", turns=list(turns[-_WINDOW:]), on_record=_on_record(brief, turns))
    return Prompt.of(
        Role.RISK,
        (system(head), user(text)),
        rendered=[head, text],
        seed=brief.seed("risk", len(turns)),
        call=brief.call(Role.RISK, len(turns)),
    )
