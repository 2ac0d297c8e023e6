"""When a first session is due to ask about danger, and what a note on danger holds."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.domain.safety import Danger, SafetyNote, note_from_text, safety_due
from psychagent.domain.turn import Thoughts, Turn
from psychagent.safety.rules import load_rules
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore
from tests.support.every import LANGUAGES, MODALITIES

RULES = {language: load_rules(language) for language in LANGUAGES}
CLIENT = Turn(speaker=Speaker.CLIENT, text="I think of dying. Did you hear that?")
ALWAYS = {"Ask plainly about death"}


def said(*texts: str, skill: str = "Listening") -> list[Turn]:
    """Make a dialogue in which the counselor says these words, the client the same each time."""
    thoughts = Thoughts(skill=(skill,))
    own = (Turn(speaker=Speaker.COUNSELOR, text=text, thoughts=thoughts) for text in texts)
    return [turn for words in own for turn in (words, CLIENT)]


def due(turns: list[Turn], language: Language = Language.EN, *, session: int = 1, most: int = 8) -> bool:
    asks = RULES[language].asks_about
    return safety_due(turns, session_index=session, max_turns=most, asks=asks, skills=ALWAYS)


def test_it_is_due_from_the_middle_of_a_first_session_and_in_no_other() -> None:
    talk = ["Hello.", "Go on.", "I see.", "And then?", "Tell me more."]
    assert [due(said(*talk[:n])) for n in range(6)] == [False, False, False, False, True, True]
    assert not due(said(*talk), session=2)
    assert due(said("Hello."), most=2)


ASKED = {
    Language.EN: [
        "Has it been so hard that you thought of dying?",
        "Sometimes people think about dying or hurting themselves. Is that so for you?",
        "Do you ever have thoughts of suicide?",
        "Have you thought about hurting yourself, or of not wanting to wake up?",
        "Did you ever want to die?",
        "Some people have thoughts of ending their life. Have thoughts like that come to you?",
    ],
    Language.ZH: [
        "这么难的时候，您有没有想到死？",
        "有没有想过伤害自己？",
        "有人会不想活下去。您有过这样的念头吗？",
        "您想过轻生吗？",
    ],
}
NOT_ASKED = {
    Language.EN: [
        "How have you slept since your mother's death?",
        "I am glad that you are not thinking of dying.",
        "What would happen if you did nothing?",
    ],
    Language.ZH: ["您母亲去世以后，睡得怎么样？", "我听到您说不想死。", "忙得要死的时候，谁在身边？"],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plain_question_has_asked(language: Language) -> None:
    for question in ASKED[language]:
        assert not due(said("Hello.", question, "I see.", "Go on."), language), question


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_ask_about_nothing_have_not_asked(language: Language) -> None:
    for words in NOT_ASKED[language]:
        assert due(said("Hello.", words, "I see.", "Go on."), language), words


def test_the_opening_has_not_asked_because_it_names_danger_as_the_limit_of_confidentiality() -> None:
    opening = "This stays between us, unless you want to die or hurt yourself. Shall we begin?"
    assert due(said(opening, "Go on.", "I see.", "And?"))


def test_a_skill_of_safety_that_is_named_has_asked() -> None:
    assert not due(said("Hello.", "Go on.", "I see.", "And?", skill="Ask plainly about death"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
def test_the_direct_question_of_each_schools_library_has_asked(
    language: Language, modality: Modality
) -> None:
    store = SkillStore(SkillLibrary(language, None), embedder=None, method="lexical")
    families = store.stage(modality, Stage.CONCEPTUALIZATION).meta_skills
    examples = [skill.example or "" for family in families if family.risk for skill in family.skills]
    assert [text for text in examples if not due(said("Hello.", text, "I see.", "And?"), language)]
    others = [skill.example or "" for family in families if not family.always for skill in family.skills]
    assert not [text for text in others if not due(said("Hello.", text, "I see.", "And?"), language)]


def test_the_clients_words_have_not_asked() -> None:
    assert due(said("Hello.", "Go on.", "I see.", "And?"))


def test_a_note_of_an_older_file_is_a_text_and_counts_as_voiced() -> None:
    assert SafetyNote.model_validate(note_from_text("She would rather not wake up.")) == SafetyNote(
        danger=Danger.VOICED, words="She would rather not wake up."
    )
    assert SafetyNote.model_validate(note_from_text("")) == SafetyNote()
    assert note_from_text({"danger": "denied"}) == {"danger": "denied"}


def test_a_danger_or_a_plan_for_one_must_stay_and_a_denial_need_not() -> None:
    assert SafetyNote(danger=Danger.VOICED).must_stay
    assert SafetyNote(danger=Danger.DENIED, agreed="call her sister at night").must_stay
    assert not SafetyNote(danger=Danger.DENIED, asked="no wish, no plan").must_stay
