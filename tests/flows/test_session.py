"""The session graph: retrieve, counselor, client, until the counselor ends it or has had its turns."""

from __future__ import annotations

from typing import Any

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import ProviderError, ReplyError
from psychagent.flows.session import build_session, recursion_limit
from tests.support.fakes import Cast, brief_for, case_of, spoken


async def hold(cast: Cast, **knobs: Any) -> dict[str, Any]:
    """Hold a session and return its state."""
    brief = brief_for(cast.deps, case_of(), **knobs)
    limit = recursion_limit(brief.knobs.max_counselor_turns)
    session = build_session(cast.deps)
    held: dict[str, Any] = await session.ainvoke({"turns": []}, {"recursion_limit": limit}, context=brief)
    return held


async def test_the_counselor_opens_and_the_client_has_a_word_after_its_goodbye() -> None:
    cast = Cast({"counselor": [spoken("Hello."), spoken("Bye.", ends=True)], "client": ["Hi.", "Bye, then."]})
    held = await hold(cast)
    assert [(t.speaker.value, t.text) for t in held["turns"]] == [
        ("counselor", "Hello."),
        ("client", "Hi."),
        ("counselor", "Bye."),
        ("client", "Bye, then."),
    ]
    assert cast.left() == {}


@pytest.mark.parametrize("most", [1, 2, 4])
async def test_a_session_ends_after_its_turns_whatever_the_counselor_says(most: int) -> None:
    cast = Cast({"counselor": [spoken(f"Turn {n}.") for n in range(most)], "client": ["Yes."] * most})
    held = await hold(cast, max_counselor_turns=most)
    assert sum(t.speaker is Speaker.COUNSELOR for t in held["turns"]) == most
    assert [turn.speaker for turn in held["turns"][-2:]] == [Speaker.COUNSELOR, Speaker.CLIENT]
    assert not held["turns"][-2].ends_session
    assert cast.left() == {}


async def test_a_long_session_stays_within_its_supersteps() -> None:
    most = 45
    cast = Cast({"counselor": [spoken(f"Turn {n}.") for n in range(most)], "client": ["Yes."] * most})
    held = await hold(cast, max_counselor_turns=most)
    assert len(held["turns"]) == 2 * most


async def test_every_counselor_turn_but_the_opening_knows_its_skills_and_query() -> None:
    cast = Cast(
        {"counselor": [spoken("Hello."), spoken("Bye.", ends=True)], "client": ["I lie awake.", "Bye."]}
    )
    first, _, last, _ = (await hold(cast))["turns"]
    assert (first.skills, first.query) == ((), "")
    assert len(last.skills) == 3
    assert last.query == "I lie awake."


async def test_usage_of_all_roles_is_summed() -> None:
    rewrite = '{"trigger": "silence", "when_to_use": "early"}'
    cast = Cast(
        {
            "counselor": [spoken("a"), spoken("b"), spoken("c", ends=True)],
            "client": ["x", "y", "z"],
            "rewrite": [rewrite] * 2,
        },
        query="rewrite",
    )
    usage = (await hold(cast))["usage"]
    assert {role: used.calls for role, used in usage.roles.items()} == {
        "counselor": 3,
        "client": 3,
        "rewrite": 2,
    }
    assert usage.total().prompt_tokens == 80


async def test_a_model_that_runs_dry_fails_the_test_and_does_not_pass_in_silence() -> None:
    with pytest.raises(AssertionError, match="client has no reply left"):
        await hold(Cast({"counselor": [spoken("Hello.")]}))


async def test_a_reply_that_cannot_be_read_stops_the_session() -> None:
    with pytest.raises((ReplyError, ProviderError), match="counselor: gave up after 1 attempts"):
        await hold(Cast({"counselor": ["no tags"]}))
