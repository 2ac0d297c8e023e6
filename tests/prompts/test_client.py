"""All that is true of the client stands in its prompt, in the group where it belongs, and whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest

from psychagent.assets.profiles import find_profile
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.client_memory import Recall
from psychagent.domain.profile import NO_DANGER, Disclosure, Risk, RiskKind, Secret, Style, Theory
from psychagent.domain.turn import Turn
from psychagent.nodes.client import client_prompt
from tests.support.every import LANGUAGES, MODALITIES
from tests.support.fakes import Cast, brief_for, case_of
from tests.support.memory_parts import memory
from tests.support.prompt_values import library

CASTS = {language: Cast({}, language=language) for language in Language}
HELLO = [Turn(speaker=Speaker.COUNSELOR, text="Hello.")]
TELL = {Language.EN: "You can tell when asked:", Language.ZH: "问到了能说的："}
UNSEEN = {Language.EN: "You do not see this yourself", Language.ZH: "你自己看不到"}
REACTS = {Language.EN: "You do not see why you react so", Language.ZH: "你自己不明白为什么会这样反应"}
"""Instead, where all of it is how the client reacts."""
NAMES = [f"{language.value}{number:02d}" for language in LANGUAGES for number in range(1, 37)]


def head_of(
    name: str,
    modality: Modality = Modality.CBT,
    *,
    session: int = 1,
    disclosure: Disclosure | None = None,
    recalls: tuple[Recall, ...] = (),
    **knobs: Any,
) -> str:
    """Render what a client knows of itself, with another disclosure block if one is given."""
    case = case_of(name, modality)
    if disclosure:
        case = case.model_copy(update={"profile": case.profile.model_copy(update={"disclosure": disclosure})})
    held = memory(session - 1, language=case.language) if session > 1 else None
    brief = brief_for(CASTS[case.language].deps, case, memory=held, session_index=session, **knobs)
    brief = replace(brief, recalls=recalls)
    return client_prompt(CASTS[case.language].deps, brief, HELLO).messages[0]["content"]


def part(text: str, start: str, end: str) -> str:
    """Cut out a group of a prompt, from its heading to the next one or the end."""
    return text.partition(start)[2].partition(end)[0] if start in text else ""


def texts_in(node: Any) -> Iterator[str]:
    """Yield all texts of nested data."""
    if isinstance(node, str):
        yield from [node] if node else []
    elif isinstance(node, Mapping | list | tuple):
        for item in node.values() if isinstance(node, Mapping) else node:
            yield from texts_in(item)


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("name", NAMES)
def test_every_fact_of_a_profile_reaches_its_client_whole(name: str, modality: Modality) -> None:
    profile, head = find_profile(name, Language(name[:2])), head_of(name, modality)
    block = profile.theory.block(modality)
    assert block
    for text in (*texts_in(profile.basic_info.model_dump(exclude={"topic"})), *texts_in(block.model_dump())):
        assert text in head


def test_the_facts_that_were_lost_before_are_found_by_name() -> None:
    assert "her father died when she was fifteen" in head_of("en01", Modality.BT)
    assert "poor appetite and some weight loss" in head_of("en07", Modality.CBT)
    assert "master's degree in library science" in head_of("en07", Modality.PMT)
    assert "父亲当过班主任" in head_of("zh08", Modality.HET)
    assert "作息颠倒" in head_of("zh08", Modality.BT)


Lists = dict[Modality, Callable[[Any], list[Sequence[str]]]]
TOLD: Lists = {
    Modality.BT: lambda t: [[r.behavior, *r.antecedent, r.consequence] for r in t.target_behavior],
    Modality.CBT: lambda t: [[r.event, r.automatic_thoughts] for r in t.special_situations],
    Modality.HET: lambda t: [r.manifestations for r in t.existentialism_topic],
    Modality.PDT: lambda t: [],
    Modality.PMT: lambda t: [
        *[[r.unique_outcome] for r in t.exception_events],
        t.force_field.positive_force,
        t.force_field.negative_force,
    ],
}
NOT_SEEN: Lists = {
    Modality.BT: lambda t: [[r.function, r.core_reason] for r in t.target_behavior],
    Modality.CBT: lambda t: [
        t.core_beliefs,
        *[[r.conditional_assumptions, r.cognitive_pattern] for r in t.special_situations],
    ],
    Modality.HET: lambda t: [
        *[[r.theme, *r.outcomes] for r in t.existentialism_topic],
        *[[r.mode, *r.manifestations] for r in t.contact_model],
    ],
    Modality.PDT: lambda t: [
        [t.core_conflict.wish, t.core_conflict.fear],
        *[[r.self_representation, r.object_representation] for r in t.object_relations],
        *[
            [r.trigger_condition, r.interpretation, r.response_instruction]
            for r in t.behavioral_response_patterns
        ],
    ],
    Modality.PMT: lambda t: [],
}


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("name", ["en01", "en07", "en12", "zh03", "zh08", "zh15"])
def test_what_a_client_can_tell_and_what_it_does_not_see_stand_apart(name: str, modality: Modality) -> None:
    language = Language(name[:2])
    head, theory = head_of(name, modality), find_profile(name, language).theory.block(modality)
    heading = (REACTS if modality is Modality.PDT else UNSEEN)[language]
    tell, unseen = part(head, TELL[language], heading), part(head, heading, "\n\n")
    told, hidden = ([*texts_in(groups[modality](theory))] for groups in (TOLD, NOT_SEEN))
    assert all(text in tell for text in told)
    assert all(text in unseen for text in hidden)
    assert not [text for text in hidden if text in tell]
    assert bool(unseen) == bool(hidden)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("zh")])
def test_a_chinese_client_reads_no_english_word(name: str) -> None:
    recalls = (Recall(session_index=1, said=("我说了家里的事。",), left="我走得很快。"),)
    for session, remembered in ((1, ()), (2, recalls)):
        for modality in Modality:
            head = head_of(name, modality, session=session, recalls=remembered)
            # the memory of tests marks its texts in Latin letters, and a profile may name a brand
            own = [*texts_in(find_profile(name, Language.ZH).model_dump(mode="json")), "task0"]
            for text in sorted(own, key=len, reverse=True):
                head = head.replace(text, "")
            assert not re.findall(r"[A-Za-z]{2,}", head)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_style_and_resistance_has_words_of_its_own(language: Language) -> None:
    words = library(language).data("client/manner")
    assert set(words["style"]) == set(get_args(Style))
    assert set(words["resistance"]) == set(range(1, 6))
    assert len({*words["style"].values(), *words["resistance"].values()}) == len(get_args(Style)) + 5
    for style in get_args(Style):
        told = head_of(f"{language.value}01", disclosure=Disclosure(style=style, resistance=5))
        assert words["style"][style] in told
        assert words["resistance"][5] in told


RISK = Risk(
    kind="passive_hopelessness",
    statement="DARK statement.",
    first_answer="FIRST answer.",
    if_calm="CALM addition.",
    facts="TRUE facts.",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_client_knows_what_is_true_of_danger_and_how_it_answers(language: Language) -> None:
    told = head_of(f"{language.value}01", disclosure=Disclosure(risk=RISK))
    for text in (RISK.statement, RISK.first_answer, RISK.if_calm, RISK.facts):
        assert told.count(text) == 1
    none = {Language.EN: "the true answer is no", Language.ZH: "实情是没有"}[language]
    assert none not in told
    assert none in head_of(f"{language.value}01", disclosure=Disclosure())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_client_keeps_quiet_no_more_about_a_danger_that_it_told(language: Language) -> None:
    past = Recall(session_index=1, told=(RISK.statement,))
    later = head_of(f"{language.value}01", session=2, disclosure=Disclosure(risk=RISK), recalls=(past,))
    told, quiet = {
        Language.EN: (
            "goes before): TRUE facts. Never a method.",
            "Asked with care",
        ),
        Language.ZH: (
            "（要紧的你已经说了；后来答应的、变了的以后来为准）：TRUE facts.不提方法。",
            "问得关切",
        ),
    }[language]
    assert told in later
    assert later.count(RISK.statement) == 1
    assert quiet not in later


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_answer_is_not_given_again_in_a_later_session(language: Language) -> None:
    mark = {Language.EN: "(not again if you remember saying it)", Language.ZH: "（记得说过就不再说）"}
    told = [head_of(f"{language.value}01", session=n, disclosure=Disclosure(risk=DRINK)) for n in (1, 2)]
    assert [mark[language] in head for head in told] == [False, True]
    assert all(DRINK.first_answer in head for head in told)
    past = Recall(session_index=1, said=(f"I said: {DRINK.first_answer.lower()[:-1]}, as one does",))
    later = head_of(f"{language.value}01", session=2, disclosure=Disclosure(risk=DRINK), recalls=(past,))
    assert DRINK.first_answer not in later
    assert DRINK.if_calm in later


DRINK = RISK.model_copy(update={"kind": "drinking", "first_answer": "Just a glass or two, like everybody."})
KINDS: tuple[RiskKind, ...] = get_args(RiskKind)
DYING: dict[Language, tuple[str, str]] = {
    Language.EN: (
        "\n- About dying or harm (how you tell it, see below): TRUE facts.\n",
        "\nOne step each time you are asked, roughly: First asked about dying or harm: “FIRST answer.” "
        "Calmly asked on, also: “CALM addition.” Asked with care, the rest. In dark moments: DARK statement. "
        "Unasked by half-time, let one hint slip. Never a method",
    ),
    Language.ZH: (
        "\n- 关于死和伤害（怎么说，见下）：TRUE facts.\n",
        "\n问一回说一层，大致：头回被问到死或伤害：“FIRST answer.”不慌不忙接着问，再添：“CALM addition.”"
        "问得关切，才讲全。难熬的时候：DARK statement.过半没人问，就漏半句。不提方法",
    ),
}
"""How dying and harm are told, word by word; runs that were held are compared with later ones."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["passive_hopelessness", "past_self_harm"])
def test_dying_and_harm_are_told_in_the_same_words_as_ever(language: Language, kind: RiskKind) -> None:
    fact, passage = DYING[language]
    stop = {Language.EN: ".\n", Language.ZH: "。\n"}[language]
    unplanned = {Language.EN: "; there is no plan.\n", Language.ZH: "，也没有计划。\n"}[language]
    risk = RISK.model_copy(update={"kind": kind})
    known = head_of(f"{language.value}01", disclosure=Disclosure(risk=risk))
    assert fact in known
    assert f"{passage}{stop}" in known
    bare = Disclosure(risk=risk.model_copy(update={"facts": ""}))
    assert f"{passage}{unplanned}" in head_of(f"{language.value}01", disclosure=bare)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_danger_has_its_words(language: Language) -> None:
    words = library(language).data("client/manner")["risk"]
    assert set(words) == set(KINDS)
    assert all(words[kind][part] for kind in KINDS for part in ("about", "when", "asked", "calm"))
    assert {kind for kind in KINDS if not words[kind]["told"]} == NO_DANGER


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_danger_of_any_kind_is_told_once_and_by_its_own_name(language: Language, kind: RiskKind) -> None:
    words = library(language).data("client/manner")["risk"][kind]
    told = head_of(f"{language.value}01", disclosure=Disclosure(risk=RISK.model_copy(update={"kind": kind})))
    colon = {Language.EN: ": ", Language.ZH: "："}[language]
    for text in (
        f"{words['about']}{ {Language.EN: ' (', Language.ZH: '（'}[language] }",
        f"{words['when']}{colon}{RISK.statement}",
        f"{words['asked']}{colon}“{RISK.first_answer}”",
        f"{words['calm']}{colon}“{RISK.if_calm}”",
        words["never"],
        RISK.facts,
    ):
        assert not text or told.count(text) == 1, text
    assert "\n\n\n" not in told
    dying = {Language.EN: "dying", Language.ZH: "死"}[language]
    assert (dying in told) == (dying in words["about"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(NO_DANGER))
def test_words_that_only_sound_like_danger_are_said_freely_and_denied(
    language: Language, kind: RiskKind
) -> None:
    risk = RISK.model_copy(update={"kind": kind})
    told = head_of(f"{language.value}01", disclosure=Disclosure(risk=risk))
    freely, truly, kept = {
        Language.EN: ("You say this freely", "the true answer is no: “FIRST answer.”", "One step each time"),
        Language.ZH: ("这话你", "大致这样答：“FIRST answer.”", "问一回说一层"),
    }[language]
    assert freely in told
    assert truly in told
    assert kept not in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_secret_comes_with_its_condition_and_its_hint(language: Language) -> None:
    kept = Secret(secret="SECRET.", opened_by="CONDITION", hint="HINT")
    told = head_of(f"{language.value}01", session=2, disclosure=Disclosure(hidden=(kept,)))
    spliced = {Language.EN: "You tell it only when CONDITION.", Language.ZH: "只有当CONDITION，你才会说。"}
    assert spliced[language] in told
    assert "“HINT”" in told
    assert "SECRET." not in head_of(f"{language.value}01", disclosure=Disclosure(hidden=(kept,)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_week_and_homework_left_undone_with_its_reason_stand_between_sessions(language: Language) -> None:
    idle = Disclosure(homework_likelihood=0, homework_excuse="PRINTER.", weeks=("BOILER.",))
    told = head_of(f"{language.value}01", session=2, disclosure=idle)
    assert "BOILER." in told
    assert "PRINTER." in told
    assert library(language).data("client/manner")["homework"]["not done"] in told
    assert "BOILER." not in head_of(f"{language.value}01", session=3, disclosure=idle)
    assert "PRINTER." not in head_of(f"{language.value}01", disclosure=idle)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_client_remembers_as_itself_and_nothing_of_the_counselors(language: Language) -> None:
    past = Recall(
        session_index=1, told=("TOLD",), said=("SAID",), held_back=("HELD",), details=("CAT",), left="LEFT"
    )
    told = head_of(f"{language.value}01", session=2, recalls=(past,))
    assert all(told.count(text) == 1 for text in ("TOLD", "SAID", "HELD", "CAT", "LEFT"))
    assert "s1-" not in told
    assert "file-" not in told


def test_a_profile_without_theory_still_has_a_prompt() -> None:
    case = case_of("en07")
    bare = case.model_copy(update={"profile": case.profile.model_copy(update={"theory": Theory()})})
    brief = brief_for(CASTS[Language.EN].deps, bare)
    head = client_prompt(CASTS[Language.EN].deps, brief, HELLO).messages[0]["content"]
    assert UNSEEN[Language.EN] not in head
    assert "Ruth Abelson" in head


@pytest.mark.parametrize("name", NAMES)
def test_what_happened_earlier_in_life_is_no_fact_that_is_told_to_a_first_question(name: str) -> None:
    language = Language(name[:2])
    profile, head = find_profile(name, language), head_of(name)
    facts, rest = head.split({Language.EN: "What brings you", Language.ZH: "为什么来"}[language], 1)
    brings, tells = rest.split(TELL[language], 1)
    for event in profile.basic_info.growth_experiences:
        assert [event in part for part in (facts, brings, tells)] == [False, True, False]
