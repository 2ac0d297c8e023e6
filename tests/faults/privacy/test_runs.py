"""Whole runs in which every call of every role is first answered with a secret out of place.

Where the secret may be, it is: in the role's own next attempt, in the thoughts that a file keeps. It
must reach no other party, however the words go there: in a prompt, in a file, over a stream, to a
judge, in training data, to a person.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import MalformedReplyError
from psychagent.evals.evaluate import run_eval
from psychagent.export.plan import ExportPlan
from psychagent.export.write import run_export
from psychagent.flows.build import build_deps
from psychagent.flows.events import Said, Words
from psychagent.flows.live import open_live
from psychagent.flows.play import stream_course
from psychagent.replies.part import part
from psychagent.replies.tags import parse_tagged_reply
from psychagent.runs.sample import run_sample
from tests.support.chatting import type_into
from tests.support.eval_runs import eval_plan, eval_settings_at
from tests.support.fakes import Cast, chosen_family
from tests.support.loopback.replies import reply_to
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.misplaced import EVERYWHERE, MISPLACED, Misplaced
from tests.support.running import FAST, NAME, load, run_plan, settings_at

SECRET = re.compile(r"ZQ([a-z]+)(\d+)X")
SPOKEN = ("counselor", "client")
TYPED = ("filter", "rewrite", "summary", "client_file", "recall", "risk", "judge")
SIDES = {
    "counselor": "counselor",
    **dict.fromkeys(("filter", "rewrite", "summary", "client_file"), "counselor"),
    **dict.fromkeys(("client", "recall"), "client"),
}
"""Role -> whose private words it may know; every other role is a party of its own."""
CLOSED = {"stage", "level", "about", "when", "ids", "meta_skill_ids", "told"}
"""Fields with a closed set of values."""


class Leaky:
    """Answers the first attempt of each call in one kind after another, and the next one as usual."""

    def __init__(self, roles: tuple[str, ...], *, json_form: bool = False, step: int = 1) -> None:
        self.roles, self.json_form, self.step = roles, json_form, step
        self.bad: dict[str, str] = {}
        """Beginnings of the replies given -> the role."""
        self.tried: Counter[str] = Counter()

    def __call__(self, call: Call, number: int) -> Http | None:
        if call.role not in self.roles or self._is_again(call):
            return self._usual(call)
        at = self.tried[call.role]
        self.tried[call.role] += 1
        text = self.write(call, at * self.step)
        self.bad[text[:600]] = call.role
        return Http(body=chat_body(text))

    def _is_again(self, call: Call) -> bool:
        return any(message["content"] in self.bad for message in call.body["messages"][-2:-1])

    def _usual(self, call: Call) -> Http | None:
        if call.role == "counselor" and self.json_form:
            return Http(body=chat_body(json.dumps({"assessment": "a", "response": "Well. Go on."})))
        return None

    def write(self, call: Call, at: int) -> str:
        secret = f"ZQ{call.role.replace('_', '')}{at}X"
        if call.role in TYPED:
            return typed(
                secret, EVERYWHERE[at % len(EVERYWHERE)], json.loads(reply_to(call.role, call.body)), at
            )
        kind = MISPLACED[at % len(MISPLACED)]
        if call.role == "client":
            return kind.write(secret, "I see. Yes.")
        spoken, form = (kind.write(secret, "I hear you."), at % 2)
        if self.json_form:
            return json.dumps(
                {"assessment": secret, "response": spoken if form or kind.is_spoken else "Well."}
            )
        if form or kind.is_spoken:
            return f"<think>{secret}</think><response>{spoken}</response>"
        return kind.write(secret, "<response>I hear you.</response>")


def typed(secret: str, kind: Misplaced, data: Any, at: int) -> str:
    """Write a typed reply with the secret around it, or in each of its strings."""
    if at % 2:
        return json.dumps(within(data, lambda text: kind.write(secret, text)))
    return kind.write(secret, json.dumps(data))


def within(value: Any, change: Callable[[str], str], name: str = "") -> Any:
    if isinstance(value, str):
        return value if name in CLOSED else change(value)[:290]
    if isinstance(value, list):
        return [within(item, change, name) for item in value]
    return {n: within(v, change, n) for n, v in value.items()} if isinstance(value, dict) else value


def secrets_in(value: Any) -> Iterator[str]:
    """Name the roles whose secrets stand in a value."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    yield from (match[1] for match in SECRET.finditer(text))


def known_to(role: str) -> set[str]:
    """The roles whose secrets a role's prompt may hold: its own, and typed notes of its own side."""
    mine = SIDES.get(role, role)
    own = {other for other in SIDES if SIDES[other] == mine and other in TYPED}
    return {other.replace("_", "") for other in own | {role}}


def check_prompts(calls: list[Call]) -> None:
    for call in calls:
        found = set(secrets_in(call.body.get("messages", "")))
        assert found <= known_to(call.role), f"{call.role} was told of {found - known_to(call.role)}"
        if call.role in SPOKEN:
            # of its own secrets only the last attempt's, which it is shown to mend it
            assert call.role not in set(secrets_in(call.body["messages"][:-2]))


def over(base_url: str) -> dict[str, Any]:
    endpoint = FAST | {"base_url": base_url, "model": "loopback", "provider": "openai"}
    return {
        "max_sessions": 13,
        "safety": {"endpoint": endpoint, "classifier": "always"},
        "retrieval": {"method": "lexical", "query": "rewrite"},
    }


def check_files(run: Path) -> int:
    """Look for the secrets of those who speak in everything of a session but the thoughts."""
    sessions = sorted(run.glob("*/*/session_*.json"))
    for path in sessions:
        data = load(path)
        for turn in data["turns"]:
            turn.pop("thoughts", None)
        told = set(secrets_in(data))
        assert not told & {*SPOKEN, "judge", "risk"}, path
        assert not set(secrets_in([data["transcript"], data["focus"], data["stage"]])), path
        assert not set(secrets_in(data["summary"].get("homework", []))), path
    return len(sessions)


@pytest.fixture(scope="module")
def leaky_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Leaky]:
    """A run of 130 sessions in which all roles misbehave at once, looked through while it is fresh."""
    folder = tmp_path_factory.mktemp("leaky")
    leaky = Leaky((*SPOKEN, *TYPED))
    with serve(leaky) as server:
        plan = run_plan(folder, server.base_url, cases=10, **over(server.base_url))
        result = asyncio.run(run_sample(plan))
        calls = list(server.calls)
    assert result.exit_status() == 0, [o.failure for o in result.outcomes if o.failure]
    check_prompts(calls)
    return folder / NAME, leaky


def test_no_role_and_no_file_is_told_of_anothers_thoughts(leaky_run: tuple[Path, Leaky]) -> None:
    run, leaky = leaky_run
    assert check_files(run) == 130
    for role in (*SPOKEN, *TYPED[:-1]):
        print(f"{role}: {leaky.tried[role]} malformed replies tried, all kept private")
        assert leaky.tried[role] >= 120


async def test_a_judge_sees_no_thoughts_and_keeps_its_own(
    leaky_run: tuple[Path, Leaky], tmp_path: Path
) -> None:
    leaky = Leaky(("judge",))
    with serve(leaky) as server:
        settings = eval_settings_at(server, judge=over(server.base_url)["safety"]["endpoint"])
        plan = eval_plan(leaky_run[0], tmp_path / "out", settings=settings, methods=("SRS",))
        result = await run_eval(plan)
        calls = list(server.calls)
    assert result.exit_status() == 0
    for call in calls:
        assert set(secrets_in(call.body["messages"])) <= {"judge"}
        assert not set(secrets_in(call.body["messages"][:2]))
    print(f"judge: {leaky.tried['judge']} malformed replies tried, all kept private")
    assert leaky.tried["judge"] >= 120
    written = [path for path in (tmp_path / "out").rglob("*.*") if path.is_file()]
    assert not [p for p in written if "evidence" not in p.name and set(secrets_in(p.read_text())) - {"judge"}]


@pytest.mark.parametrize("keep", [False, True], ids=["stripped", "kept"])
def test_training_data_hold_thoughts_only_where_they_belong(
    leaky_run: tuple[Path, Leaky], tmp_path: Path, keep: bool
) -> None:
    plan = ExportPlan(run=leaky_run[0], out=tmp_path / "d.jsonl", tasks=("counselor",), keep_think=keep)
    done = run_export(plan)
    rows = [json.loads(line) for line in done.files["all"].read_text(encoding="utf-8").split("\n") if line]
    assert (len(rows) + done.card["duplicates"], done.card["skipped"]) == (260, {})
    found = 0
    for row in rows:
        prompt, (answer,) = row["prompt"], row["completion"]
        assert not set(secrets_in(prompt)) & {*SPOKEN, "risk", "recall"}
        found += "counselor" in set(secrets_in(answer["content"]))
        assert "counselor" not in set(secrets_in(part(answer["content"]).outside))
    assert (found > 50) is keep


async def test_json_replies_keep_thoughts_out_of_prompts_and_files(tmp_path: Path) -> None:
    leaky = Leaky(("counselor",), json_form=True)
    with serve(leaky) as server:
        limits = {"max_sessions": 2, "max_counselor_turns": 70, "reply_format": "json"}
        result = await run_sample(run_plan(tmp_path, server.base_url, cases=2, **limits))
        calls = list(server.calls)
    assert result.exit_status() == 0
    check_prompts(calls)
    assert check_files(tmp_path / NAME) == 4
    print(f"counselor in json: {leaky.tried['counselor']} malformed replies tried, all kept private")
    assert leaky.tried["counselor"] == 280


async def test_who_watches_live_hears_no_thoughts() -> None:
    # a step that takes turns of thoughts around the response and inside it
    leaky = Leaky(("counselor",), step=3)
    with serve(leaky) as server:
        baseline, runtime = settings_at(server.base_url, max_sessions=6, max_counselor_turns=20)
        async with open_live({}) as live:
            stream = stream_course(build_deps(baseline, runtime, live), words=True)
            events = [event async for event in stream]
    heard = "".join(event.text for event in events if isinstance(event, Words))
    said = [e.turn.text for e in events if isinstance(e, Said) and e.turn.speaker is Speaker.COUNSELOR]
    late = {at for at, kind in enumerate(MISPLACED) if kind.name.endswith(" alone")}
    leaked = {int(match[2]) % len(MISPLACED) for match in SECRET.finditer(heard)}
    # a response that begins with thoughts which only close in it shows too late what it is
    assert leaked <= late
    assert not set(secrets_in(said))
    tried = leaky.tried["counselor"]
    print(f"streamed: {tried} malformed replies tried, {len(leaked)} of {len(late)} told too late")
    assert tried == 120


def replies_of_kinds() -> Iterator[str]:
    """The replies of a counselor in one kind after another; where one is refused, a good one behind it."""
    leaky = Leaky(("counselor",))
    for at in range(0, len(MISPLACED), 2):
        text = leaky.write(Call("/chat/completions", "counselor", {}, {}, 0), at)
        yield text
        try:
            parse_tagged_reply(text, reasoning="", end_token="</end>")
        except MalformedReplyError:
            yield "<think>a</think><response>I hear you.</response>"


async def test_a_person_at_a_chat_is_shown_no_thoughts(tmp_path: Path) -> None:
    turns = (len(MISPLACED) + 1) // 2
    cast = Cast(
        {"counselor": list(replies_of_kinds()), "filter": [chosen_family()]},
        query="utterance",
        max_retries=1,
        max_counselor_turns=turns + 1,
    )
    lines = ["I <think> so much, and </think> never ends."] * (turns - 1)
    person, _ = await type_into(cast, tmp_path, lines)
    assert len(person.of("said")) == turns
    assert not set(secrets_in(person.of("said", "told", "before")))
    late = {at for at, kind in enumerate(MISPLACED) if kind.name.endswith(" alone")}
    shown = "".join(person.of("words"))
    assert {int(match[2]) for match in SECRET.finditer(shown)} <= late
    assert all(lines[0] in prompt for prompt in cast.models["counselor"].prompts[-3:])
    print(f"person served: {turns} malformed replies tried, all kept private")
