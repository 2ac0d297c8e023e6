"""Skills reach a turn: families chosen once a session, a query a turn, a search among the candidates."""

from __future__ import annotations

import json

import pytest
from langgraph.runtime import Runtime

from psychagent.domain.base import Modality, Speaker, Stage
from psychagent.domain.skill import MetaSkill, Skill, StageSkills
from psychagent.domain.turn import Thoughts, Turn
from psychagent.errors import MalformedReplyError, ReplyError, SkillStoreError
from psychagent.nodes.retrieve import choose_candidates, keep_known, recent_turns, retrieve, shortlist
from psychagent.nodes.state import Brief, SessionState
from tests.support.fakes import FAMILIES, Cast, brief_for, case_of

SAFETY = "cbt.conceptualization.risk-and-safety"

FAMILY = FAMILIES["conceptualization"]


def metas(*sizes: int) -> tuple[MetaSkill, ...]:
    """Make families of some sizes."""

    def skill(name: str) -> Skill:
        return Skill(id=name, name=name, description="d", when_to_use="w", trigger="t")

    return tuple(
        MetaSkill(
            id=f"m{row}", name="n", description="d", skills=tuple(skill(f"m{row}.s{n}") for n in range(size))
        )
        for row, size in enumerate(sizes)
    )


def test_ids_that_do_not_exist_are_dropped_and_counted() -> None:
    kept, unknown = keep_known(["m1", "m9", "m0", "m8", "m1"], metas(1, 1, 1))
    assert (kept, unknown) == (frozenset({"m0", "m1"}), 2)


@pytest.mark.parametrize("ids", [[], ["m7"], ["", "x"]])
def test_a_selection_that_is_left_empty_is_malformed(ids: list[str]) -> None:
    with pytest.raises(MalformedReplyError, match="copy ids from the list"):
        keep_known(ids, metas(1, 1))


def test_a_shortlist_takes_evenly_from_the_chosen_families_in_file_order() -> None:
    skills = StageSkills(modality=Modality.CBT, stage=Stage.INTERVENTION, meta_skills=metas(5, 5, 2))
    chosen = frozenset({"m0", "m2"})
    assert shortlist(skills, chosen, 4) == ("m0.s0", "m0.s1", "m2.s0", "m2.s1")
    assert shortlist(skills, chosen, 6) == ("m0.s0", "m0.s1", "m0.s2", "m0.s3", "m2.s0", "m2.s1")
    assert len(shortlist(skills, chosen, 100)) == 7


async def test_the_filter_chooses_the_candidates_of_a_session() -> None:
    cast = Cast({"filter": [json.dumps({"meta_skill_ids": [FAMILY, "cbt.conceptualization.invented"]})]})
    answer = await choose_candidates(cast.deps, brief_for(cast.deps, case_of()))
    assert answer.value
    assert all(skill_id.startswith((f"{FAMILY}.", SAFETY)) for skill_id in answer.value)
    assert answer.usage.roles["filter"].dropped == 1
    prompt = cast.asked("filter")[0][-1]["content"]
    assert FAMILY in prompt
    assert "cbt.intervention" not in prompt


async def test_only_an_emptied_selection_is_asked_for_again() -> None:
    replies = [json.dumps({"meta_skill_ids": ["made.up"]}), json.dumps({"meta_skill_ids": [FAMILY]})]
    cast = Cast({"filter": replies}, max_retries=1)
    answer = await choose_candidates(cast.deps, brief_for(cast.deps, case_of()))
    assert answer.usage.roles["filter"].retries == 1
    assert "none of the meta_skill_ids exists" in cast.asked("filter")[1][-1]["content"]


async def test_a_selection_that_stays_empty_is_an_error_and_not_the_first_twenty() -> None:
    cast = Cast({"filter": [json.dumps({"meta_skill_ids": []})]})
    with pytest.raises(ReplyError):
        await choose_candidates(cast.deps, brief_for(cast.deps, case_of()))


async def find(cast: Cast, turns: list[Turn], *, candidates: tuple[str, ...] | None = None) -> SessionState:
    brief = brief_for(cast.deps, case_of())
    if candidates is not None:
        brief = Brief(
            case=brief.case, plan=brief.plan, memory=brief.memory, candidates=candidates, session_index=1
        )
    runtime: Runtime[Brief] = Runtime(context=brief)
    return await retrieve(cast.deps)({"turns": turns}, runtime)


TALK = [
    Turn(speaker=Speaker.COUNSELOR, text="First question.", thoughts=Thoughts(assessment="SECRET")),
    Turn(speaker=Speaker.CLIENT, text="First answer."),
    Turn(speaker=Speaker.COUNSELOR, text="Second question.", thoughts=Thoughts(strategy="SECRET")),
    Turn(speaker=Speaker.CLIENT, text="Second answer."),
    Turn(speaker=Speaker.COUNSELOR, text="Third question."),
    Turn(speaker=Speaker.CLIENT, text="I could think about what happened before the quarrel."),
]


async def test_the_first_turn_searches_for_the_plans_focus_and_asks_no_model() -> None:
    given = await find(Cast({}, query="rewrite"), [])
    found = given["retrieved"]
    assert found
    assert len(found.skills) == 5
    assert found.query
    assert "confidential" in found.query


async def test_an_utterance_query_is_the_clients_words_and_asks_no_model() -> None:
    found = (await find(Cast({}, query="utterance"), TALK))["retrieved"]
    assert found
    assert found.query == TALK[-1].text


async def test_a_rewritten_query_joins_skill_trigger_and_when_to_use() -> None:
    reply = {"trigger": "names a quarrel", "when_to_use": "early on", "skill": "sequence"}
    cast = Cast({"rewrite": [json.dumps(reply)]}, query="rewrite")
    given = await find(cast, TALK)
    found = given["retrieved"]
    assert found
    assert found.query == "sequence names a quarrel early on"
    assert given["usage"].roles["rewrite"].calls == 1


async def test_the_rewrite_sees_the_latest_part_and_the_focus_and_no_thoughts() -> None:
    cast = Cast({"rewrite": [json.dumps({"trigger": "t"})]}, query="rewrite")
    before = [Turn(speaker=Speaker.COUNSELOR, text=f"Earlier {number}.") for number in range(8)]
    await find(cast, [*before, *TALK])
    text = "\n".join(m["content"] for m in cast.asked("rewrite")[0])
    assert "First question." in text
    assert "confidential" in text
    assert text.endswith("before the quarrel.")
    assert "Earlier" not in text
    assert "SECRET" not in text


@pytest.mark.parametrize(
    ("said", "start"), [(0, 0), (1, 0), (4, 0), (11, 0), (12, 8), (19, 8), (20, 16), (78, 72)]
)
def test_the_rewrites_window_starts_at_a_multiple_of_eight(said: int, start: int) -> None:
    turns = [Turn(speaker=Speaker.CLIENT, text=f"{number}") for number in range(said)]
    assert list(recent_turns(turns)) == turns[start:]


def test_the_rewrites_window_always_holds_the_last_four_and_never_more_than_eleven() -> None:
    turns = [Turn(speaker=Speaker.CLIENT, text=f"{number}") for number in range(100)]
    sizes = {len(recent_turns(turns[:said])) for said in range(4, 100)}
    assert sizes == set(range(4, 12))


async def test_only_candidates_are_found() -> None:
    brief = brief_for(Cast({}).deps, case_of())
    few = brief.candidates[7:10]
    found = (await find(Cast({}), TALK, candidates=few))["retrieved"]
    assert found
    assert set(found.skills) == set(few)


async def test_without_a_skill_the_session_stops_instead_of_going_on() -> None:
    with pytest.raises(SkillStoreError, match="no skill among the session's candidates"):
        await find(Cast({}), TALK, candidates=("made.up",))
