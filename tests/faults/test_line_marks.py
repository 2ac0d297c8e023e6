"""Marks that some take for the end of a line: a run that is full of them is exported and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from psychagent.domain.text.plain import whole
from psychagent.export.formats import FORMATS
from psychagent.export.plan import ExportPlan
from psychagent.export.write import run_export
from psychagent.train.data import read_examples
from tests.support.loopback.replies import reply_to
from tests.support.loopback.server import Call, Http, chat_body
from tests.support.running import NAME, case_dirs, load, run_once

MARKS = "one\u2028two\u2029three\u0085four"
KEPT = whole(MARKS)


@pytest.mark.parametrize("form", ["tags", "json"])
async def test_a_reply_with_marks_of_lines_is_exported_for_our_own_trainer(tmp_path: Path, form: str) -> None:
    def behave(call: Call, number: int) -> Http | None:
        match call.role:
            case "counselor" if form == "json":
                return Http(body=chat_body(json.dumps({"response": MARKS})))
            case "counselor":
                return Http(body=chat_body(f"<think>{MARKS}</think><response>{MARKS}</response>"))
            case "client":
                return Http(body=chat_body(MARKS))
            case "summary":
                text = reply_to("summary", call.body).replace("Go on", MARKS)
                return Http(body=chat_body(text))
        return None

    result, _ = await run_once(tmp_path, behave, reply_format=form)
    assert result.exit_status() == 0
    session = load(case_dirs(tmp_path)[0] / "session_1.json")
    assert {line["content"] for line in session["transcript"]} == {KEPT}
    again, calls = await run_once(tmp_path, behave, reply_format=form)
    assert (again.exit_status(), calls) == (0, [])
    for name in FORMATS:
        if name == "preference":
            continue
        done = run_export(ExportPlan(run=tmp_path / NAME, out=tmp_path / name / "d.jsonl", format=name))
        examples = read_examples(done.files["all"])
        assert len(examples) == done.card["splits"]["all"]["samples"]
        written = json.dumps(KEPT)[1:-1] if form == "json" else KEPT
        found = [e["completion"][0]["content"] for e in examples]
        assert [text for text in found if written in text or KEPT in text]
