"""The scales that were judged: kept by the evaluation, read by report, norms and agreement, and held to."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.judge import EvalSettings
from psychagent.errors import RecordError
from psychagent.evals.evaluate import run_eval
from psychagent.evals.norms import compute_norms
from psychagent.evals.ratings.columns import Columns
from psychagent.evals.ratings.judge import add_judge
from psychagent.evals.ratings.ranges import Ranges
from psychagent.evals.ratings.table import read_ratings
from psychagent.evals.scales import read_scales
from psychagent.files.digest import hash_json
from psychagent.files.lines import write_lines
from psychagent.records.evaluation import EvalFolder
from psychagent.records.summary import read_summary
from psychagent.reports.evaluation.write import ReportPlan, gather, write_report
from psychagent.scales.scale import load_scales
from psychagent.stats.bootstrap import Sampling
from psychagent.stats.panels import Panel
from tests.support.eval_runs import eval_plan, make_run
from tests.support.running import load
from tests.support.score_tables import make_rows, noisy, write_table

FEW = Sampling(resamples=100)
METHODS = ("WAI", "SRS")


def own_scales(folder: Path, **changes: str) -> Path:
    """Copy the bundled scales; of WAI, exchange words."""
    copytree(asset_dir("configs") / "scales", folder)
    path = folder / "WAI.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert f"{old}: " in text
        text = "\n".join(f"{old}: {new}" if s.startswith(f"{old}: ") else s for s in text.split("\n"))
    path.write_text(text, encoding="utf-8")
    return folder


def new_scale(folder: Path) -> None:
    """Add a scale of one's own: the words of WAI under another name, its default at the top."""
    data = yaml.safe_load((folder / "WAI.yaml").read_text(encoding="utf-8"))
    data |= {"name": "MINE", "default": data["range"][1], "in_reward": False}
    data["metrics"] = [metric | {"key": "MINE"} for metric in data["metrics"]]
    (folder / "MINE.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


async def evaluate(
    tmp_path: Path, scales: Path | None, methods: tuple[str, ...] = METHODS, name: str = "out"
) -> Path:
    data = make_run(tmp_path / "data", *(f"en{n:02}" for n in range(1, 6)), sessions=3)
    settings = EvalSettings(degenerate=0, scales_root=scales)
    await run_eval(eval_plan(data, tmp_path / name, settings=settings, methods=methods))
    return tmp_path / name


def silent(folder: Path) -> float:
    """What the report says an empty session scores, over the counselor's shared metrics."""
    return gather(ReportPlan(folder, sampling=FEW)).numbers.silent[Panel("counselor", "shared")]


async def test_an_empty_session_scores_by_the_scales_that_were_judged(tmp_path: Path) -> None:
    bundled = load_scales()["WAI"]
    assert (bundled.range, bundled.default) == ((1, 5), 3)
    assert silent(await evaluate(tmp_path, None, name="bundled")) == 5.0
    assert silent(await evaluate(tmp_path, own_scales(tmp_path / "scales", default="2"))) == 2.5


async def test_a_new_scale_is_known_to_report_and_norms(tmp_path: Path) -> None:
    scales = own_scales(tmp_path / "scales")
    new_scale(scales)
    out = await evaluate(tmp_path, scales, methods=("MINE", "WAI", "SRS"))
    report = write_report(ReportPlan(out, sampling=FEW))
    assert "MINE" in report.markdown.read_text(encoding="utf-8")
    # WAI's empty session scores 5, that of the new scale 10
    assert silent(out) == 7.5
    for found, is_in in (
        (compute_norms(out, least=2), False),
        (compute_norms(out, least=2, all_metrics=True), True),
    ):
        assert ("counselor.MINE" in found.left_out or "MINE" in found.norms.counselor) is is_in


async def test_the_scales_stand_whole_beside_the_scores_with_the_hashes_of_the_summary(
    tmp_path: Path,
) -> None:
    out = await evaluate(tmp_path, own_scales(tmp_path / "scales", default="2"))
    data = json.loads((out / "scales.json").read_text(encoding="utf-8"))
    assert next(iter(data)) == "schema_version"
    assert data["scales"]["WAI"]["default"] == 2
    hashes = read_summary(EvalFolder(out).summary).scale_hashes
    assert hashes == {name: data["hashes"][name] for name in METHODS}
    scales = read_scales(out, hashes.items())
    assert {name: scales[name].hash for name in METHODS} == hashes


def judged_with_other_scales(out: Path) -> str:
    """Let the evaluation's scales be others than its scores are of; return the pattern of the refusal."""
    path = EvalFolder(out).scales
    data = load(path)
    seen = data["hashes"]["WAI"]
    data["scales"]["WAI"]["default"] = 5
    data["hashes"]["WAI"] = now = hash_json(data["scales"]["WAI"])
    path.write_text(json.dumps(data), encoding="utf-8")
    return f"{out.name}: WAI was judged with scale {seen}, scales.json has {now}; evaluate again"


def rate(tmp_path: Path) -> Path:
    rows = [{"rater": "A", "dialogue": f"cbt/en01/session_{n}", "dimension": "1", "score": n} for n in (1, 2)]
    write_lines(tmp_path / "ratings.jsonl", rows)
    return tmp_path / "ratings.jsonl"


async def test_scores_of_other_scales_are_refused_wherever_they_are_read(tmp_path: Path) -> None:
    out = await evaluate(tmp_path, None)
    other = write_table(tmp_path / "table", make_rows(noisy(), modalities=("cbt",)))
    said = judged_with_other_scales(out)
    with pytest.raises(RecordError, match=said):
        write_report(ReportPlan(out, sampling=FEW))
    with pytest.raises(RecordError, match=said):
        write_report(ReportPlan(other, against=out, sampling=FEW))
    with pytest.raises(RecordError, match=said):
        compute_norms(out, least=2)
    with pytest.raises(RecordError, match=said):
        add_judge(read_ratings(rate(tmp_path), Columns(), Ranges()), out, "WAI")


async def test_a_scale_that_was_changed_in_the_evaluation_s_folder_is_refused(tmp_path: Path) -> None:
    out = await evaluate(tmp_path, None)
    path = EvalFolder(out).scales
    data = load(path)
    data["scales"]["WAI"]["default"] = 5
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(RecordError, match="scale .WAI. is not what the evaluation was judged with"):
        write_report(ReportPlan(out, sampling=FEW))


async def test_an_evaluation_of_an_older_version_is_read_with_the_bundled_scales_if_they_are_its_own(
    tmp_path: Path,
) -> None:
    same = await evaluate(tmp_path, None, name="same")
    changed = await evaluate(tmp_path, own_scales(tmp_path / "scales", default="2"), name="changed")
    for out in (same, changed):
        (out / "scales.json").unlink()
    assert silent(same) == 5.0
    with pytest.raises(
        RecordError, match=r"changed: WAI was judged with scale \w+, the bundled scales .* has"
    ):
        silent(changed)
    with pytest.raises(RecordError, match=r"changed: WAI was judged .* evaluate again with the scales"):
        compute_norms(changed, least=2)


async def test_a_scale_that_is_not_there_is_refused(tmp_path: Path) -> None:
    scales = own_scales(tmp_path / "scales")
    new_scale(scales)
    out = await evaluate(tmp_path, scales, methods=("MINE",))
    (out / "scales.json").unlink()
    with pytest.raises(RecordError, match=r"counselor\.MINE was judged .* has no such scale"):
        silent(out)


async def test_evaluating_again_keeps_the_scores_and_mends_what_was_refused(tmp_path: Path) -> None:
    scales = own_scales(tmp_path / "scales", default="2")
    out = await evaluate(tmp_path, scales)
    (out / "scales.json").unlink()
    before = (out / "scores.csv").read_bytes()
    await evaluate(tmp_path, scales)
    assert (out / "scores.csv").read_bytes() == before
    assert silent(out) == 2.5
