"""What a session may use, and what a turn shows of a ranking."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import pytest

from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.risk.danger import Alarm
from psychagent.domain.risk.finding import About
from psychagent.domain.skill import MetaSkill, Skill, StageSkills
from psychagent.skills.index import Hit
from psychagent.skills.library import SkillLibrary
from psychagent.skills.shown import (
    MOST_RISK_SKILLS,
    beside_danger,
    choosable,
    choose_shown,
    families_for,
    risk_skills,
    shortlist,
    tells_of_voices,
)
from tests.support.every import LANGUAGES
from tests.support.small_skills import skill_about

NO_KIND: Mapping[About, tuple[str, ...]] = MappingProxyType({})


def family(
    name: str,
    size: int = 3,
    *,
    always: bool = False,
    risk: bool = False,
    about: Mapping[About, tuple[str, ...]] = NO_KIND,
    voices: bool = False,
) -> MetaSkill:
    skills = tuple(skill_about(f"{name}.{n}", "sleep") for n in range(size))
    marks = {"always": always, "risk": risk, "voices": voices}
    return MetaSkill(id=name, name=name, description="d", **marks, about=about, skills=skills)


def dangers(name: str, *skills: str) -> MetaSkill:
    made = tuple(skill_about(f"{name}.{one}", "sleep") for one in skills)
    return MetaSkill(id=name, name=name, description="d", always=True, risk=True, skills=made)


RISK = (dangers("r", "ask", "near", "plan"), dangers("v", "hurt", "exit"))


SKILLS = StageSkills(
    modality=Modality.CBT,
    stage=Stage.INTERVENTION,
    meta_skills=(
        family("a", 5),
        family("b", 5),
        family("c", 2),
        family("hard", always=True),
        family("risk", always=True, risk=True),
    ),
)


def hits(**fits: float) -> list[Hit]:
    """Rank skills as given, `_` for the dot of an id."""
    return [Hit(skill_about(name.replace("_", "."), "sleep"), 1.0, fit) for name, fit in fits.items()]


def show(
    ranked: list[Hit],
    alarm: Alarm = Alarm.NONE,
    *,
    floor: float = 0.0,
    most: int = 3,
    fitting: tuple[MetaSkill, ...] = RISK[:1],
) -> tuple[str, ...]:
    return choose_shown(ranked, known="", risk=RISK, fitting=fitting, alarm=alarm, floor=floor, most=most)


def test_the_filter_chooses_among_what_is_not_at_hand_anyway() -> None:
    assert [meta.id for meta in choosable(SKILLS)] == ["a", "b", "c"]


def test_the_skills_for_danger_are_those_of_its_families_in_file_order() -> None:
    assert tuple(s.id for s in risk_skills(SKILLS)) == ("risk.0", "risk.1", "risk.2")


def test_a_shortlist_takes_evenly_from_the_chosen_families_in_file_order() -> None:
    chosen = frozenset({"a", "c"})
    at_hand = (*(f"hard.{n}" for n in range(3)), *(f"risk.{n}" for n in range(3)))
    assert shortlist(SKILLS, chosen, 10) == ("a.0", "a.1", "c.0", "c.1", *at_hand)
    assert shortlist(SKILLS, chosen, 100) == (*(f"a.{n}" for n in range(5)), "c.0", "c.1", *at_hand)


def test_what_is_at_hand_anyway_is_served_first() -> None:
    assert shortlist(SKILLS, frozenset({"a"}), 4) == ("a.0", "hard.0", "hard.1", "risk.0")


def test_the_best_are_shown_and_no_more_than_asked_for() -> None:
    assert show(hits(a=0.9, b=0.8, c=0.7, d=0.6)) == ("a", "b", "c")


def test_nothing_is_shown_where_the_best_does_not_reach_the_floor() -> None:
    assert show(hits(a=0.59, b=0.5), floor=0.6) == ()


def test_the_floor_is_for_the_best_fit_whatever_its_place() -> None:
    assert show(hits(a=0.5, b=0.7), floor=0.6) == ("a", "b")


def test_beside_the_best_a_skill_may_be_somewhat_below_the_floor() -> None:
    assert show(hits(a=0.9, b=0.46, c=0.44), floor=0.6) == ("a", "b")


def test_a_floor_of_zero_shows_all() -> None:
    assert show(hits(a=0.0, b=0.0), floor=0.0) == ("a", "b")


def test_without_danger_no_skill_for_it_is_shown_however_well_it_fits() -> None:
    assert show(hits(r_ask=0.9, a=0.8, r_plan=0.7, b=0.6)) == ("a", "b")


def test_where_danger_is_voiced_the_best_two_skills_for_it_come_first() -> None:
    ranked = hits(a=0.9, r_plan=0.3, b=0.8, r_near=0.2, r_ask=0.1)
    shown = show(ranked, Alarm.VOICED, floor=0.6)
    assert shown == ("r.plan", "r.near", "a")
    assert MOST_RISK_SKILLS == 2


def test_a_skill_for_danger_that_can_wait_is_not_shown_while_it_is_open() -> None:
    waits = RISK[0].skills[1].model_copy(update={"beside_danger": False})
    family = RISK[0].model_copy(update={"skills": (RISK[0].skills[0], waits, RISK[0].skills[2])})
    ranked = [Hit(skill, 1.0, fit) for skill, fit in zip(family.skills, (0.2, 0.9, 0.1), strict=True)]
    assert show(ranked, Alarm.VOICED, fitting=(family,)) == ("r.ask", "r.plan")


def test_of_several_families_that_fit_the_best_of_each_is_shown() -> None:
    ranked = hits(r_ask=0.9, r_near=0.8, v_exit=0.7, a=0.6, v_hurt=0.1)
    assert show(ranked, Alarm.VOICED, fitting=RISK) == ("r.ask", "v.exit", "a")


def test_a_family_that_does_not_fit_is_not_shown_however_high_it_ranks() -> None:
    ranked = hits(r_ask=0.9, r_near=0.8, v_hurt=0.2, a=0.6, v_exit=0.1)
    assert show(ranked, Alarm.VOICED, fitting=RISK[1:]) == ("v.hurt", "v.exit", "a")


KINDS = StageSkills(
    modality=Modality.BT,
    stage=Stage.INTERVENTION,
    meta_skills=(
        family("a"),
        family("suicide", risk=True, about={About.SELF: ()}),
        family("home", risk=True, about={About.HARMED: ("hits me",)}),
        family(
            "child",
            risk=True,
            about={About.CHILD: (), About.HARMED: ("my son",), About.OTHERS: ("my son",)},
        ),
        family(
            "voices", risk=True, about=dict.fromkeys((About.SELF, About.HARMED, About.CHILD), ("A voice",))
        ),
        family(
            "drink",
            risk=True,
            about={About.DRINK: (), **dict.fromkeys((About.SELF, About.OTHERS, About.CHILD), ("I drink",))},
        ),
    ),
)


@pytest.mark.parametrize(
    ("about", "said", "fit"),
    [
        (About.SELF, "I want to die. He hits me.", ["suicide"]),
        (About.SELF, "There is a voice that says it.", ["voices"]),
        (About.HARMED, "I am afraid at night.", ["home"]),
        (About.HARMED, "I shook my son.", ["child", "home"]),
        (About.HARMED, "He hits me and my son.", ["home", "child"]),
        (About.OTHERS, "I could hurt my son.", ["child"]),
        (About.OTHERS, "He hits me, I will hit back.", ["child"]),
        (About.CHILD, "He hits me. It was the once.", ["child"]),
        (About.CHILD, "A voice says so.", ["child", "voices"]),
        (About.DRINK, "He hits me. I shook my son.", ["drink"]),
        (About.SELF, "I drink and want to die.", ["suicide", "drink"]),
        (About.SELF, "I drink. A voice says so.", ["voices", "drink"]),
        (About.OTHERS, "I drink, and could hurt my son.", ["child", "drink"]),
        (About.OTHERS, "I drink, I'll get her.", ["child", "drink"]),
        (About.CHILD, "I drink, then I hit her.", ["child", "drink"]),
        (About.NONE, "It is so dark.", ["suicide"]),
        (About.NONE, "I drink.", ["suicide", "drink"]),
        (About.NONE, "He hits me.", ["suicide", "home"]),
    ],
)
def test_families_for_danger_fit_its_kind_and_the_clients_words(
    about: About, said: str, fit: list[str]
) -> None:
    assert [meta.id for meta in families_for(KINDS, about, said, said)] == fit


@pytest.mark.parametrize(
    ("about", "said", "recorded", "fit"),
    [
        (About.SELF, "It is still there.", "A voice orders it.", ["voices"]),
        (About.NONE, "It is still there.", "A voice orders it.", ["suicide", "voices"]),
        (About.HARMED, "He hits me.", "A voice orders it.", ["home"]),
        (About.SELF, "It is still there.", "", ["suicide"]),
        (About.OTHERS, "It is still there.", "A voice orders it.", ["child"]),
        (About.SELF, "I drink. It is still there.", "A voice orders it.", ["voices", "drink"]),
        (About.SELF, "I want to die.", "I drink.", ["suicide", "drink"]),
    ],
)
def test_what_is_on_record_calls_for_a_family_where_todays_words_call_for_none(
    about: About, said: str, recorded: str, fit: list[str]
) -> None:
    assert [meta.id for meta in families_for(KINDS, about, said, said, recorded=recorded)] == fit


def test_while_danger_is_open_only_what_is_in_place_beside_it_is_shown() -> None:
    ranked = hits(a=0.9, hard_1=0.7, r_ask=0.5, r_near=0.4, b=0.6)
    show_beside = partial(choose_shown, ranked, known="", risk=RISK, fitting=RISK[:1], floor=0.6)
    assert show_beside(alarm=Alarm.VOICED, most=3) == ("r.ask", "r.near", "a")
    assert show_beside(alarm=Alarm.VOICED, most=3, beside={"hard.1"}) == ("r.ask", "r.near", "hard.1")
    assert show_beside(alarm=Alarm.VOICED, most=3, beside=()) == ("r.ask", "r.near")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", list(Modality))
def test_who_sent_a_client_is_not_talked_about_beside_an_open_danger(
    language: Language, modality: Modality
) -> None:
    library = SkillLibrary(language).stage(modality, Stage.CONCEPTUALIZATION)
    beside = beside_danger(library)
    assert beside
    assert not [skill_id for skill_id in beside if "sent-by" in skill_id]
    assert [skill for skill in library.skills() if "sent-by" in skill.id], "else nothing was looked for"


def test_a_library_that_marks_no_family_keeps_all_beside_a_danger() -> None:
    assert beside_danger(SKILLS) is None
    marked = SKILLS.meta_skills[2].model_copy(update={"beside_danger": True})
    some = SKILLS.model_copy(update={"meta_skills": (*SKILLS.meta_skills[:2], marked)})
    assert beside_danger(some) == frozenset({"c.0", "c.1"})


BESIDE = {
    Modality.BT: {"hard-moments", "ending-well"},
    Modality.CBT: {"hard-moments", "ending-well"},
    Modality.HET: {
        "hard-moments",
        "aloneness-and-belonging",
        "relations-beyond-the-room",
        "ending-as-encounter",
    },
    Modality.PDT: {"hard-moments", "repair", "opening-the-ending"},
    Modality.PMT: {"hard-moments", "people-of-my-life", "witnesses", "ending"},
}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("modality", list(Modality))
def test_beside_an_open_danger_stand_hard_moments_people_and_endings(
    language: Language, modality: Modality
) -> None:
    library = SkillLibrary(language)
    stages = [stage for stage in Stage if stage is not Stage.TERMINATION]
    metas = [meta for stage in stages for meta in library.stage(modality, stage).meta_skills]
    assert {meta.id.split(".")[2] for meta in metas if meta.beside_danger} == BESIDE[modality]
    assert beside_danger(library.stage(modality, Stage.CONSOLIDATION))


HEARD = {
    Language.EN: (
        ["The voice's orders get louder.", "There are commanding voices.", "His voice commands it."],
        ["I don't hear voices.", "She has never heard voices.", "There are no voices.", "I hear no voices."],
    ),
    Language.ZH: (
        [
            "声音的命令越来越凶。",
            "有命令性声音。",
            "那声音，要我别吃。",
            "还有命令性幻听。",
            "那声音又来了。",
        ],
        ["声音没叫我做什么。", "没有声音跟我说话。", "否认幻听。", "没听见什么声音。", "声音不叫了。"],
    ),
}


@pytest.mark.parametrize(
    ("marked", "said", "told"),
    [
        ("x", "A voice says so.", True),
        ("x", "I am tired.", False),
        ("voices-safety", "I am tired.", True),
        ("", "I am tired.", True),
    ],
)
def test_a_family_is_for_voices_where_it_says_so_whatever_its_id(marked: str, said: str, told: bool) -> None:
    called = {About.SELF: ("A voice",)}
    families = (
        family("x", risk=True, about=called, voices=marked == "x"),
        family("voices-safety", risk=True, about={About.SELF: ("tired",)}, voices=marked == "voices-safety"),
    )
    skills = KINDS.model_copy(update={"meta_skills": families})
    assert tells_of_voices(skills, said) is told


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("modality", list(Modality))
def test_voices_are_heard_in_the_words_of_a_note_and_not_where_there_are_none(
    language: Language, modality: Modality
) -> None:
    metas = SkillLibrary(language).stage(modality, Stage.CONCEPTUALIZATION).meta_skills
    (voices,) = (meta for meta in metas if meta.voices)
    yes, no = HEARD[language]
    for kind in voices.about:
        assert [text for text in yes if not voices.is_called_for(kind, text)] == []
        assert [text for text in no if voices.is_called_for(kind, text)] == []


DRUNK = {
    Language.EN: (
        [
            "I have a glass before work now, for my hands.",
            "It's a bottle and a half a night. I drove clients about like that.",
            "My hands shake till I've had one.",
            "I shake until I have a drink.",
            "I get the sweats when I don't drink.",
            "I drove the girls home after a few beers.",
            "I had three glasses of wine and drove home.",
            "The last time I stopped drinking I saw things on the wall.",
            "I'm quitting the drink tomorrow, cold turkey.",
            "I'll pour it all away tonight.",
            "The client drinks a bottle of wine a night.",
        ],
        [
            "I never drive after drinking.",
            "I had wine and didn't drive.",
            "I had a glass of wine with dinner.",
            "He drinks a bottle of vodka, and I start shaking when he drinks.",
            "The baby takes a bottle every night.",
            "I drink coffee in the morning.",
            "I was shaking all over and drove home.",
            "I want it to stop tonight.",
        ],
    ),
    Language.ZH: (
        [
            "我每天都得喝，早上不喝手就抖",
            "上个月我喝了酒去接女儿",
            "早会前我手抖，含一口就不抖了。",
            "白的半斤打底，早上还要补一口。",
            "停过一天，抖得拿不住杯子。",
            "断片也不是一回两回了。",
            "我今晚就把酒全倒了。",
            "从明天起一口都不喝。",
            "来访者每天喝酒，早晨手抖。",
        ],
        [
            "我从不酒后开车。",
            "喝了酒叫代驾回来的。",
            "周末喝了一杯红酒。",
            "他每天都喝酒，喝完就打我。",
            "他喝了酒开车来接我。",
            "孩子每天喝三瓶奶。",
            "早上喝杯咖啡，我气得手抖。",
            "每天喝中药。",
            "暴食后中间一段像断片。",
        ],
    ),
}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("about", [About.SELF, About.OTHERS, About.CHILD])
def test_drink_is_heard_beside_another_danger_and_does_not_take_its_place(
    language: Language, modality: Modality, about: About
) -> None:
    skills = SkillLibrary(language).stage(modality, Stage.CONCEPTUALIZATION)
    yes, no = DRUNK[language]
    for said in yes:
        families = families_for(skills, about, said, f"{said} my son 孩子 儿子")
        assert len(families) == 2, said
        assert about in families[0].about, said
        assert families[1].id.endswith("drink-safety"), said
    for said in no:
        families = families_for(skills, about, said, said)
        assert not any(meta.id.endswith("drink-safety") for meta in families), said


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("modality", list(Modality))
def test_where_drink_is_the_danger_its_family_comes_alone(language: Language, modality: Modality) -> None:
    skills = SkillLibrary(language).stage(modality, Stage.CONCEPTUALIZATION)
    more = ["I drove clients about like that.", "He hits me.", "他打我。", "那天接孩子，路滑。"]
    for said in (*DRUNK[language][0], *more):
        (family,) = families_for(skills, About.DRINK, said, said)
        assert family.id.endswith("drink-safety")
        assert len(family.skills) == MOST_RISK_SKILLS


def test_a_library_whose_families_name_no_kind_has_one_for_every_danger() -> None:
    assert [meta.id for meta in families_for(SKILLS, About.HARMED, "He hits me.", "")] == ["risk"]
    assert [meta.id for meta in families_for(SKILLS, About.CHILD, "I hit him.", "")] == ["risk"]
    for about in (About.SELF, About.CHILD):
        assert families_for(SKILLS.model_copy(update={"meta_skills": ()}), about, "", "") == ()


def test_an_expression_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is no regular expression"):
        family("v", risk=True, about={About.HARMED: ("hits (me",)})


def test_danger_needs_no_fit() -> None:
    assert show(hits(r_plan=0.1, a=0.1), Alarm.VOICED, floor=0.6) == ("r.plan",)


def test_where_the_question_is_due_it_comes_first_and_alone() -> None:
    ranked = hits(a=0.9, r_plan=0.8, b=0.7, c=0.7)
    assert show(ranked, Alarm.DUE) == ("r.ask", "a", "b")


def test_a_question_that_is_due_comes_even_if_nothing_was_looked_for() -> None:
    assert show([], Alarm.DUE) == ("r.ask",)


@pytest.mark.parametrize("alarm", list(Alarm))
def test_never_more_than_asked_for(alarm: Alarm) -> None:
    assert len(show(hits(r_ask=0.9, r_near=0.9, a=0.9, b=0.9), alarm, most=1)) == 1


def test_nothing_is_shown_of_no_ranking() -> None:
    assert show([]) == ()


CHILDLESS = {
    Language.EN: (
        "I look at him and there's nothing, I'm numb.",
        "No children. When I was a child nobody held me. I'm an only child, and I don't have kids.",
    ),
    Language.ZH: ("我看着他，一点感觉都没有，人是麻的。", "没有孩子，也不想要孩子。我是个女孩子，孩子气重。"),
}
WITH_CHILD = {
    Language.EN: (
        "I look at the baby and there's nothing.",
        "a daughter of six, Liv",
        "She is four months old.",
    ),
    Language.ZH: (
        "我抱着宝宝，一点感觉都没有。",
        "儿子八岁上二年级",
        "他才五个月大。",
        "都说当了爸就不一样了。",
    ),
}
NUMB_PARENT = {
    Language.EN: (
        "I look at the baby and there's nothing.",
        "She is four months old.",
        "A daughter of six, Liv. I look at her and feel nothing.",
    ),
    Language.ZH: (
        "我抱着宝宝，一点感觉都没有。",
        "他才五个月大。",
        "都说当了爸就不一样了。",
        "儿子八岁上二年级，我对他没什么感觉。",
    ),
}
FOND_PARENT = {
    Language.EN: "A daughter of thirteen at school, and I miss her all week.",
    Language.ZH: "女儿十三岁住校，周末回家，屋里才像个家。",
}


def _of_library(language: Language, part: str) -> dict[str, Skill | MetaSkill]:
    library = SkillLibrary(language)
    metas = [m for school in Modality for m in library.stage(school, Stage.CONCEPTUALIZATION).meta_skills]
    all_of: dict[str, Skill | MetaSkill] = {skill.id: skill for meta in metas for skill in meta.skills}
    all_of |= {meta.id: meta for meta in metas}
    return {name: one for name, one in all_of.items() if part in name and one.only_if}


@pytest.mark.parametrize("language", list(Language))
def test_who_has_no_child_is_not_asked_after_one(language: Language) -> None:
    numb, family = (_of_library(language, part) for part in ("numb-toward-child", "child-safety"))
    assert (len(numb), len(family)) == (len(Modality), len(Modality))
    for name, one in (numb | family).items():
        assert not any(one.suits(text) for text in CHILDLESS[language]), name
        fit = NUMB_PARENT if name in numb else WITH_CHILD
        assert all(one.suits(text) for text in fit[language]), name
    assert not [name for name, one in numb.items() if one.suits(FOND_PARENT[language])]


def test_a_skill_out_of_place_leaves_its_room_to_the_next() -> None:
    child = skill_about("x.child", "numb").model_copy(update={"only_if": "baby"})
    ranked = [Hit(child, 1.0, 1.0), *hits(a_0=0.9)]
    show_to = partial(choose_shown, ranked, risk=(), fitting=(), alarm=Alarm.NONE, floor=0.0, most=1)
    assert show_to(known="I feel numb.") == ("a.0",)
    assert show_to(known="The baby cries. I feel numb.") == ("x.child",)


@pytest.mark.parametrize(
    ("said", "known", "fit"),
    [
        ("He hits me, and I hurt him.", "", ["home"]),
        ("He hits me, and I hurt him.", "a son of four", ["home", "child"]),
        ("I hurt him.", "", ["child", "home"]),
    ],
)
def test_a_blow_at_somebody_unnamed_is_at_a_child_where_there_is_one_or_nothing_else_is_told(
    said: str, known: str, fit: list[str]
) -> None:
    home, child = KINDS.meta_skills[2:4]
    hurt = {About.HARMED: ("I hurt him",)}
    kinds = (*KINDS.meta_skills[:2], home, child.model_copy(update={"about": hurt, "only_if": r"\bson\b"}))
    skills = KINDS.model_copy(update={"meta_skills": kinds})
    assert [meta.id for meta in families_for(skills, About.HARMED, said, known)] == fit


@pytest.mark.parametrize(
    ("language", "said", "is_there"),
    [
        (Language.EN, "I picked my son up from school and started on supper.", False),
        (Language.EN, "He shoved me. My son was at football.", False),
        (Language.EN, "My son has a bump on his head from that night.", True),
        (Language.EN, "He hits my daughter too.", True),
        (Language.ZH, "接了孩子回家，洗菜做饭。孩子在里屋写作业。", False),
        (Language.ZH, "他推了我一把，我就去接孩子了。", False),
        (Language.ZH, "孩子头上那个包，是跑的。", True),
        (Language.ZH, "他也打孩子。", True),
    ],
)
@pytest.mark.parametrize("modality", list(Modality))
def test_a_child_that_is_only_spoken_of_calls_for_no_skill_about_hurting_one(
    modality: Modality, language: Language, said: str, is_there: bool
) -> None:
    skills = SkillLibrary(language).stage(modality, Stage.CONCEPTUALIZATION)
    known = f"{said} son daughter 孩子"
    shown = [meta.id for meta in families_for(skills, About.HARMED, said, known)]
    assert any("child-safety" in one for one in shown) is is_there
    assert any("home-safety" in one for one in shown), shown
