"""The clients that ship: enough of them, of many kinds, each under every therapy school."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from psychagent.assets.cases import find_cases
from psychagent.assets.locate import asset_dir
from psychagent.assets.profiles import load_profile, make_case
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.load import load_settings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import ABOUT_DYING, NO_DANGER, Disclosure, Profile, Risk, RiskKind
from tests.support.every import LANGUAGES, MODALITIES

PROBLEMS = {
    Language.EN: {
        "low mood",
        "anxiety",
        "panic",
        "grief",
        "work stress",
        "relationship",
        "procrastination",
        "sleep",
        "body image",
        "loneliness",
        "anger",
        "life transition",
        "chronic illness",
        "postpartum",
        "retirement",
        "study pressure",
    },
    Language.ZH: {
        "情绪低落",
        "焦虑",
        "惊恐",
        "丧亲",
        "工作压力",
        "亲密关系",
        "拖延",
        "睡眠",
        "身体意象",
        "孤独",
        "愤怒",
        "人生转折",
        "慢性病",
        "产后",
        "退休",
        "学业压力",
    },
}
STYLES = {"cooperative", "guarded", "talkative", "intellectualizing", "skeptical", "compliant"}


@cache
def profiles(language: Language, split: str = "*") -> tuple[Profile, ...]:
    """Read the bundled profiles of a language."""
    folder = asset_dir("profiles") / language.value
    return tuple(load_profile(path) for path in sorted(folder.glob(f"{split}/*.yaml")))


def everyday(language: Language) -> tuple[Profile, ...]:
    """Read the clients of any problem, without those that are there for their danger."""
    return (*profiles(language, "sample"), *profiles(language, "rft"))


def disclosures(language: Language, split: str = "*") -> list[Disclosure]:
    """List the disclosure blocks; every bundled profile has one."""
    return [p.disclosure for p in profiles(language, split) if p.disclosure]


def everyday_disclosures(language: Language) -> list[Disclosure]:
    """List the disclosure blocks of the clients of any problem."""
    return [*disclosures(language, "sample"), *disclosures(language, "rft")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_sixteen_to_sample_eight_for_rollouts_and_twelve_for_safety(language: Language) -> None:
    counts = {split: len(profiles(language, split)) for split in ("sample", "rft", "safety")}
    assert counts == {"sample": 16, "rft": 8, "safety": 12}
    assert len(profiles(language)) == len({p.user_id for p in profiles(language)}) == 36


@pytest.mark.parametrize("language", LANGUAGES)
def test_ids_are_the_files_names_and_the_language_is_the_folders(language: Language) -> None:
    for path in sorted((asset_dir("profiles") / language.value).rglob("*.yaml")):
        profile = load_profile(path)
        assert profile.user_id == path.stem
        assert profile.language is language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
def test_every_profile_makes_a_case_under_every_modality(language: Language, modality: Modality) -> None:
    for profile in profiles(language):
        block = make_case(profile, modality, language).profile.theory.block(modality)
        assert block
        assert all(bool(value) for _, value in block), f"{profile.user_id} leaves part of {modality} empty"


@pytest.mark.parametrize("language", LANGUAGES)
def test_ages_run_from_eighteen_to_seventy_five(language: Language) -> None:
    ages = sorted(int(p.basic_info.static_traits.age) for p in everyday(language))
    assert (ages[0], ages[-1]) == (18, 75)
    assert sum(age > 60 for age in ages) >= 3
    assert sum(age < 24 for age in ages) >= 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_is_there(language: Language) -> None:
    assert PROBLEMS[language] <= {p.basic_info.topic for p in everyday(language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_of_behaving_is_there_more_than_once(language: Language) -> None:
    styles = Counter(d.style for d in everyday_disclosures(language))
    assert set(styles) == STYLES
    assert min(styles.values()) >= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_resistance_takes_every_level_more_than_once(language: Language) -> None:
    levels = Counter(d.resistance for d in everyday_disclosures(language))
    assert set(levels) == {1, 2, 3, 4, 5}
    assert min(levels.values()) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_style_stands_for_one_level_of_resistance(language: Language) -> None:
    for style in STYLES:
        assert len({d.resistance for d in everyday_disclosures(language) if d.style == style}) > 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_some_clients_do_their_homework_and_some_do_not(language: Language) -> None:
    likelihoods = sorted(d.homework_likelihood for d in everyday_disclosures(language))
    assert likelihoods[0] <= 0.1
    assert likelihoods[-1] >= 0.9
    assert len(set(likelihoods)) >= 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_differ_in_gender_occupation_and_family(language: Language) -> None:
    for part, fewest in ((everyday(language), 8), (profiles(language, "safety"), 4)):
        genders = Counter(p.basic_info.static_traits.gender for p in part)
        assert min(count for _, count in genders.most_common(2)) >= fewest
    traits = [p.basic_info.static_traits for p in profiles(language)]
    assert len({t.occupation for t in traits}) == 36
    assert len({t.family_status for t in traits}) == 36
    assert len({t.name for t in traits}) == 36


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_everyday_clients_carry_a_risk_two_of_them_to_sample(language: Language) -> None:
    at_risk = [p for p in everyday(language) if p.disclosure and p.disclosure.risk]
    assert len(at_risk) == 3
    assert sum(p in profiles(language, "sample") for p in at_risk) == 2
    kinds = {p.disclosure.risk.kind for p in at_risk if p.disclosure and p.disclosure.risk}
    assert kinds == {"passive_hopelessness", "past_self_harm"}


SAFETY_KINDS: tuple[RiskKind, ...] = (
    "passive_hopelessness",
    "active_thoughts",
    "past_attempt",
    "denied_danger",
    "violence_at_home",
    "child_in_danger",
    "drinking",
    "psychotic_signs",
    "weight_loss",
    "grief_like_a_wish",
    "anger_without_danger",
    "idioms",
)
"""What the clients of the split carry, in the order of their numbers."""


def safety_risks(language: Language) -> dict[RiskKind, Risk]:
    """Return what the clients of the split `safety` carry, by kind."""
    return {told.risk.kind: told.risk for told in disclosures(language, "safety") if told.risk}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_danger_has_one_client_of_its_own(language: Language) -> None:
    numbered = {f"{language.value}{number}": kind for number, kind in enumerate(SAFETY_KINDS, start=25)}
    assert [p.user_id for p in profiles(language, "safety")] == list(numbered)
    assert list(safety_risks(language)) == list(numbered.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_client_for_safety_says_all_about_its_danger(language: Language) -> None:
    for kind, risk in safety_risks(language).items():
        assert all((risk.statement, risk.first_answer, risk.if_calm, risk.facts)), kind
        assert len({risk.statement, risk.first_answer, risk.if_calm, risk.facts}) == 4, kind


WISH = {Language.EN: re.compile(r"\bdie\b|dying|suicid"), Language.ZH: re.compile("死|不想活|轻生")}
NONE = {
    Language.EN: re.compile(r"\b(no|never|not|none)\b", re.IGNORECASE),
    Language.ZH: re.compile("没|不|哪能|哪会|哪有"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_other_dangers_the_facts_say_too_whether_the_client_wants_to_die(language: Language) -> None:
    others = {kind: risk for kind, risk in safety_risks(language).items() if kind not in ABOUT_DYING}
    assert len(others) == 8
    assert [kind for kind, risk in others.items() if not WISH[language].search(risk.facts)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_sounds_like_danger_is_denied_twice_and_in_the_facts(language: Language) -> None:
    harmless = [risk for kind, risk in safety_risks(language).items() if kind in NO_DANGER]
    assert len(harmless) == 3
    for risk in harmless:
        assert all(NONE[language].search(text) for text in (risk.first_answer, risk.if_calm, risk.facts))


PLAIN = {
    Language.EN: re.compile(
        r"suicid|\bkill|\b(want|wish)\w* to die|not to wake|\bend (my|it)\b|\bhits? me|\bthrew (him|her)|"
        r"bottle and a half|hears? (a|the) voice|\bfaint"
    ),
    Language.ZH: re.compile(
        "自杀|轻生|寻死|想死(?![你他她])|想过死|不睁开|不想活|结束自己|打我|往死里|抽得|手就抖|叫我去死|"
        "去他那儿，|弄死"
    ),
}
"""Words in which the dangers of the split are told."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_is_told_where_the_profile_speaks_of_it_and_nowhere_else(language: Language) -> None:
    found = 0
    for profile in profiles(language, "safety"):
        assert profile.disclosure
        assert profile.disclosure.risk
        told = profile.disclosure.model_copy(update={"risk": None})
        rest = profile.model_copy(update={"disclosure": told}).model_dump_json()
        assert [words[0] for words in PLAIN[language].finditer(rest)] == [], profile.user_id
        found += bool(PLAIN[language].search(profile.disclosure.risk.model_dump_json()))
    assert found >= 8, "else the words are not those in which it is told"


@pytest.mark.parametrize("language", LANGUAGES)
def test_clients_for_safety_are_of_many_ages_and_ways(language: Language) -> None:
    ages = sorted(int(p.basic_info.static_traits.age) for p in profiles(language, "safety"))
    assert ages[0] >= 18
    assert ages[-1] <= 75
    assert sum(age < 30 for age in ages) >= 2
    assert sum(age >= 55 for age in ages) >= 1
    told = disclosures(language, "safety")
    assert len({d.style for d in told}) >= 4
    assert len({d.resistance for d in told}) >= 4
    assert {(len(d.at_once), len(d.weeks)) for d in told} == {(6, 3)}
    assert {len(d.after_trust) for d in told} <= {6, 7}


METHODS = re.compile(
    r"pill|overdos|razor|blade|knife|rope|hang myself|\bguns?\b|bridge|jump|\bgas\b|"
    r"吃药|安眠药|刀|绳|跳楼|跳下|上吊|煤气|割",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_risk_is_told_without_any_method(language: Language) -> None:
    risks = [d.risk for d in disclosures(language) if d.risk]
    assert len(risks) == 15
    texts = [text for r in risks for text in (r.statement, r.first_answer, r.if_calm, r.facts)]
    assert [text for text in texts if METHODS.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_client_opens_step_by_step(language: Language) -> None:
    for told in disclosures(language):
        assert 4 <= len(told.at_once) <= 6
        assert 5 <= len(told.after_trust) <= 8
        assert 1 <= len(told.hidden) <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_told_twice_within_a_profile(language: Language) -> None:
    for profile in profiles(language):
        assert profile.disclosure
        told = profile.disclosure
        lines = [*told.at_once, *told.after_trust, *(s.secret for s in told.hidden)]
        lines += [told.risk.statement] if told.risk else []
        assert len(lines) == len(set(lines))
        assert profile.basic_info.main_problem not in lines


def test_the_languages_are_not_translations_of_each_other() -> None:
    def traces(language: Language) -> list[tuple[str, str, int]]:
        return [
            (p.basic_info.static_traits.age, p.disclosure.style, p.disclosure.resistance)
            for p in profiles(language)
            if p.disclosure
        ]

    same = sum(a == b for a, b in zip(traces(Language.EN), traces(Language.ZH), strict=True))
    assert same <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rollout_split_is_found_as_a_dataset(language: Language) -> None:
    cases = find_cases(DatasetSettings(split="rft"), language)
    assert len(cases) == 8 * 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_safety_dataset_takes_each_of_its_clients_under_each_modality(language: Language) -> None:
    dataset = load_settings(DatasetSettings, asset_dir("configs") / "datasets" / "safety.yaml")
    found = [(case.case_id, case.modality) for case in find_cases(dataset, language)]
    ids = [profile.user_id for profile in profiles(language, "safety")]
    assert sorted(found) == sorted((name, modality) for name in ids for modality in Modality)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_takes_no_client_for_safety_unless_it_is_told_to(language: Language) -> None:
    taken = {case.case_id for case in find_cases(DatasetSettings(), language)}
    assert taken == {profile.user_id for profile in profiles(language, "sample")}
