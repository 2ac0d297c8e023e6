"""Calls over the direct wire and through langchain-openai: the same requests and the same files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from psychagent.llm import endpoint
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.children import finish, psychagent, wait_for
from tests.support.journaled import kept_calls
from tests.support.judging import loopback_reply
from tests.support.loopback.replies import counselor_reply, filler, reply_to
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.rolling import rollout_plan
from tests.support.running import (
    NAME,
    calls_of,
    case_dirs,
    keys,
    load,
    manifest,
    run_plan,
    write_yaml,
)

pytestmark = pytest.mark.slow

Listen = Callable[[], None]


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Listen:
    """Let every later call find a listener, so that langchain-openai carries it."""
    return lambda: monkeypatch.setattr(endpoint, "has_listeners", lambda: True)


FAULTS = {
    "filter": Http(status=503, body={"error": {"message": "busy"}}),
    "counselor": Http(body=chat_body("no form at all")),
    "client": Http(drop=True),
    "summary": Http(body="{"),
    "client_file": Http(body=chat_body("no JSON")),
    "recall": Http(body=chat_body("no JSON")),
}


@dataclass
class Model:
    """A server's behavior that depends on what is asked alone, with faults and odd answers among it."""

    reply_format: str
    known: dict[str, str] = field(default_factory=dict)
    """What was asked -> by which role, for requests that no longer say so by a schema."""
    faults: dict[str, str] = field(default_factory=dict)
    """What was asked and went wrong the first time -> by which role."""

    def answer(self, call: Call, number: int) -> Http | None:
        asked = json.dumps(call.body["messages"], sort_keys=True)
        role = self.known.setdefault(asked, call.role)
        # by the seed, since the order of calls side by side is left to chance
        if call.body["seed"] % 2 and asked not in self.faults and (fault := FAULTS.get(role)):
            self.faults[asked] = role
            return fault
        return Http(body=self.words(role, call))

    def words(self, role: str, call: Call) -> dict[str, Any]:
        if role == "judge":
            usual = loopback_reply(call, 0)
            assert usual
            assert isinstance(usual.body, dict)
            return usual.body
        if role not in {"counselor", "client"}:
            return chat_body(reply_to(role, call.body), cached=40)
        said = f"Words {call.body['seed']}, Grüße, 半个字 🙂. {filler(60, 1)}"
        if role == "client":
            # a token limit may cut a character in two
            return chat_body(f"{said} \ud83d", prompt=120, cached=500)
        spoken = counselor_reply(said)
        if self.reply_format == "json":
            spoken = json.dumps({"assessment": "calm", "strategy": "go on", "response": said})
        return chat_body(spoken, reasoning="Thoughts — gedacht")


def files(save_dir: Path) -> dict[str, bytes]:
    found = [path for place in case_dirs(save_dir) for path in place.rglob("*") if path.is_file()]
    return {path.relative_to(save_dir).as_posix(): path.read_bytes() for path in found}


async def play(
    model: Model, save_dir: Path, plan_at: Callable[[str], SamplePlan]
) -> tuple[list[str], dict[str, bytes]]:
    """Run a plan; return all requests, those side by side in order of their text, and the files of cases."""
    model.faults.clear()
    with serve(model.answer) as server:
        result = await run_sample(plan_at(server.base_url))
        assert result.exit_status() == 0
        asked = sorted(json.dumps(call.body, sort_keys=True) for call in server.calls)
    return asked, files(save_dir)


SENT = [("tags", "json_schema"), ("json", "json_schema"), ("tags", "json_object"), ("json", "none")]


@pytest.mark.parametrize(("reply_format", "structured"), SENT)
async def test_both_ways_send_the_same_and_write_the_same(
    tmp_path: Path, listen: Listen, reply_format: str, structured: str
) -> None:
    model = Model(reply_format)

    def plan(save_dir: Path, structured: str) -> Callable[[str], SamplePlan]:
        over: dict[str, Any] = {
            "structured": structured,
            "top_p": 0.9,
            "extra_body": {"min_p": 0.05, "seed_note": "半"},
        }
        return lambda url: run_plan(save_dir, url, reply_format=reply_format, **over)

    # the schema of a request tells the server the role; by the messages it knows it again without
    await play(model, tmp_path / "first", plan(tmp_path / "first", "json_schema"))
    direct = await play(model, tmp_path / "direct", plan(tmp_path / "direct", structured))
    listen()
    heard = await play(model, tmp_path / "heard", plan(tmp_path / "heard", structured))
    for one, other in zip(direct[0], heard[0], strict=True):
        assert json.loads(one) == json.loads(other)
    assert list(direct[1]) == list(heard[1])
    for name, data in direct[1].items():
        assert data == heard[1][name], name
    assert len(direct[0]) > 15
    assert len(set(model.faults.values())) >= 3, "of several kinds"
    totals = [manifest(tmp_path / way)["totals"] for way in ("direct", "heard")]
    assert totals[0] == totals[1]


async def test_both_ways_hold_the_same_rollouts(tmp_path: Path, listen: Listen) -> None:
    model = Model("tags")

    def plan(save_dir: Path) -> Callable[[str], SamplePlan]:
        return lambda url: rollout_plan(save_dir, url, rft={"rollout_n": 3})

    direct = await play(model, tmp_path / "direct", plan(tmp_path / "direct"))
    listen()
    heard = await play(model, tmp_path / "heard", plan(tmp_path / "heard"))
    assert direct == heard


@pytest.mark.parametrize("calls", [3, 6, 9, 11])
async def test_a_run_killed_on_the_direct_way_goes_on_through_langchain_and_repeats_nothing(
    tmp_path: Path, listen: Listen, calls: int
) -> None:
    save_dir, whole, model = tmp_path / "runs", tmp_path / "whole", Model("tags")
    await play(model, whole, lambda url: run_plan(whole, url))
    model.faults.clear()

    def stalls(call: Call, number: int) -> Http | None:
        return model.answer(call, number) if number < calls else Http(delay_sec=60)

    with serve(stalls) as server:
        plan = run_plan(save_dir, server.base_url)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: len(server.calls) > calls, process)
            process.kill()
            finish(process)
        kept, answered = kept_calls(save_dir / NAME), set(keys(server.calls[:calls]))
        in_flight = set(keys(server.calls[calls:]))
        server.behave = model.answer
        made = len(server.calls)
        listen()
        result = await run_sample(plan)
        assert result.exit_status() == 0
        later = server.calls[made:]
        assert not answered & set(keys(later)) - in_flight
    # a checkpoint holds the choice of skills, and a whole session that waits for its summary
    assert result.replies_taken == (kept - 1 if calls < 11 else 0)
    assert clean_of_faults(files(save_dir)) == clean_of_faults(files(whole))
    assert sum(calls_of(manifest(save_dir)["totals"]).values()) == sum(
        calls_of(manifest(whole)["totals"]).values()
    )
    assert load(case_dirs(save_dir)[0] / "course.json")["finished"]


def clean_of_faults(found: dict[str, bytes]) -> dict[str, Any]:
    """Leave out how often requests failed, which depends on when the run was killed."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(part) for name, part in value.items() if name != "retries"}
        return [plain(part) for part in value] if isinstance(value, list) else value

    return {name: plain(json.loads(data)) for name, data in found.items()}
