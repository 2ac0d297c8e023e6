"""kill -9 in an evaluation, and a torn journal: no stored reply is asked for again, same scores."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from psychagent.evals.evaluate import run_eval
from psychagent.evals.events import EvalEvent
from psychagent.evals.plan import EvalPlan
from psychagent.runs.events import CallAnswered
from tests.support.children import finish, psychagent, wait_for
from tests.support.eval_runs import eval_plan, eval_settings_at, files, make_run
from tests.support.journaled import journals_in, kept_calls
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, LoopbackServer, chat_body, serve
from tests.support.running import keys, repeats

pytestmark = pytest.mark.slow

CONCURRENCY, WHOLE = 4, 4 * 7


def command(folder: Path, server: LoopbackServer, data: Path, out: Path) -> list[str]:
    settings = eval_settings_at(server, concurrency=CONCURRENCY).model_dump(mode="json", exclude_unset=True)
    # JSON is YAML
    (folder / "judge.yaml").write_text(json.dumps(settings), encoding="utf-8")
    where = ["--data-root", str(data), "--output-root", str(out), "--methods", "WAI,Custom_Dim,SRS,BDI_II"]
    return ["eval", "--config", str(folder / "judge.yaml"), *where]


def plan_at(server: LoopbackServer, data: Path, out: Path) -> EvalPlan:
    return eval_plan(data, out, settings=eval_settings_at(server, concurrency=CONCURRENCY))


def stored(out: Path) -> int:
    """Count the answers that journals and scores hold, each once: a journal ends where scores are written."""
    written = {path.relative_to(out).with_suffix("") for path in out.glob("cbt/*/session_*.json")}
    scores = [json.loads((out / path).with_suffix(".json").read_text(encoding="utf-8")) for path in written]
    judged = sum(int(r["usage"]["roles"]["judge"]["calls"]) for s in scores for r in s["scales"].values())
    for path in written:
        (out / "calls" / path).with_suffix(".jsonl").unlink(missing_ok=True)
    return judged + kept_calls(out)


@pytest.mark.parametrize("seed", [1, 2])
async def test_an_evaluation_killed_again_and_again_repeats_only_what_was_in_flight(
    tmp_path: Path, seed: int
) -> None:
    rng, lost = random.Random(seed), 0
    data, out, whole = make_run(tmp_path, "en01", sessions=4), tmp_path / "out", tmp_path / "whole"
    with serve(loopback_reply) as server:
        await run_eval(plan_at(server, data, whole))
        assert server.count() == WHOLE
    with serve(loopback_reply, delay_sec=0.03) as server:
        argv = command(tmp_path, server, data, out)
        for _ in range(4):
            before = len(server.calls)
            goal = before + rng.randint(1, 7)
            with psychagent(argv, tmp_path / "log") as process:
                assert wait_for(lambda goal=goal: len(server.calls) >= goal, process)  # type: ignore[misc]
                time.sleep(rng.random() * 0.03)
                process.kill()
                finish(process)
            # what was sent before the kill may be read by the server after it
            time.sleep(0.05)
            again = repeats(server.calls[:]) - repeats(server.calls[:before])
            assert sum(again.values()) <= lost, "only what no journal holds"
            held = stored(out)
            # on a busy machine a connection may break and its call be sent again, and both count
            assert held <= len(server.calls)
            lost = max(len(set(keys(server.calls))) - held, 0)
            assert lost <= CONCURRENCY
            assert not (out / "scores.csv").exists()
        before = len(server.calls)
        with psychagent(argv, tmp_path / "log") as process:
            assert finish(process) == 0
        assert len(server.calls) - before == WHOLE - (len(set(keys(server.calls[:before]))) - lost)
        assert len(set(keys(server.calls))) == WHOLE
    assert files(out) == files(whole)
    assert not (out / "calls").exists()
    assert "Traceback" not in (tmp_path / "log").read_text()


LONG = "„Gefühl“ 感觉 🙂 "


def with_odd_characters(call: Call, number: int) -> Http | None:
    usual = loopback_reply(call, number)
    assert usual
    assert isinstance(usual.body, dict)
    content = usual.body["choices"][0]["message"]["content"]
    return Http(
        body=chat_body(content.replace('"absent": ""', f'"absent": "{LONG * 9}"'), reasoning=LONG * 9)
    )


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 40, 300, 301, 302, 303, 400])
async def test_a_torn_journal_repeats_one_call_at_most(tmp_path: Path, cut: int) -> None:
    data, out, whole = make_run(tmp_path, "en01"), tmp_path / "out", tmp_path / "whole"
    told: list[EvalEvent] = []
    with serve(with_odd_characters) as server:
        await run_eval(plan_at(server, data, whole))

    def stalls(call: Call, number: int) -> Http | None:
        answer = with_odd_characters(call, number)
        assert answer
        return Http(body=answer.body, delay_sec=60) if number >= 5 else answer

    with serve(stalls) as server:
        with psychagent(command(tmp_path, server, data, out), tmp_path / "log") as process:
            assert wait_for(lambda: kept_calls(out) == 5, process)
            process.kill()
            finish(process)
        (path,) = journals_in(out)
        held = path.read_bytes()
        path.write_bytes(held[:-cut])
        answered = keys(server.calls[:5])
    with serve(with_odd_characters) as server:
        plan = eval_plan(
            data, out, settings=eval_settings_at(server, concurrency=CONCURRENCY), tell=told.append
        )
        result = await run_eval(plan)
        # a line that lacks nothing but its end is whole
        lost = 0 if cut == 1 else 1
        assert result.replies_taken == 5 - lost
        assert sum(key in answered for key in keys(server.calls)) == lost
        assert len(server.calls) == 2 + lost
        assert sum(isinstance(event, CallAnswered) for event in told) == 2 + lost, (
            "progress counts no stored reply"
        )
    assert files(out) == files(whole)
