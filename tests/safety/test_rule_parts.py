"""How rules are put together: named words, whole words, contexts, signs that add up, answers, questions."""

from __future__ import annotations

import time

import pytest
from pydantic import ValidationError

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import About
from psychagent.errors import AssetError
from psychagent.safety.rule_file import AnswerRule, Context, RiskPattern, RulesFile
from psychagent.safety.rules import RiskRules, load_rules
from psychagent.safety.text import answer, last_question, last_remark, normalize


def rules(*patterns: RiskPattern, **fields: object) -> RiskRules:
    """Build rules from patterns and whatever else the file may hold."""
    file = RulesFile.model_validate({"patterns": patterns, "asks": ("suicid",), **fields})
    return RiskRules(file, Language.EN)


def pattern(*match: str, **fields: object) -> RiskPattern:
    """Build a pattern of level 2 about the client."""
    return RiskPattern.model_validate({"id": "p", "level": 2, "about": About.SELF, "match": match, **fields})


def test_a_name_stands_for_any_of_its_words_and_may_use_earlier_ones() -> None:
    heard = rules(pattern("<act> now"), words={"me": ("me", "myself"), "act": ("hurt <me>", "die")})

    assert heard.hear("hurt myself now").hard == 2
    assert heard.hear("die now").hard == 2
    assert heard.hear("hurt you now").hard == 0


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="uses <deed>, which is not among the words"):
        rules(pattern("<deed> now"))


def test_whole_words_do_not_match_inside_a_word() -> None:
    assert rules(pattern("die")).hear("on a diet").hard == 2
    assert rules(pattern("die"), whole_words=True).hear("on a diet").hard == 0
    assert rules(pattern("die"), whole_words=True).hear("i die").hard == 2


def test_a_context_before_a_match_does_not_count_after_it() -> None:
    denial = {"not": Context(scope="before", match=("not ?$",))}
    denied = rules(pattern("die", voided_by=("not",)), contexts=denial)

    assert denied.hear("not die").hard == 0
    assert denied.hear("die, not live").hard == 2
    assert denied.hear("not die but die").hard == 2


def test_what_must_stand_beside_a_match_may_be_in_another_sentence() -> None:
    both = rules(pattern("rope", also=("goodbye",)))

    assert both.hear("There is a rope.").hard == 0
    assert both.hear("There is a rope. Goodbye.").hard == 2


QUIET = "The week went by, it was grey, and I did the shopping. "


@pytest.mark.parametrize("between", [0, 1200, 1500, 2400, 9000])
def test_what_must_stand_beside_a_match_may_be_far_away_in_a_very_long_turn(between: int) -> None:
    filler = (QUIET * 200)[:between]
    both = rules(pattern("rope", also=("goodbye",)))
    for text in (f"There is a rope. {filler}. Goodbye.", f"Goodbye. {filler}. There is a rope."):
        assert both.hear(text).hard == 2
    some = rules(pattern("rope", also=("tonight", "goodbye", "note"), at_least=2))
    assert some.hear(f"A note. {filler}. A rope. {filler}. Tonight.").hard == 2
    assert some.hear(f"A note. {filler}. A rope. {filler}. A note.").hard == 0


def test_signs_of_a_soft_rule_that_only_stand_far_apart_are_a_concern() -> None:
    soft = rules(pattern("rope", also=("goodbye",), hard=False))
    assert soft.hear("A rope. Goodbye.").soft == 2
    assert soft.hear(f"A rope. {QUIET * 50} Goodbye.").soft == 1
    assert soft.hear(f"A rope. {QUIET * 50} Goodbye. A rope.").soft == 2


@pytest.mark.parametrize(
    ("language", "one", "other", "level"),
    [
        (Language.EN, "The kids would be in heaven.", "I have decided.", (0, 1)),
        (Language.ZH, "安眠药就在床头。", "我不想活了。", (3, 1)),
    ],
)
def test_the_bundled_rules_hear_danger_that_is_spread_over_a_very_long_turn(
    language: Language, one: str, other: str, level: tuple[int, int]
) -> None:
    told = load_rules(language)
    quiet = QUIET * 50 if language is Language.EN else "这周很快就过去，天一直阴着，路上人不多。" * 120
    for text in (f"{one}\n{quiet}\n{other}", f"{other}\n{quiet}\n{one}"):
        heard = told.hear(text)
        assert (heard.hard, heard.soft) == level
        assert set(heard.patterns) <= set(told.hear(f"{one} {other}").patterns)
    assert told.hear(quiet).patterns == ()


@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.EN, "The kids would be in heaven. "), (Language.ZH, "安眠药就在床头。")],
)
def test_a_turn_full_of_patterns_without_what_they_need_is_heard_in_time(
    language: Language, said: str
) -> None:
    told, took = load_rules(language), []
    for size in (12_000, 48_000):
        text = (said * size)[:size]
        began = time.perf_counter()
        assert told.hear(text).hard == 0
        took.append(time.perf_counter() - began)
    # four times the words take four times as long, not sixteen times
    assert took[1] < 10 * took[0] + 3


def test_some_of_several_signs_may_be_enough() -> None:
    two = rules(pattern("rope", also=("tonight", "goodbye", "note"), at_least=2))

    assert two.hear("A rope, tonight.").hard == 0
    assert two.hear("A rope, tonight. Goodbye.").hard == 2


def test_more_signs_than_there_are_cannot_be_asked_for() -> None:
    with pytest.raises(ValidationError, match="asks for 2 of 1"):
        rules(pattern("rope", also=("tonight",), at_least=2))


def test_a_pattern_on_the_turn_reaches_over_sentences() -> None:
    assert rules(pattern("gun.*school")).hear("I have a gun. At school.").hard == 0
    assert rules(pattern("gun.*school", scope="turn")).hear("I have a gun. At school.").hard == 2


def test_an_answer_may_be_more_than_yes_and_may_be_voided() -> None:
    answer = AnswerRule(
        id="when", level=3, about=About.SELF, asked=("when",), said=("tonight",), voided_by=("joke",)
    )
    told = rules(pattern("die"), answers=(answer,), contexts={"joke": Context(match=("kidding",))})

    assert told.hear("Tonight.", "When?").hard == 3
    assert told.hear("... tonight", "When?").hard == 3
    assert told.hear("Yes.", "When?").hard == 0
    assert told.hear("Tonight, just kidding.", "When?").hard == 0


def test_an_answer_may_be_to_a_remark_and_a_question_is_none() -> None:
    agrees = AnswerRule(id="agrees", level=2, about=About.SELF, after="remark", asked=("die",), said=("yes",))
    told = rules(pattern("gun"), answers=(agrees,))

    assert told.hear("Yes.", "So you want to die.").hard == 2
    assert told.hear("Yes.", "Do you want to die?").hard == 0


def test_an_answer_to_anything_needs_no_question() -> None:
    denies = AnswerRule(id="denies", level=2, about=About.SELF, asked=("",), said=("i lied",))
    told = rules(pattern("gun"), answers=(denies,))

    assert told.hear("I lied.").hard == 2
    assert told.hear("I lied.", "How are you?").hard == 2


def test_an_answer_to_a_question_that_only_names_danger_means_nothing() -> None:
    yes = AnswerRule(id="yes", level=2, about=About.SELF, asked=("die",), said=("yes",))
    told = rules(pattern("gun"), answers=(yes,), asks_else=("in the film",))

    assert told.hear("Yes.", "Do you want to die?").hard == 2
    assert told.hear("Yes.", "Did she die in the film?").hard == 0


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("One. Two. Three.", "Two. Three."),
        ("So it is. Is it not? I see.", ""),
        ("“Do you?” I remember.", "I remember."),
        ("", ""),
    ],
)
def test_a_remark_is_the_end_of_a_turn_that_asks_nothing(text: str, remark: str) -> None:
    assert last_remark(text) == remark


@pytest.mark.parametrize(
    ("text", "plain"),
    [("😔 yes", "yes"), ("... (yes", "yes"), ("👎", "👎"), ("🤷", "🤷"), ("…", "…"), ("“是的", "是的")],
)
def test_an_answer_begins_with_its_first_word_or_telling_sign(text: str, plain: str) -> None:
    assert answer(text) == plain


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Did you ever try it, mr. hale?", "Did you ever try it, mr hale?"),
        ("You spoke of death. Then work. Was it long? Do you sleep?", "Was it long? Do you sleep?"),
        ("You said so. Is it true? Take your time.", "You said so. Is it true?"),
        ("One. Two. Three.", ""),
        ("", ""),
    ],
)
def test_an_answer_is_to_the_last_question(text: str, question: str) -> None:
    assert last_question(text) == question


@pytest.mark.parametrize(
    ("typed", "plain"),
    [("d i e", "die"), ("d-i-e", "die"), ("*now*", "now"), ("k*ll", "k*ll"), ("I am a man", "i am a man")],
)
def test_letters_typed_apart_are_joined(typed: str, plain: str) -> None:
    assert normalize(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("k1ll mys3lf", "kill myself"),
        ("I want to d\u0456e, k\u00edll m\u0443self", "i want to die, kill myself"),
        ("to, um, like, die", "to die"),
        ("Um, no", "no"),
        ("kill 😔 myself", "kill myself"),
        ("I want to... kill... myself", "i want to kill myself"),
        ("I am tired... I go home", "i am tired... i go home"),
        ("at 10am, uh huh", "at 10am, uh huh"),
        ("хочу домой, もうだめ", "хочу домой, もうだめ"),
    ],
)
def test_no_letter_that_only_looks_like_one_and_no_pause_hides_a_word(typed: str, plain: str) -> None:
    assert normalize(typed) == plain


def test_a_comma_parts_clauses_and_a_space_does_not_where_words_are_parted_by_spaces() -> None:
    film = {"film": Context(scope="clause", match=("film",))}
    told = rules(pattern("die", voided_by=("film",)), contexts=film, whole_words=True)

    assert told.hear("they die in the film").soft + told.hear("they die in the film").hard == 0
    assert told.hear("in the film they kiss, I die").hard == 2


def test_what_is_no_regular_expression_is_named() -> None:
    with pytest.raises(AssetError, match=r"'die\(' is no regular expression"):
        rules(pattern("fine", "die("))


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("wo xiang zi sha", "我想自杀"),
        ("ta you da wo le", "他又打我了"),
        ("他又打wo了", "他又打我了"),
        ("zisha", "自杀"),
        ("We had women and children there", "we had women and children there"),
    ],
)
def test_phrases_of_danger_in_pinyin_are_read_as_characters(typed: str, plain: str) -> None:
    assert normalize(typed) == plain
