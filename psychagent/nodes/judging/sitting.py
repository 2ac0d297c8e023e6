"""One session in front of the judge: write its prompts, ask, and check what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psychagent.assets.prompts import Rendered
from psychagent.domain.base import Language
from psychagent.domain.role import Role
from psychagent.domain.seed import derive_seed
from psychagent.domain.text.fence import fenced
from psychagent.domain.usage import Usage, sum_usage
from psychagent.errors import (
    CallError,
    MalformedReplyError,
    ScoringError,
    cause_of,
    reason_of,
    usage_of,
)
from psychagent.llm.chat import Answer
from psychagent.llm.prompt import Prompt, system, user
from psychagent.llm.reply import Reply
from psychagent.nodes.judging.brief import JudgeBrief, JudgeDeps, JudgeTask, judge_call
from psychagent.scales.dialogue import Dialogue
from psychagent.scales.fill import GroupCall
from psychagent.scales.reply import GroupReply, ItemReply, describe, read_group, reply_shape
from psychagent.scales.scale import Scale
from psychagent.scales.verify import verify_item


@dataclass(frozen=True)
class Sitting:
    """One session in front of the judge: what all of its calls share is rendered once."""

    deps: JudgeDeps
    brief: JudgeBrief
    head: Rendered
    dialogue: Rendered
    spoken: Sequence[Mapping[str, str]]
    """Speaker -> words of each line; the template rephrases the speakers."""

    @classmethod
    def of(cls, deps: JudgeDeps, brief: JudgeBrief) -> Sitting:
        """Render what all calls begin with."""
        prompts = deps.prompts(brief.dialogue.language)
        lines = [{"speaker": line.speaker.value, "text": fenced(line.text)} for line in brief.dialogue.lines]
        return cls(
            deps,
            brief,
            head=prompts.render("judge/system"),
            dialogue=prompts.render("judge/dialogue", lines=lines),
            spoken=[{line["speaker"]: line["text"]} for line in lines],
        )

    async def administer(self, task: JudgeTask) -> GroupCall:
        """Ask about one group of items, and once more about those that the reply lacks.

        A failed call is returned with its reason and without the items that were answered: a formula needs
        all of them, and whoever asks anew asks for the whole group, so that one reply weighs its items.
        """
        scale, lines = self.deps.scales[task.scale], self.brief.dialogue.lines
        ids, usage = scale.groups[task.group], Usage()
        answers: dict[str, ItemReply] = {}
        try:
            first = await self._request(task, ids)
            answers, usage = first.value.answers, first.usage
            if lacking := tuple(first.value.problems):
                second = await self._request(task, lacking, again=True)
                answers, usage = answers | second.value.answers, sum_usage((usage, second.usage))
        except (CallError, ScoringError) as error:
            if (cause := cause_of(error)) and cause.ends_run:
                # no other scale could fare better
                raise
            kept = f"; {len(answers)} of {len(ids)} items have an answer, too few for a score"
            failure = f"{reason_of(error)}{kept if answers else ''}"
            return GroupCall(**task._asdict(), failure=failure, usage=sum_usage((usage, usage_of(error))))
        items = tuple(verify_item(scale, answers[item], lines, task.repeat) for item in ids)
        return GroupCall(**task._asdict(), items=items, usage=usage)

    async def _request(
        self, task: JudgeTask, ids: tuple[str, ...], *, again: bool = False
    ) -> Answer[GroupReply]:
        """Ask about some items of a group; replies to a second call must together answer all of them."""
        scale = self.deps.scales[task.scale]
        answers: dict[str, ItemReply] = {}

        def read(reply: Reply) -> GroupReply:
            lacking = tuple(item for item in ids if item not in answers)
            group = read_group(reply.content, scale, lacking)
            if not again:
                return group
            answers.update(group.answers)
            if group.problems:
                raise MalformedReplyError(describe(group.problems))
            return GroupReply(answers, {})

        chat = self.deps.chat(self.brief.dialogue.language)
        shape = reply_shape(ids, *scale.range, absence=not scale.may_lack.isdisjoint(ids))
        return await chat.request(self.prompt(task, ids, again=again), read, shape=shape)

    def prompt(self, task: JudgeTask, ids: tuple[str, ...] = (), *, again: bool = False) -> Prompt:
        """Write a judge prompt: the dialogue first, the scale last, so that all scales share a prefix.

        Args:
            task: The group of items.
            ids: Some of its items; none means all.
            again: Whether it is the second call about the group.

        Raises:
            ScoringError: If the scale needs a profile or plan that the session lacks.
        """
        dialogue, scale = self.brief.dialogue, self.deps.scales[task.scale]
        prompts, place = self.deps.prompts(dialogue.language), self.brief.place
        values = _task_values(scale, ids or scale.groups[task.group], dialogue.language)
        parts = [
            self.dialogue,
            *(prompts.render(f"judge/{name}", text=_input(dialogue, name)) for name in scale.inputs),
            prompts.render("judge/task", **values),
        ]
        return Prompt.of(
            Role.JUDGE,
            (system(self.head), user("\n\n".join(parts))),
            rendered=[self.head, *parts],
            seed=derive_seed("judge", dialogue.hash, *task, *(["again"] if again else [])),
            call=judge_call(place, task, self.brief.asked_as, again=again) if place else None,
            also={"turns": self.spoken},
        )


def _input(dialogue: Dialogue, name: str) -> str:
    text = dialogue.profile if name == "profile" else dialogue.plan
    if not text:
        raise ScoringError(f"the scale reads the {name}, which the session does not come with")
    return text


def _task_values(scale: Scale, ids: Sequence[str], language: Language) -> dict[str, Any]:
    return {
        "name": scale.name,
        "title": scale.title.of(language),
        "measures": scale.measures.of(language),
        "guidance": scale.guidance.of(language),
        "anchors": scale.anchors.of(language),
        "lo": scale.range[0],
        "hi": scale.range[1],
        "none_against": scale.gates.none_against_from,
        "two_quotes": scale.gates.two_quotes_from,
        "absence": not scale.may_lack.isdisjoint(ids),
        "items": [
            {
                "id": i,
                "text": scale.by_id[i].of(language),
                "rates": "effect" if scale.by_id[i].effect else scale.by_id[i].rates,
            }
            for i in ids
        ],
    }
