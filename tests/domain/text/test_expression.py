"""What somebody writes as a regular expression is compiled, or refused in one sentence wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from psychagent.assets.marks import MarksFile
from psychagent.domain.base import Language
from psychagent.domain.risk.finding import About
from psychagent.domain.skill import MetaSkill, Skill
from psychagent.domain.text.expression import to_pattern
from psychagent.errors import AssetError
from psychagent.nodes.safety.unasked import ToAsk
from psychagent.safety.rule_file import RulesFile
from psychagent.safety.rules import RiskRules

BROKEN: dict[str, tuple[str, str]] = {
    "parenthesis": ("die(", "missing ), unterminated subpattern"),
    "repeats": ("a{99999999999}", "the repetition number is too large"),
    "nested": ("(" * 3000 + "x" + ")" * 3000, "more than 100 parentheses stand within each other"),
    "nested so that a deep caller fails": ("(?:" * 200 + "x" + ")" * 200, "more than 100 parentheses"),
    "look behind": ("(?<=a+)b", "look-behind requires fixed-width pattern"),
    "unknown group": (r"(?P=name)", "unknown group name"),
}


def in_rules(**fields: Any) -> RiskRules:
    return RiskRules(RulesFile.model_validate({"patterns": (), "asks": ("suicid",), **fields}), Language.EN)


def a_rule(**fields: Any) -> dict[str, Any]:
    return {"id": "p", "level": 2, "about": "self", **fields}


PLACES: dict[str, Callable[[str], object]] = {
    "a skill": lambda text: Skill(
        id="s", name="n", description="d", when_to_use="w", trigger="t", only_if=text
    ),
    "a family": lambda text: MetaSkill(id="m", name="n", description="d", about={About.SELF: (text,)}),
    "marks": lambda text: MarksFile(gestures=(text,), farewells=(), counselor_only=(), client_only=()),
    "a question": lambda text: ToAsk(says="s", asked=text),
    "what is told": lambda text: ToAsk(says="s", asked="a", told=text),
    "a rule": lambda text: in_rules(patterns=(a_rule(match=("fine", text)),)),
    "an answer": lambda text: in_rules(answers=(a_rule(asked=("a",), said=(text,)),)),
    "a context": lambda text: in_rules(contexts={"c": {"scope": "turn", "match": (text,)}}),
    "words": lambda text: in_rules(words={"w": (text,)}, asks=("<w>",)),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("place", PLACES)
def test_an_expression_that_python_refuses_is_told_wherever_it_stands(place: str, name: str) -> None:
    text, told = BROKEN[name]
    with pytest.raises((ValueError, AssetError)) as error:
        PLACES[place](text)
    said = str(error.value)
    assert "is no regular expression (" in said
    assert told in said
    assert said.endswith("; mend it")
    assert len(said) < 400


@pytest.mark.parametrize("text", ["", "a|b", r"\((\()", "((((a))))", "(?i)x", "[(]" * 50])
def test_what_python_takes_is_compiled(text: str) -> None:
    assert to_pattern(text, re.DOTALL) == re.compile(text, re.DOTALL)
