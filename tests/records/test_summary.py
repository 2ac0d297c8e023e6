"""An evaluation's summary: read back as it was, and read from versions that held less."""

from __future__ import annotations

import json
from pathlib import Path

from psychagent.evals.evaluate import run_eval
from psychagent.evals.summary import summarize
from psychagent.records.evaluation import EvalFolder
from psychagent.records.summary import EvalSummary, read_summary
from tests.support.eval_runs import eval_plan, make_run


async def test_a_summary_is_read_back_as_it_was(tmp_path: Path) -> None:
    plan = eval_plan(make_run(tmp_path, "en01"), tmp_path / "out", methods=("WAI", "HumanEval4"))
    result = await run_eval(plan)
    path = EvalFolder(plan.output_root).summary
    summary = read_summary(path)
    assert summary.tables.keys() == {"scores.csv", "degenerate.csv", "safety.csv", "marks.csv"}
    assert summary.model_copy(update={"tables": {}}) == summarize(result, plan.settings)
    assert summary.evidence.quotes_verified_rate == 1
    assert [(m.scale, m.session) for m in summary.missing] == [("HumanEval4", "cbt/en01/session_1")]
    data = json.loads(path.read_text(encoding="utf-8"))
    assert list(data)[:2] == ["schema_version", "note"]
    assert data["evidence"]["quotes_verified_rate"] == 1


def test_what_an_older_version_did_not_write_is_at_its_default(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text('{"use": "verified", "of_another": 1}', encoding="utf-8")
    assert read_summary(tmp_path / "summary.json") == EvalSummary(use="verified")
