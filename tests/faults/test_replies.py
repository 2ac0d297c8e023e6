"""Replies that cannot be used, seen through whole runs: asked again with what was wrong, then told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psychagent.runs.sample import run_sample
from tests.support.loopback.replies import listed_ids
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.running import (
    always,
    case_dirs,
    count,
    course_file,
    load,
    manifest,
    once,
    run_once,
    run_plan,
)

SHORT: dict[str, Any] = {"max_sessions": 1, "max_counselor_turns": 1}
ERROR = {"error": {"message": "sorry"}}
MALFORMED = {
    "empty reply": (Http(body=chat_body("")), "found 0"),
    "null reply": (Http(body=chat_body(None)), "found 0"),
    "no response": (Http(body=chat_body("<think>so</think>Hello")), "found 0"),
    "response not closed": (Http(body=chat_body("<think>so</think><response>Hello")), "found 0"),
    "think not closed": (Http(body=chat_body("<think>so <response>Hello</response>")), "never closed"),
    "two responses": (Http(body=chat_body("<response>a</response><response>b</response>")), "found 2"),
    "nothing said": (Http(body=chat_body("<think>so</think><response> </response>")), "is empty"),
    "thoughts inside": (
        Http(body=chat_body("<response>Hello<strategy>calm</strategy></response>")),
        "private markup",
    ),
    "thoughts not closed inside": (
        Http(body=chat_body("<response>Hello <assessment>low mood</response>")),
        "never closed",
    ),
}


@pytest.mark.parametrize(("answer", "told"), MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_reply_is_asked_again_with_what_was_wrong(
    tmp_path: Path, answer: Http, told: str
) -> None:
    result, calls = await run_once(tmp_path, once("counselor", answer), **SHORT)
    assert result.exit_status() == 0
    first, second = (call.body for call in calls if call.role == "counselor")
    assert second["messages"] != first["messages"], "never the same prompt again"
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert told in second["messages"][-1]["content"]
    assert second["seed"] != first["seed"]
    session = load(case_dirs(tmp_path)[0] / "session_1.json")
    said = " ".join(line["content"] for line in session["transcript"])
    assert said
    assert "<" not in said


@pytest.mark.parametrize(
    "text",
    [
        "<think>bye</think><response>Goodbye.</response></end>",
        "<think>bye</think><response>Goodbye.</end></response>",
        "<think>bye</think><response>Goodbye.</response>\n\n</end>\n",
        "bye</think><response>Goodbye.</response></end>",
    ],
    ids=["behind", "inside", "far behind", "behind open thoughts"],
)
async def test_the_end_of_a_session_is_heard_wherever_the_mark_stands(tmp_path: Path, text: str) -> None:
    answer = Http(body=chat_body(text))
    result, calls = await run_once(
        tmp_path, always("counselor", answer), max_sessions=1, max_counselor_turns=4
    )
    assert result.exit_status() == 0
    assert count(calls, "counselor") == 1
    session = load(case_dirs(tmp_path)[0] / "session_1.json")
    goodbye, last_word = session["transcript"]
    assert goodbye == {"role": "assistant", "content": "Goodbye."}
    assert last_word["role"] == "user"


async def test_a_mark_that_is_only_thought_of_ends_nothing(tmp_path: Path) -> None:
    text = "I will not write </end> yet.</think><response>Go on.</response>"
    _, calls = await run_once(tmp_path, always("counselor", Http(body=chat_body(text))), max_sessions=1)
    assert count(calls, "counselor") == 2


async def test_thoughts_that_a_server_moved_are_kept_and_shown_to_nobody(tmp_path: Path) -> None:
    secret = "<assessment>ZEBRA</assessment><skill>a; b</skill><strategy>wait</strategy>"
    body = chat_body("<response>Tell me more.</response>", reasoning=secret)
    result, calls = await run_once(tmp_path, always("counselor", Http(body=body)))
    assert result.exit_status() == 0
    turns = load(case_dirs(tmp_path)[0] / "session_1.json")["turns"]
    assert [t["thoughts"]["assessment"] for t in turns if t["speaker"] == "counselor"] == ["ZEBRA"] * 2
    assert not [call for call in calls if "ZEBRA" in str(call.body)]


async def test_a_client_that_thinks_aloud_is_heard_without_its_thoughts(tmp_path: Path) -> None:
    answers = iter(
        ["<think>ZEBRA</think>Hello.", "<think>ZEBRA and then", "ZEBRA</think>I am here."] + ["Bye."] * 2
    )

    def behave(call: Call, number: int) -> Http | None:
        return Http(body=chat_body(next(answers))) if call.role == "client" else None

    result, calls = await run_once(tmp_path, behave)
    assert result.exit_status() == 0
    said = [
        line["content"]
        for k in (1, 2)
        for line in load(case_dirs(tmp_path)[0] / f"session_{k}.json")["transcript"]
        if line["role"] == "user"
    ]
    assert said == ["Hello.", "I am here.", "Bye.", "Bye."]
    assert not [call for call in calls if call.role != "client" and "ZEBRA" in str(call.body)]


async def test_unknown_skill_ids_are_dropped_and_counted(tmp_path: Path) -> None:
    def behave(call: Call, number: int) -> Http | None:
        if call.role != "filter":
            return None
        known = listed_ids(call.body)[0]
        return Http(body=chat_body(f'{{"meta_skill_ids": ["{known}", "no.such.skill", "cbt.x.y"]}}'))

    result, calls = await run_once(tmp_path, behave, max_sessions=1)
    assert result.exit_status() == 0
    assert count(calls, "filter") == 1
    totals = manifest(tmp_path)["totals"]["filter"]
    assert (totals["dropped"], totals["retries"]) == (2, 0)
    assert load(case_dirs(tmp_path)[0] / "session_1.json")["candidates"]


async def test_only_a_selection_left_empty_is_asked_again(tmp_path: Path) -> None:
    answer = Http(body=chat_body('{"meta_skill_ids": ["no.such.skill"]}'))
    result, calls = await run_once(tmp_path, once("filter", answer), max_sessions=1)
    assert result.exit_status() == 0
    assert count(calls, "filter") == 2
    told = [call for call in calls if call.role == "filter"][1].body["messages"][-1]["content"]
    assert "none of the meta_skill_ids exists" in told


async def test_a_selection_that_stays_empty_is_counted_and_leaves_all_families_open(tmp_path: Path) -> None:
    answer = Http(body=chat_body('{"meta_skill_ids": ["no.such.skill"]}'))
    result, calls = await run_once(tmp_path, always("filter", answer))
    assert result.exit_status() == 0
    assert count(calls, "counselor") > 0
    assert manifest(tmp_path)["totals"]["filter"]["fallbacks"] >= 1


@pytest.mark.parametrize("role", ["summary", "client_file"])
async def test_a_reflection_that_stays_malformed_loses_nothing(tmp_path: Path, role: str) -> None:
    result, calls = await run_once(tmp_path, always(role, Http(body=chat_body("Nicely done."))))
    assert result.exit_status() == 1
    prompts = [str(c.body["messages"]) for c in calls if c.role == role]
    assert len(prompts) == 3
    assert prompts[0] != prompts[1]
    before = manifest(tmp_path)["totals"]
    assert before["counselor"]["calls"] == count(calls, "counselor") == 2
    assert before[role]["calls"] == 3, "what failed was paid for too"

    again, later = await run_once(tmp_path, None)
    assert again.exit_status() == 0
    roles = [call.role for call in later]
    assert roles[: roles.index("filter")].count("counselor") == 0, "session 1 is not held again"
    assert count(later, "counselor") == 2, "only session 2 is held"
    after = manifest(tmp_path)["totals"]
    assert after[role]["calls"] == 3 + 2, "what the failed attempts cost stays in the totals"
    assert after["counselor"]["calls"] == 4
    assert course_file(tmp_path)["finished"]


async def test_one_reflection_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    slow_failure = Http(status=400, body=ERROR, delay_sec=0.7)
    await run_once(tmp_path, always("summary", slow_failure), max_sessions=1)
    assert manifest(tmp_path)["totals"]["client_file"]["calls"] == 1
    _, later = await run_once(tmp_path, None, max_sessions=1)
    assert [call.role for call in later] == ["summary"]
    assert manifest(tmp_path)["totals"]["client_file"]["calls"] == 1


def ended(content: str | None, reason: str, **message: object) -> Http:
    """Answer with a completion that ends for a reason of its own."""
    body = chat_body(content)
    body["choices"][0]["finish_reason"] = reason
    body["choices"][0]["message"] |= message
    return Http(body=body)


ROLES = ("counselor", "client", "rewrite", "filter", "summary", "client_file", "recall", "risk")
ENDINGS = {
    "cut": (ended("", "length"), "cut at max_tokens"),
    "all reasoning": (ended("", "length", reasoning_content="ZEBRA"), "all of it reasoning"),
    "filtered": (ended("I", "content_filter"), "content filter"),
    "refused": (ended(None, "stop", refusal="I cannot do that"), "the model refused: I cannot do that"),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("answer", "told"), ENDINGS.values(), ids=ENDINGS)
async def test_how_a_reply_ended_is_read_for_every_role(
    tmp_path: Path, role: str, answer: Http, told: str
) -> None:
    def behave(call: Call, number: int) -> Http | None:
        return answer if call.role == role and first(call) else None

    seen: set[str] = set()

    def first(call: Call) -> bool:
        new = call.role not in seen
        seen.add(call.role)
        return new

    risk = {"provider": "openai", "model": "loopback"}
    with serve(behave) as server:
        safety = {"endpoint": risk | {"base_url": server.base_url}, "classifier": "always"}
        retrieval = {"method": "lexical", "query": "rewrite"}
        plan = run_plan(tmp_path, server.base_url, max_sessions=2, safety=safety, retrieval=retrieval)
        result = await run_sample(plan)
        calls = [call for call in server.calls if call.role == role]
    assert result.exit_status() == 0
    again = next(call for call in calls if told in call.body["messages"][-1]["content"])
    assert "ZEBRA" not in str(again.body)
    session = load(case_dirs(tmp_path)[0] / "session_1.json")
    assert not [line for line in session["transcript"] if line["content"] in {"I", ""}]


async def test_a_limit_that_every_reply_meets_is_named_in_the_failure(tmp_path: Path) -> None:
    result, _ = await run_once(tmp_path, always("summary", ended('{"session_summary_abs', "length")))
    assert result.outcomes[0].failure is not None
    assert "cut at max_tokens 4096; answer in fewer words, or raise max_tokens" in (
        result.outcomes[0].failure.message
    )


@pytest.mark.parametrize(
    "parts",
    [
        [{"type": "thinking", "thinking": "ZEBRA"}, {"type": "text", "text": "I am here."}],
        [{"type": "reasoning", "text": "ZEBRA"}, {"type": "text", "text": "I am here."}],
        [
            {"type": "thinking", "thinking": [{"type": "text", "text": "ZEBRA"}]},
            {"type": "output_text", "text": "I am here."},
        ],
        [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "ZEBRA"}]}, "I am here."],
    ],
)
async def test_parts_of_a_content_that_are_thoughts_are_not_said(tmp_path: Path, parts: list[Any]) -> None:
    def behave(call: Call, number: int) -> Http | None:
        if call.role == "client":
            return Http(body=chat_body(parts))  # type: ignore[arg-type]
        if call.role == "counselor":
            spoken = [*parts[:-1], "<response>I hear you.</response>"]
            return Http(body=chat_body(spoken))  # type: ignore[arg-type]
        return None

    result, calls = await run_once(tmp_path, behave, **SHORT)
    assert result.exit_status() == 0
    session = load(case_dirs(tmp_path)[0] / "session_1.json")
    assert [line["content"] for line in session["transcript"]] == ["I hear you.", "I am here."]
    assert session["turns"][0]["thoughts"]["assessment"] == "ZEBRA"
    assert not [call for call in calls if "ZEBRA" in str(call.body)]
