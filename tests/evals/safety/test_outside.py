"""Scores are the same with and without a scale of safety among the methods: it is averaged with nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Modality
from psychagent.evals.evaluate import run_eval
from psychagent.evals.norms import compute_norms
from psychagent.evals.plan import EvalPlan
from psychagent.evals.summary import EvalResult
from psychagent.records.evaluation import EvalFolder
from psychagent.records.summary import EvalSummary, read_summary
from psychagent.reports.evaluation.sections import Material, by_metric, by_modality, headline, headlines
from psychagent.reports.evaluation.write import ReportPlan, compare_with, gather
from psychagent.scales.reward import load_norms, to_signals
from psychagent.scales.scale import default_methods, load_scales
from psychagent.stats.bootstrap import Sampling

FEW = Sampling(resamples=100)


class Pair(NamedTuple):
    """The example courses, judged on the default scales, and on these and SAFETY."""

    without: EvalResult
    with_it: EvalResult
    folders: tuple[Path, Path]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    scales = load_scales()
    methods = {m: (*default_methods(scales, m), "SAFETY") for m in Modality}
    folder = tmp_path_factory.mktemp("outside")
    both = (folder / "without", folder / "with")
    settings = (EvalSettings(), EvalSettings(methods=methods))
    plans = [
        EvalPlan(one, out, env={}, modalities=(Modality.CBT, Modality.PDT))
        for one, out in zip(settings, both, strict=True)
    ]
    results = [asyncio.run(run_eval(plan)) for plan in plans]
    assert all("SAFETY" in scores.scales for scores in results[1].sessions)
    return Pair(results[0], results[1], both)


@pytest.mark.parametrize("table", ["scores.csv", "degenerate.csv"])
def test_the_tables_are_the_same_to_the_byte(pair: Pair, table: str) -> None:
    before, after = ((folder / table).read_bytes() for folder in pair.folders)
    assert before == after


def test_the_summary_differs_in_nothing_but_what_was_asked_and_spent(pair: Pair) -> None:
    own = {"safety", "scales", "scale_hashes", "tables", "usage", "cost"}
    before, after = (read_summary(EvalFolder(folder).summary).to_file() for folder in pair.folders)
    assert {name: value for name, value in before.items() if name not in own} == {
        name: value for name, value in after.items() if name not in own
    }
    assert before["safety"]["items"] == {}
    assert after["safety"]["items"]


def as_by_a_model(material: Material) -> Material:
    """Take the mark of a script off, under which the paper's numbers are left out."""
    scores = material.scores
    frame = scores.frame.assign(is_script=False)
    return replace(material, scores=replace(scores, frame=frame, summary=EvalSummary()))


def test_headline_groups_and_the_papers_table_are_the_same(pair: Pair) -> None:
    before, after = (as_by_a_model(gather(ReportPlan(folder, sampling=FEW))) for folder in pair.folders)
    assert "Paper" in str(headline(before))
    assert headlines(before) == headlines(after)
    for section in (headline, by_metric, by_modality):
        assert section(before) == section(after)
    assert before.extremes == after.extremes


def test_a_comparison_of_the_two_finds_no_difference_and_no_metric_of_one_side(pair: Pair) -> None:
    without, with_it = pair.folders
    plan = ReportPlan(with_it, against=without, sampling=FEW)
    versus = compare_with(gather(plan), plan)
    assert versus is not None
    contrasts = {**versus.comparison.panels, **versus.comparison.metrics}
    assert {contrast.difference for contrast in contrasts.values()} == {0.0}
    assert versus.comparison.warnings == ()


def test_rewards_are_the_same(pair: Pair) -> None:
    norms = load_norms()
    for before, after in zip(pair.without.sessions, pair.with_it.sessions, strict=True):
        assert before.values() == after.values()
        assert to_signals(before.values(), norms) == to_signals(after.values(), norms)


def test_norms_are_the_same_even_over_all_metrics(pair: Pair) -> None:
    before, after = (compute_norms(folder, least=2, all_metrics=True).norms for folder in pair.folders)
    assert (before.counselor, before.client) == (after.counselor, after.client)
