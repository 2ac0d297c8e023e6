"""TheraMind-like: what the client's words show, then a strategy, each asked in a short call before the reply.

The original asks four questions about the client's words in four calls; here one call answers them (see
docs/baselines.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, Field

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Speaker, asked_for
from psychagent.domain.role import Role
from psychagent.domain.turn import Thoughts, Turn
from psychagent.domain.usage import Usage
from psychagent.errors import AssetError, MalformedReplyError
from psychagent.llm.chat import Answer
from psychagent.llm.prompt import Prompt, system, user
from psychagent.nodes.deps import Deps, Sources
from psychagent.nodes.retrieval.query import recent_turns
from psychagent.nodes.state import Brief
from psychagent.replies.as_json import json_shape, read_json

_LAST_USED = 3
"""Of how many turns the strategies are named, so that they vary."""


class Emotion(StrEnum):
    """What a client feels most, as far as its words show it."""

    CALM = "calm"
    HOPEFUL = "hopeful"
    SAD = "sad"
    ANXIOUS = "anxious"
    ANGRY = "angry"
    ASHAMED = "ashamed"
    NUMB = "numb"
    TORN = "torn"


class PerceiveReply(BaseModel):
    """What the client's last words show."""

    ends: bool = False
    rejects: bool = False
    emotion: Emotion
    intensity: float = Field(ge=0, le=1)


class StrategyReply(BaseModel):
    """How to answer them."""

    strategy: str = Field(min_length=1, max_length=80)
    aim: str = asked_for(200, default="")


async def think(deps: Deps, brief: Brief, turns: Sequence[Turn]) -> Answer[Thoughts | None]:
    """Ask what the client's last words show and how to answer them; before the first, nothing."""
    if not turns:
        return Answer(None, Usage())
    perceived = await deps.chat(Role.PERCEIVE, brief.knobs).ask(
        perceive_prompt(deps, brief, turns), PerceiveReply
    )
    known = strategies_for(deps.prompts(brief.case.language), perceived.value)
    answer = await deps.chat(Role.STRATEGIZE, brief.knobs).request(
        strategize_prompt(deps, brief, turns, perceived.value),
        lambda reply: _known(read_json(reply.content, StrategyReply), known),
        shape=json_shape(StrategyReply),
    )
    thoughts = to_thoughts(deps.prompts(brief.case.language), perceived.value, answer.value, known)
    return Answer(thoughts, perceived.usage + answer.usage)


def strategies_for(prompts: PromptLibrary, perceived: PerceiveReply) -> Mapping[str, str]:
    """Return the strategies that fit how the client takes the talk: id -> what is done.

    Raises:
        AssetError: If the language's file lacks them.
    """
    attitude = "guarded" if perceived.rejects else "open"
    data = prompts.data("strategies")
    if not isinstance(data, Mapping) or not isinstance(data.get(attitude), Mapping):
        path = prompts.folder / "strategies.yaml"
        raise AssetError(f"{path}: has no mapping {attitude!r}; add it, as in the bundled file")
    return {str(name): str(text) for name, text in data[attitude].items()}


def _known(reply: StrategyReply, known: Mapping[str, str]) -> StrategyReply:
    if reply.strategy not in known:
        raise MalformedReplyError(f"strategy is none of the list; write one of {', '.join(known)}")
    return reply


def to_thoughts(
    prompts: PromptLibrary, perceived: PerceiveReply, chosen: StrategyReply, known: Mapping[str, str]
) -> Thoughts:
    """Write both answers as a turn's thoughts, which its prompt shows and its file keeps."""
    move = known[chosen.strategy]
    return Thoughts(
        assessment=prompts.word("leaving") if perceived.ends else "",
        client_state=f"{prompts.word(perceived.emotion.value)} ({perceived.intensity:.1f})",
        strategy=f"{move}; {chosen.aim}" if chosen.aim else move,
    )


def _prompt(
    sources: Sources, brief: Brief, turns: Sequence[Turn], role: Role, values: Mapping[str, object]
) -> Prompt:
    prompts = sources.prompts(brief.case.language)
    head = prompts.render(f"{role.value}/system", **values)
    text = prompts.render(f"{role.value}/user", turns=list(recent_turns(turns)))
    return Prompt.of(
        role,
        (system(head), user(text)),
        rendered=[head, text],
        seed=brief.seed(role.value, len(turns)),
        call=brief.call(role, len(turns)),
    )


def perceive_prompt(sources: Sources, brief: Brief, turns: Sequence[Turn]) -> Prompt:
    """Write the prompt that asks what the client's last words show."""
    return _prompt(sources, brief, turns, Role.PERCEIVE, {"emotions": [emotion.value for emotion in Emotion]})


def strategize_prompt(
    sources: Sources, brief: Brief, turns: Sequence[Turn], perceived: PerceiveReply
) -> Prompt:
    """Write the prompt that asks how to answer them."""
    prompts = sources.prompts(brief.case.language)
    known = strategies_for(prompts, perceived)
    return _prompt(
        sources,
        brief,
        turns,
        Role.STRATEGIZE,
        {
            "rejects": perceived.rejects,
            "emotion": prompts.word(perceived.emotion.value),
            "intensity": round(perceived.intensity, 1),
            "used": lately_used(turns, known),
            "strategies": list(known.items()),
        },
    )


def lately_used(turns: Sequence[Turn], known: Mapping[str, str]) -> list[str]:
    """List the ids of the strategies of the last turns, as far as they may be chosen again; oldest first."""
    own = [turn.thoughts.strategy for turn in turns if turn.speaker is Speaker.COUNSELOR and turn.thoughts]
    return [
        name for said in own[-_LAST_USED:] for name, move in known.items() if said.partition("; ")[0] == move
    ]
