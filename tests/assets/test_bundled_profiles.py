"""The clients that ship: enough of them, of many kinds, each under every therapy school."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.profiles import find_cases, load_profile, make_case
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Disclosure, Profile
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


def disclosures(language: Language) -> list[Disclosure]:
    """List the disclosure blocks; every bundled profile has one."""
    return [p.disclosure for p in profiles(language) if p.disclosure]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_sixteen_to_sample_and_eight_for_rollouts(language: Language) -> None:
    assert len(profiles(language, "sample")) == 16
    assert len(profiles(language, "rft")) == 8
    assert len(profiles(language)) == len({p.user_id for p in profiles(language)}) == 24


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
    ages = sorted(int(p.basic_info.static_traits.age) for p in profiles(language))
    assert (ages[0], ages[-1]) == (18, 75)
    assert sum(age > 60 for age in ages) >= 3
    assert sum(age < 24 for age in ages) >= 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_is_there(language: Language) -> None:
    assert PROBLEMS[language] <= {p.basic_info.topic for p in profiles(language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_of_behaving_is_there_more_than_once(language: Language) -> None:
    styles = Counter(d.style for d in disclosures(language))
    assert set(styles) == STYLES
    assert min(styles.values()) >= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_resistance_takes_every_level_more_than_once(language: Language) -> None:
    levels = Counter(d.resistance for d in disclosures(language))
    assert set(levels) == {1, 2, 3, 4, 5}
    assert min(levels.values()) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_style_stands_for_one_level_of_resistance(language: Language) -> None:
    for style in STYLES:
        assert len({d.resistance for d in disclosures(language) if d.style == style}) > 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_some_clients_do_their_homework_and_some_do_not(language: Language) -> None:
    likelihoods = sorted(d.homework_likelihood for d in disclosures(language))
    assert likelihoods[0] <= 0.1
    assert likelihoods[-1] >= 0.9
    assert len(set(likelihoods)) >= 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_differ_in_gender_occupation_and_family(language: Language) -> None:
    traits = [p.basic_info.static_traits for p in profiles(language)]
    assert min(Counter(t.gender for t in traits).most_common(2), key=lambda row: row[1])[1] >= 8
    assert len({t.occupation for t in traits}) == 24
    assert len({t.family_status for t in traits}) == 24
    assert len({t.name for t in traits}) == 24


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_clients_carry_a_risk_two_of_them_to_sample(language: Language) -> None:
    at_risk = [p for p in profiles(language) if p.disclosure and p.disclosure.risk]
    assert len(at_risk) == 3
    assert sum(p in profiles(language, "sample") for p in at_risk) == 2
    kinds = {p.disclosure.risk.kind for p in at_risk if p.disclosure and p.disclosure.risk}
    assert kinds == {"passive_hopelessness", "past_self_harm"}


METHODS = re.compile(
    r"pill|overdos|razor|blade|knife|rope|hang myself|gun|bridge|jump|gas|"
    r"吃药|安眠药|刀|绳|跳楼|跳下|上吊|煤气|割",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_risk_is_told_without_any_method(language: Language) -> None:
    statements = [d.risk.statement for d in disclosures(language) if d.risk]
    assert statements
    assert not any(METHODS.search(statement) for statement in statements)


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
