"""What a bundled client hides stands nowhere among the things that it tells when asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from psychagent.assets.profiles import find_profile
from psychagent.domain.base import Language
from psychagent.domain.profile import NO_DANGER, Profile
from tests.support.every import LANGUAGES

SAME, FEWEST = 0.3, {Language.EN: 4, Language.ZH: 3}
"""Share of the shorter text's marks that two tellings of one fact have in common, and the fewest of them: the
years of a marriage and a name alone make none."""
_BARE = set(
    "the and but for with from was were are been she you your his her their our him them that this these"
    " those not then than who what when where how out off down over after before all one has had have did"
    " does would could can there about into just".split()
)
PROFILES = {
    one: [find_profile(f"{one.value}{number:02d}", one) for number in range(1, 37)] for one in Language
}


def marks(text: str, language: Language) -> set[str]:
    """Take a text apart: the stems of its words, or each two characters that stand together."""
    if language is Language.ZH:
        runs = re.findall(r"[\u4e00-\u9fff]+", text)
        return {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
    words = re.findall(r"[a-z]{3,}", text.lower())
    return {re.sub(r"(?:ing|ed|es|s)$", "", word) for word in words if word not in _BARE}


def is_same(one: str, other: str, language: Language) -> bool:
    """Return whether two texts tell one fact."""
    left, right = marks(one, language), marks(other, language)
    common = len(left & right)
    return common >= FEWEST[language] and common >= SAME * min(len(left), len(right))


def told(profile: Profile) -> Iterator[str]:
    """Yield what a client tells when asked: facts, lines, and the situations of each modality."""
    info, theory, disclosure = profile.basic_info, profile.theory, profile.disclosure
    yield from info.static_traits.model_dump(exclude={"name", "age", "gender", "language_features"}).values()
    yield from info.growth_experiences
    for row in theory.bt.target_behavior if theory.bt else ():
        yield from (row.behavior, *row.antecedent, row.consequence)
    for situation in theory.cbt.special_situations if theory.cbt else ():
        yield from (situation.event, situation.automatic_thoughts, situation.compensatory_strategies)
    for topic in theory.het.existentialism_topic if theory.het else ():
        yield from topic.manifestations
    for event in theory.pmt.exception_events if theory.pmt else ():
        yield event.unique_outcome
    if disclosure:
        yield from disclosure.at_once


def hidden(profile: Profile) -> Iterator[str]:
    """Yield what it tells to nobody at first: secrets, and the danger that it keeps quiet about."""
    disclosure = profile.disclosure
    assert disclosure
    yield from (secret.secret for secret in disclosure.hidden)
    if disclosure.risk and disclosure.risk.kind not in NO_DANGER:
        yield disclosure.risk.statement


def facts_of_danger(profile: Profile) -> list[str]:
    """List the facts of the danger, which are told to whoever asks about it."""
    risk = profile.disclosure.risk if profile.disclosure else None
    return re.split(r"(?<=[.。；;])\s*", risk.facts) if risk else []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_fact_is_told_when_asked_and_hidden_at_once(language: Language) -> None:
    twice = []
    for profile in PROFILES[language]:
        assert profile.disclosure
        secrets = [secret.secret for secret in profile.disclosure.hidden]
        pairs = [(fact, one) for fact in told(profile) for one in hidden(profile)]
        pairs += [(fact, one) for fact in facts_of_danger(profile) for one in secrets]
        twice += [(profile.user_id, *pair) for pair in pairs if is_same(*pair, language)]
    assert twice == []


@pytest.mark.parametrize(
    ("language", "one", "other", "same"),
    [
        (
            Language.EN,
            "Twice you drove clients after drinking.",
            "I drove clients twice, I'd been drinking.",
            True,
        ),
        (Language.EN, "married to Henrik for nine years", "In nine years Henrik never asked.", False),
        (Language.ZH, "上月喝了酒开车接女儿；", "上个月我喝了酒去接女儿，开到半路压了线。", True),
        (Language.ZH, "周末还要开车接女儿。", "女儿隔着门说别来接我。", False),
    ],
)
def test_one_fact_is_known_in_other_words(language: Language, one: str, other: str, *, same: bool) -> None:
    assert is_same(one, other, language) is same
