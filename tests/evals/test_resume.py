"""An evaluation that was stopped, or run again after something changed."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.judge import EvalSettings
from psychagent.evals.evaluate import run_eval
from psychagent.evals.events import EvalEvent, ScaleJudged, Tell
from tests.support.eval_runs import eval_plan, eval_settings_at, files, make_run, rows
from tests.support.judging import loopback_reply, reply
from tests.support.loopback.server import Call, Http, chat_body, serve


class Killed(BaseException):
    """What a kill is to the code that runs."""


def killed_after(scales: int) -> Tell:
    done: list[str] = []

    def count(event: EvalEvent) -> None:
        if isinstance(event, ScaleJudged):
            done.append(event.scale)
        if len(done) == scales:
            raise Killed

    return count


@pytest.mark.parametrize(("scales", "worthless"), [(1, 0), (3, 0), (6, 0), (9, 1), (11, 1)])
async def test_a_killed_evaluation_goes_on_with_the_same_numbers_and_repeats_nothing(
    tmp_path: Path, scales: int, worthless: int
) -> None:
    data = make_run(tmp_path, "en01", sessions=2)
    one_by_one: dict[str, Any] = {"concurrency": 1, "degenerate": worthless}
    with serve(loopback_reply) as server:
        await run_eval(eval_plan(data, tmp_path / "whole", settings=eval_settings_at(server, **one_by_one)))
        whole = server.count("judge")
        out = tmp_path / "parts"
        with pytest.raises(Killed):
            await run_eval(
                eval_plan(
                    data, out, settings=eval_settings_at(server, **one_by_one), tell=killed_after(scales)
                )
            )
        answered = server.count("judge") - whole
        kept = [line for p in (out / "calls").rglob("*.jsonl") for line in p.read_text().split("\n")[1:-1]]
        stored = [json.loads(p.read_text(encoding="utf-8"))["scales"] for p in out.rglob("session_*.json")]
        spent = sum(r["usage"]["roles"]["judge"]["calls"] for part in stored for r in part.values())
        assert scales <= len(kept) + spent <= answered
    # a server of its own: a call that the kill cut off may still be on its way to the first
    with serve(loopback_reply) as server:
        result = await run_eval(eval_plan(data, out, settings=eval_settings_at(server, **one_by_one)))
        assert server.count("judge") == whole - spent - len(kept)
        assert result.replies_taken == len(kept)
    assert not (out / "calls").exists(), "a journal ends with its session"
    assert files(out) == files(tmp_path / "whole")


async def test_a_finished_evaluation_run_again_asks_nothing_and_changes_nothing(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    with serve(loopback_reply) as server:
        await run_eval(eval_plan(data, out, settings=eval_settings_at(server)))
        before, calls = files(out), server.count()
        await run_eval(eval_plan(data, out, settings=eval_settings_at(server)))
        assert server.count() == calls
    assert files(out) == before


async def test_without_resume_everything_is_asked_again(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    with serve(loopback_reply) as server:
        for _ in range(2):
            await run_eval(eval_plan(data, out, settings=eval_settings_at(server), resume=False))
        assert server.count("judge") == 2 * 7


async def test_scales_of_an_earlier_run_are_kept_when_others_are_asked_for(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    await run_eval(eval_plan(data, out, methods=("WAI",)))
    await run_eval(eval_plan(data, out, methods=("SRS",)))
    assert [row["metric"] for row in rows(out)] == ["SRS", "WAI"]


async def scores_after_change(tmp_path: Path, change: Any) -> int:
    """Count the judge calls of a second run after something changed."""
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    with serve(loopback_reply) as server:
        await run_eval(eval_plan(data, out, settings=eval_settings_at(server)))
        before = server.count("judge")
        await run_eval(eval_plan(data, out, settings=change(eval_settings_at(server), data)))
        return server.count("judge") - before


async def test_another_judge_model_is_asked_everything_anew(tmp_path: Path) -> None:
    def change(settings: EvalSettings, data: Path) -> EvalSettings:
        judge = settings.judge.model_copy(update={"model": "another"})
        return settings.model_copy(update={"judge": judge})

    assert await scores_after_change(tmp_path, change) == 7


async def test_a_changed_dialogue_is_judged_anew(tmp_path: Path) -> None:
    def change(settings: EvalSettings, data: Path) -> EvalSettings:
        make_run(data.parent, "en01", sessions=1)
        path = data / "cbt/en01/session_1.json"
        path.write_text(path.read_text(encoding="utf-8").replace("Sundays", "Mondays"), encoding="utf-8")
        return settings

    assert await scores_after_change(tmp_path, change) == 7


async def test_a_changed_scale_is_asked_anew_and_the_others_are_kept(tmp_path: Path) -> None:

    def change(settings: EvalSettings, data: Path) -> EvalSettings:
        root = tmp_path / "scales"
        copytree(asset_dir("configs") / "scales", root)
        text = (root / "SRS.yaml").read_text(encoding="utf-8")
        (root / "SRS.yaml").write_text(text.replace("default: 2", "default: 1"), encoding="utf-8")
        return settings.model_copy(update={"scales_root": root})

    assert await scores_after_change(tmp_path, change) == 1


async def test_a_truncated_score_file_is_made_anew(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    await run_eval(eval_plan(data, out))
    before = files(out)
    path = out / "cbt/en01/session_1.json"
    path.write_text(before["cbt/en01/session_1.json"][:300], encoding="utf-8")
    await run_eval(eval_plan(data, out))
    assert files(out) == before


async def test_a_scale_that_lacked_items_twice_is_asked_about_anew_with_both_calls(tmp_path: Path) -> None:
    """Also where the journal is kept: it must answer neither the first call nor the one about the rest."""
    data, out = make_run(tmp_path, "en01", sessions=1), tmp_path / "out"

    def lacking(call: Call, number: int) -> Http:
        ids = call.body["response_format"]["json_schema"]["schema"]["properties"]
        return Http(body=chat_body(reply(dict.fromkeys(ids, 2) | {"overall": 99})))

    def lacking_once(call: Call, number: int) -> Http | None:
        return lacking(call, number) if number == 0 else loopback_reply(call, number)

    with serve(lacking) as server:
        plan = eval_plan(data, out, settings=eval_settings_at(server), methods=("SRS",), log_calls=True)
        assert [scale for _, scale, _ in (await run_eval(plan)).missing] == ["SRS"]
        assert server.count("judge") == 2
    with serve(lacking_once) as server:
        plan = eval_plan(data, out, settings=eval_settings_at(server), methods=("SRS",), log_calls=True)
        assert not (await run_eval(plan)).missing
        assert server.count("judge") == 2
