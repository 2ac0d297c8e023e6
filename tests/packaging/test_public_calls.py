"""Every public name takes what it is for, and refuses in one sentence whatever else it is called with."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import psychagent
from psychagent.domain.usage import Usage
from psychagent.errors import PsychAgentError
from psychagent.evals.pairwise.run import PairwiseRun
from psychagent.runs.money.estimated import Expected
from psychagent.scales.scale import load_scales
from tests.support.exporting import offline_runtime, short_baseline

COURSES = psychagent.example_courses("en")
TURNS = [
    psychagent.Turn(speaker=speaker, text="Hello there.")
    for speaker in (psychagent.Speaker.COUNSELOR, psychagent.Speaker.CLIENT)
]
LIVE = psychagent.open_live({})
EVENTS = {"CourseEnded", "Said", "SessionClosed", "SessionOpened", "Words"}
"""What a course hands over, and nobody makes."""
ODD: dict[str, Any] = {
    "nothing": None,
    "number": 5,
    "below all": -1,
    "text": "x",
    "empty": "",
    "list": ["x"],
    "mapping": {"x": 1},
    "another object": object(),
    "class": int,
}


@cache
def deps() -> Any:
    return psychagent.build_deps(short_baseline(), offline_runtime(), LIVE)


@cache
def judge_deps() -> Any:
    return psychagent.build_judge_deps(psychagent.EvalSettings(), LIVE)


def sampled() -> dict[str, Any]:
    return {
        "baseline": psychagent.BaselineSettings(),
        "runtime": psychagent.RuntimeSettings(),
        "dataset": psychagent.DatasetSettings(),
        "save_dir": "runs",
        "env": {},
    }


def no_pairs() -> PairwiseRun:
    return PairwiseRun((), {}, (), (), judge_model="m", is_script=True, used=Usage(), taken=0, of_others=0)


VALID: dict[str, Callable[[], dict[str, Any]]] = {
    "EvalPlan": lambda: {"settings": psychagent.EvalSettings(), "output_root": "o", "env": {}},
    "ExportPlan": lambda: {"run": "r", "out": "o.jsonl"},
    "Judge": lambda: {"deps": judge_deps()},
    "Knobs": dict,
    "ReportPlan": lambda: {"folder": "r", "use": "raw"},
    "SamplePlan": sampled,
    "build_course": lambda: {"deps": deps()},
    "build_deps": lambda: {"baseline": short_baseline(), "runtime": offline_runtime(), "live": LIVE},
    "build_judge_deps": lambda: {"settings": psychagent.EvalSettings(), "live": LIVE},
    "example_courses": lambda: {"language": "en"},
    "find_cases": lambda: {"dataset": psychagent.DatasetSettings(), "language": "en"},
    "find_profile": lambda: {"name": "en01", "language": "en"},
    "judge_session": lambda: {
        "judge": psychagent.Judge(judge_deps()),
        "turns": TURNS,
        "modality": "cbt",
        "language": "en",
        "methods": "SRS",
    },
    "list_metrics": lambda: {"scales": load_scales()},
    "load_eval_settings": lambda: {"path": "offline"},
    "load_profile": lambda: {"path": COURSES.parent / "sample" / "en01.yaml"},
    "load_settings": lambda: {"model": psychagent.BaselineSettings, "path": None},
    "make_case": lambda: {
        "profile": psychagent.find_profile("en01", "en"),
        "modality": "cbt",
        "language": "en",
    },
    "open_live": lambda: {"env": {}, "calls": 2},
    "read_session": lambda: {"path": next(COURSES.rglob("session_1.json"))},
    "run_course": lambda: {
        "deps": deps(),
        "knobs": {"max_sessions": 1, "max_counselor_turns": 1},
    },
    "run_eval": lambda: {"plan": 0},
    "run_export": lambda: {"plan": 0},
    "run_sample": lambda: {"plan": 0},
    "stream_course": lambda: {
        "deps": deps(),
        "graph": psychagent.build_course(deps()),
        "knobs": {"max_sessions": 1, "max_counselor_turns": 1},
    },
    "write_report": lambda: {"plan": 0},
    "ExperimentPlan": lambda: {
        "settings": psychagent.ExperimentSettings(name="e", systems={"a": {"baseline": "offline"}}),
        "save_dir": "e",
        "env": {},
    },
    "experiment_status": lambda: {"plan": 0},
    "run_experiment": lambda: {"plan": 0},
    "judged_folders": lambda: {"plan": 0},
    "PairwisePlan": lambda: {
        "systems": {"a": "a", "b": "b"},
        "settings": psychagent.EvalSettings(),
        "out": "o",
        "env": {},
    },
    "run_pairwise": lambda: {"plan": 0},
    "count_pairwise": lambda: {"run": no_pairs()},
    "compare_evals": lambda: {"systems": {"a": ["a"], "b": ["b"]}, "out": "o", "reference": "a"},
    "estimate_run": lambda: {
        "settings": psychagent.RunSettings(
            baseline=short_baseline(), runtime=offline_runtime(), dataset=psychagent.DatasetSettings()
        ),
        "modalities": ["cbt", "bt"],
        "expected": Expected(turns=1),
    },
}
"""Public name -> what it may be called with; a plan of what takes long is left out."""
FROM_FILES = {"compare_evals"}
"""What reads files that a run made; its own tests call it as it is meant."""
TAKEN: dict[tuple[str, str], set[str]] = {
    ("ExportPlan", "run"): {"text"},
    ("ExportPlan", "out"): {"text"},
    ("EvalPlan", "output_root"): {"text"},
    ("EvalPlan", "env"): {"mapping"},
    ("ReportPlan", "folder"): {"text"},
    ("ReportPlan", "use"): {"nothing"},
    ("SamplePlan", "save_dir"): {"text"},
    ("ExperimentPlan", "save_dir"): {"text"},
    ("ExperimentPlan", "env"): {"mapping"},
    ("SamplePlan", "env"): {"mapping"},
    ("PairwisePlan", "out"): {"text"},
    ("PairwisePlan", "env"): {"mapping"},
    ("compare_evals", "out"): {"text"},
    ("compare_evals", "reference"): {"nothing"},
    ("estimate_run", "expected"): {"nothing"},
    ("judge_session", "methods"): {"nothing"},
    ("load_settings", "path"): {"nothing"},
    ("load_eval_settings", "path"): {"nothing"},
    ("example_courses", "language"): {"nothing", "empty"},
    ("open_live", "env"): {"mapping"},
    ("open_live", "calls"): {"number"},
    ("run_course", "knobs"): {"nothing"},
    ("stream_course", "knobs"): {"nothing"},
    ("stream_course", "graph"): {"nothing"},
}
"""What looks odd and is meant."""


async def drained(stream: AsyncIterator[Any]) -> None:
    async for _ in stream:
        pass


def call(name: str, given: dict[str, Any]) -> None:
    made = getattr(psychagent, name)(**given)
    if inspect.iscoroutine(made):
        asyncio.run(made)
    elif inspect.isasyncgen(made):
        asyncio.run(drained(made))


def odd_calls() -> Iterator[tuple[str, str, str]]:
    for name, valid in VALID.items():
        for argument in valid():
            for odd in ODD:
                if odd not in TAKEN.get((name, argument), ()):
                    yield name, argument, odd


def test_every_public_name_is_tried() -> None:
    data = {
        name
        for name in psychagent.PUBLIC
        if isinstance(kind := getattr(psychagent, name), type)
        and (issubclass(kind, BaseModel) or hasattr(kind, "__members__"))
    }
    assert VALID.keys() | data | EVENTS == psychagent.PUBLIC.keys()


@pytest.mark.parametrize(
    "name", [name for name in sorted(VALID.keys() - FROM_FILES) if "plan" not in VALID[name]()]
)
def test_what_a_public_name_is_for_is_taken(name: str) -> None:
    call(name, VALID[name]())


@pytest.mark.parametrize(("name", "argument", "odd"), list(odd_calls()))
def test_whatever_else_it_is_called_with_is_refused_in_one_sentence(
    name: str, argument: str, odd: str
) -> None:
    with pytest.raises(PsychAgentError) as error:
        call(name, VALID[name]() | {argument: ODD[odd]})
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


def test_a_person_is_nobodys_client_where_nobody_can_be_asked() -> None:
    with pytest.raises(PsychAgentError, match="knob 'client': 'human' waits for a person's words"):
        call("run_course", {"deps": deps(), "knobs": {"client": "human"}})


def test_a_profile_is_played_in_the_language_that_it_is_written_in() -> None:
    profile = psychagent.find_profile("en01", "en")
    with pytest.raises(PsychAgentError, match="field 'language' has 'en', and the case is to be in 'zh'"):
        psychagent.make_case(profile, "cbt", "zh")


@pytest.mark.parametrize("path", ["", " ", "a\nb", "a" * 300])
def test_a_text_that_can_be_no_path_is_none_of_a_plan(path: str) -> None:
    for name, field in (("SamplePlan", "save_dir"), ("ReportPlan", "folder"), ("ExportPlan", "out")):
        with pytest.raises(PsychAgentError, match=f"{name}: field '{field}' has "):
            call(name, VALID[name]() | {field: path})
    assert psychagent.SamplePlan(**sampled() | {"save_dir": Path("runs")}).save_dir == Path("runs")
