"""Whose hand it is that hurts a child: the speaker's own, or somebody else's."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import CONCERN, HIGH, About
from psychagent.errors import AssetError
from psychagent.safety.rule_file import AnswerRule, Context, RiskPattern, RulesFile
from psychagent.safety.rules import RiskRules, load_rules

EN, ZH = Language.EN, Language.ZH

OWN_HAND = [
    (EN, "I shook my son until he was quiet."),
    (EN, "I hit the wee one last night. Lost it."),
    (EN, "I gripped him too hard, there's a mark on his arm."),
    (EN, "The bruises on my son's arm are from me. I grabbed him."),
    (EN, "I shook her. She wouldn't stop crying."),
    (EN, "I put my hands round my daughter's throat"),
    (EN, "I left the baby alone in the flat."),
    (EN, "Left them alone in the flat for an hour."),
    (EN, "I'm scared I'll hurt my baby."),
    (EN, "I get images of dropping the baby."),
    (EN, "The kids would be better off dead with me when I go, I've thought it."),
    (EN, "He hits me, and last night I hit my daughter."),
    (ZH, "昨晚我打了儿子，下手重了。"),
    (ZH, "我失手把孩子推倒了，头磕破了"),
    (ZH, "忍不住，打了她两下，打重了，闺女脸都肿了"),
    (ZH, "我太累了，昨天又把孩子打了，停不下来"),
    (ZH, "我怕自己会掐孩子"),
    (ZH, "孩子一哭我就想把他扔出去"),
    (ZH, "先送孩子走，我再走"),
    (ZH, "老公打我，我也打了孩子。"),
]
OTHER_HAND = [
    (EN, "My husband hits my son.", About.HARMED),
    (EN, "Ex left them alone in the flat all night, the kids.", About.HARMED),
    (EN, "He gripped her too hard", About.HARMED),
    (EN, "My boyfriend shook the baby and she is limp", About.HARMED),
    (EN, "He's hitting my son right now please help", About.HARMED),
    (EN, "He said he'll kill me and the kids, and he bought bullets today.", About.HARMED),
    (EN, "I left the kids with him and the eldest just texted, daddy has the gun out.", About.HARMED),
    (EN, "There's a man who molested my boy. I think about killing him.", About.OTHERS),
    (EN, "I want to kill my boss, really.", About.OTHERS),
    (ZH, "他喝多了就打孩子。", About.HARMED),
    (ZH, "继父摸我女儿", About.HARMED),
    (ZH, "妈妈老打我妹妹", About.HARMED),
    (ZH, "我哥拿皮带抽我侄子，天天抽，孩子才五岁", About.HARMED),
    (ZH, "他把我锁在家里，我是拿孩子的平板给你发的", About.HARMED),
    (ZH, "我真想砸死那个老流氓，他碰过我闺女", About.HARMED),
    (ZH, "我真想把他捅了", About.OTHERS),
]
ANSWERS = [
    (EN, "Have you hurt your son?", "Yes.", About.CHILD),
    (EN, "Are you thinking of hurting your baby?", "Yes.", About.CHILD),
    (EN, "Does he hit the children?", "Yes.", About.HARMED),
    (EN, "Do you want to hurt him?", "Yes.", About.OTHERS),
    (ZH, "您有没有想伤害孩子的念头？", "嗯", About.CHILD),
    (ZH, "他打孩子吗？", "嗯", About.HARMED),
    (ZH, "您想伤害他吗？", "嗯", About.OTHERS),
]


@pytest.mark.parametrize(("language", "text"), OWN_HAND)
def test_a_child_hurt_by_the_speaker_is_told_from_other_danger(language: Language, text: str) -> None:
    heard = load_rules(language).hear(text)
    assert heard.about is About.CHILD, heard


@pytest.mark.parametrize(("language", "text", "about"), OTHER_HAND)
def test_a_child_hurt_by_another_hand_and_a_wish_to_hurt_another_stay_what_they_are(
    language: Language, text: str, about: About
) -> None:
    heard = load_rules(language).hear(text)
    assert heard.about is about, heard


@pytest.mark.parametrize(("language", "asked", "said", "about"), ANSWERS)
def test_an_answer_is_about_a_child_where_the_question_is_about_the_speakers_hand(
    language: Language, asked: str, said: str, about: About
) -> None:
    heard = load_rules(language).hear(said, asked)
    assert heard.about is about, heard


def test_a_quilt_over_ones_own_head_and_a_call_that_was_made_are_no_danger() -> None:
    rules = load_rules(ZH)
    for said, asked in (
        ("手边啥也没有。困了就睡，被子蒙上就不动", ""),
        ("困了就睡，被子蒙上就不动", ""),
        ("……还在。电话打了", "他还在说吗？电话打了没有？"),
    ):
        heard = rules.hear(said, asked)
        assert (heard.hard, heard.soft) == (0, 0), heard
    assert rules.hear("我把被子蒙上，她就不动了").soft > HIGH
    assert rules.hear("还在", "他还打您吗？").hard == HIGH


def own_rules(**fields: object) -> RiskRules:
    base: dict[str, object] = {
        "contexts": {"mine": Context(match=("i hit",))},
        "patterns": (
            RiskPattern(id="a", level=2, about=About.HARMED, match=("hit",), child_by=("mine",)),
            RiskPattern(id="b", level=2, about=About.OTHERS, match=("kick",)),
        ),
        "asks": ("hit",),
    }
    return RiskRules(RulesFile.model_validate(base | fields), Language.EN)


def test_a_context_says_that_it_is_about_a_child_and_changes_no_level() -> None:
    rules = own_rules()
    heard = [rules.hear(text) for text in ("i hit", "he hit", "kick. i hit", "i kick")]
    assert [one.about for one in heard] == [About.CHILD, About.HARMED, About.CHILD, About.OTHERS]
    assert {one.hard for one in heard} == {HIGH}


def test_the_worst_danger_says_whose_it_is_also_where_a_child_is_hurt() -> None:
    worse = RiskPattern(id="c", level=3, about=About.SELF, match=("pills",))
    child = RiskPattern(
        id="d", level=CONCERN, about=About.OTHERS, hard=False, match=("hit",), child_by=("mine",)
    )
    assert own_rules(patterns=(worse, child)).hear("i hit. pills.").about is About.SELF


def test_the_question_of_an_answer_says_that_it_is_about_a_child() -> None:
    answer = AnswerRule(
        id="yes", level=2, about=About.HARMED, asked=("hit",), said=("yes",), child_by=("mine",)
    )
    rules = own_rules(answers=(answer,))
    assert rules.hear("yes", "so i hit?").about is About.CHILD
    assert rules.hear("yes", "who hit?").about is About.HARMED


def test_a_context_that_is_not_there_is_refused() -> None:
    with pytest.raises((ValueError, AssetError), match="names context 'theirs', which does not exist"):
        own_rules(
            patterns=(RiskPattern(id="a", level=2, about=About.SELF, match=("x",), child_by=("theirs",)),)
        )
