from __future__ import annotations

import pytest

from psychagent.domain.base import Language, Speaker
from psychagent.domain.risk.finding import About, Classifier
from psychagent.domain.turn import Turn
from psychagent.safety.hear import hear_session
from psychagent.safety.rule_file import AnswerRule, RiskPattern, RulesFile
from psychagent.safety.rules import RiskRules

RULES = RiskRules(
    RulesFile(
        patterns=(
            RiskPattern(id="hard", level=3, about=About.SELF, match=("tonight i die",)),
            RiskPattern(id="soft", level=1, about=About.SELF, hard=False, match=("so tired of it all",)),
        ),
        answers=(AnswerRule(id="yes", level=2, about=About.SELF, asked=("want to die",)),),
        yes=("yes",),
        asks=("want to die",),
    ),
    Language.EN,
    digest="of these rules",
)


def said(*texts: str) -> list[Turn]:
    """Let counselor and client speak in turn."""
    speakers = (Speaker.COUNSELOR, Speaker.CLIENT) * len(texts)
    return [Turn(speaker=speaker, text=text) for speaker, text in zip(speakers, texts, strict=False)]


def test_a_level_is_heard_and_falls_by_one_a_turn() -> None:
    turns = said("Hello.", "Tonight I die.", "Who is with you?", "Mum.", "And now?", "Fine.", "Good.", "Bye.")
    found = hear_session(turns, RULES)
    assert [(f.turn, f.level, f.carried) for f in found] == [(1, 3, False), (3, 2, True), (5, 1, True)]
    assert found[0].patterns == ("hard",)
    assert found[0].classifier is Classifier.OFF
    assert found[0].rules_hash == "of these rules"


def test_soft_rules_count_only_where_no_model_may_have_judged() -> None:
    turns = said("Hello.", "I am so tired of it all.")
    assert [f.level for f in hear_session(turns, RULES)] == [1]
    assert hear_session(turns, RULES, soft=False) == ()


def test_a_yes_is_heard_by_what_it_answers() -> None:
    assert [f.level for f in hear_session(said("Do you want to die?", "Yes."), RULES)] == [2]
    assert hear_session(said("Do you want to eat?", "Yes."), RULES) == ()


@pytest.mark.parametrize(
    ("voices", "said", "found"), [(True, "Yes.", True), (True, "No.", False), (False, "Yes.", False)]
)
def test_a_yes_tells_of_voices_where_its_rule_says_so_whatever_its_id(
    voices: bool, said: str, found: bool
) -> None:
    answers = (
        AnswerRule(id="a", level=2, about=About.SELF, voices=voices, asked=("does he order it",)),
        AnswerRule(id="voices_b", level=2, about=About.SELF, asked=("does he order it",)),
    )
    rules = RiskRules(RULES.file.model_copy(update={"answers": answers}), Language.EN)
    assert rules.affirms_voices(said, "Does he order it?") is found


def test_a_counselor_voices_no_danger() -> None:
    assert hear_session(said("Tonight I die, you said?", "I did not."), RULES) == ()


def test_a_session_that_the_client_begins_is_heard_too() -> None:
    turns = [Turn(speaker=Speaker.CLIENT, text="Tonight I die."), *said("Stay with me.")]
    assert [f.turn for f in hear_session(turns, RULES)] == [0]
