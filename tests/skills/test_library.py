"""Reading a library: our files and the reference layout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from psychagent.domain.base import WORKING_STAGES, Language, Modality, Stage
from psychagent.domain.risk.finding import About
from psychagent.errors import AssetError
from psychagent.skills.library import SkillLibrary
from psychagent.skills.shown import risk_families
from psychagent.skills.store import SkillStore
from tests.support.small_skills import WriteLibrary, skill_about, stage_of


def test_a_stage_of_our_layout_is_read(small_library: Path) -> None:
    library = SkillLibrary(Language.EN, small_library)
    stage = library.stage(Modality.CBT, Stage.INTERVENTION)
    assert [s.id for s in stage.skills()] == ["a.sleep", "a.anger", "a.grief"]
    assert not library.is_reference
    assert len(library.all_stages()) == 2


def test_a_file_in_the_wrong_place_is_named(write_library: WriteLibrary) -> None:
    root = write_library(stage_of(skill_about("a", "sleep")))
    path = root / "en" / "cbt" / "intervention.yaml"
    path.rename(root / "en" / "cbt" / "consolidation.yaml")
    with pytest.raises(AssetError, match="not its place"):
        SkillLibrary(Language.EN, root).stage(Modality.CBT, Stage.CONSOLIDATION)


def test_an_id_used_twice_in_a_stage_is_named(write_library: WriteLibrary) -> None:
    root = write_library(stage_of(skill_about("a", "sleep"), skill_about("a", "anger")))
    with pytest.raises(AssetError, match="'a' is used twice"):
        SkillLibrary(Language.EN, root).stage(Modality.CBT, Stage.INTERVENTION)


def test_an_unknown_field_is_named(write_library: WriteLibrary) -> None:
    root = write_library(stage_of(skill_about("a", "sleep")))
    path = root / "en" / "cbt" / "intervention.yaml"
    path.write_text(path.read_text().replace("trigger:", "triger:"))
    with pytest.raises(AssetError, match=r"intervention\.yaml.*triger"):
        SkillLibrary(Language.EN, root).stage(Modality.CBT, Stage.INTERVENTION)


def test_a_folder_of_neither_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="holds neither"):
        SkillLibrary(Language.EN, tmp_path)


@pytest.mark.parametrize("below", ["", "sect"])
def test_the_reference_layout_is_read_from_its_root_or_from_sect(reference_root: Path, below: str) -> None:
    library = SkillLibrary(Language.ZH, reference_root / below)
    stage = library.stage(Modality.CBT, Stage.INTERVENTION)
    assert library.is_reference
    assert [(meta.id, [s.id for s in meta.skills]) for meta in stage.meta_skills] == [("2", ["32"])]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"trigger"', '"triger"', "'trigger' is missing"),
        ('"1", "2", "32"', '"1", "9", "32"', "'9' is not in"),
    ],
)
def test_a_broken_reference_file_is_named(reference_root: Path, old: str, new: str, told: str) -> None:
    path = reference_root / "sect" / "cbt" / "stage2" / "micro_skills.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(AssetError, match=told):
        SkillLibrary(Language.ZH, reference_root).stage(Modality.CBT, Stage.INTERVENTION)


def test_the_reference_release_is_read_as_it_is(reference_data: Path) -> None:
    library = SkillLibrary(Language.ZH, reference_data / "skills")
    stages = library.all_stages()
    assert stages
    for stage in stages:
        assert stage.skills()
        assert all(skill.trigger and skill.when_to_use for skill in stage.skills())


@pytest.mark.parametrize("language", list(Language))
def test_the_bundled_library_is_as_large_as_promised(language: Language) -> None:
    stages = SkillLibrary(language).all_stages()
    assert len(stages) == len(Modality) * len(WORKING_STAGES)
    for stage in stages:
        assert len(stage.meta_skills) >= 6
        assert all(len(meta.skills) >= 5 for meta in stage.meta_skills if not meta.risk)


@pytest.mark.parametrize("modality", list(Modality))
def test_every_modality_asks_about_suicide_in_its_first_stage(modality: Modality) -> None:
    metas = SkillLibrary(Language.EN).stage(modality, Stage.CONCEPTUALIZATION).meta_skills
    assert any("safety" in meta.id and len(meta.skills) >= 5 for meta in metas)


@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("language", list(Language))
def test_every_modality_has_skills_for_each_kind_of_danger_in_every_stage(
    modality: Modality, language: Language
) -> None:
    store = SkillStore(SkillLibrary(language), embedder=None, method="lexical")
    for stage in WORKING_STAGES:
        families = risk_families(store.stage(modality, stage))
        slugs = {meta.id.rsplit(".", 1)[-1] for meta in families}
        assert {"home-safety", "child-safety", "voices-safety", "others-safety", "drink-safety"} <= slugs
        assert dict(families[0].about) == {About.SELF: ()}, "the plain question about dying comes first"
        for_child = [meta.id.rsplit(".", 1)[-1] for meta in families if About.CHILD in meta.about]
        assert for_child == ["child-safety", "voices-safety", "drink-safety"], "none for victims"


FEARED = {
    Language.EN: ("taken|losing the child|child goes", r"\bpromise", "early", "who(?:m)? (?:could|would)"),
    Language.ZH: ("带走|抱走|失去孩子", "包票|许诺|许不了|说不", "早|主动|赶在", "谁能|让谁|信得过谁"),
}
ALONE = {
    Language.EN: ("alone|by itself|nobody is with", "how often", "how long"),
    Language.ZH: ("一个人|没人看", "几回", "多久"),
}


@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("language", list(Language))
def test_every_modality_answers_the_fear_of_losing_the_child_and_asks_when_it_is_left_alone(
    modality: Modality, language: Language
) -> None:
    metas = SkillLibrary(language).stage(modality, Stage.CONCEPTUALIZATION).meta_skills
    child = next(meta for meta in metas if meta.id.endswith("child-safety"))
    texts = [skill.model_dump_json().casefold() for skill in child.skills]
    for signs in (FEARED[language], ALONE[language]):
        whole = [text for text in texts if all(re.search(sign, text) for sign in signs)]
        assert whole, signs
    assert re.search(ALONE[language][0], texts[0]), "the first question asks for it too"


@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("language", list(Language))
def test_skills_for_voices_presume_no_illness_and_see_to_food_and_company(
    modality: Modality, language: Language
) -> None:
    metas = SkillLibrary(language).stage(modality, Stage.CONCEPTUALIZATION).meta_skills
    voices = next(meta for meta in metas if meta.id.endswith("voices-safety"))
    presumed = {
        Language.EN: "left off|hospital|last time|their tablets|stopped",
        Language.ZH: "停药|住院|上回|药自己停",
    }
    meals = {Language.EN: r"last meal|food|\beats?\b", Language.ZH: "上一顿|吃|饭"}
    for skill in voices.skills:
        assert not re.search(presumed[language], skill.model_dump_json()), skill.id
        assert re.search(meals[language], skill.description), skill.id


DRINK = {
    Language.EN: (
        (r"\bhow much\b|what was drunk", r"shak", r"\bfit\b", "in the car", "who knows"),
        (r"\bdoctor (?:says how|decides how|leads)", "at once|sudden", "who goes along", "who drives", "key"),
        r"\b(?:first|small) (?:figure|number)",
        r"\bfit, confusion.+emergency|emergency.+\bfit, confusion",
        r"\bmg\b|diazepam|valium|cut down|taper|\bunits?\b|dependen|addict",
    ),
    Language.ZH: (
        ("喝多少|一天多少|几时喝、多少", "抖", "抽", "开车", "谁知道"),
        ("听医生|医生定|医生领", "一下子|突然|猛", "谁陪", "谁开车", "钥匙"),
        "头一个数|小数",
        "抽搐、糊涂.+急救",
        "毫克|安定|减量|逐渐|标准杯|依赖|成瘾|酒鬼",
    ),
}


@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("language", list(Language))
def test_skills_for_drink_ask_about_body_and_road_and_leave_how_to_stop_to_a_doctor(
    modality: Modality, language: Language
) -> None:
    metas = SkillLibrary(language).stage(modality, Stage.CONCEPTUALIZATION).meta_skills
    drink = next(meta for meta in metas if meta.id.endswith("drink-safety"))
    asked, stopped, first_answer, urgent, too_much = DRINK[language]
    asking, stopping = drink.skills
    for skill, parts in ((asking, asked), (stopping, stopped)):
        assert [part for part in parts if not re.search(part, skill.description, re.IGNORECASE)] == []
    assert re.search(first_answer, f"{asking.description} {asking.caution}", re.IGNORECASE)
    assert re.search(urgent, f"{stopping.caution} {stopping.description}")
    for skill in drink.skills:
        assert not re.search(too_much, skill.model_dump_json(), re.IGNORECASE), skill.id


def test_bundled_ids_tell_modality_stage_and_meta_skill() -> None:
    for stage in SkillLibrary(Language.EN).all_stages():
        for meta in stage.meta_skills:
            assert meta.id.startswith(f"{stage.modality}.{stage.stage}.")
            assert all(skill.id.startswith(f"{meta.id}.") for skill in meta.skills)


def test_hashes_cover_every_file_and_change_with_it(small_library: Path) -> None:
    before = SkillLibrary(Language.EN, small_library).hashes
    assert len(before) == 2
    path = small_library / "en" / "cbt" / "intervention.yaml"
    path.write_text(path.read_text() + "\n")
    after = SkillLibrary(Language.EN, small_library).hashes
    assert sum(before[key] != after[key] for key in before) == 1
