"""Dialogues of others as an evaluation takes them: scales, exit status, quotes that lead to the words."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Mixed, Modality, Speaker
from psychagent.evals.evaluate import run_eval
from psychagent.evals.importing.roles import read_roles
from psychagent.records.evaluation import EvalFolder
from psychagent.records.summary import ReadAs, read_summary
from psychagent.reports.quotes.transcripts import find_pages
from psychagent.scales.scale import default_methods, load_scales
from tests.support.children import finish, psychagent
from tests.support.eval_runs import eval_plan, rows
from tests.support.judging import GOOD
from tests.support.shapes import write

ROLES = {Speaker.COUNSELOR: "Dr. May", Speaker.CLIENT: "Tom"}


def talk(folder: Path, *, names: dict[Speaker, str] | None = None) -> Path:
    names = names or {Speaker.COUNSELOR: "Counselor", Speaker.CLIENT: "Client"}
    path = folder / "talk.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{names[s]}: {text}\n" for s, text in GOOD), encoding="utf-8")
    return path


def test_what_is_of_no_one_school_is_judged_on_the_scales_that_all_share() -> None:
    scales = load_scales()
    shared = default_methods(scales, Mixed.INTEGRATIVE)
    assert set(shared) == set.intersection(*({*default_methods(scales, m)} for m in Modality))
    assert {scales[name].group for name in shared} == {"shared"}


async def test_a_session_of_no_one_school_has_its_scores_beside_the_others(tmp_path: Path) -> None:
    for school in ("integrative", "cbt"):
        talk(tmp_path / "data" / school)
    out = tmp_path / "out"
    result = await run_eval(eval_plan(tmp_path / "data", out, methods=None, settings=EvalSettings()))
    cbt, mixed = ({r["metric"] for r in rows(out) if r["modality"] == m} for m in ("cbt", "integrative"))
    assert (cbt - mixed, mixed - cbt) == ({"CTRS", "BDI_II"}, set())
    assert [s.modality for s in EvalFolder(out).sessions()] == [Modality.CBT, Mixed.INTEGRATIVE]
    assert result.exit_status() == 0


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """A folder of one dialogue and one file that is none."""
    talk(tmp_path / "data" / "cbt")
    write(tmp_path / "data" / "cbt" / "odd.json", {"hello": 1})
    return tmp_path / "data"


async def test_files_that_are_left_out_make_the_status_1_unless_that_is_tolerated(
    half: Path, tmp_path: Path
) -> None:
    result = await run_eval(eval_plan(half, tmp_path / "out", methods=("WAI",)))
    assert [item.file for item in result.broken] == ["cbt/odd.json"]
    assert (result.exit_status(), result.exit_status("left-out")) == (1, 0)


async def test_nothing_but_files_that_are_left_out_is_a_failure_all_the_same(
    half: Path, tmp_path: Path
) -> None:
    (half / "cbt" / "talk.txt").unlink()
    result = await run_eval(eval_plan(half, tmp_path / "out", methods=("WAI",)))
    assert result.exit_status("left-out") == 1


async def test_quotes_lead_back_to_a_dialogue_whose_speakers_were_mapped(tmp_path: Path) -> None:
    data, out = talk(tmp_path / "data" / "cbt", names=ROLES).parent, tmp_path / "out"
    roles = read_roles("Dr. May=counselor,Tom=client")
    plan = eval_plan(data, out, methods=("WAI",), input_format="text", roles=roles)
    await run_eval(plan)
    assert read_summary(out / "summary.json").read_as == ReadAs(input_format="text", roles=roles)
    pages = find_pages(EvalFolder(out), data, [("cbt", "talk", 1)])
    assert pages.lacking == 0
    assert [line.text for line in pages.dialogues["cbt", "talk", 1].lines] == [text for _, text in GOOD]


def test_the_command_takes_roles_and_a_form(tmp_path: Path) -> None:
    data = talk(tmp_path / "data" / "cbt", names=ROLES)
    write(tmp_path / "data" / "cbt" / "odd.json", {"hello": 1})
    folders = ["--data-root", str(data.parent), "--output-root", str(tmp_path / "out")]
    common = ["eval", *folders, "--methods", "WAI"]
    for more, wanted, said in (
        ([], 1, "which is neither side"),
        (["--roles", "Dr. May=counselor,Tom=client"], 1, "1 sessions"),
        (["--roles", "Dr. May=counselor,Tom=client", "--tolerate", "left-out"], 0, "1 sessions"),
        (["--roles", "Tom"], 2, "write NAME=counselor or NAME=client"),
        (["--modalities", "integrativ"], 2, "did you mean 'integrative'?"),
    ):
        log = tmp_path / "output.txt"
        log.unlink(missing_ok=True)
        with psychagent([*common, *more], log) as process:
            status = finish(process)
        told = " ".join(log.read_text(encoding="utf-8").replace("│", " ").split())
        assert (status, said in told) == (wanted, True), told
