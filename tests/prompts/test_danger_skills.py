"""The skills for a danger that stays open: in full where it is told of, then by name."""

from __future__ import annotations

from itertools import product

import pytest

from psychagent.domain.base import Language, Speaker
from psychagent.domain.risk.finding import About
from psychagent.domain.skill import MetaSkill
from psychagent.domain.turn import Turn
from psychagent.flows.build import build_deps
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.deps import Deps
from psychagent.nodes.state import Brief
from psychagent.skills.shown import risk_families
from tests.support.every import LANGUAGES
from tests.support.fakes import brief_for, case_of, next_turn
from tests.support.flat import baseline_of, live, runtime_of

Told = tuple[int, About, tuple[str, ...]]
"""The level and kind that a turn is told of, and the ids of its skills."""
DANGERS = (About.SELF, About.OTHERS, About.HARMED, About.CHILD, About.DRINK)
KEEPS = {
    kept: build_deps(
        baseline_of(provider="offline", max_counselor_turns=12, retrieval={"keep_in_history": kept}),
        runtime_of(),
        live(),
    )
    for kept in (False, True)
}


def brief_of(deps: Deps, language: Language) -> Brief:
    return brief_for(deps, case_of(f"{language.value}01"), session_index=2)


def family_for(deps: Deps, language: Language, about: About) -> MetaSkill:
    brief = brief_of(deps, language)
    families = risk_families(deps.skills(language).stage(brief.case.modality, brief.skill_stage))
    return next(meta for meta in families if about in meta.about)


def last_words(deps: Deps, language: Language, before: list[Told], now: Told) -> str:
    """Write the last message of a turn, given what the turns before it were told and shown."""
    turns = [Turn(speaker=Speaker.COUNSELOR, text="Hello."), Turn(speaker=Speaker.CLIENT, text="x")]
    for level, about, skills in before:
        own = Turn(speaker=Speaker.COUNSELOR, text="y", risk_level=level, risk_about=about, skills=skills)
        turns += [own, Turn(speaker=Speaker.CLIENT, text="x")]
    level, about, skills = now
    prompt = counselor_prompt(deps, brief_of(deps, language), turns, next_turn(skills, level, about))
    return str(prompt.messages[-1]["content"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("about", "level"), [*product(DANGERS, (1, 2, 3))])
@pytest.mark.parametrize("kept", KEEPS)
def test_skills_for_an_open_danger_are_shown_in_full_once_then_by_name(
    language: Language, about: About, level: int, kept: bool
) -> None:
    deps = KEEPS[kept]
    skills = family_for(deps, language, about).skills[:2]
    ids = tuple(skill.id for skill in skills)
    now = (level, about, ids)
    first, later = last_words(deps, language, [], now), last_words(deps, language, [now], now)
    graver = last_words(deps, language, [(level - 1, about, ids)], now)
    for skill in skills:
        assert skill.description in first
        assert skill.description not in later
        assert skill.name in later, "it stays in sight"
        assert kept or skill.description in graver, "what is graver is new"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_of_another_kind_shows_its_skills_in_full(language: Language) -> None:
    deps = KEEPS[False]
    drink, die = (family_for(deps, language, about).skills for about in (About.DRINK, About.SELF))
    before = (2, About.DRINK, (drink[0].id,))
    text = last_words(deps, language, [before], (2, About.SELF, (die[0].id, drink[0].id)))
    assert die[0].description in text
    again = last_words(deps, language, [before, before], (2, About.DRINK, (drink[0].id, drink[1].id)))
    assert [skill.description in again for skill in drink[:2]] == [False, True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_the_gate_tells_of_no_danger_each_turn_shows_its_skills_in_full(language: Language) -> None:
    deps = KEEPS[False]
    (skill, *_) = family_for(deps, language, About.DRINK).skills
    now = (0, About.NONE, (skill.id,))
    assert skill.description in last_words(deps, language, [now, now], now)
