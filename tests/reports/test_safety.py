"""The section on safety: who asked about voiced danger and when, each session with a link to its turn."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.cli.main import app
from psychagent.domain.base import Modality
from psychagent.domain.risk.asked import Asked
from psychagent.domain.risk.session import HeardBy
from psychagent.errors import RecordError
from psychagent.evals.evaluate import run_eval
from psychagent.evals.safety.rates import count_safety
from psychagent.files.write import write_json
from psychagent.records.evaluation import EvalFolder
from psychagent.records.safety import SafetyRow, read_safety, to_safety_csv
from psychagent.reports.evaluation.danger import (
    MOST_LISTED,
    SafetyMaterial,
    gather_safety,
    is_safety_alone,
)
from psychagent.reports.evaluation.safety import NOT_AT_HAND, TITLE, safety
from psychagent.reports.evaluation.write import ReportPlan, write_report
from psychagent.reports.page.blocks import Block, Findings, Quotation, Table, Text
from psychagent.reports.quotes.items import find_extremes
from psychagent.reports.quotes.transcripts import Pages
from psychagent.scales.scale import load_scales
from psychagent.stats.bootstrap import Sampling
from tests.support.answers import answered, session
from tests.support.eval_runs import eval_plan
from tests.support.running import load
from tests.support.voiced import COURSES, VOICED, write_courses

FEW = Sampling(resamples=100)
SCALES = {"SAFETY": load_scales()["SAFETY"]}


def evaluate(root: Path, *methods: str) -> Path:
    asyncio.run(run_eval(eval_plan(write_courses(root), root / "out", methods=methods)))
    return root / "out"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evaluate(tmp_path_factory.mktemp("both"), "WAI", "SAFETY")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evaluate(tmp_path_factory.mktemp("alone"), "SAFETY")


def call(*words: object) -> str:
    result = CliRunner().invoke(app, list(map(str, words)))
    assert result.exit_code == 0, result.output
    return result.output


def row(number: int, asked: Asked | None, level: int = 2, **more: Any) -> SafetyRow:
    known = {"level": level, "turn": 2, "asked": asked} if asked else {}
    place = {"case_id": f"c{number:03}", "modality": Modality.CBT, "session_index": 1}
    return SafetyRow(**(place | known | more))


def section(*rows: SafetyRow) -> list[Block]:
    return safety(SafetyMaterial(rows, count_safety(rows, SCALES)), Pages())


def quotations(blocks: list[Block]) -> Iterator[Quotation]:
    for block in blocks:
        for finding in block.findings if isinstance(block, Findings) else ():
            yield from finding.quotes


def test_every_session_with_danger_links_to_the_turn_that_voices_it(both: Path) -> None:
    page = write_report(ReportPlan(both, sampling=FEW)).html.read_text(encoding="utf-8")
    start = page.index(f"<h2>{TITLE}</h2>")
    part = page[start : page.index("<h2>", start + 4)]
    cited = dict(re.findall(r'<cite><a href="([^"]+)">([^<]+)</a>', part))
    assert {re.sub(".*/cbt-(.*)-session_1.*", r"\1", href) for href in cited} == COURSES.keys() - {"recited"}
    for href in map(unescape, cited):
        name, _, anchor = href.partition("#")
        transcript = (both / name).read_text(encoding="utf-8")
        turn = transcript[transcript.index(f'id="{anchor}"') :]
        assert VOICED in turn[: turn.index("</li>")]
    later = next(source for href, source in cited.items() if "later" in href)
    assert "turn 2; level 2" in later
    assert later.endswith("heard by rules, asked about in turn 5")


def test_sessions_are_counted_by_level_and_by_when_danger_was_asked_about() -> None:
    blocks = section(
        row(1, Asked.AT_ONCE, level=3), row(2, Asked.NEVER), row(3, Asked.NO_TURN, level=1), row(4, None)
    )
    (table,) = (block for block in blocks if isinstance(block, Table))
    assert table.header[1:] == ("sessions", "asked at once", "later", "never", "in its last words")
    assert dict((cells[0], cells[1:]) for cells in table.rows) == {
        "level 3": ("1", "1", "0", "0", "0"),
        "level 2": ("1", "0", "0", "1", "0"),
        "level 1": ("1", "0", "0", "0", "1"),
        "all": ("3", "1", "0", "1", "1"),
    }
    assert any(isinstance(b, Text) and "in 1 of 2 sessions" in b.text for b in blocks)


def test_no_model_is_needed_for_the_section(tmp_path: Path) -> None:
    report = write_report(ReportPlan(evaluate(tmp_path, "WAI"), sampling=FEW))
    text = report.markdown.read_text(encoding="utf-8")
    assert "Danger was voiced in 4 of 5 sessions." in text
    assert "By the judge" not in text


def test_the_judges_rates_stand_beside_it_and_say_where_a_script_gave_them(both: Path) -> None:
    text = write_report(ReportPlan(both, sampling=FEW)).markdown.read_text(encoding="utf-8")
    assert "### By the judge (a script: no result)" in text
    (line,) = (line for line in text.splitlines() if line.startswith("| resource "))
    assert line.endswith("| 1 of 3 | 33.3% | 6.1% to 79.2% | 1 of 1 |")


def test_a_model_s_rates_bear_no_mark_of_a_script() -> None:
    answers = dict.fromkeys(SCALES["SAFETY"].by_id, True)
    blocks = section(row(1, Asked.LATER, status="ok", answers=answers, judge_model="m"))
    assert any(getattr(block, "text", "") == "By the judge" for block in blocks)


def test_what_was_found_by_the_gate_and_what_by_rules_is_told_apart() -> None:
    blocks = section(row(1, Asked.NEVER, heard_by=HeardBy.GATE), row(2, Asked.NEVER))
    by_gate, by_rules = (quotation.source for quotation in quotations(blocks))
    assert "heard by rules" not in by_gate
    assert "heard by rules" in by_rules


def test_a_session_whose_file_is_gone_stands_without_words_and_link() -> None:
    (quotation,) = quotations(section(row(1, Asked.NEVER)))
    assert (quotation.text, quotation.href, quotation.is_said) == ("Danger", "", False)
    assert quotation.source.startswith("cbt/c001, session 1, turn 2; level 2")


def test_the_worst_of_many_are_listed_and_the_rest_counted() -> None:
    rows = [row(n, Asked.NEVER, level=1) for n in range(MOST_LISTED + 3)] + [row(999, Asked.NEVER, level=3)]
    blocks = section(*rows)
    listed = list(quotations(blocks))
    assert len(listed) == MOST_LISTED
    assert "c999" in listed[0].source
    (finding,) = next(block for block in blocks if isinstance(block, Findings)).findings
    assert "4 more in safety.csv" in finding.note
    assert len(SafetyMaterial(tuple(rows), count_safety(rows, {})).places()) == MOST_LISTED


def test_what_the_judge_passed_over_or_did_not_answer_is_told() -> None:
    nothing = dict.fromkeys(SCALES["SAFETY"].by_id, False)
    blocks = section(
        row(1, Asked.NEVER, status="ok", answers=nothing, unsupported=5),
        row(2, Asked.NEVER, status="missing", reason="down"),
    )
    last = blocks[-1]
    assert isinstance(last, Text)
    assert "In 1 of 1 session the judge saw nothing" in last.text
    assert "For 1 session with danger the judge's answers could not be had" in last.text


def test_an_evaluation_of_before_says_how_to_look_for_danger(tmp_path: Path) -> None:
    folder = evaluate(tmp_path, "WAI")
    (folder / "safety.csv").unlink()
    summary = load(folder / "summary.json")
    # one that was made before tables were sealed
    write_json(folder / "summary.json", summary | {"tables": {}})
    text = write_report(ReportPlan(folder, sampling=FEW)).markdown.read_text(encoding="utf-8")
    assert NOT_AT_HAND in text


def test_an_evaluation_of_safety_alone_has_a_report_without_scores(alone: Path) -> None:
    assert is_safety_alone(alone)
    output = call("report", alone)
    assert re.search(r"asked +2 of 3", output)
    assert "not a result" in output
    text = (alone / "report.md").read_text(encoding="utf-8")
    assert "Not a result: made with a script" in text
    assert "Only safety was judged" in text
    assert "[cbt/never, session 1, turn 2; level 2, heard by rules](report_sessions/cbt-never" in text
    assert (alone / "report_sessions" / "cbt-never-session_1.html").is_file()


def test_rates_cannot_be_compared_with_another_evaluation(alone: Path, both: Path) -> None:
    result = CliRunner().invoke(app, ["report", str(alone), "--against", str(both)])
    assert result.exit_code != 0
    assert "leave --against out" in str(result.output) + str(result.exception)


def test_answers_to_other_questions_than_the_evaluation_holds_are_refused(both: Path, tmp_path: Path) -> None:
    folder = EvalFolder(tmp_path)
    rows = [one.model_copy(update={"scale_hash": "of another"}) for one in read_safety(both / "safety.csv")]
    folder.safety.write_text(to_safety_csv(rows), encoding="utf-8")
    (tmp_path / "scales.json").write_bytes((both / "scales.json").read_bytes())
    with pytest.raises(RecordError, match="judged with scale of another"):
        gather_safety(folder)


def test_the_terminal_prints_rates_and_no_mean_of_them(tmp_path: Path) -> None:
    data = write_courses(tmp_path)
    output = call("eval", "--data-root", data, "--output-root", tmp_path / "out", "--methods", "SAFETY")
    text = " ".join(output.split())
    assert "Danger was voiced in 4 of 5 sessions" in text
    assert "sessions: asked about at once in 1, later in 1, never in 1; in 1 it came last" in text
    assert "Sessions with danger, by the judge (script: no result)" in text
    assert "21% to 94%" in text
    assert "Mean scores" not in text


def test_calls_about_safety_are_among_those_that_were_spent(both: Path) -> None:
    report = write_report(ReportPlan(both, sampling=FEW))
    (line,) = (x for x in report.markdown.read_text(encoding="utf-8").splitlines() if x.startswith("| calls"))
    assert line == "| calls | 10 |"


def test_no_item_of_safety_is_a_best_or_worst_one() -> None:
    scores = session({"SAFETY": [answered("asked", 1), answered("stayed", 0, "default")]})
    assert find_extremes([scores], SCALES).scales == ()
