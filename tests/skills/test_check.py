"""The checks of a library, and that the bundled one passes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.skill import MetaSkill, StageSkills
from psychagent.skills.check import check_fields, check_languages, check_lengths, check_library, stage_ids
from psychagent.skills.embed import Embedder
from psychagent.skills.library import SkillLibrary
from psychagent.skills.near import MAX_COSINE
from psychagent.skills.vectors import VectorCache
from tests.support.small_skills import WriteLibrary, skill_about, stage_of

ANY = dict.fromkeys(Language, 1.0)


def by_counting(language: Language) -> None:
    return None


@pytest.mark.slow
async def test_the_bundled_library_has_no_problem(minilm: Embedder, vector_dir: Path) -> None:
    cache = VectorCache(vector_dir, minilm)
    problems = await check_library(
        None, embed=lambda lang: cache.embed if lang is Language.EN else None, max_cosine=MAX_COSINE
    )
    assert problems == []


async def test_a_small_sound_library_has_no_problem(small_library: Path) -> None:
    assert await check_library(small_library, embed=by_counting, max_cosine=ANY) == []


async def test_every_unreadable_file_is_told_and_the_others_are_still_checked(
    small_library: Path, write_library: WriteLibrary
) -> None:
    (small_library / "en" / "cbt" / "intervention.yaml").write_text("modality: [")
    write_library(stage_of(skill_about("c", "shame", name="Short"), stage=Stage.CONCEPTUALIZATION))
    problems = await check_library(small_library, embed=by_counting, max_cosine=ANY)
    assert len(problems) == 2
    assert any("intervention.yaml: not valid yaml" in p for p in problems)
    assert any("[en] cbt/conceptualization: c: name has 5 characters, not 8 to 60" in p for p in problems)


@pytest.mark.parametrize("field", ["name", "description", "when_to_use", "trigger", "caution", "example"])
def test_a_field_that_holds_nothing_is_told(field: str) -> None:
    stage = stage_of(skill_about("a", "sleep", **{field: "  "}))
    assert list(check_fields([stage])) == [f"cbt/intervention: a: {field} is empty"]


def test_a_meta_skill_without_skills_is_told() -> None:
    meta = MetaSkill(id="m", name="Nothing", description="")
    stage = StageSkills(modality=Modality.BT, stage=Stage.INTERVENTION, meta_skills=(meta,))
    assert list(check_fields([stage])) == [
        "bt/intervention: m: description is empty",
        "bt/intervention: m: holds no atomic skill",
    ]


@pytest.mark.parametrize("change", [lambda t: t[:20], lambda t: t * 5])
def test_a_field_off_its_length_is_told(change: Callable[[str], str]) -> None:
    sound = skill_about("a", "sleep")
    stage = stage_of(sound.model_copy(update={"trigger": change(sound.trigger)}))
    (problem,) = check_lengths([stage], Language.EN)
    assert problem.startswith("cbt/intervention: a: trigger has ")


async def test_an_id_used_in_two_stages_is_told(write_library: WriteLibrary) -> None:
    root = write_library(
        stage_of(skill_about("a", "sleep")), stage_of(skill_about("a", "anger"), stage=Stage.CONSOLIDATION)
    )
    problems = await check_library(root, embed=by_counting, max_cosine=ANY)
    assert problems == ["[en] cbt/intervention, cbt/consolidation: a: used 2 times"]


def test_languages_must_hold_the_same_ids_in_the_same_order() -> None:
    one, two, three = skill_about("a", "sleep"), skill_about("b", "anger"), skill_about("c", "grief")
    told = check_languages({Language.EN: [stage_of(one, two)], Language.ZH: [stage_of(two, one)]})
    assert list(told) == ["cbt/intervention: en and zh hold different ids or orders, from a"]
    missing = check_languages({Language.EN: [stage_of(one)], Language.ZH: [stage_of(one, three)]})
    assert list(missing) == ["cbt/intervention: en and zh hold different ids or orders, from its end"]
    assert not list(check_languages({Language.EN: [stage_of(one)], Language.ZH: [stage_of(one)]}))


def test_a_stage_that_one_language_lacks_is_told() -> None:
    (told,) = check_languages({Language.EN: [stage_of(skill_about("a", "sleep"))], Language.ZH: []})
    assert told.startswith("cbt/intervention: en and zh")


async def test_two_skills_that_say_the_same_are_told(write_library: WriteLibrary) -> None:
    twin = skill_about("b", "sleep", name="Another name")
    root = write_library(stage_of(skill_about("a", "sleep"), twin, skill_about("c", "grief")))
    problems = await check_library(root, embed=by_counting, max_cosine=dict.fromkeys(Language, 0.9))
    assert len(problems) == 1
    assert "[en] cbt/intervention: a and b: cosine 0.9" in problems[0]


async def test_an_imported_library_is_spared_the_house_rules(write_library: WriteLibrary) -> None:
    root = write_library(
        stage_of(skill_about("a", "sleep", name="X")),
        stage_of(skill_about("a", "anger"), stage=Stage.CONSOLIDATION),
    )
    assert await check_library(root, embed=by_counting, max_cosine=ANY, house_rules=False) == []


async def test_the_reference_layout_can_be_checked(reference_root: Path) -> None:
    assert await check_library(reference_root, embed=by_counting, max_cosine=ANY, house_rules=False) == []


async def test_the_reference_release_can_be_checked(reference_data: Path) -> None:
    root = reference_data / "skills"
    found = await check_library(root, embed=by_counting, max_cosine=ANY, house_rules=False)
    assert all(line.startswith("[zh] ") for line in found)


def test_both_languages_of_the_bundled_library_hold_the_same_ids() -> None:
    known = {
        language: [stage_ids(stage) for stage in SkillLibrary(language).all_stages()] for language in Language
    }
    assert known[Language.EN] == known[Language.ZH]
