"""What rules may say: shared words, places of contexts, turns as a whole, answers that are no yes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import CONCERN, HIGH, IMMINENT, NO_RISK
from psychagent.safety.rule_file import RulesFile
from psychagent.safety.rules import RiskRules
from psychagent.safety.text import questions


def build(**parts: Any) -> RiskRules:
    file = {"asks": ["死"], "patterns": [], **parts}
    return RiskRules(RulesFile.model_validate(file), Language.ZH)


def pattern(*match: str, **more: Any) -> dict[str, Any]:
    return {"id": "one", "level": HIGH, "about": "self", "match": match, **more}


def test_a_word_stands_for_its_expression_and_may_use_an_earlier_one() -> None:
    rules = build(words={"die": "(?:死|走)", "want": "想<die>"}, patterns=[pattern("<want>了")])
    assert rules.hear("想走了").hard == HIGH


def test_a_word_that_is_missing_is_named() -> None:
    with pytest.raises(ValidationError, match="<means>.*not among the words"):
        build(patterns=[pattern("拿着<means>")])


def test_a_context_before_counts_only_there() -> None:
    rules = build(
        contexts={"no": {"scope": "before", "match": ["没有$"]}}, patterns=[pattern("想死", voided_by=["no"])]
    )
    assert rules.hear("没有想死").hard == NO_RISK
    assert rules.hear("想死,没有办法").hard == HIGH


def test_a_context_of_the_clause_ends_at_the_comma() -> None:
    rules = build(
        contexts={"heat": {"scope": "clause", "match": ["热"]}},
        patterns=[pattern("想死", voided_by=["heat"])],
    )
    assert rules.hear("热得想死").hard == NO_RISK
    assert rules.hear("今天很热，我想死").hard == HIGH


def test_a_match_that_means_nothing_hides_no_later_one() -> None:
    rules = build(
        contexts={"she": {"scope": "before", "match": ["她$"]}},
        patterns=[pattern("想.{0,4}死", voided_by=["she"])],
    )
    assert rules.hear("她想想死").hard == HIGH


def test_a_pattern_of_the_turn_spans_sentences() -> None:
    assert build(patterns=[pattern("药.*今晚")]).hear("药够了。就今晚。").hard == NO_RISK
    assert build(patterns=[pattern("药.*今晚", scope="turn")]).hear("药够了。就今晚。").hard == HIGH


def test_an_answer_may_be_a_time_in_place_of_a_yes() -> None:
    asked = {"id": "when", "level": IMMINENT, "about": "self", "asked": ["什么时候"], "said": ["今晚"]}
    rules = build(answers=[asked], yes=["嗯"])
    assert rules.hear("今晚", "什么时候？").hard == IMMINENT
    assert rules.hear("嗯", "什么时候？").hard == NO_RISK


def test_an_answer_is_to_the_last_question_with_the_sentence_before_it() -> None:
    asked = {"id": "ask", "level": CONCERN, "about": "self", "asked": ["死"]}
    rules = build(answers=[asked], yes=["嗯"])
    assert rules.hear("嗯", "你想死吗？").hard == CONCERN
    assert rules.hear("嗯", "有人会想到死。你呢？").hard == CONCERN
    assert rules.hear("嗯", "你想死吗？先不说这个。今天好些吗？").hard == NO_RISK


def test_questions_come_with_the_sentence_before_them() -> None:
    assert questions("好。你想死吗?今晚呢?") == ["好。 你想死吗?", "你想死吗? 今晚呢?"]
