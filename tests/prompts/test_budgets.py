"""Prompts keep their budgets of tokens: what is sent on every turn is paid for on every turn."""

from __future__ import annotations

from statistics import mean

import pytest

from psychagent.assets.profiles import find_profile, make_case
from psychagent.assets.settings import BaselineSettings, RetrievalSettings, RuntimeSettings
from psychagent.domain.base import WORKING_STAGES, Language, Modality, Speaker
from psychagent.domain.tokens import estimate_tokens
from psychagent.domain.turn import Turn
from psychagent.flows.build import build_deps
from psychagent.nodes.client import client_prompt
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.deps import Deps
from tests.conftest import LANGUAGES, MODALITIES
from tests.domain.memory_parts import memory
from tests.fakes import brief_for, case_of
from tests.prompts.values import library

COUNSELOR_HEAD, CLIENT_HEAD, SKILLS_TAIL, REWRITE_HEAD = 930, 600, 560, 160
HELLO = [Turn(speaker=Speaker.COUNSELOR, text="Hello.")]


def deps_of(reply_format: str = "tags") -> Deps:
    """Build dependencies with the limits of a long course."""
    baseline = BaselineSettings.model_validate(
        {"provider": "offline", "max_sessions": 20, "max_counselor_turns": 40, "reply_format": reply_format}
    )
    return build_deps(baseline, RuntimeSettings(retrieval=RetrievalSettings(method="lexical")), env={})


TAGS, JSON = deps_of("tags"), deps_of("json")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("deps", [TAGS, JSON], ids=["tags", "json"])
def test_the_counselors_head_fits_with_memory_empty(
    language: Language, modality: Modality, deps: Deps
) -> None:
    brief = brief_for(deps, case_of(f"{language.value}01", modality))
    head = counselor_prompt(deps, brief, [], ()).messages[0]["content"]
    assert estimate_tokens(head) <= COUNSELOR_HEAD


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_memory_adds_at_most_its_eight_hundred(language: Language) -> None:
    case = case_of(f"{language.value}01")
    empty = brief_for(TAGS, case, session_index=2)
    full = brief_for(TAGS, case, memory=memory(20, language=language, size=1400), session_index=20)
    heads = [counselor_prompt(TAGS, b, [], ()).messages[0]["content"] for b in (empty, full)]
    assert estimate_tokens(heads[1]) - estimate_tokens(heads[0]) <= 800


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_clients_head_fits_in_a_first_session_for_every_bundled_profile(language: Language) -> None:
    sizes = {}
    for number in range(1, 25):
        profile = find_profile(f"{language.value}{number:02d}", language)
        for modality in Modality:
            brief = brief_for(TAGS, make_case(profile, modality, language))
            head = client_prompt(TAGS, brief, HELLO).messages[0]["content"]
            sizes[profile.user_id, modality.value] = estimate_tokens(head)
    worst = max(sizes, key=lambda key: sizes[key])
    assert sizes[worst] <= CLIENT_HEAD, f"{worst} takes {sizes[worst]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_five_skills_fit_on_average_over_the_library(language: Language) -> None:
    sizes, seen = [], set[str]()
    for modality in Modality:
        for stage in WORKING_STAGES:
            # families for safety stand in every stage; each skill is measured once
            every = TAGS.skills(language).stage(modality, stage).skills()
            skills = [skill for skill in every if skill.id not in seen]
            seen |= {skill.id for skill in skills}
            for first in range(0, len(skills) - 4, 5):
                five = skills[first : first + 5]
                text = library(language).render("counselor/skills", skills=five, turns_left=9)
                sizes.append(estimate_tokens(text))
    assert mean(sizes) <= SKILLS_TAIL


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rewrite_prompt_is_small(language: Language) -> None:
    for modality in Modality:
        head = library(language).render("rewrite/system", modality=modality.value)
        assert estimate_tokens(head) <= REWRITE_HEAD


def test_the_tail_is_empty_where_there_is_nothing_to_say() -> None:
    assert library(Language.EN).render("counselor/skills", skills=[], turns_left=9) == ""
