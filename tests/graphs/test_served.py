"""`langgraph dev` serves the graphs offline: started for real, driven over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.support.served import langgraph_dev

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A `langgraph dev` process in a copy-free checkout; its log is kept."""
    log = tmp_path_factory.mktemp("dev") / "log.txt"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LANGSMITH", "LANGCHAIN"))}
    env |= {"HF_HUB_OFFLINE": "1", "PSYCHAGENT_AUDIT": str(log.with_name("safety.jsonl"))}
    with langgraph_dev(Path(sys.executable).parent / "langgraph", ROOT, env, log) as url:
        yield url, log


async def test_all_graphs_are_served_with_their_knobs(server: tuple[str, Path]) -> None:
    async with get_client(url=server[0]) as client:
        ids = {found["graph_id"]: found["assistant_id"] for found in await client.assistants.search()}
        assert {"session", "course", "rft", "judge"} <= ids.keys()
        schemas = await client.assistants.get_schemas(ids["course"])
        assert {"modality", "profile", "client"} <= set((schemas["context_schema"] or {})["properties"])


async def test_a_course_runs_over_http_with_no_key(server: tuple[str, Path]) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        context: dict[str, Any] = {
            "max_sessions": 2,
            "max_counselor_turns": 6,
            "modality": "bt",
            "profile": "en03",
        }
        state: Any = await client.runs.wait(
            thread["thread_id"], "course", input={}, context=context, config={"recursion_limit": 100}
        )
        assert state["finished_reason"] == "max_sessions"
        assert len(state["memory"]["summaries"]) == 2
        assert "BlockingError" not in server[1].read_text()


async def test_rollouts_are_held_judged_and_chosen_over_http(server: tuple[str, Path]) -> None:
    async with get_client(url=server[0]) as client:
        ids = {found["graph_id"]: found["assistant_id"] for found in await client.assistants.search()}
        schema = (await client.assistants.get_schemas(ids["rft"]))["context_schema"] or {}
        assert schema["properties"]["rollouts"]["default"] == 4
        thread = await client.threads.create()
        context: dict[str, Any] = {
            "rollouts": 2,
            "max_sessions": 1,
            "max_counselor_turns": 6,
            "profile": "en03",
        }
        state: Any = await client.runs.wait(
            thread["thread_id"], "rft", input={}, context=context, config={"recursion_limit": 100}
        )
        selected = state["open"]["selected"]
        rewards = selected["choice"]["rewards"]
        assert set(rewards) == {"0", "1"}
        assert rewards[str(selected["winner"])] == max(rewards.values())
        assert "BlockingError" not in server[1].read_text()


async def test_a_course_without_a_judge_refuses_several_rollouts(server: tuple[str, Path]) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        with pytest.raises(Exception, match="SettingsError"):
            await client.runs.wait(
                thread["thread_id"], "course", input={}, context={"rollouts": 2}, raise_error=True
            )


async def test_a_dialogue_is_judged_over_http(server: tuple[str, Path]) -> None:
    lines: list[Any] = [
        {"speaker": "counselor", "text": "What made you decide to come just now?"},
        {"speaker": "client", "text": "I can't sleep, and I feel like a failure at work."},
        {"speaker": "counselor", "text": "You can't sleep, and it sounds as if work comes back at night."},
    ]
    dialogue: dict[str, Any] = {
        "case_id": "x",
        "modality": "cbt",
        "session_index": 1,
        "language": "en",
        "lines": lines,
    }
    context: dict[str, Any] = {"dialogue": dialogue, "methods": ["WAI", "SRS"]}
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        state: Any = await client.runs.wait(thread["thread_id"], "judge", input={}, context=context)
        assert {name: found["status"] for name, found in state["results"].items()} == {
            "WAI": "ok",
            "SRS": "ok",
        }
        assert state["results"]["WAI"]["quotes_verified_rate"] == 1
        assert "BlockingError" not in server[1].read_text()


async def test_a_person_plays_the_client_through_interrupts(server: tuple[str, Path]) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        context: dict[str, Any] = {"client": "human", "max_counselor_turns": 2}
        await client.runs.wait(thread["thread_id"], "session", input={}, context=context)
        asked = await client.threads.get_state(thread["thread_id"])
        assert asked["interrupts"], "the graph should wait for the person"
        state: Any = await client.runs.wait(
            thread["thread_id"],
            "session",
            command={"resume": "I am here because I cannot sleep."},
            context=context,
        )
        said = [turn["text"] for turn in state["turns"]]
        assert said[1] == "I am here because I cannot sleep."
        assert len(said) == 3


async def test_a_person_in_danger_is_shown_the_card_over_http(server: tuple[str, Path]) -> None:
    """The payload of the interrupt holds all that a person sees: words, card, and never a thought."""
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        context: dict[str, Any] = {"client": "human", "max_counselor_turns": 8, "region": "US"}
        await client.runs.wait(thread["thread_id"], "course", input={}, context=context)
        first = await _asked(client, thread["thread_id"])
        assert first.keys() == {"counselor", "session_index", "turn"}
        words = {"high": "I want to kill myself.", "calm": "Thank you."}
        streamed: list[Any] = []
        async for part in client.runs.stream(
            thread["thread_id"],
            "course",
            command={"resume": words["high"]},
            context=context,
            stream_mode=["custom", "updates"],
            stream_subgraphs=True,
        ):
            streamed.append(part)
        second = await _asked(client, thread["thread_id"])
        assert [line["call"] for line in second["card"]["lines"]][:2] == ["911", "988"]
        assert second["counselor"] != first["counselor"]
        aloud = [part.data for part in streamed if part.event.startswith("custom")]
        kinds = [event["event"] for event in aloud]
        assert (kinds[0], kinds[-1]) == ("card", "said")
        assert "".join(event["text"] for event in aloud if event["event"] == "words") == second["counselor"]
        shown = json.dumps([*aloud, first, second])
        assert "thoughts" not in shown
        assert "<think>" not in shown
        assert "BlockingError" not in server[1].read_text()


async def test_a_person_ends_a_session_over_http(server: tuple[str, Path]) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        context: dict[str, Any] = {"client": "human", "max_counselor_turns": 8}
        await client.runs.wait(thread["thread_id"], "session", input={}, context=context)
        state: Any = await client.runs.wait(
            thread["thread_id"], "session", command={"resume": {"end": True}}, context=context
        )
        assert [turn["speaker"] for turn in state["turns"]] == ["counselor"]


async def test_findings_are_recorded_where_the_environment_names_a_file(server: tuple[str, Path]) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        context: dict[str, Any] = {"client": "human", "max_counselor_turns": 8}
        await client.runs.wait(thread["thread_id"], "session", input={}, context=context)
        audit = server[1].with_name("safety.jsonl")
        before = audit.read_text().count("\n") if audit.exists() else 0
        await client.runs.wait(
            thread["thread_id"], "session", command={"resume": "I want to kill myself."}, context=context
        )
        lines = audit.read_text().splitlines()
        assert len(lines) == before + 1
        assert json.loads(lines[-1])["level"] >= 2
        assert "kill myself" not in lines[-1]


async def test_the_state_of_a_waiting_graph_can_be_read_with_its_inner_graphs(
    server: tuple[str, Path],
) -> None:
    async with get_client(url=server[0]) as client:
        for graph in ("session", "course"):
            thread = await client.threads.create()
            context: dict[str, Any] = {"client": "human", "max_counselor_turns": 2}
            await client.runs.wait(thread["thread_id"], graph, input={}, context=context)
            state: Any = await client.threads.get_state(thread["thread_id"], subgraphs=True)
            assert state["tasks"][0]["state"], graph
    log = server[1].read_text()
    assert "unregistered type" not in log
    assert "Blocked deserialization" not in log


@pytest.mark.parametrize("answer", ["", "   ", 5, True, ["a"], {"text": ""}, {"end": "x"}, {"turn": 1}])
async def test_what_is_no_answer_is_refused_in_words_and_asked_for_again(
    server: tuple[str, Path], answer: Any
) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        context: dict[str, Any] = {"client": "human", "max_counselor_turns": 2}
        await client.runs.wait(thread["thread_id"], "session", input={}, context=context)
        first = await _asked(client, thread["thread_id"])
        await client.runs.wait(
            thread["thread_id"], "session", command={"resume": answer}, context=context, raise_error=True
        )
        again = await _asked(client, thread["thread_id"])
        assert again.pop("problem").startswith("the answer is ")
        assert again == first


async def test_of_two_answers_to_one_turn_the_second_is_refused(server: tuple[str, Path]) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        context: dict[str, Any] = {"client": "human", "max_counselor_turns": 3}
        await client.runs.wait(thread["thread_id"], "session", input={}, context=context)
        asked = await _asked(client, thread["thread_id"])

        async def answer(words: str) -> None:
            said = {"text": words, "turn": asked["turn"]}
            await client.runs.wait(thread["thread_id"], "session", command={"resume": said}, context=context)

        await asyncio.gather(answer("I cannot sleep."), answer("I said it twice."))
        waiting = await _asked(client, thread["thread_id"])
        assert waiting["problem"] == "the answer is to turn 1, and turn 3 is asked for; read it first"


@pytest.mark.parametrize(
    ("knobs", "told"),
    [
        ({"language": "fr"}, "knob 'language': 'fr' is unknown; known: en, zh"),
        ({"profile": "nobody"}, "no profile 'nobody' for 'en'"),
        ({"max_sessions": 0}, "knob 'max_sessions': has 0"),
    ],
)
async def test_a_wrong_knob_is_told_to_the_caller_in_words(
    server: tuple[str, Path], knobs: dict[str, Any], told: str
) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        with pytest.raises(Exception, match=told):
            await client.runs.wait(thread["thread_id"], "session", input={}, context=knobs, raise_error=True)


@pytest.mark.parametrize("given", [[], 3, {"profile": "en03"}])
async def test_an_input_that_is_none_is_told_to_the_caller_in_words(
    server: tuple[str, Path], given: Any
) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        with pytest.raises(Exception, match="the input"):
            await client.runs.wait(thread["thread_id"], "course", input=given, raise_error=True)


async def _asked(client: LangGraphClient, thread: str) -> dict[str, Any]:
    """Return what a waiting graph shows to the person."""
    state = await client.threads.get_state(thread)
    shown: dict[str, Any] = state["interrupts"][0]["value"]
    return shown


@pytest.mark.parametrize("graph", ["session", "course", "rft"])
async def test_a_run_without_any_input_says_what_to_begin_with(server: tuple[str, Path], graph: str) -> None:
    async with get_client(url=server[0]) as client:
        thread = await client.threads.create()
        for place in (thread["thread_id"], None):
            with pytest.raises(Exception, match="there is no input, and no thread to go on with; give"):
                await client.runs.wait(place, graph, input=None, raise_error=True)
