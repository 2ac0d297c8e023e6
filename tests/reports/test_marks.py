"""Faults of the simulator: a table, a block of counts and a section, and no score knows of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from psychagent.domain.marks.find import Kind
from psychagent.errors import RecordError
from psychagent.evals.evaluate import run_eval
from psychagent.evals.marks import MarkRow, read_marks, to_marks_csv
from psychagent.records.evaluation import EvalFolder
from psychagent.records.summary import read_summary
from psychagent.reports.evaluation.marks import MOST_LISTED, marks
from psychagent.reports.evaluation.write import ReportPlan, write_report
from psychagent.reports.page.blocks import Findings
from psychagent.reports.quotes.transcripts import Pages
from psychagent.stats.bootstrap import Sampling
from tests.support.eval_runs import eval_plan

TALK = [
    ("assistant", "Hello. What would you like to talk about?"),
    ("user", "*sighs* I count the stairs, and then I count them again."),
    ("assistant", "You count them again. How was it this morning?"),
    ("user", "It sounds like you're curious. As your counselor I would ask you."),
    ("assistant", "Take care. Goodbye."),
    ("user", "Goodbye."),
    ("assistant", "Goodbye!"),
    ("user", "Bye."),
]
CALM = [("assistant", "Hello. What would you like to talk about?"), ("user", "The stairs, I count them.")]


def write(folder: Path, name: str, talk: list[tuple[str, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    messages = [{"role": role, "content": text} for role, text in talk]
    (folder / f"{name}.json").write_text(json.dumps(messages), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("marks")
    write(root / "in" / "cbt", "odd", TALK)
    write(root / "in" / "cbt", "calm", CALM)
    asyncio.run(run_eval(eval_plan(root / "in", root / "out", methods=("WAI",))))
    return root / "out"


def test_each_fault_has_a_row_with_its_turn_and_the_summary_counts_them(folder: Path) -> None:
    rows = read_marks(EvalFolder(folder).marks)
    found = [(row.case_id, row.kind, row.turn, row.words) for row in rows]
    assert found == [
        ("odd", Kind.STAGE, 2, "*sighs*"),
        ("odd", Kind.FLIP, 4, "It sounds like you're"),
        ("odd", Kind.GOODBYES, 8, ""),
    ]
    counted = read_summary(folder / "summary.json").marks
    assert counted is not None
    assert (counted.sessions, counted.marked) == (2, 1)
    assert {kind: (one.marks, one.sessions) for kind, one in counted.kinds.items()} == {
        kind: (1, 1) for kind in ("stage direction", "role flip", "goodbye ping-pong")
    }


def test_no_score_knows_of_them(folder: Path) -> None:
    assert "marks" not in (folder / "scores.csv").read_text(encoding="utf-8")
    assert not [name for name in read_summary(folder / "summary.json").metrics if "mark" in name]


def test_the_report_links_each_to_its_turn(folder: Path) -> None:
    report = write_report(ReportPlan(folder, sampling=Sampling(resamples=100)))
    page = report.html.read_text(encoding="utf-8")
    assert "Faults of the simulator" in page
    assert "Found in 1 of 2 sessions (50.0%)." in page
    assert "report_sessions/cbt-odd-session_1.html#turn-4" in page
    assert "Role flips" in report.markdown.read_text(encoding="utf-8")


def test_without_any_there_is_no_section_and_long_lists_are_cut(folder: Path) -> None:
    counted = read_summary(folder / "summary.json").marks
    assert marks((), counted, Pages()) == []
    row = read_marks(folder / "marks.csv")[0]
    blocks = marks([row] * (MOST_LISTED + 3), counted, Pages())
    (finding,) = next(block for block in blocks if isinstance(block, Findings)).findings
    assert len(finding.quotes) == MOST_LISTED
    assert "3 more in marks.csv" in finding.note


def test_an_evaluation_of_an_earlier_version_has_no_section(folder: Path, tmp_path: Path) -> None:
    assert read_marks(tmp_path / "marks.csv") == ()
    assert marks(read_marks(folder / "marks.csv"), None, Pages()) == []


def test_a_table_that_cannot_be_used_is_named_with_its_line(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("case_id,kind\n1,loop\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"marks\.csv: has no column modality"):
        read_marks(path)
    row: MarkRow = read_marks(folder / "marks.csv")[0]
    path.write_text(to_marks_csv([row]).replace("stage direction", "sneeze"), encoding="utf-8")
    with pytest.raises(RecordError, match=r"marks\.csv, line 2: field 'kind' has 'sneeze'"):
        read_marks(path)
