"""Measure the prompts of every role in tokens, as Markdown: `python -m tools.prompt_tokens`.

The prompts are built as in a run; no model is asked. Tokens are estimates, not what a provider bills.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from statistics import mean
from typing import Literal

from psychagent.assets.profiles import find_profile, find_profiles, make_case
from psychagent.assets.settings.baseline import BaselineSettings, RetrievalSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import WORKING_STAGES, Language, Modality, Speaker
from psychagent.domain.memory import (
    Memory,
)
from psychagent.domain.role import Role
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.turn import Turn
from psychagent.files.markdown import markdown_table
from psychagent.files.read import load_data
from psychagent.flows.build import build_deps
from psychagent.flows.judge import build_judge_deps
from psychagent.flows.live import open_live
from psychagent.llm.prompt import Prompt
from psychagent.nodes.client import client_prompt
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.deps import Deps
from psychagent.nodes.judge import plan_calls
from psychagent.nodes.judging.brief import JudgeBrief, JudgeDeps, JudgeTask
from psychagent.nodes.judging.sitting import Sitting
from psychagent.nodes.memory.prompt import ReflectionRole, reflection_prompt
from psychagent.nodes.memory.remember import recall_prompt
from psychagent.nodes.retrieval.candidates import filter_prompt
from psychagent.nodes.retrieval.query import rewrite_prompt
from psychagent.nodes.state import Brief
from psychagent.scales.dialogue import Dialogue, Line
from tools.prompt_filler import (
    CLIENT_TOKENS,
    COUNSELOR_TOKENS,
    SESSIONS,
    dialogue,
    filler,
    full_memory,
    full_recalls,
)

TURNS = 40
EARLY, LATE = 4, 12
"""The two turns whose prompts are compared, both before the counselor is told to close."""

HEAD = f"""# Prompt tokens

Written by `make docs`; a test keeps this file current. Tokens are estimated, not billed: 1 for a
Chinese character, 1 for 4 other characters, rounded up.

Each number is the largest over the five modalities and, for client and recall, over the bundled
profiles; for the counselor, over both reply formats; for the judge, over all scales. Every turn is taken as
{COUNSELOR_TOKENS} tokens of the counselor and {CLIENT_TOKENS} of the client.

- **Head**: what stands before the dialogue and stays the same all session, in a first session with
  memory empty, and in later ones (session 2 and {SESSIONS}, every stage) with memory full.
- **Per turn**: what one more turn of both adds.
- **Tail**: what stands behind the dialogue, on average and at most; the counselor's is five skills,
  new on every turn, the judge's is the scale, with a profile of 400 and a plan of 60 where it
  reads them.
- **Turn {LATE}**: the whole prompt then, memory full.

In brackets: the same before the counseling was revised (commit ffe1ba9), when the client was told a part of
what is true of it and remembered the counselor's summary, the reflection read a shortened client file, and a
turn showed five skills.

The filter is asked once a session and reads no dialogue. The rewrite reads the last four to ten
utterances, from a start that moves on every eight, so that its prompts share a prefix and do not grow.
Summary, client file, the client's recall and judge are asked once the session is over (the judge once
for each group of a scale's items), after {LATE} turns here.
"""
NAMES = {Language.EN: "English", Language.ZH: "Chinese"}


@dataclass(frozen=True)
class Sizes:
    """A prompt's parts in tokens."""

    head: int
    per_turn: int
    tail: int
    whole: int


BEFORE = Path(__file__).with_name("prompt_tokens_before.yaml")


@dataclass(frozen=True)
class Row:
    """One role's line of the table."""

    role: str
    first: Sequence[Sizes]
    later: Sequence[Sizes]
    before: Sequence[int] = ()
    """The line's former numbers, if the role was there."""

    def cells(self) -> list[str]:
        """Write the line's cells."""
        both = [*self.first, *self.later]
        tails = [sizes.tail for sizes in both]
        numbers = [
            max(sizes.head for sizes in self.first),
            max(sizes.head for sizes in self.later),
            max(sizes.per_turn for sizes in both),
            round(mean(tails)),
            max(tails),
            max(sizes.whole for sizes in self.later),
        ]
        pairs = zip_longest(numbers, self.before)
        return [self.role, *(f"{now:,}" if was is None else f"{now:,} ({was:,})" for now, was in pairs)]


PromptAt = Callable[[list[Turn]], Prompt]
PromptsOf = Callable[[Deps, Brief], Iterator[PromptAt]]


def measure(language: Language, prompt_at: PromptAt) -> Sizes:
    """Measure a role's prompt in three parts: before the dialogue, the dialogue, and after it."""
    early_text, late_text = (_text(prompt_at(dialogue(language, turns))) for turns in (EARLY, LATE))
    spoken = {turn.text for turn in dialogue(language, 1)}
    starts = [place for words in spoken if (place := late_text.find(words)) >= 0]
    ends = [place + len(words) for words in spoken if (place := late_text.rfind(words)) >= 0]
    whole = estimate_tokens(late_text)
    return Sizes(
        head=estimate_tokens(late_text[: min(starts)]) if starts else whole,
        per_turn=round((whole - estimate_tokens(early_text)) / (LATE - EARLY)),
        tail=estimate_tokens(late_text[max(ends) :].strip()) if ends else 0,
        whole=whole,
    )


def _text(prompt: Prompt) -> str:
    return "\n".join(message["content"] for message in prompt.messages)


def briefs(deps: Deps, language: Language, name: str, *, first: bool) -> Iterator[Brief]:
    """Yield briefs of a profile under every modality: its first session, or later ones of every stage."""
    profile = find_profile(name, language)
    for modality in Modality:
        case, plan = make_case(profile, modality, language), deps.prompts(language).first_plan(modality)
        knobs = replace(deps.knobs, language=language, modality=modality, profile=name)
        opened = Brief(
            case=case,
            plan=plan,
            memory=Memory(),
            candidates=(),
            session_index=1,
            knobs=knobs,
            labels=deps.prompts(language).labels,
        )
        if first:
            yield opened
            continue
        for stage in WORKING_STAGES:
            for index in (2, SESSIONS):
                later = plan.model_copy(update={"stage": stage})
                yield replace(
                    opened,
                    plan=later,
                    memory=full_memory(language),
                    recalls=full_recalls(language),
                    session_index=index,
                )


def _counselor(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
    stage = deps.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage)
    ids = [skill.id for skill in stage.skills()]
    k = deps.baseline.retrieval.top_k
    for place in range(0, len(ids) - k + 1, k):
        shown = tuple(ids[place : place + k])
        draft = Turn(speaker=Speaker.COUNSELOR, text="", skills=shown)
        yield partial(counselor_prompt, deps, brief, draft=draft)


def _client(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
    yield lambda turns: client_prompt(deps, brief, turns[:-1])


def _recall(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
    yield lambda turns: recall_prompt(deps, brief, turns)


def _filter(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
    skills = deps.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage)
    yield lambda turns: filter_prompt(deps, brief, skills)


def _rewrite(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
    yield lambda turns: rewrite_prompt(deps, brief, turns)


def _reflect(task: ReflectionRole) -> PromptsOf:
    def prompts(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
        yield lambda turns: reflection_prompt(deps, brief, turns, task)

    return prompts


ROLES: dict[str, PromptsOf] = {
    "counselor": _counselor,
    "client": _client,
    "filter": _filter,
    "rewrite": _rewrite,
    "summary": _reflect(Role.SUMMARY),
    "client_file": _reflect(Role.CLIENT_FILE),
    "recall": _recall,
}


def _deps_of(reply_format: Literal["tags", "json"]) -> Deps:
    baseline = BaselineSettings(
        max_sessions=SESSIONS,
        max_counselor_turns=TURNS,
        reply_format=reply_format,
        retrieval=RetrievalSettings(method="lexical"),
    )
    return build_deps(baseline, RuntimeSettings(), open_live({}))


def _sizes(forms: Sequence[Deps], role: str, language: Language, *, first: bool) -> list[Sizes]:
    bundled = find_profiles(DatasetSettings(split=None), language)[None]
    profiles = [path.stem for path in (bundled if role in {"client", "recall"} else bundled[:1])]
    return [
        measure(language, prompt_at)
        for deps in (forms if role == "counselor" else forms[:1])
        for name in profiles
        for brief in briefs(deps, language, name, first=first)
        for prompt_at in ROLES[role](deps, brief)
    ]


def _judged(deps: JudgeDeps, language: Language) -> list[Sizes]:
    def prompt(task: JudgeTask, turns: list[Turn]) -> Prompt:
        judged = Dialogue(
            case_id="case",
            modality=Modality.CBT,
            language=language,
            lines=tuple(Line(speaker=turn.speaker, text=turn.text) for turn in turns),
            profile=filler(language, 2, 400),
            plan=filler(language, 2, 60),
        )
        return Sitting.of(deps, JudgeBrief(dialogue=judged)).prompt(task)

    return [measure(language, partial(prompt, task)) for task in plan_calls(deps, list(deps.scales))]


def write_prompt_tokens() -> str:
    """Write the table of both languages as Markdown."""
    forms = [_deps_of("tags"), _deps_of("json")]
    judge = build_judge_deps(EvalSettings(), open_live({}))
    return "\n".join([HEAD, *(_section(forms, judge, language) for language in Language)])


def _section(forms: Sequence[Deps], judge: JudgeDeps, language: Language) -> str:
    before = load_data(BEFORE)[language.value]
    measured = {
        role: [_sizes(forms, role, language, first=first) for first in (True, False)] for role in ROLES
    }
    measured["judge"] = [_judged(judge, language)] * 2
    rows = [Row(role, first, later, before.get(role, ())) for role, (first, later) in measured.items()]
    header = ("Role", "Head, first session", "Head, memory full", "Per turn", "Tail, mean", "Tail, most")
    table = markdown_table(
        (*header, f"Turn {LATE}"), (row.cells() for row in rows), rule=["---", *["---:"] * len(header)]
    )
    return f"## {NAMES[language]}\n\n{table}\n"


if __name__ == "__main__":
    sys.stdout.write(write_prompt_tokens())
