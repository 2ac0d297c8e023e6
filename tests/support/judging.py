"""What tests of the judge share: a dialogue, a judge whose replies the test writes, a loopback judge."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.flows.judge import Judge, build_judge_deps
from psychagent.llm.chat import Chat, Policy
from psychagent.llm.gate import Gate
from psychagent.llm.langchain import LangChainModel
from psychagent.nodes.judging.brief import JudgeDeps
from psychagent.scales.dialogue import Dialogue, Line
from tests.support.fakes import Reply, ScriptedModel
from tests.support.flat import live
from tests.support.loopback.server import Call, Http, chat_body

C, K = Speaker.COUNSELOR, Speaker.CLIENT
GOOD: tuple[tuple[Speaker, str], ...] = (
    (C, "Hello, and welcome. What made you decide to come just now?"),
    (K, "I can't sleep. I lie awake with my heart racing, and I feel like a failure at work."),
    (
        C,
        "You lie awake, heart racing, and it sounds as if work comes back at night. What goes through you?",
    ),
    (K, "That I will be found out. I noticed that it is worst on Sundays, and I'm ashamed of it."),
    (
        C,
        "Ashamed, and worst on Sundays. Thank you for that. Would you jot down one such Sunday this week?",
    ),
    (K, "Okay, I can try that. It feels a bit lighter already."),
    (
        C,
        "Good. Our time is nearly over, so let's leave it there for today. Take care, and see you next time.",
    ),
)
_ITEM = re.compile(r"^- (\S+) \(", re.MULTILINE)

Answer = Callable[[str], str]


def dialogue(pairs: Sequence[tuple[Speaker, str]] = GOOD, **more: Any) -> Dialogue:
    """Make a dialogue of English lines."""
    given: dict[str, Any] = {"case_id": "en01", "modality": Modality.CBT, "language": Language.EN} | more
    return Dialogue(lines=tuple(Line(speaker=s, text=t) for s, t in pairs), **given)


def items_asked(prompt: str) -> list[str]:
    """Read the items' ids from an English judge prompt."""
    return _ITEM.findall(prompt)


def reply(scores: Mapping[str, int | None], **of_all: Any) -> str:
    """Write a judge's reply with these scores; None stands for no evidence."""
    return json.dumps({i: None if s is None else {**of_all, "score": s} for i, s in scores.items()})


def reply_of_before(scores: Mapping[str, int], **of_all: Any) -> str:
    """Write a reply in the form that was asked for before: a list of items with whole quotes."""
    rest = {"quotes": [], "absent": ""} | of_all
    return json.dumps({"items": [{"id": i, "score": s, **rest} for i, s in scores.items()]})


def defaults(prompt: str) -> str:
    """See evidence to no item."""
    return reply(dict.fromkeys(items_asked(prompt)))


def judge_with(
    answer: Answer | Sequence[Reply], *, retries: int = 0, **settings: Any
) -> tuple[Judge, ScriptedModel]:
    """Build a real judge around a scripted model."""
    script: dict[str, Any] = {"answer": answer} if callable(answer) else {"replies": [*answer]}
    model = ScriptedModel(role="the judge", **script)
    note = "Not usable: {problem}"
    chat = Chat(LangChainModel(model), Policy(max_retries=retries), Gate(8), retry_note=note)
    deps = build_judge_deps(EvalSettings(**settings), live())
    return Judge(replace(deps, chat=lambda language: chat)), model


def offline_judge(name: str = "offline-script", **settings: Any) -> Judge:
    """Build the scripted judge."""
    return Judge(build_judge_deps(EvalSettings(judge={"model": name}, **settings), live()))


def offline_judge_deps(**settings: Any) -> JudgeDeps:
    """Wire the scripted judge."""
    return build_judge_deps(EvalSettings(**settings), live())


def loopback_reply(call: Call, number: int) -> Http | None:
    """Answer as a judge would that gives every item the middle of its range, from the schema alone."""
    if call.role != "judge":
        return None
    schema = call.body["response_format"]["json_schema"]["schema"]
    ids = schema["properties"]
    score = schema["$defs"]["Row"]["anyOf"][-1]["properties"]["score"]
    low, high = score["minimum"], score["maximum"]
    prompt = sum(len(m["content"]) for m in call.body["messages"]) // 4
    return Http(body=chat_body(reply(dict.fromkeys(ids, (low + high) // 2)), prompt=prompt))
