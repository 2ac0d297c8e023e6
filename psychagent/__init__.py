"""PsychAgent: a counselor agent that works with one client over many sessions.

`PUBLIC` lists the public names, everything that a notebook needs. Each is imported on first use, so
that `import psychagent` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from logging import NullHandler, getLogger
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # for type checkers and editors; a test compares these imports with the mapping
    from psychagent.assets.cases import find_cases as find_cases
    from psychagent.assets.profiles import find_profile as find_profile
    from psychagent.assets.profiles import load_profile as load_profile
    from psychagent.assets.profiles import make_case as make_case
    from psychagent.assets.settings.baseline import BaselineSettings as BaselineSettings
    from psychagent.assets.settings.dataset import DatasetSettings as DatasetSettings
    from psychagent.assets.settings.experiment import ExperimentSettings as ExperimentSettings
    from psychagent.assets.settings.judge import EvalSettings as EvalSettings
    from psychagent.assets.settings.judge import load_eval_settings as load_eval_settings
    from psychagent.assets.settings.load import load_settings as load_settings
    from psychagent.assets.settings.rollouts import RftSettings as RftSettings
    from psychagent.assets.settings.runtime import RuntimeSettings as RuntimeSettings
    from psychagent.domain.base import Language as Language
    from psychagent.domain.base import Modality as Modality
    from psychagent.domain.base import Speaker as Speaker
    from psychagent.domain.base import Stage as Stage
    from psychagent.domain.turn import Turn as Turn
    from psychagent.evals.evaluate import run_eval as run_eval
    from psychagent.evals.pairwise.plan import PairwisePlan as PairwisePlan
    from psychagent.evals.pairwise.result import count_pairwise as count_pairwise
    from psychagent.evals.pairwise.run import run_pairwise as run_pairwise
    from psychagent.evals.plan import EvalPlan as EvalPlan
    from psychagent.evals.plan import example_courses as example_courses
    from psychagent.experiments.plan import ExperimentPlan as ExperimentPlan
    from psychagent.experiments.report import judged_folders as judged_folders
    from psychagent.experiments.run import run_experiment as run_experiment
    from psychagent.experiments.status import experiment_status as experiment_status
    from psychagent.export.plan import ExportPlan as ExportPlan
    from psychagent.export.write import run_export as run_export
    from psychagent.flows.build import build_deps as build_deps
    from psychagent.flows.course import build_course as build_course
    from psychagent.flows.events import CourseEnded as CourseEnded
    from psychagent.flows.events import Said as Said
    from psychagent.flows.events import SessionClosed as SessionClosed
    from psychagent.flows.events import SessionOpened as SessionOpened
    from psychagent.flows.events import Words as Words
    from psychagent.flows.judge import Judge as Judge
    from psychagent.flows.judge import build_judge_deps as build_judge_deps
    from psychagent.flows.judge import judge_session as judge_session
    from psychagent.flows.live import open_live as open_live
    from psychagent.flows.play import run_course as run_course
    from psychagent.flows.play import stream_course as stream_course
    from psychagent.nodes.knobs import Knobs as Knobs
    from psychagent.records.manifest import RunSettings as RunSettings
    from psychagent.records.session import read_session as read_session
    from psychagent.reports.comparison.write import compare_evals as compare_evals
    from psychagent.reports.evaluation.write import ReportPlan as ReportPlan
    from psychagent.reports.evaluation.write import write_report as write_report
    from psychagent.runs.money.estimate import estimate_run as estimate_run
    from psychagent.runs.plan import SamplePlan as SamplePlan
    from psychagent.runs.sample import run_sample as run_sample
    from psychagent.scales.metrics import list_metrics as list_metrics

# whether to log is the application's choice; without a handler Python prints warnings to stderr
getLogger(__name__).addHandler(NullHandler())

PUBLIC = {
    "BaselineSettings": "psychagent.assets.settings.baseline",
    "CourseEnded": "psychagent.flows.events",
    "DatasetSettings": "psychagent.assets.settings.dataset",
    "EvalPlan": "psychagent.evals.plan",
    "EvalSettings": "psychagent.assets.settings.judge",
    "ExperimentPlan": "psychagent.experiments.plan",
    "ExperimentSettings": "psychagent.assets.settings.experiment",
    "ExportPlan": "psychagent.export.plan",
    "Judge": "psychagent.flows.judge",
    "Knobs": "psychagent.nodes.knobs",
    "Language": "psychagent.domain.base",
    "Modality": "psychagent.domain.base",
    "PairwisePlan": "psychagent.evals.pairwise.plan",
    "ReportPlan": "psychagent.reports.evaluation.write",
    "RftSettings": "psychagent.assets.settings.rollouts",
    "RunSettings": "psychagent.records.manifest",
    "RuntimeSettings": "psychagent.assets.settings.runtime",
    "Said": "psychagent.flows.events",
    "SamplePlan": "psychagent.runs.plan",
    "SessionClosed": "psychagent.flows.events",
    "SessionOpened": "psychagent.flows.events",
    "Speaker": "psychagent.domain.base",
    "Stage": "psychagent.domain.base",
    "Turn": "psychagent.domain.turn",
    "Words": "psychagent.flows.events",
    "build_course": "psychagent.flows.course",
    "build_deps": "psychagent.flows.build",
    "build_judge_deps": "psychagent.flows.judge",
    "compare_evals": "psychagent.reports.comparison.write",
    "count_pairwise": "psychagent.evals.pairwise.result",
    "estimate_run": "psychagent.runs.money.estimate",
    "example_courses": "psychagent.evals.plan",
    "experiment_status": "psychagent.experiments.status",
    "find_cases": "psychagent.assets.cases",
    "find_profile": "psychagent.assets.profiles",
    "judge_session": "psychagent.flows.judge",
    "judged_folders": "psychagent.experiments.report",
    "list_metrics": "psychagent.scales.metrics",
    "load_eval_settings": "psychagent.assets.settings.judge",
    "load_profile": "psychagent.assets.profiles",
    "load_settings": "psychagent.assets.settings.load",
    "make_case": "psychagent.assets.profiles",
    "open_live": "psychagent.flows.live",
    "read_session": "psychagent.records.session",
    "run_course": "psychagent.flows.play",
    "run_eval": "psychagent.evals.evaluate",
    "run_experiment": "psychagent.experiments.run",
    "run_export": "psychagent.export.write",
    "run_pairwise": "psychagent.evals.pairwise.run",
    "run_sample": "psychagent.runs.sample",
    "stream_course": "psychagent.flows.play",
    "write_report": "psychagent.reports.evaluation.write",
}
"""Public name -> the module that defines it."""

__all__ = [*PUBLIC]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'psychagent' has no attribute {name!r}")
    return getattr(import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names along with what is already loaded."""
    return sorted({*globals(), *PUBLIC})
