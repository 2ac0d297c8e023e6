"""What a served graph is given and cannot use is told in one sentence, with the field and the remedy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from langgraph.checkpoint.memory import InMemorySaver

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.role import ClientKind
from psychagent.errors import PsychAgentError
from psychagent.flows.aloud import aloud
from psychagent.flows.build import build_deps
from psychagent.flows.course import build_course
from psychagent.flows.judge import build_judge, build_judge_deps
from psychagent.flows.live import open_live
from psychagent.flows.single import build_single
from tests.support.exporting import offline_runtime, short_baseline
from tests.support.fakes import case_of
from tests.support.rolling import offline_rollout_deps

SHORT = {"max_sessions": 1, "max_counselor_turns": 1}
LINES = [{"speaker": "counselor", "text": "Hello."}, {"speaker": "client", "text": "Hello."}]
DIALOGUE = {"case_id": "x", "modality": "cbt", "language": "en", "lines": LINES}


@pytest_asyncio.fixture
async def graphs() -> AsyncIterator[dict[str, Any]]:
    async with open_live({}) as live:
        deps = build_deps(short_baseline(retrieval={"method": "lexical"}), offline_runtime(), live)
        judge = build_judge(build_judge_deps(EvalSettings(), live))
        yield {"session": build_single(deps), "course": build_course(deps), "judge": judge}


@pytest.mark.parametrize("name", ["session", "course"])
@pytest.mark.parametrize(
    ("given", "context", "told"),
    [
        ({"case": "x"}, SHORT, "the input's case: holds text, not a mapping of keys"),
        ({"case": None}, SHORT, "the input's case: holds nothing, not a mapping of keys"),
        ({"case": {}}, SHORT, "the input's case: field 'case_id' is missing; add it"),
        (
            {"case": {"case_id": "x", "modality": "xyz"}},
            SHORT,
            "the input's case: field 'modality'",
        ),
        ([], SHORT, "the input is an empty list, not a mapping; give {'case': ...}, or {} for the bundled"),
        ([{}], SHORT, "the input is a list, not a mapping; give {'case'"),
        ("hello", SHORT, "the input is 'hello', not a mapping; give {'case'"),
        (3, SHORT, "the input is 3, not a mapping; give {'case'"),
        (True, SHORT, "the input is true, not a mapping; give {'case'"),
        ({"cases": {}}, SHORT, "the input: unknown key 'cases'; did you mean 'case'?"),
        ({1: 2}, SHORT, "the input: unknown key 1; known: case"),
        ({"profile": "en03"}, SHORT, "the input: unknown key 'profile'; it is a knob, so give it in the"),
        ({"open": "x"}, SHORT, "the input: field 'open' has 'x', which the graph keeps itself"),
        ({"memory": {"summaries": 5}}, SHORT, "the input: field 'memory' has a mapping of keys, which"),
        ({"recalls": "x"}, SHORT, "the input: field 'recalls' has 'x', which"),
        ({"rollouts": "x"}, SHORT, "the input: field 'rollouts' has 'x', which"),
        ({"rollouts": [1]}, SHORT, "the input: field 'rollouts' has a list, which"),
        ({"last_scores": "x"}, SHORT, "the input: field 'last_scores' has 'x', which"),
        ({"finished_reason": "max_sessions"}, SHORT, "the input: field 'finished_reason' has"),
        ({"finished_session": {"a": 1}}, SHORT, "the input: field 'finished_session' has"),
        ({}, "cbt", "the context is 'cbt', not a mapping of knobs"),
        ({}, 3, "the context is 3, not a mapping of knobs"),
        ({}, ["cbt"], "the context is a list, not a mapping of knobs"),
        ({}, {"seed": "x"}, "knob 'seed': has 'x'"),
        ({}, {"rollouts": 2}, "knob 'rollouts': 2 rollouts and no judge; take the graph `rft`"),
        (
            {},
            {"counselor_model": "small"},
            "counselor_model has 'small', and the counselor is the offline script",
        ),
    ],
)
async def test_an_input_that_no_course_can_have_is_told(
    graphs: dict[str, Any], name: str, given: Any, context: Any, told: str
) -> None:
    with pytest.raises(PsychAgentError) as error:
        await graphs[name].ainvoke(given, context=context)
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["session", "course"])
@pytest.mark.parametrize("given", [{"memory": "x"}, {"recalls": ["x"]}, {"case": "x"}, {"open": "x"}, {}])
async def test_an_input_after_a_session_is_told_as_well(name: str, given: dict[str, Any]) -> None:
    async with open_live({}) as live:
        deps = build_deps(short_baseline(retrieval={"method": "lexical"}), offline_runtime(), live)
        graph: Any = (build_single if name == "session" else build_course)(deps, InMemorySaver())
        config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 60}
        await graph.ainvoke({}, config, context=SHORT)
        if name == "course" and not given:
            # it is over, and stays so
            assert (await graph.ainvoke(given, config, context=SHORT))["finished_reason"] == "max_sessions"
            return
        with pytest.raises(PsychAgentError, match="^the input|^this thread holds session 1"):
            await graph.ainvoke(given, config, context=SHORT)


async def test_an_input_drops_no_session_that_is_open() -> None:
    async with open_live({}) as live:
        deps = build_deps(short_baseline(retrieval={"method": "lexical"}), offline_runtime(), live)
        graph = build_course(deps, InMemorySaver())
        config: Any = {"configurable": {"thread_id": "t"}}
        context: Any = {"client": "human"}
        await graph.ainvoke({}, config, context=context)
        with pytest.raises(PsychAgentError, match="this thread holds session 1, which an input would drop"):
            await graph.ainvoke({}, config, context=context)


async def test_a_person_holds_a_session_once() -> None:
    deps = offline_rollout_deps()
    knobs = replace(deps.knobs, client=ClientKind.HUMAN, rollouts=2)
    with pytest.raises(PsychAgentError, match="2 rollouts, and a person holds a session once"):
        await build_course(deps).ainvoke({}, context=knobs)


async def test_a_case_may_be_given_as_a_mapping(graphs: dict[str, Any]) -> None:
    case = case_of()
    state = await graphs["session"].ainvoke({"case": case.model_dump(mode="json")}, context=SHORT)
    assert state["case"] == case


@pytest.mark.parametrize(
    ("context", "told"),
    [
        (None, "the judge graph takes the session as its context"),
        ("x", "the judge graph takes the session as its context"),
        ({}, "the judge's context: field 'dialogue' is missing; add it"),
        ({"dialogue": "x"}, "the judge's context: field 'dialogue' has 'x'"),
        (
            {"dialogue": {**DIALOGUE, "language": "fr"}},
            "the judge's context: field 'dialogue.language'",
        ),
        ({"dialogue": DIALOGUE, "methods": "WAI"}, "the judge's context: field 'methods' has 'WAI'"),
        (
            {"dialogue": DIALOGUE, "method": ["WAI"]},
            "the judge's context: unknown key 'method'",
        ),
        ({"dialogue": DIALOGUE, "methods": ["NO"]}, "'methods' has 'NO', which is no scale; known: "),
        ({"dialogue": DIALOGUE, "methods": ["x" * 5000]}, "'methods' has 'xxx"),
    ],
)
async def test_a_context_that_no_judge_can_read_is_told(
    graphs: dict[str, Any], context: Any, told: str
) -> None:
    with pytest.raises(PsychAgentError) as error:
        await graphs["judge"].ainvoke({}, context=context)
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("given", [[], "x", 3, {"dialogue": DIALOGUE}])
async def test_an_input_that_no_judge_takes_is_told(graphs: dict[str, Any], given: Any) -> None:
    with pytest.raises(PsychAgentError, match="^the input.*give {}, and the session as the context$"):
        await graphs["judge"].ainvoke(given, context={"dialogue": DIALOGUE, "methods": ["WAI"]})


async def test_a_copy_of_a_graph_checks_its_input_as_well(graphs: dict[str, Any]) -> None:
    graph = aloud(graphs["session"], "</end>")
    with pytest.raises(PsychAgentError, match="the input is 3, not a mapping"):
        await graph.ainvoke(3, context=SHORT)


@pytest.mark.parametrize("name", ["session", "course", "judge"])
@pytest.mark.parametrize("copied", [False, True])
async def test_a_graph_that_is_begun_with_nothing_says_what_to_begin_with(
    graphs: dict[str, Any], name: str, copied: bool
) -> None:
    # a server runs copies of a graph
    graph = graphs[name].copy({"checkpointer": InMemorySaver()}) if copied else graphs[name]
    given: dict[str, Any] = {"dialogue": DIALOGUE} if name == "judge" else SHORT
    with pytest.raises(
        PsychAgentError, match=r"there is no input, and no thread to go on with; give \{"
    ) as caught:
        await graph.ainvoke(None, {"configurable": {"thread_id": "a"}}, context=given)
    assert ("the session as the context" in str(caught.value)) is (name == "judge")
