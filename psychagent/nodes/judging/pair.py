"""Two sessions in front of the judge: write the prompt, ask which is better, and read the verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import ValidationError

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Record, asked_for
from psychagent.domain.role import Role
from psychagent.domain.scores import JudgeMark
from psychagent.domain.seed import derive_seed
from psychagent.domain.text.fence import fenced
from psychagent.errors import MalformedReplyError
from psychagent.files.digest import hash_json
from psychagent.llm.chat import Answer
from psychagent.llm.prompt import Prompt, system, user
from psychagent.nodes.judging.brief import JudgeDeps
from psychagent.replies.as_json import Shape, read_object
from psychagent.scales.dialogue import Dialogue
from psychagent.scales.scale import Scale

OVERALL = "overall"
Better = Literal["first", "second", "tie"]


class Verdict(Record):
    """Which of two sessions is better in one respect, in the order in which they were shown."""

    why: str = asked_for(240, default="")
    better: Better


@dataclass(frozen=True)
class Pair:
    """Two sessions as they are shown, and the scale whose items they are compared on."""

    first: Dialogue
    second: Dialogue
    scale: Scale


async def ask_pair(deps: JudgeDeps, pair: Pair) -> Answer[dict[str, Verdict]]:
    """Ask which of two sessions is better on each item of a scale, and overall.

    Raises:
        ProviderError, ReplyError: When there is no further attempt; both carry the usage.
    """
    names = tuple(item.id for item in pair.scale.items)
    shape = pair_shape(names)

    def read(data: dict[str, Any]) -> dict[str, Verdict]:
        return _read(data, names)

    chat = deps.chat(pair.first.language)
    return await chat.request(
        pair_prompt(deps.prompts(pair.first.language), pair),
        lambda reply: read_object(reply.content, read, shape),
        shape=shape,
    )


def pair_prompt(prompts: PromptLibrary, pair: Pair) -> Prompt:
    """Write the prompt: both dialogues first, the scale last, so that all scales share a prefix."""
    one, other = (_lines(dialogue) for dialogue in (pair.first, pair.second))
    language = pair.first.language
    head = prompts.render("pairwise/system")
    dialogues = prompts.render("pairwise/dialogues", lines=one, others=other)
    task = prompts.render(
        "pairwise/task",
        title=pair.scale.title.of(language),
        measures=pair.scale.measures.of(language),
        items=[{"id": item.id, "text": item.of(language)} for item in pair.scale.items],
    )
    return Prompt.of(
        Role.JUDGE,
        (system(head), user(f"{dialogues}\n\n{task}")),
        rendered=[head, dialogues, task],
        seed=derive_seed("pairwise", pair.first.hash, pair.second.hash, pair.scale.name),
        also={"turns": _spoken(one), "other_turns": _spoken(other)},
    )


def _lines(dialogue: Dialogue) -> list[dict[str, str]]:
    return [{"speaker": line.speaker.value, "text": fenced(line.text)} for line in dialogue.lines]


def _spoken(lines: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [{line["speaker"]: line["text"]} for line in lines]


@lru_cache(maxsize=64)
def pair_shape(names: tuple[str, ...]) -> Shape:
    """Return the shape of a reply: a reason and a verdict for each item and overall."""
    row = {
        "type": "object",
        "properties": {
            "why": {"type": "string", "maxLength": 240},
            "better": {"type": "string", "enum": ["first", "second", "tie"]},
        },
        "required": ["why", "better"],
        "additionalProperties": False,
    }
    keys = [*names, OVERALL]
    schema = {
        "type": "object",
        "properties": dict.fromkeys(keys, {"$ref": "#/$defs/Row"}),
        "required": keys,
        "additionalProperties": False,
        "$defs": {"Row": row},
    }
    return Shape("PairReply", schema)


def _read(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Verdict]:
    verdicts = {}
    for name in (*names, OVERALL):
        row = data.get(name)
        if row is None:
            raise MalformedReplyError(
                f"there is no verdict on {name!r}; give one for each, and for {OVERALL}"
            )
        # some models leave the reason out, which is no verdict lost
        given = {"better": row} if isinstance(row, str) else row
        try:
            verdicts[name] = Verdict.model_validate(given)
        except ValidationError as error:
            raise MalformedReplyError(
                f'{name!r} is no verdict; write {{"why": "...", "better": "first" or "second" or "tie"}}'
            ) from error
    return verdicts


def mark_pairs(deps: JudgeDeps, pair: Pair) -> JudgeMark:
    """Describe what a verdict is made with; verdicts of different marks are never put together."""
    mark, prompts = deps.mark(pair.first.language), deps.prompts(pair.first.language)
    files = {
        name: value
        for name, value in prompts.hashes.items()
        if "/pairwise/" in name or name.endswith("shared/retry.jinja2")
    }
    # a script's words and weights count as its prompts
    words = mark.prompt_hash if mark.is_script else ""
    return mark.model_copy(update={"prompt_hash": hash_json([files, words, pair.scale.hash]), "repeats": 1})
