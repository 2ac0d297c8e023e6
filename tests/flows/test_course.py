"""The course graph: sessions one after another, with memory carried from each to the next."""

from __future__ import annotations

import json

from psychagent.domain.base import Stage
from psychagent.domain.client_memory import Recall
from psychagent.flows.course import build_course
from tests.support.courses import LIMIT, START, held, knobs_of, two_sessions
from tests.support.fakes import Cast, chosen_family, filed, spoken, summed_up


async def test_a_course_ends_at_max_sessions_and_asks_nothing_more() -> None:
    cast = two_sessions()
    state, sessions = await held(cast)
    assert state["finished_reason"] == "max_sessions"
    assert [s.session_index for s in sessions] == [1, 2]
    assert cast.left() == {}


async def test_a_course_ends_by_its_plan_after_consolidation() -> None:
    stages = ["conceptualization", "intervention", "consolidation"]
    proposals = ["intervention", "consolidation", "termination"]
    cast = Cast(
        {
            "filter": [chosen_family(stage) for stage in stages],
            "counselor": [spoken("All in one turn.", ends=True)] * 3,
            "client": ["Bye."] * 3,
            "summary": [summed_up(f"sum{n}", stage) for n, stage in enumerate(proposals)],
            "client_file": [filed()] * 3,
        },
        max_sessions=9,
    )
    state, sessions = await held(cast)
    assert state["finished_reason"] == "plan"
    assert [s.plan.stage.value for s in sessions] == stages
    assert cast.left() == {}


async def test_memory_of_a_session_stands_in_the_counselors_next_prompt() -> None:
    cast = two_sessions()
    await held(cast)
    heads = [prompt[0]["content"] for prompt in cast.asked("counselor")]
    first, second = heads[0], heads[2]
    for mark in ("sum1 abstract", "sum1 tension", "task1", "Maya", "p1 problem"):
        assert mark in second
        assert mark not in first
    assert "focus1" in second
    assert "not met this client" in first


async def test_what_the_client_remembers_stands_in_its_own_next_prompt_and_in_no_others() -> None:
    cast = two_sessions()
    cast.models["recall"].answer = None
    cast.models["recall"].replies = [
        json.dumps({"told": [1], "details": [f"CAT{n}"], "left": f"LEFT{n}"}) for n in (1, 2)
    ]
    state, sessions = await held(cast)
    line = START["case"].profile.disclosure.at_once[0]  # type: ignore[union-attr]
    assert [session.recall for session in sessions] == state["recalls"]
    assert state["recalls"][0] == Recall(session_index=1, told=(line,), details=("CAT1",), left="LEFT1")
    for role in cast.models:
        asked = ["\n".join(m["content"] for m in prompt) for prompt in cast.asked(role)]
        told = ["CAT1" in text for text in asked]
        assert any(told) == (role in {"client", "recall"}), role
        assert not any(told[: len(told) // 2]), "nobody knows it in the first session"
    open_before, open_after = (prompt[0]["content"].split("Only if")[0] for prompt in cast.asked("recall"))
    assert line in open_before
    assert line not in open_after, "what was told is no longer to be told"


async def test_a_danger_that_was_noted_stands_in_every_later_prompt_of_the_counselor() -> None:
    cast = two_sessions()
    cast.models["summary"].replies[0] = summed_up("sum1", "intervention", safety="DANGER voiced, plan made")
    await held(cast)
    heads = [prompt[0]["content"] for prompt in cast.asked("counselor")]
    assert ["DANGER" in head for head in heads] == [False, False, True, True]


async def test_memory_reaches_filter_client_and_reflection_too() -> None:
    cast = two_sessions()
    await held(cast)
    for role in ("filter", "client", "summary", "client_file"):
        asked = ["\n".join(m["content"] for m in prompt) for prompt in cast.asked(role)]
        assert "task1" in asked[-1], role
        assert "task1" not in asked[0], role


async def test_memory_grows_by_one_session_each_time() -> None:
    state, sessions = await held(two_sessions())
    memory = state["memory"]
    assert [s.session_summary_abstract for s in memory.summaries] == ["sum1 abstract", "sum2 abstract"]
    assert [s.summary.homework for s in sessions] == [("task1",), ()]
    assert memory.homework == (), "a last session sets none"
    assert memory.client_file.main_problem == "p1 problem | the marriage"
    assert memory.client_file.origins["main_problem"] == 2
    assert sessions[1].file_before == sessions[0].file_after


async def test_a_proposal_that_skips_a_stage_is_corrected_and_recorded_with_the_session() -> None:
    _, sessions = await held(two_sessions(proposals=("consolidation", "intervention")))
    assert sessions[0].corrections == ()
    assert sessions[1].plan.stage is Stage.INTERVENTION
    (correction,) = sessions[1].corrections
    assert (correction.proposed, correction.decided) == (Stage.CONSOLIDATION, Stage.INTERVENTION)
    assert correction.session_index == 1


async def test_a_proposal_to_end_too_early_does_not_end_the_course() -> None:
    state, sessions = await held(two_sessions(proposals=("termination", "termination")))
    assert len(sessions) == 2
    assert state["finished_reason"] == "max_sessions"
    assert state["open"].corrections[0].proposed is Stage.TERMINATION


async def test_the_transcript_leaves_the_state_with_the_next_session() -> None:
    cast = two_sessions()
    seen = []
    stream = build_course(cast.deps).astream(START, LIMIT, context=knobs_of(cast), stream_mode="values")
    async for state in stream:
        if "open" in state and state["open"].index == 2 and not state.get("rollouts"):
            seen.append(state.get("finished_session"))
    assert seen[0] is None
    assert all(r is None or r.session_index == 2 for r in seen)


async def test_a_session_records_its_usage_alone() -> None:
    _, sessions = await held(two_sessions())
    for session in sessions:
        calls = {role: used.calls for role, used in session.usage.roles.items()}
        assert calls == {
            "filter": 1,
            "counselor": 2,
            "client": 2,
            "summary": 1,
            "client_file": 1,
            "recall": 1,
        }


async def test_thoughts_stay_with_their_turns_and_reach_no_prompt() -> None:
    cast = two_sessions()
    _, sessions = await held(cast)
    thoughts = [t.thoughts for s in sessions for t in s.turns if t.thoughts]
    assert [t.assessment for t in thoughts] == [f"SECRET{n}" for n in range(4)]
    assert "SECRET" not in cast.everything_asked()
