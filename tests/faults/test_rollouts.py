"""Rollouts against a real server on loopback that fails, stalls, or outlives a killed process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.domain.base import Modality
from psychagent.domain.seed import derive_seed
from psychagent.runs.outcome import RunResult
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.judging import loopback_reply
from tests.support.loopback.replies import counselor_reply
from tests.support.loopback.server import Call, Http, LoopbackServer, chat_body, serve
from tests.support.rolling import ONE_A_SIDE, Tagged, rollout_plan
from tests.support.running import FAST, case_dirs, clean, course_file, load, manifest, repeats

GONE = Http(status=500, body={"error": "gone"})
SECRET = "SECRETWORD"
ENVIRONMENT = os.environ | {"LANGGRAPH_STRICT_MSGPACK": "true"}
"""Checkpoints may bring back the types that are named as stored, and no other."""


def session(save_dir: Path, index: int = 1, case: int = 0) -> Any:
    return load(case_dirs(save_dir)[case] / f"session_{index}.json")


async def run(plan: SamplePlan) -> RunResult:
    return await run_sample(plan)


def used(record: Any, role: str, what: str = "calls") -> int:
    return int(record["usage"]["roles"].get(role, {}).get(what, 0))


async def test_a_rollout_that_fails_is_recorded_and_selection_goes_on(tmp_path: Path) -> None:
    tagged = Tagged(lambda tag, call: GONE if tag == "A" and call.role == "client" else None)
    with serve(tagged.behave) as server:
        result = await run(rollout_plan(tmp_path, server.base_url, rft={"min_rollouts": 1}))
    assert result.exit_status() == 0
    data = session(tmp_path)["rollout_data"]
    told = [c["failure"] for c in data["rollout_candidates"]]
    lost = next(n for n, failure in enumerate(told) if failure)
    assert "client: gave up after 3 attempts" in told[lost]["message"]
    assert data["winner_rollout_index"] == 1 - lost
    assert data["rollout_rewards"][lost] is None
    assert str(lost) in data["selection"]["excluded"]
    assert "TagB" in json.dumps(session(tmp_path)["transcript"])


async def test_what_a_failed_rollout_has_cost_is_counted(tmp_path: Path) -> None:
    tagged = Tagged(lambda tag, call: GONE if tag == "A" and call.role == "client" else None)
    with serve(tagged.behave) as server:
        result = await run(rollout_plan(tmp_path, server.base_url, rft={"min_rollouts": 1}))
    answered = sum(call.role == "counselor" for call in server.calls)
    assert used(session(tmp_path), "counselor") == answered == 3
    assert clean(manifest(tmp_path)["totals"])["counselor"]["calls"] == answered
    assert result.usage().total().calls == server.count() - 3


async def test_too_few_rollouts_are_held_again_with_another_seed(tmp_path: Path) -> None:
    tagged = Tagged(lambda tag, call: GONE if tag == "A" and call.role == "client" else None)
    with serve(tagged.behave) as server:
        result = await run(rollout_plan(tmp_path, server.base_url))
    assert result.exit_status() == 0
    firsts = [c.body["seed"] for calls in tagged.calls.values() for c in calls[:1]]
    assert set(tagged.calls) == {"A", "B", "C"}
    assert len(set(firsts)) == 3
    candidates = session(tmp_path)["rollout_data"]["rollout_candidates"]
    assert [c["failure"] for c in candidates] == [None, None]
    assert {"TagB", "TagC"} == {c["transcript"][0]["content"].split()[0] for c in candidates}
    # the try that failed is paid for too
    assert used(session(tmp_path), "counselor") == server.count("counselor") == 5


@pytest.mark.slow
async def test_a_case_whose_rollouts_fail_for_good_fails_alone_and_is_tried_again_later(
    tmp_path: Path,
) -> None:
    broken = {"yes": True}
    unlucky = "cbt/en02"

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "judge":
            return loopback_reply(call, number)
        seeds = {
            derive_seed(0, *unlucky.split("/"), 1, rollout + 1000 * attempt, "client", 1)
            for rollout in range(2)
            for attempt in range(9)
        }
        return GONE if broken["yes"] and call.role == "client" and call.body["seed"] in seeds else None

    with serve(behave) as server:
        plan = rollout_plan(tmp_path, server.base_url, cases=2)
        first = await run(plan)
        assert first.exit_status() == 1
        assert [o.failure is None for o in first.outcomes] == [True, False]
        failure = first.outcomes[1].failure
        assert failure
        assert "0 of 2 rollouts can be compared" in failure.message
        assert "client: gave up" in failure.message
        assert course_file(tmp_path, 1)["failure"]["error"] == "ScoringError"
        assert course_file(tmp_path, 1)["num_sessions"] == 0
        held = server.count("client")

        again = await run(plan)
        assert again.exit_status() == 1
        # both tries of both rollouts were held once more, three attempts each, and nothing of the sibling
        assert server.count("client") == held + 2 * 2 * 3

        broken["yes"] = False
        last = await run(plan)
    assert last.exit_status() == 0
    assert last.usage().roles["counselor"].calls == sum(c.role == "counselor" for c in server.calls)
    data = session(tmp_path, case=1)["rollout_data"]
    assert [c["failure"] for c in data["rollout_candidates"]] == [None, None]


async def test_a_scale_that_fails_is_missing_in_that_rollout_alone(tmp_path: Path) -> None:
    def also(tag: str, call: Call) -> Http | None:
        about_srs = call.role == "judge" and "Scale SRS" in call.body["messages"][1]["content"]
        return Http(body=chat_body("{}")) if tag == "A" and about_srs else None

    with serve(Tagged(also).behave) as server:
        result = await run(rollout_plan(tmp_path, server.base_url))
    # the choice was made by less than was asked for
    assert result.exit_status() == 1
    data = session(tmp_path)["rollout_data"]
    assert sorted(c["missing_methods"] for c in data["rollout_candidates"]) == [[], ["SRS"]]
    assert data["selection"]["compared"] == ["counselor.WAI"]
    assert data["winner_rollout_index"] == 0
    assert data["selection"]["tied"] == [0, 1]


async def test_a_rollout_is_judged_as_soon_as_it_is_finished(tmp_path: Path) -> None:
    def also(tag: str, call: Call) -> Http | None:
        if tag == "A" and call.role == "client":
            return Http(body=chat_body("TagA slowly said, after a long while."), delay_sec=1.0)
        return None

    tagged = Tagged(also)
    with serve(tagged.behave) as server:
        await run(rollout_plan(tmp_path, server.base_url))
    order = [(tag, call.role) for tag, call in in_order(tagged)]
    assert order.index(("B", "judge")) < last_of(order, ("A", "counselor"))
    judged = [n for n, entry in enumerate(order) if entry == ("B", "judge")]
    assert max(judged) < last_of(order, ("A", "counselor"))


def in_order(tagged: Tagged) -> list[tuple[str, Call]]:
    return sorted(((t, c) for t, calls in tagged.calls.items() for c in calls), key=lambda pair: pair[1].at)


def last_of(order: list[tuple[str, str]], entry: tuple[str, str]) -> int:
    return len(order) - 1 - order[::-1].index(entry)


async def test_the_losers_words_enter_no_memory_and_no_later_session(tmp_path: Path) -> None:
    tagged = Tagged()
    with serve(tagged.behave) as server:
        await run(rollout_plan(tmp_path, server.base_url, max_sessions=2))
    winner = session(tmp_path)["transcript"][0]["content"].split()[0]
    loser = {"TagA": "TagB", "TagB": "TagA"}[winner]
    reflecting = [c for c in server.calls if c.role in {"summary", "client_file", "recall"}]
    first = [json.dumps(c.body) for c in reflecting[:3]]
    assert all(winner in text and loser not in text for text in first)
    later = server.calls[server.calls.index(reflecting[2]) + 1 :]
    assert len(later) > 10
    assert not any(loser in json.dumps(call.body) for call in later)
    assert loser not in json.dumps([session(tmp_path)["summary"], session(tmp_path)["updated_profile"]])


async def test_the_judge_is_shown_the_visible_words_and_nothing_else(tmp_path: Path) -> None:
    def behave(call: Call, number: int) -> Http | None:
        if call.role != "counselor":
            return loopback_reply(call, number)
        reply = counselor_reply("What brings you here?", ends=False).replace(
            "<assessment>", f"<assessment>{SECRET} "
        )
        return Http(body=chat_body(f"{reply}</end>", reasoning=SECRET))

    with serve(behave) as server:
        await run(rollout_plan(tmp_path, server.base_url))
    prompts = [json.dumps(c.body["messages"], ensure_ascii=False) for c in server.calls if c.role == "judge"]
    assert len(prompts) == 2 * len(ONE_A_SIDE)
    assert all("What brings you here?" in prompt for prompt in prompts)
    record = session(tmp_path)
    hidden = [SECRET, "</end>", "<think>", "calm", record["focus"][0], *record["candidates"]]
    assert SECRET in json.dumps(record["turns"])
    assert not any(word in prompt for prompt in prompts for word in hidden)


async def test_all_rollouts_share_one_candidate_set_and_differ_in_their_seeds(tmp_path: Path) -> None:
    with serve(loopback_reply) as server:
        await run(rollout_plan(tmp_path, server.base_url, max_sessions=2, rft={"rollout_n": 3}))
    assert server.count("filter") == 2
    by_role: dict[str, list[int]] = {}
    for call in server.calls:
        by_role.setdefault(call.role, []).append(call.body["seed"])
    for role in ("counselor", "client", "rewrite"):
        assert len(set(by_role[role])) == len(by_role[role]) == (6 if role == "rewrite" else 12)
    offered = set(session(tmp_path)["candidates"])
    shown = {
        s
        for c in session(tmp_path)["rollout_data"]["rollout_candidates"]
        for t in c["turns"]
        for s in t.get("skills", [])
    }
    assert shown
    assert shown <= offered


async def test_what_was_judged_and_chosen_is_not_judged_again_where_only_the_summary_failed(
    tmp_path: Path,
) -> None:
    down = {"yes": True}

    def behave(call: Call, number: int) -> Http | None:
        return GONE if down["yes"] and call.role == "summary" else loopback_reply(call, number)

    with serve(behave) as server:
        plan = rollout_plan(tmp_path, server.base_url)
        assert (await run(plan)).exit_status() == 1
        before = server.count("judge"), server.count("counselor")
        down["yes"] = False
        assert (await run(plan)).exit_status() == 0
        assert (server.count("judge"), server.count("counselor")) == before
    judgement = session(tmp_path)["rollout_data"]["rollout_candidates"][0]["judgement"]
    assert judgement["scales"]["WAI"]["items"][0]["raw"] == judgement["scales"]["WAI"]["items"][0]["verified"]


# killed


class Held:
    """Lets a test hold some calls back until it says so."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.waiting = 0

    def answer(self, usual: Http | None) -> Http | None:
        """Make an answer that comes far too late while the gate is shut."""
        if self.open.is_set():
            return usual
        self.waiting += 1
        return replace(usual or Http(), delay_sec=60.0)


@pytest.fixture
def command(tmp_path: Path) -> Callable[[LoopbackServer], list[str]]:
    """Make the command line of a run with rollouts at a server, all settings in files."""

    def make(server: LoopbackServer) -> list[str]:
        model = FAST | {"base_url": server.base_url, "model": "loopback", "timeout_sec": 90}
        files = {
            "baseline": {
                "name": "loopback",
                "counselor": model,
                "max_sessions": 1,
                "max_counselor_turns": 3,
                "retrieval": {"method": "lexical"},
            },
            "runtime": {"world": {"client": model}},
            "dataset": {"modalities": ["cbt"], "max_cases": 1},
            "rft-config": {
                "rollout_n": 2,
                "judging": {
                    "judge": model | {"provider": "openai"},
                    "methods": {m.value: list(ONE_A_SIDE) for m in Modality},
                },
            },
        }
        options = []
        for name, data in files.items():
            path = tmp_path / f"{name}.yaml"
            path.write_text(yaml.safe_dump(data), encoding="utf-8")
            options += [f"--{name}", str(path)]
        return [sys.executable, "-m", "psychagent", "rft", *options, "--save-dir", str(tmp_path / "run")]

    return make


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert process.poll() is None, "the run ended too early"
        assert time.monotonic() < until, "what the test waits for did not happen"
        time.sleep(0.02)
    # what was answered is stored within milliseconds
    time.sleep(0.5)


def kill_when(happened: Callable[[], bool], command: list[str], log: Path) -> None:
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=ENVIRONMENT)
    try:
        wait_for(happened, process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """What the killed processes print; shown where the test fails."""
    path = tmp_path / "log.txt"
    yield path
    if path.exists():
        sys.stdout.write(path.read_text(encoding="utf-8", errors="replace"))


@pytest.mark.slow
def test_after_a_kill_no_finished_rollout_scale_or_turn_is_repeated(
    tmp_path: Path, command: Callable[[LoopbackServer], list[str]], log: Path
) -> None:
    client_of_a, one_scale = Held(), Held()

    def also(tag: str, call: Call) -> Http | None:
        said = sum(message["role"] == "assistant" for message in call.body["messages"])
        if tag == "A" and call.role == "client" and said == 1:
            return client_of_a.answer(None if client_of_a.open.is_set() else Http())
        if tag == "A" and call.role == "judge" and "Scale SRS" in call.body["messages"][1]["content"]:
            return one_scale.answer(None if one_scale.open.is_set() else Http())
        return None

    tagged = Tagged(also)
    with serve(tagged.behave) as server:
        line = command(server)
        # one rollout is over and judged, the other waits for its client's second answer
        kill_when(lambda: bool(client_of_a.waiting) and count(tagged, "B", "judge") == 2, line, log)
        client_of_a.open.set()
        finished = {tag: len(calls) for tag, calls in tagged.calls.items()}
        # now the other is over too, and one of its two scales is filled in
        kill_when(lambda: bool(one_scale.waiting) and count(tagged, "A", "judge") == 2, line, log)
        assert len(tagged.calls["B"]) == finished["B"]
        one_scale.open.set()
        assert (
            subprocess.run(
                line, stdout=subprocess.DEVNULL, env=ENVIRONMENT, timeout=120, check=False
            ).returncode
            == 0
        )

    assert set(tagged.calls) == {"A", "B"}
    assert repeats(tagged.calls["B"]) == {}
    # what was in flight, and nothing else: one client call, one scale
    assert repeats(tagged.calls["A"]) == {"client": 1, "judge": 1}
    assert repeats(c for c in server.calls if c.role in {"filter", "summary", "client_file", "recall"}) == {}
    data = session_of(tmp_path)
    assert [c["failure"] for c in data["rollout_data"]["rollout_candidates"]] == [None, None]
    assert {r: data["usage"]["roles"][r]["calls"] for r in ("counselor", "client", "judge")} == {
        "counselor": 6,
        "client": 6,
        "judge": 4,
    }


def count(tagged: Tagged, tag: str, role: str) -> int:
    return sum(call.role == role for call in tagged.calls[tag])


def session_of(tmp_path: Path) -> Any:
    return load(next((tmp_path / "run" / "loopback").glob("cbt/*/session_1.json")))
