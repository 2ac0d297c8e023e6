"""Measure the prompts of every role in tokens, as Markdown: `python -m tools.prompt_tokens`.

The prompts are built as in a run; no model is asked. Tokens are estimates, not what a provider bills.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import mean
from typing import Literal

from psychagent.assets.profiles import find_profile, find_profiles, make_case
from psychagent.assets.settings.baseline import BaselineSettings, RetrievalSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import WORKING_STAGES, Language, Modality, Speaker, Stage
from psychagent.domain.memory import (
    ClientFile,
    ClientStateAnalysis,
    GoalAssessment,
    Memory,
    SessionSummary,
)
from psychagent.domain.plan import Plan
from psychagent.domain.profile import Traits
from psychagent.domain.role import Role
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.tokens import estimate_tokens
from psychagent.domain.turn import Turn
from psychagent.files.markdown import markdown_table
from psychagent.flows.build import build_deps
from psychagent.flows.judge import build_judge_deps
from psychagent.flows.live import open_live
from psychagent.llm.prompt import Prompt
from psychagent.nodes.client import client_prompt
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.deps import Deps
from psychagent.nodes.judge import JudgeBrief, JudgeDeps, JudgeTask, Sitting, plan_calls
from psychagent.nodes.reflect import ReflectionRole, reflection_prompt
from psychagent.nodes.retrieve import filter_prompt, rewrite_prompt
from psychagent.nodes.state import Brief
from psychagent.scales.dialogue import Dialogue, Line

SESSIONS, TURNS, COUNSELOR_TOKENS, CLIENT_TOKENS = 20, 40, 60, 40
EARLY, LATE = 4, 12
"""The two turns whose prompts are compared, both before the counselor is told to close."""

HEAD = f"""# Prompt tokens

Written by `make docs`; a test keeps this file current. Tokens are estimated, not billed: 1 for a
Chinese character, 1 for 4 other characters, rounded up.

Each number is the largest over the five modalities and, for the client, over the bundled profiles;
for the counselor, over both reply formats; for the judge, over all scales. Every turn is taken as
{COUNSELOR_TOKENS} tokens of the counselor and {CLIENT_TOKENS} of the client.

- **Head**: what stands before the dialogue and stays the same all session, in a first session with
  memory empty, and in later ones (session 2 and {SESSIONS}, every stage) with memory full.
- **Per turn**: what one more turn of both adds.
- **Tail**: what stands behind the dialogue, on average and at most; the counselor's is five skills,
  new on every turn, the judge's is the scale, with a profile of 400 and a plan of 60 where it
  reads them.
- **Turn {LATE}**: the whole prompt then, memory full.

The filter is asked once a session and reads no dialogue. The rewrite reads the last four to ten
utterances, from a start that moves on every eight, so that its prompts share a prefix and do not grow.
Summary, client file and judge are asked once the session is over (the judge once for each group of a
scale's items), after {LATE} turns here.
"""
NAMES = {Language.EN: "English", Language.ZH: "Chinese"}
_FILLERS = {Language.EN: ("word ", "talk ", "note "), Language.ZH: ("说", "答", "记")}
"""Placeholders for the counselor's words, the client's, and memory; different, so that prompts can be cut."""


@dataclass(frozen=True)
class Sizes:
    """A prompt's parts in tokens."""

    head: int
    per_turn: int
    tail: int
    whole: int


@dataclass(frozen=True)
class Row:
    """One role's line of the table."""

    role: str
    first: Sequence[Sizes]
    later: Sequence[Sizes]

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
        return [self.role, *(f"{number:,}" for number in numbers)]


PromptAt = Callable[[list[Turn]], Prompt]
PromptsOf = Callable[[Deps, Brief], Iterator[PromptAt]]


def filler(language: Language, kind: int, tokens: int) -> str:
    """Make a text of the given number of tokens."""
    chars = tokens if language is Language.ZH else 4 * tokens
    return (_FILLERS[language][kind] * chars)[:chars].strip()


def dialogue(language: Language, turns: int) -> list[Turn]:
    """Make a dialogue with the given number of turns by each speaker."""
    said = Turn(speaker=Speaker.COUNSELOR, text=filler(language, 0, COUNSELOR_TOKENS))
    answered = Turn(speaker=Speaker.CLIENT, text=filler(language, 1, CLIENT_TOKENS))
    return [said, answered] * turns


def full_memory(language: Language) -> Memory:
    """Make a memory that holds more than a prompt shows."""

    def text(chars: int) -> str:
        return (_FILLERS[language][2] * chars)[:chars]

    summary = SessionSummary(
        session_summary_abstract=text(1500),
        goal_assessment=GoalAssessment(
            objective_recap=text(600), completion_status=text(200), evidence_and_analysis=text(900)
        ),
        client_state_analysis=ClientStateAnalysis(
            affective_state=text(600),
            behavioral_patterns=text(600),
            therapeutic_alliance=text(600),
            unresolved_points_or_tensions=text(600),
        ),
        next_session_plan=Plan(stage=Stage.INTERVENTION, title=text(60), focus=(text(60),)),
        safety=SafetyNote(
            danger=Danger.VOICED,
            **{name: text(200) for name in SafetyNote.model_fields if name != "danger"},
        ),
        homework=(text(120),),
    )
    file = ClientFile(
        static_traits=Traits(**dict.fromkeys(Traits.model_fields, text(400))),
        main_problem=text(600),
        topic=text(100),
        core_demands=text(400),
        growth_experiences=(text(400),),
    )
    return Memory(client_file=file, summaries=(summary,) * (SESSIONS - 1), homework=(text(120),))


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
                yield replace(opened, plan=later, memory=full_memory(language), session_index=index)


def _counselor(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
    stage = deps.skills(brief.case.language).stage(brief.case.modality, brief.plan.stage)
    ids = [skill.id for skill in stage.skills()]
    k = deps.baseline.retrieval.top_k
    for place in range(0, len(ids) - k + 1, k):
        yield partial(counselor_prompt, deps, brief, skill_ids=ids[place : place + k])


def _client(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
    yield lambda turns: client_prompt(deps, brief, turns[:-1])


def _filter(deps: Deps, brief: Brief) -> Iterator[PromptAt]:
    skills = deps.skills(brief.case.language).stage(brief.case.modality, brief.plan.stage)
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
    profiles = [path.stem for path in (bundled if role == "client" else bundled[:1])]
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
    rows = [
        Row(role, *(_sizes(forms, role, language, first=first) for first in (True, False))) for role in ROLES
    ]
    judged = _judged(judge, language)
    rows.append(Row("judge", judged, judged))
    header = ("Role", "Head, first session", "Head, memory full", "Per turn", "Tail, mean", "Tail, most")
    table = markdown_table(
        (*header, f"Turn {LATE}"), (row.cells() for row in rows), rule=["---", *["---:"] * len(header)]
    )
    return f"## {NAMES[language]}\n\n{table}\n"


if __name__ == "__main__":
    sys.stdout.write(write_prompt_tokens())
