from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Modality
from psychagent.domain.script_note import MADE_WITH_SCRIPT
from psychagent.errors import LockError, SettingsError
from psychagent.evals.evaluate import run_eval
from psychagent.evals.events import EvalEvent, ScaleJudged
from psychagent.evals.plan import EvalPlan
from psychagent.evals.summary import EvalResult
from psychagent.evals.table import load_scores
from psychagent.files.lock import hold_lock
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import RunFolder
from psychagent.records.manifest import Manifest, RunSettings, write_manifest
from psychagent.records.scores import COLUMNS
from psychagent.records.summary import read_summary
from tests.support.eval_runs import METHODS, eval_plan, eval_settings_at, make_run, rows
from tests.support.flat import baseline_of, runtime_of
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Behave, Call, Http, serve
from tests.support.running import load


async def test_every_session_gets_a_file_and_every_metric_a_row(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", "en02", sessions=2), tmp_path / "out"
    result = await run_eval(eval_plan(data, out))
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("session_*.json")) == [
        f"cbt/{case}/session_{n}.json" for case in ("en01", "en02") for n in (1, 2)
    ]
    table = rows(out)
    assert tuple(table[0]) == COLUMNS
    assert len(table) == 4 * len(METHODS)
    assert {row["source_file"] for row in table if row["case_id"] == "en02"} == {
        f"cbt/en02/session_{n}.json" for n in (1, 2)
    }
    assert {(row["baseline"], row["is_script"], row["judge_model"]) for row in table} == {
        ("base", "True", "offline-script")
    }
    assert result.exit_status() == 0


async def test_the_sum_of_a_column_is_what_was_spent(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    result = await run_eval(eval_plan(data, out, methods=("RRO", "Custom_Dim")))
    table = rows(out)
    assert [row["side"] for row in table if row["metric"] == "RRO"] == ["client", "counselor"]
    assert sum(int(row["calls"]) for row in table) == result.used.calls == 5
    assert sum(int(row["prompt_tokens"]) for row in table) == result.used.prompt_tokens


async def test_the_summary_holds_means_coverage_and_what_they_were_made_with(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", "en02"), tmp_path / "out"
    prices = {"prompt": 1.0, "completion": 2.0}
    await run_eval(eval_plan(data, out, settings=EvalSettings(degenerate=0, prices=prices)))
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    wai = summary["metrics"]["counselor.WAI"]
    assert (wai["sessions"], wai["missing"]) == (2, 0)
    assert summary["by_modality"]["cbt"]["counselor.WAI"] == wai
    assert summary["evidence"]["quotes_verified_rate"] == 1
    assert summary["cost"] == pytest.approx(
        (summary["usage"]["prompt_tokens"] + 2 * summary["usage"]["completion_tokens"]) / 1e6
    )
    assert (summary["is_script"], summary["use"], summary["sessions"]) == (True, "raw", 2)
    assert "script" in summary["warnings"][0]


async def test_table_and_summary_tell_how_much_of_a_scale_the_sessions_spoke_to(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", "en02"), tmp_path / "out"
    await run_eval(eval_plan(data, out, settings=EvalSettings(degenerate=0), methods=("WAI", "BDI_II")))
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    for key in ("WAI", "BDI_II"):
        mine = [row for row in rows(out) if row["metric"] == key]
        shares = [float(row["coverage"]) for row in mine]
        seen = [1 - int(row["n_no_evidence"]) / int(row["n_items"]) for row in mine]
        assert shares == pytest.approx(seen, abs=1e-4)
        mean = next(v for name, v in summary["metrics"].items() if name.endswith(key))
        assert mean["coverage"] == pytest.approx(sum(shares) / 2, abs=1e-4)


async def test_what_can_be_counted_is_averaged_in_the_summary(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", "en02"), tmp_path / "out"
    await run_eval(eval_plan(data, out, settings=EvalSettings(degenerate=0), methods=("SRS",)))
    counted = json.loads((out / "summary.json").read_text(encoding="utf-8"))["computed"]
    parts = [scores.computed for scores in EvalFolder(out).sessions()]
    assert counted["longest_turn"] == max(part.longest_turn for part in parts if part)
    assert counted["counselor_share"] == pytest.approx(
        sum(part.counselor_share or 0 for part in parts if part) / 2, abs=1e-4
    )
    assert 0 < counted["questions_per_turn"] < 3


async def test_worthless_sessions_are_judged_beside_the_real_ones_and_kept_apart(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", "en02", sessions=2), tmp_path / "out"
    await run_eval(eval_plan(data, out, settings=EvalSettings(degenerate=1), methods=("WAI", "BDI_II")))
    table = rows(out, "degenerate.csv")
    kinds = {"empty", "repeated_line", "advice_only", "parrot", "self_praise", "shuffled"}
    assert {row["baseline"] for row in table} == kinds
    assert len(table) == 6 * 2
    assert not kinds & {row["baseline"] for row in rows(out)}
    empty = {row["metric"]: float(row["raw"]) for row in table if row["baseline"] == "empty"}
    assert empty == {"WAI": 5, "BDI_II": 0}


async def test_a_scale_that_reads_the_profile_is_missing_for_a_run_and_says_why(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    path = data / "cbt/en01/session_1.json"
    held = load(path) | {"updated_profile": {"name": "from the counselor"}}
    path.write_text(json.dumps(held), encoding="utf-8")
    result = await run_eval(eval_plan(data, out, methods=("HumanEval4",)))
    ((_, name, reason),) = result.missing
    assert name == "HumanEval4"
    assert "reads the profile, which the session does not come with" in reason


# failures


def failing(words: str, status: int = 500) -> Behave:
    def behave(call: Call, number: int) -> Http | None:
        if call.role == "judge" and words in call.body["messages"][1]["content"]:
            return Http(status=status, body={"error": {"message": "out of order"}})
        return loopback_reply(call, number)

    return behave


async def test_a_failed_scale_is_missing_with_its_reason_and_never_zero(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    with serve(failing("Scale WAI")) as server:
        result = await run_eval(eval_plan(data, out, settings=eval_settings_at(server)))
    (row,) = [row for row in rows(out) if row["metric"] == "WAI"]
    assert (row["missing"], row["raw"], row["verified"]) == ("True", "", "")
    assert "HTTP 500" in row["reason"]
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["metrics"]["counselor.WAI"] == {
        "raw": None,
        "verified": None,
        "sessions": 0,
        "missing": 1,
        "coverage": None,
        "evidenced": None,
        "direction": "higher_better",
        "headline": "as_is",
    }
    assert result.exit_status() == 1


async def test_what_was_missing_is_asked_again_and_nothing_else(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    with serve(failing("- Ethics_1 ")) as server:
        settings = eval_settings_at(server)
        await run_eval(eval_plan(data, out, settings=settings))
    port = int(server.base_url.split(":")[2].split("/")[0])
    assert port
    with serve(loopback_reply) as second:
        again = eval_settings_at(second)
        result = await run_eval(eval_plan(data, out, settings=again))
    assert second.count("judge") == 4
    assert result.exit_status() == 0
    assert len(rows(out)) == len(METHODS)


async def test_a_broken_file_is_named_and_the_rest_is_judged(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01", "en02"), tmp_path / "out"
    (data / "cbt/en02/session_1.json").write_text('{"transcript": [', encoding="utf-8")
    result = await run_eval(eval_plan(data, out))
    assert [item.file for item in result.broken] == ["cbt/en02/session_1.json"]
    assert {row["case_id"] for row in rows(out)} == {"en01"}
    assert result.exit_status() == 1
    skipped = json.loads((out / "summary.json").read_text(encoding="utf-8"))["skipped"]
    assert skipped[0]["file"] == "cbt/en02/session_1.json"


async def test_a_folder_without_sessions_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(SettingsError, match="holds no session"):
        await run_eval(eval_plan(tmp_path / "nothing", tmp_path / "out"))


async def test_two_evaluations_do_not_write_into_one_folder(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    with hold_lock(out / ".lock"), pytest.raises(LockError):
        await run_eval(eval_plan(data, out))


# warnings


async def warned(tmp_path: Path, models: dict[str, str], *, scripted: tuple[str, ...] = ()) -> EvalResult:
    data = make_run(tmp_path, "en01")
    settings = RunSettings(baseline=baseline_of(), runtime=runtime_of(), dataset=DatasetSettings())
    write_manifest(
        RunFolder(data).manifest_path, Manifest(settings=settings, models=models, scripted_roles=scripted)
    )
    with serve(loopback_reply) as server:
        return await run_eval(
            eval_plan(data, tmp_path / "out", settings=eval_settings_at(server), methods=("SRS",))
        )


async def test_a_judge_that_was_the_counselor_is_warned_of(tmp_path: Path) -> None:
    result = await warned(tmp_path, {"counselor": "loopback", "client": "other", "reflector": "loopback"})
    assert "'loopback' is also the run's counselor:" in result.warnings[0]


async def test_an_independent_judge_is_not_warned_of(tmp_path: Path) -> None:
    assert (await warned(tmp_path, {"counselor": "one", "client": "other"})).warnings == ()


async def test_the_summary_names_the_roles_that_a_script_played(tmp_path: Path) -> None:
    await warned(tmp_path, {"counselor": "one", "client": "offline"}, scripted=("client",))
    assert read_summary(EvalFolder(tmp_path / "out").summary).scripted_roles == ("client",)
    assert load_scores(tmp_path / "out").script_notes == (MADE_WITH_SCRIPT,)


# the shipped examples


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_example_courses_cover_every_modality_and_are_judged_whole(
    tmp_path: Path, language: str
) -> None:
    settings = EvalSettings(language=language, degenerate=0)
    plan = EvalPlan(settings=settings, output_root=tmp_path, env={}, methods=("WAI", "SRS"))
    result = await run_eval(plan)
    assert {scores.modality for scores in result.sessions} == set(Modality)
    assert result.exit_status() == 0


async def test_real_case_files_are_judged(tmp_path: Path, reference_data: Path) -> None:
    result = await run_eval(eval_plan(reference_data / "psycheval", tmp_path, methods=None))
    assert len(result.sessions) == 6
    assert result.exit_status() == 0


# what a run of cases does too


async def test_what_a_killed_process_had_begun_to_write_is_removed(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, "en01"), tmp_path / "out"
    left = out / "cbt" / "en01" / ".session_1.json.77.part"
    left.parent.mkdir(parents=True)
    left.write_text("{", encoding="utf-8")
    await run_eval(eval_plan(data, out))
    assert not list(out.rglob("*.part"))


async def test_a_watcher_that_fails_ends_the_evaluation_and_leaves_nobody_working(tmp_path: Path) -> None:
    data, out = make_run(tmp_path, *(f"en{n:02}" for n in range(1, 9))), tmp_path / "out"

    def fail(event: EvalEvent) -> None:
        if isinstance(event, ScaleJudged):
            raise ArithmeticError("the watcher broke")

    before = asyncio.all_tasks()
    with serve(loopback_reply) as server:
        plan = eval_plan(data, out, settings=eval_settings_at(server, concurrency=24), tell=fail)
        with pytest.raises(ArithmeticError, match="the watcher broke"):
            await run_eval(plan)
        assert asyncio.all_tasks() == before
        # what was already on its way when its sender was cancelled still comes in
        await asyncio.sleep(0.2)
        made = server.count("judge")
        await asyncio.sleep(0.3)
        assert server.count("judge") == made
