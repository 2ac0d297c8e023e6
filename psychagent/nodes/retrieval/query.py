"""The query of a turn: rewritten toward what the counselor should do next, or the client's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, assert_never

from pydantic import BaseModel, BeforeValidator, Field

from psychagent.domain.base import Speaker
from psychagent.domain.role import Role
from psychagent.domain.strategy.kinds import SkillUse
from psychagent.domain.turn import Rewrite, Turn
from psychagent.domain.usage import Usage
from psychagent.llm.chat import Answer
from psychagent.llm.prompt import Prompt, system, user
from psychagent.nodes.deps import Deps, Sources
from psychagent.nodes.retrieval.instead import ask_or_go_on
from psychagent.nodes.state import Brief
from psychagent.replies.as_json import json_shape, read_json

_FEWEST_TURNS, _WINDOW_STEP = 4, 8
"""The last turns that the rewrite always reads, and by how many turns its window moves on at a time."""


_MOST_WORDS = 300


def _shorten(value: object) -> object:
    return value[:_MOST_WORDS] if isinstance(value, str) else value


_Shortened = Annotated[str, BeforeValidator(_shorten)]
"""What is only searched for: too long a text finds no less for being cut, and must end no turn."""


class QueryReply(BaseModel):
    """A turn's query, rewritten toward what the counselor should do next; empty where listening is enough."""

    danger: bool = False
    trigger: _Shortened = Field(default="", max_length=_MOST_WORDS)
    when_to_use: _Shortened = Field(default="", max_length=_MOST_WORDS)
    skill: _Shortened = Field(default="", max_length=_MOST_WORDS)


def recent_turns(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Take the end of a dialogue that the rewrite reads: four to ten turns, or all if there are fewer.

    It begins at a multiple of 8 and not a fixed number of turns back: a start that moved on every
    turn would make every prompt new to a prefix cache from its first utterance.
    """
    start = max(len(turns) - _FEWEST_TURNS, 0) // _WINDOW_STEP * _WINDOW_STEP
    return turns[start:]


def rewrite_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> Prompt:
    """Write the prompt that asks for a search query after the last client turn."""
    prompts = sources.prompts(brief.case.language)
    recent = list(recent_turns(turns))
    # the title alone: with all objectives the answer follows the agenda and not the client
    text = prompts.render("rewrite/user", stage=brief.plan.stage.value, focus=brief.plan.title, turns=recent)
    head = brief.once(
        (prompts, "rewrite"), lambda: prompts.render("rewrite/system", modality=brief.case.modality.value)
    )
    return Prompt.of(
        Role.REWRITE,
        (system(head), user(text)),
        rendered=[head, text],
        seed=brief.seed("rewrite", len(turns)),
        call=brief.call(Role.REWRITE, len(turns)),
    )


async def _rewrite(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[Turn]:
    prompt = rewrite_prompt(deps, brief, turns)
    answer = await ask_or_go_on(
        deps.chat(Role.REWRITE, brief.knobs),
        prompt,
        lambda said: read_json(said.content, QueryReply),
        shape=json_shape(QueryReply),
        instead=None,
        with_what="the client's own words as its query",
    )
    reply = answer.value
    if reply is None:
        return Answer(_asked(turns[-1].text), answer.usage)
    # a move with neither cue nor phase is still one to look for; a phase alone is none
    parts = (reply.skill, reply.trigger, reply.when_to_use) if reply.skill or reply.trigger else ()
    query = " ".join(part for part in parts if part)
    return Answer(_asked(query, Rewrite(**reply.model_dump())), answer.usage)


def _asked(query: str, rewrite: Rewrite | None = None) -> Turn:
    """Make a turn without words yet, which holds only the query."""
    return Turn(speaker=Speaker.COUNSELOR, text="", query=query, rewrite=rewrite)


async def find_query(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[Turn]:
    """Return a turn with the query, for what the last words of the client call for.

    The opening has none: nothing has been said yet that a skill could answer, and the plan says how to
    begin. Nor has a turn whose skills are not searched for.
    """
    if not turns or deps.baseline.skills.use is not SkillUse.ON:
        return Answer(_asked(""), Usage())
    match deps.baseline.retrieval.query:
        case "utterance":
            return Answer(_asked(turns[-1].text), Usage())
        case "rewrite":
            return await _rewrite(deps, brief, turns)
        case unknown:
            assert_never(unknown)
