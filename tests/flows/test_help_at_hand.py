"""Once help was called or has come, the gate does not ask to call, and the notes ask for nothing it asks."""

from __future__ import annotations

import pytest

from psychagent.domain.risk.finding import About, Handling
from psychagent.safety.at_hand import HELP_AT_HAND
from tests.flows.test_safety_gate import asking, counselors, hold
from tests.support.gate import judgement

FIRST = "There is a gecko that is not there, and I am shaking."
CALLED = "He is phoning, he has 112 on speaker, they are asking when the last glass was."


async def test_who_has_called_is_answered_by_the_counselor_and_not_by_a_fixed_text() -> None:
    cast = asking(
        [FIRST, CALLED, "Bye."],
        judgement(3, "a gecko that is not there", "drink"),
        judgement(3, "112 on speaker", "drink"),
        judgement(1, "Bye", "drink"),
        mode="act",
        classifier="always",
        extra_turns=0,
    )
    held = await hold(cast)
    findings = held["findings"]
    assert [f.handling for f in findings[:2]] == [Handling.TAKEOVER, Handling.CARD]
    assert HELP_AT_HAND in findings[1].patterns
    assert HELP_AT_HAND not in findings[0].patterns
    assert [turn.by_gate for turn in held["turns"] if turn.text in counselors(held)][:3] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "words", ["He has not got 112 on speaker.", "Is 112 on speaker?", "The ambulance left."]
)
async def test_words_about_help_that_is_not_there_change_nothing(words: str) -> None:
    cast = asking(
        [f"{FIRST} {words}", "Bye."],
        judgement(3, "a gecko that is not there", "drink"),
        judgement(1, "Bye", "drink"),
        mode="act",
        classifier="always",
        extra_turns=0,
    )
    assert (await hold(cast))["findings"][0].handling is Handling.TAKEOVER


async def test_a_level_that_is_carried_stays_of_its_own_kind() -> None:
    said = "Strike him, I said, and he has his arm round me."
    cast = asking(
        [FIRST, said, "Bye."],
        judgement(3, "a gecko that is not there", "drink"),
        judgement(1, "his arm round me", "drink"),
        judgement(0),
        mode="act",
        classifier="always",
        extra_turns=0,
    )
    held = await hold(cast)
    assert [f.about for f in held["findings"][:2]] == [About.DRINK, About.DRINK]
