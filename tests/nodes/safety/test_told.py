"""Told danger, measured by the rules and skills of each language, and by what memory holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from psychagent.assets.profiles import find_profile, make_case
from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.domain.memory import Memory
from psychagent.domain.plan import Plan
from psychagent.domain.risk.finding import About, RiskFinding
from psychagent.domain.risk.told import Told
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.turn import Thoughts, Turn
from psychagent.nodes.safety.told import told_in
from psychagent.nodes.state import Brief
from psychagent.skills.shown import risk_skills
from tests.support.memory_parts import summary
from tests.support.rolling import offline_rollout_deps

DEPS = offline_rollout_deps()
PLAIN = {Language.EN: "How was your week?", Language.ZH: "这一周过得怎么样？"}
QUESTION = {Language.EN: "Are you thinking of suicide?", Language.ZH: "您有没有想过自杀？"}
YES = {Language.EN: "I want to die.", Language.ZH: "我不想活了。"}
WITHOUT_RISK = {Language.EN: "en03", Language.ZH: "zh03"}


def brief_in(language: Language) -> Brief:
    case = make_case(find_profile(WITHOUT_RISK[language], language), Modality.CBT, language)
    plan = Plan(stage=Stage.CONCEPTUALIZATION, title="t", focus=("one",))
    return Brief(case=case, plan=plan, memory=Memory(), candidates=(), session_index=2)


def told(brief: Brief, *turns: Turn | str, at: int = 1) -> Told:
    speakers = (Speaker.COUNSELOR, Speaker.CLIENT)
    said = [t if isinstance(t, Turn) else Turn(speaker=speakers[n % 2], text=t) for n, t in enumerate(turns)]
    return told_in(DEPS, brief, said, [RiskFinding(turn=at, level=2, about=About.SELF)])


@pytest.mark.parametrize("language", list(Language))
def test_the_questions_of_a_language_are_known(language: Language) -> None:
    brief = brief_in(language)
    assert not told(brief, PLAIN[language], YES[language], QUESTION[language]).unasked
    assert told(brief, PLAIN[language], YES[language], PLAIN[language]).unasked


@pytest.mark.parametrize("language", list(Language))
def test_the_skills_for_danger_of_the_session_count_as_asking(language: Language) -> None:
    brief = brief_in(language)
    skills = risk_skills(DEPS.skills(language).stage(Modality.CBT, brief.skill_stage))
    using = Turn(speaker=Speaker.COUNSELOR, text=PLAIN[language], thoughts=Thoughts(skill=(skills[0].name,)))
    assert not told(brief, PLAIN[language], YES[language], using).unasked


@pytest.mark.parametrize("language", list(Language))
def test_a_client_whose_danger_an_earlier_session_recorded_is_believed(language: Language) -> None:
    brief, turns = brief_in(language), (PLAIN, PLAIN, QUESTION, YES, QUESTION)
    words = [one[language] for one in turns]
    assert told(brief, *words, at=3) == Told("", disclosed=False)
    voiced = summary("s", safety=SafetyNote(danger=Danger.VOICED))
    known = replace(brief, memory=Memory(summaries=(voiced,)))
    assert told(known, *words, at=3) == Told("", disclosed=True)


def test_without_findings_nothing_is_told() -> None:
    turns = [Turn(speaker=Speaker.CLIENT, text=YES[Language.EN])]
    assert told_in(DEPS, brief_in(Language.EN), turns, []) == Told()
