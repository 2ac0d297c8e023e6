"""What a notebook hands over as text, or by mistake, is taken for what it means or refused in a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import psychagent
from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Modality
from psychagent.errors import PsychAgentError
from psychagent.export.plan import RewardFilter
from psychagent.flows.build import build_deps
from psychagent.flows.live import open_live
from psychagent.flows.play import run_course
from tests.support.exporting import offline_runtime, short_baseline

PROFILE = asset_dir("profiles") / "en" / "sample" / "en01.yaml"
SESSION = next(iter(sorted((asset_dir("profiles") / "en" / "courses").rglob("session_1.json"))))
PARTS: dict[str, Any] = {
    "baseline": psychagent.BaselineSettings(),
    "runtime": psychagent.RuntimeSettings(),
    "dataset": psychagent.DatasetSettings(),
    "save_dir": "runs",
    "env": {},
}

TAKEN: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
    (lambda: psychagent.load_profile(str(PROFILE)), lambda: psychagent.load_profile(PROFILE)),
    (lambda: psychagent.read_session(str(SESSION)), lambda: psychagent.read_session(SESSION)),
    (lambda: psychagent.find_profile("en01", "en"), lambda: psychagent.find_profile("en01", Language.EN)),
    (
        lambda: psychagent.make_case(psychagent.load_profile(PROFILE), "cbt", "en"),
        lambda: psychagent.make_case(psychagent.load_profile(PROFILE), Modality.CBT, Language.EN),
    ),
    (lambda: psychagent.example_courses("zh"), lambda: psychagent.example_courses(Language.ZH)),
    (lambda: psychagent.SamplePlan(**PARTS).folder.path, lambda: Path("runs") / "offline"),
    (
        lambda: psychagent.ExportPlan(run="r", out="o.jsonl"),  # type: ignore[arg-type]
        lambda: psychagent.ExportPlan(run=Path("r"), out=Path("o.jsonl")),
    ),
    (
        lambda: psychagent.ReportPlan(folder="r"),  # type: ignore[arg-type]
        lambda: psychagent.ReportPlan(folder=Path("r")),
    ),
    (
        lambda: psychagent.load_settings(psychagent.EvalSettings, None),
        lambda: psychagent.load_eval_settings(None),
    ),
    (lambda: psychagent.load_settings(psychagent.RftSettings, "default").rollout_n, lambda: 4),
]


@pytest.mark.parametrize(("given", "meant"), TAKEN)
def test_text_is_taken_for_the_path_or_word_that_it_names(
    given: Callable[[], Any], meant: Callable[[], Any]
) -> None:
    assert given() == meant()


def plan_with(**changed: Any) -> Callable[[], Any]:
    return lambda: psychagent.SamplePlan(**{**PARTS, **changed})


def eval_plan(**given: Any) -> Callable[[], Any]:
    return lambda: psychagent.EvalPlan(
        **{"settings": psychagent.EvalSettings(), "output_root": "o", "env": {}, **given}
    )


def judged(turns: Any) -> Any:
    judge = psychagent.Judge(psychagent.build_judge_deps(psychagent.EvalSettings(), psychagent.open_live({})))
    return asyncio.run(psychagent.judge_session(judge, turns, "cbt", "en", "WAI"))  # type: ignore[arg-type]


ODD: Any = 5
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: psychagent.load_profile("none"), "none: no such file"),
    (lambda: psychagent.load_profile(ODD), "the profile's file is 5, not a path"),
    (lambda: psychagent.load_profile(""), "the profile's file '' is empty; name a path"),
    (lambda: psychagent.read_session("none"), "none: no such file"),
    (lambda: psychagent.read_session(ODD), "the session's file is 5, not a path"),
    (lambda: psychagent.load_settings(psychagent.BaselineSettings, ODD), "a file of settings is 5, not a"),
    (lambda: psychagent.load_eval_settings(ODD), "a file of settings is 5, not a path"),
    (lambda: psychagent.find_profile("en01", "fr"), "'fr' is no language; known: en, zh"),
    (lambda: psychagent.find_profile(ODD, "en"), "no profile 5 for 'en'"),
    (lambda: psychagent.find_cases(psychagent.DatasetSettings(), ODD), "5 is no language; known: en, zh"),
    (
        lambda: psychagent.make_case(psychagent.load_profile(PROFILE), "cbd", "en"),
        "'cbd' is no modality; did you mean 'cbt'?",
    ),
    (lambda: psychagent.example_courses("fr"), "'fr' is no language; known: en, zh"),
    (lambda: psychagent.open_live({}, calls=0), "calls is 0: write 1 or more"),
    (
        lambda: psychagent.run_export(ODD),
        "the plan must be of the kind ExportPlan, and is 5",
    ),
    (lambda: psychagent.write_report("r"), "the plan must be of the kind ReportPlan, and is 'r'; build"),  # type: ignore[arg-type]
    (lambda: asyncio.run(psychagent.run_sample(ODD)), "the plan must be of the kind SamplePlan, and is 5"),
    (lambda: asyncio.run(psychagent.run_eval(ODD)), "the plan must be of the kind EvalPlan, and is 5"),
    (lambda: psychagent.find_cases(ODD, "en"), "the dataset must be of the kind DatasetSettings, and is 5"),
    (lambda: psychagent.make_case(ODD, "cbt", "en"), "the profile must be of the kind Profile, and is 5"),
    (
        lambda: psychagent.build_deps(ODD, ODD, ODD),
        "the baseline must be of the kind BaselineSettings, and is 5",
    ),
    (
        lambda: psychagent.build_judge_deps(ODD, psychagent.open_live({})),
        "the settings must be of the kind Eval",
    ),
    (
        lambda: asyncio.run(psychagent.run_course(ODD)),
        "what the course is made of must be of the kind D",
    ),
    (lambda: judged([("client", "Hello.")]), "turn 1 must be of the kind Turn, and is a list"),
    (lambda: judged("Hello."), "turn 1 must be of the kind Turn, and is 'H'"),
    (lambda: psychagent.Knobs(ODD), "knob 'language': 5 is unknown; known: en, zh"),
    (plan_with(baseline="offline"), "SamplePlan: field 'baseline' has 'offline': write"),
    (plan_with(save_dir=5), "SamplePlan: field 'save_dir' has 5: write a path"),
    (plan_with(savedir="x"), "SamplePlan: unknown key 'savedir'; did you mean 'save_dir'?"),
    (lambda: psychagent.SamplePlan(**dict[str, Any]()), "SamplePlan: field 'baseline' is missing; add it"),
    (lambda: psychagent.SamplePlan(ODD, *[ODD] * 4), "SamplePlan: field 'baseline' has 5: write"),
    (eval_plan(modalities=("cbd",)), "EvalPlan: field 'modalities.0' has 'cbd': known: bt"),
    (eval_plan(methods="WAI"), "EvalPlan: field 'methods' has 'WAI': write a list"),
    (eval_plan(case_limit=0), "EvalPlan: field 'case_limit' has 0: write 1 or more"),
    (lambda: psychagent.ReportPlan(folder=ODD), "ReportPlan: field 'folder' has 5: write a path"),
    (lambda: RewardFilter(top_fraction=2), "RewardFilter: field 'top_fraction' has 2: write 1 or less"),
    (
        lambda: psychagent.ExportPlan(run=Path("r"), out=Path("o"), format=ODD),
        "ExportPlan: field 'format' has 5: write 'messages', ",
    ),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_sentence(given: Callable[[], Any], said: str) -> None:
    with pytest.raises(PsychAgentError) as error:
        given()
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


async def test_knobs_of_a_course_may_be_a_mapping_and_are_checked() -> None:
    async with open_live({}) as live:
        deps = build_deps(short_baseline(retrieval={"method": "lexical"}), offline_runtime(), live)
        sessions = await run_course(deps, knobs={"max_sessions": 1, "max_counselor_turns": 1})
        assert len(sessions) == 1
        for knobs, said in (
            ({"max_sessions": 0}, "knob 'max_sessions': has 0"),
            (ODD, "the context is 5, not"),
        ):
            with pytest.raises(PsychAgentError, match=said):
                await run_course(deps, knobs=knobs)
