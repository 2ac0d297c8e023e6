"""Prompts keep their budgets of tokens: what is sent on every turn is paid for on every turn."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from statistics import mean
from typing import Any

import pytest

from psychagent.assets.profiles import find_profile, make_case
from psychagent.domain.base import WORKING_STAGES, Language, Modality, Speaker, Stage
from psychagent.domain.client_memory import REMEMBERED_TOKENS, TOLD_TOKENS
from psychagent.domain.memory import Memory
from psychagent.domain.profile import Case
from psychagent.domain.risk.finding import About
from psychagent.domain.role import ClientKind
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.turn import Turn
from psychagent.domain.views.memory import view_memory
from psychagent.flows.build import build_deps
from psychagent.nodes.client import client_prompt
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.deps import Deps
from psychagent.nodes.safety.unasked import still_to_ask
from psychagent.skills.shown import MOST_RISK_SKILLS, risk_skills
from tests.support.budgets import COUNSELOR_HEAD, COUNSELOR_HEAD_WITH_MEMORY
from tests.support.every import LANGUAGES, MODALITIES
from tests.support.fakes import brief_for, case_of, next_turn
from tests.support.flat import baseline_of, live, runtime_of
from tests.support.memory_parts import memory
from tests.support.moments import closing_note
from tests.support.prompt_values import library
from tools.prompt_filler import full_recalls

CLIENT_HEAD = {Language.EN: 1170, Language.ZH: 1300}
"""All that is true of a person is in it; a Chinese character is estimated as a whole token."""
SKILLS_TAIL, REWRITE_HEAD = 440, 268
NOTES_IN_DANGER = {Language.EN: 345, Language.ZH: 435}
PASSAGE = (45, 112)
LAST = 20
KINDS = [
    (1, Stage.CONCEPTUALIZATION),
    (3, Stage.INTERVENTION),
    (19, Stage.CONSOLIDATION),
    (LAST, Stage.CONSOLIDATION),
]
"""A first session, a middle one, one near the end and the last one."""
HELLO = [Turn(speaker=Speaker.COUNSELOR, text="Hello.")]


def deps_of(reply_format: str = "tags") -> Deps:
    """Build dependencies with the limits of a long course."""
    baseline = baseline_of(
        provider="offline", max_sessions=LAST, max_counselor_turns=40, reply_format=reply_format
    )
    return build_deps(baseline, runtime_of(), live())


TAGS, JSON = deps_of("tags"), deps_of("json")


def head_of(
    deps: Deps,
    case: Case,
    kind: tuple[int, Stage],
    held: Memory | None = None,
    client: ClientKind = ClientKind.SIMULATOR,
) -> str:
    """Render the counselor's head of a kind of session."""
    brief = brief_for(deps, case, memory=held, session_index=kind[0], client=client)
    planned = replace(brief, plan=brief.plan.model_copy(update={"stage": kind[1]}))
    return counselor_prompt(deps, planned, [], next_turn()).messages[0]["content"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("deps", [TAGS, JSON], ids=["tags", "json"])
@pytest.mark.parametrize("kind", KINDS, ids=["first", "middle", "late", "last"])
def test_the_counselors_head_fits_in_a_first_session_and_with_memory_full(
    language: Language, modality: Modality, deps: Deps, kind: tuple[int, Stage]
) -> None:
    case = case_of(f"{language.value}01", modality)
    held = memory(20, language=language, size=1400)
    if kind[0] == 1:
        for client in ClientKind:
            opener = library(language).render("counselor/opener", session_index=1, client="simulator")
            head = f"{head_of(deps, case, kind, client=client)}\n{opener}"
            assert estimate_tokens(head) <= COUNSELOR_HEAD
        return
    assert estimate_tokens(head_of(deps, case, kind, held)) <= COUNSELOR_HEAD_WITH_MEMORY


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
def test_each_modality_has_a_short_passage_for_each_kind_of_session(
    language: Language, modality: Modality
) -> None:
    plan = library(language).first_plan(modality)
    texts = []
    for index, stage in KINDS:
        given = {
            "session_index": index,
            "plan": plan.model_copy(update={"stage": stage}),
            "last": index == LAST,
            "memory": view_memory(Memory()),
        }
        texts.append(library(language).render(f"modality/{modality.value}", **given))
    approaches, passages = zip(*(text.split("\n") for text in texts), strict=True)
    assert len(set(approaches)) == 1
    assert len(set(passages)) == len(KINDS)
    assert all(PASSAGE[0] <= estimate_tokens(passage) <= PASSAGE[1] for passage in passages)
    dying = {Language.EN: "dying", Language.ZH: "死"}[language]
    assert [dying in passage for passage in passages] == [True, False, False, False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_memory_adds_at_most_its_eight_hundred(language: Language) -> None:
    case = case_of(f"{language.value}01")
    empty = brief_for(TAGS, case, session_index=2)
    # not the last session, whose head says more
    full = brief_for(TAGS, case, memory=memory(20, language=language, size=1400), session_index=19)
    heads = [counselor_prompt(TAGS, b, [], next_turn()).messages[0]["content"] for b in (empty, full)]
    assert estimate_tokens(heads[1]) - estimate_tokens(heads[0]) <= 800


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_clients_head_fits_in_a_first_session_for_every_bundled_profile(language: Language) -> None:
    sizes = {}
    for number in range(1, 37):
        profile = find_profile(f"{language.value}{number:02d}", language)
        for modality in Modality:
            brief = brief_for(TAGS, make_case(profile, modality, language))
            head = client_prompt(TAGS, brief, HELLO).messages[0]["content"]
            sizes[profile.user_id, modality.value] = estimate_tokens(head)
    worst = max(sizes, key=lambda key: sizes[key])
    assert sizes[worst] <= CLIENT_HEAD[language], f"{worst} takes {sizes[worst]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clients_full_memory_adds_a_bounded_part(language: Language) -> None:
    case = case_of(f"{language.value}07")
    bare = brief_for(TAGS, case, session_index=20)
    full = replace(bare, recalls=full_recalls(language))
    heads = [client_prompt(TAGS, brief, HELLO).messages[0]["content"] for brief in (bare, full)]
    added = estimate_tokens(heads[1]) - estimate_tokens(heads[0])
    assert 300 < added <= REMEMBERED_TOKENS + TOLD_TOKENS + 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_skills_fit_on_average_over_the_library(language: Language) -> None:
    sizes, seen = [], set[str]()
    for modality in Modality:
        for stage in WORKING_STAGES:
            # families for safety stand in every stage; each skill is measured once
            every = TAGS.skills(language).stage(modality, stage)
            dangers = {skill.id for skill in risk_skills(every)}
            skills = [skill for skill in every.skills() if skill.id not in seen | dangers]
            seen |= {skill.id for skill in skills}
            for first in range(0, len(skills) - 2, 3):
                three = skills[first : first + 3]
                text = library(language).render("counselor/skills", skills=three, shown=[], before=[])
                sizes.append(estimate_tokens(text))
    assert mean(sizes) <= SKILLS_TAIL


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", list(Modality))
def test_the_skills_for_a_danger_fit_as_many_as_a_turn_shows(language: Language, modality: Modality) -> None:
    skills = risk_skills(TAGS.skills(language).stage(modality, Stage.INTERVENTION))
    for first in range(0, len(skills), MOST_RISK_SKILLS):
        shown = skills[first : first + MOST_RISK_SKILLS]
        text = library(language).render("counselor/skills", skills=shown, shown=[], before=[])
        assert estimate_tokens(text) <= SKILLS_TAIL


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rewrite_prompt_is_small(language: Language) -> None:
    for modality in Modality:
        head = library(language).render("rewrite/system", modality=modality.value)
        assert estimate_tokens(head) <= REWRITE_HEAD


def test_the_tail_is_empty_where_there_is_nothing_to_say() -> None:
    assert library(Language.EN).render("counselor/skills", skills=[]) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notes_on_a_turn_in_danger_stay_short(language: Language) -> None:
    abouts, either = tuple(About), (True, False)
    where: dict[str, Any] = {"extra_turns": 4, "spoken_of": True, "danger_open": True, "last": True}
    sizes = {}
    grid = product((9, 3, 2, 1, 0, -3), (1, 2, 3), abouts, either, either, either)
    for left, level, about, told, own, new in grid:
        given = where | {"risk_level": level, "risk_about": about, "told": told, "own_unasked": own}
        unasked = still_to_ask(library(language), (), about=about, voices=True)
        given |= {"newly_told": new, "voices": True, "unasked": unasked}
        given["also"] = "child" if own and about not in (About.NONE, About.CHILD) else ""
        sizes[left, level, about, told, own, new] = estimate_tokens(closing_note(language, left, **given))
    assert max(sizes.values()) <= NOTES_IN_DANGER[language], max(sizes, key=lambda key: sizes[key])
