"""No English word stands in a Chinese prompt: stages, speakers and file entries are printed in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import WORKING_STAGES, Language, Modality, Speaker
from psychagent.domain.memory import Homework, Memory, Standing
from psychagent.domain.role import ClientKind, Role
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.turn import Turn
from psychagent.domain.views.memory import write_file
from psychagent.flows.judge import build_judge_deps
from psychagent.flows.live import open_live
from psychagent.llm.prompt import Prompt
from psychagent.nodes.client import client_prompt
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.judge import plan_calls
from psychagent.nodes.judging.brief import JudgeBrief
from psychagent.nodes.judging.sitting import Sitting
from psychagent.nodes.memory.prompt import reflection_prompt
from psychagent.nodes.retrieval.candidates import filter_prompt
from psychagent.nodes.retrieval.query import rewrite_prompt
from psychagent.nodes.state import Brief
from psychagent.scales.dialogue import Dialogue as JudgeDialogue
from psychagent.scales.dialogue import Line
from tests.support.every import MODALITIES
from tests.support.fakes import Cast, brief_for, case_of, next_turn
from tests.support.memory_parts import memory

ZH = Language.ZH
DIALOGUE = [
    Turn(speaker=Speaker.COUNSELOR, text="您好。"),
    Turn(speaker=Speaker.CLIENT, text="睡不着。"),
]
_KEPT = (
    re.compile(r"<[^>]*>"),
    re.compile(r'"[a-z_]+"'),
    re.compile(r"\b[a-z]+\.[a-z]+\.[a-z.-]+"),
    re.compile(r"(?m)^- [A-Za-z]\w*（|^量表 .*$"),
    re.compile(r"\b(?:JSON|id|true|false|null)\b"),
    re.compile(r"\b(?:none|denied|voiced|agreed|hedged|offered|conceptualization|intervention)（"),
    re.compile(r"\b(?:consolidation|termination)（"),
)
"""What may be Latin: tags, JSON keys, ids of skills and items, titles of published scales, words of the
form of a reply, and values with a gloss."""


def latin_in(text: str) -> list[str]:
    """List the Latin words of a text that are no tag, key, id or glossed value."""
    for pattern in _KEPT:
        text = pattern.sub(" ", text)
    return re.findall(r"[A-Za-z]{2,}", text)


def chinese_memory() -> Memory:
    """Make a memory that shows every line that memory can show."""
    held = memory(4, language=ZH, size=40)
    note = SafetyNote(danger=Danger.VOICED, words="不想醒来", asked="没有打算", agreed="夜里打给姐姐")
    tasks = tuple(Homework(task=f"第{n}件", standing=standing) for n, standing in enumerate(Standing))
    last = held.summaries[-1].model_copy(
        update={
            "safety": note,
            "homework": tuple(item.task for item in tasks),
            "standings": tuple(item.standing for item in tasks),
        }
    )
    return held.model_copy(
        update={"summaries": (*held.summaries[:-1], last), "homework": tuple(item.task for item in tasks)}
    )


def marks_of(held: Memory) -> list[str]:
    """List the marks that the made-up memory holds, which are Latin."""
    whole = "".join([held.model_dump_json(), write_file(held.client_file)])
    return sorted(set(re.findall(r"[a-z]+\d*(?:-[a-z]+\d*)|hw\d|task\d|s\d (?:title|focus)", whole)), key=len)


def prompts_of(role: Role, modality: Modality) -> Iterator[Prompt]:
    """Write a role's prompts of a first, a middle and a last session."""
    cast = Cast({}, language=ZH)
    for index, stage in enumerate(WORKING_STAGES, start=1):
        held = chinese_memory() if index > 1 else None
        brief = brief_for(cast.deps, case_of("zh01", modality), memory=held, session_index=2 * index - 1)
        plan = brief.plan.model_copy(update={"stage": stage})
        last = replace(
            brief.knobs, max_sessions=5, client=ClientKind.HUMAN if index > 1 else ClientKind.SIMULATOR
        )
        yield from _prompts(role, cast, replace(brief, plan=plan, knobs=last))


def _prompts(role: Role, cast: Cast, brief: Brief) -> Iterator[Prompt]:
    skills = cast.deps.skills(ZH).stage(brief.case.modality, brief.plan.stage)
    match role:
        case Role.COUNSELOR:
            for said in range(brief.knobs.max_counselor_turns):
                yield counselor_prompt(cast.deps, brief, DIALOGUE * said, next_turn())
        case Role.FILTER:
            yield filter_prompt(cast.deps, brief, skills)
        case Role.REWRITE:
            yield rewrite_prompt(cast.deps, brief, DIALOGUE)
        case Role.SUMMARY | Role.CLIENT_FILE:
            yield reflection_prompt(cast.deps, brief, DIALOGUE, role)
        case Role.CLIENT:
            yield client_prompt(cast.deps, brief, DIALOGUE[:1])
        case _:
            raise NotImplementedError(role)


def judge_prompts() -> Iterator[Prompt]:
    """Write the judge's prompts on every scale."""
    deps = build_judge_deps(EvalSettings(), open_live({}))
    judged = JudgeDialogue(
        case_id="1",
        modality=Modality.CBT,
        language=ZH,
        lines=tuple(Line(speaker=turn.speaker, text=turn.text) for turn in DIALOGUE),
        profile="来访者睡不着。",
        plan="了解睡眠。",
    )
    sitting = Sitting.of(deps, JudgeBrief(dialogue=judged))
    yield from (sitting.prompt(task) for task in plan_calls(deps, list(deps.scales)))


def test_no_english_word_stands_in_a_chinese_judges_prompt() -> None:
    found = {word for prompt in judge_prompts() for m in prompt.messages for word in latin_in(m["content"])}
    assert found == set()


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize(
    "role",
    [
        Role.COUNSELOR,
        Role.FILTER,
        Role.REWRITE,
        Role.SUMMARY,
        Role.CLIENT_FILE,
        Role.CLIENT,
    ],
)
def test_no_english_word_stands_in_a_chinese_prompt(role: Role, modality: Modality) -> None:
    made_up = marks_of(chinese_memory())[::-1]
    for prompt in prompts_of(role, modality):
        text = "\n".join(message["content"] for message in prompt.messages)
        for mark in made_up:
            text = text.replace(mark, "")
        assert latin_in(text) == []


@pytest.mark.parametrize(
    "text", ["阶段：intervention", "counselor：您好。", "core_beliefs: 我不行", "约定 agreed"]
)
def test_an_english_word_would_be_found(text: str) -> None:
    assert latin_in(text)
