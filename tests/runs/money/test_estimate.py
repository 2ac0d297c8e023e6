"""An estimate is within 30% of what a run over the loopback server then takes, and says both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.cases import find_cases
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.prices import Prices
from psychagent.domain.base import Modality
from psychagent.domain.usage import RoleUsage
from psychagent.evals.evaluate import run_eval
from psychagent.evals.money.talks import estimate_eval
from psychagent.evals.plan import EvalPlan
from psychagent.runs.money.estimate import estimate_run
from psychagent.runs.money.estimated import Estimate, Expected
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import serve
from tests.support.metering import Meter, quoting, tokens
from tests.support.rolling import rollout_plan
from tests.support.running import FAST, run_plan

URL = "http://127.0.0.1:9/v1"
PRICES = {"loopback": Prices(prompt=1.0, cached=0.1, completion=4.0), "judge": Prices(prompt=2, completion=8)}
WITHIN = 0.3
PLAIN = {"strategy": "plain", "reply_format": "tags", "skills": "off", "planning": "off", "memory": "recap"}


def priced(plan: SamplePlan) -> SamplePlan:
    machine = plan.runtime.machine.model_copy(update={"prices": PRICES})
    return replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))


def of_plan(plan: SamplePlan, expected: Expected | None = None) -> Estimate:
    cases = find_cases(plan.dataset, plan.runtime.world.language)
    return estimate_run(plan.settings, [case.modality for case in cases], expected)


def beside(name: str, found: Estimate, billed: Mapping[str, RoleUsage]) -> None:
    """Print what was foreseen beside what was billed, and compare."""
    taken = sum(billed.values(), RoleUsage())
    print(f"\n{name}: foreseen / billed")
    for line in found.lines:
        print(f"  {line.role}: {tokens(line.used)} / {tokens(billed.get(line.role, RoleUsage()))}")
    print(f"  all: {tokens(found.total)} / {tokens(taken)} (calls, prompt, cached, completion)")
    cost = sum(PRICES["judge" if r == "judge" else "loopback"].cost(used) for r, used in billed.items())
    print(f"  money: {found.money.total:.4f} / {cost:.4f}")
    assert {line.role for line in found.lines} == set(billed)
    assert tokens(found.total) == pytest.approx(tokens(taken), rel=WITHIN)
    assert found.money.total == pytest.approx(cost, rel=WITHIN)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "over"),
    [
        ("as shipped", {"cases": 2}),
        ("another length", {"max_sessions": 2, "max_counselor_turns": 14}),
        ("plain", PLAIN),
        ("history", {"memory": "history", "skills": "off"}),
        ("no memory", {"memory": "none", "retrieval": {"query": "utterance", "method": "lexical"}}),
        ("random skills", {"skills": "random", "max_sessions": 2}),
    ],
)
async def test_a_sample_takes_what_was_foreseen(tmp_path: Path, name: str, over: dict[str, Any]) -> None:
    with serve(meter := Meter()) as server:
        plan = priced(
            run_plan(tmp_path, server.base_url, **({"max_sessions": 3, "max_counselor_turns": 6} | over))
        )
        found = of_plan(plan)
        assert (await run_sample(plan)).exit_status() == 0
    beside(f"sample, {name}", found, meter.billed)


@pytest.mark.slow
async def test_rollouts_take_what_was_foreseen(tmp_path: Path) -> None:
    with serve(meter := Meter(quoting)) as server:
        rft = {"rollout_n": 3, "rollout_retries": 0, "min_rollouts": 1}
        plan = priced(rollout_plan(tmp_path, server.base_url, rft=rft, max_sessions=2, max_counselor_turns=6))
        assert plan.rft is not None
        # all scales of the reward
        judging = plan.rft.judging.model_copy(update={"methods": {}})
        plan = replace(plan, rft=plan.rft.model_copy(update={"judging": judging}))
        found = of_plan(plan)
        assert (await run_sample(plan)).exit_status() == 0
    beside("rft", found, meter.billed)


@pytest.mark.slow
async def test_an_evaluation_takes_what_was_foreseen(tmp_path: Path) -> None:
    with serve(meter := Meter(quoting)) as server:
        judge = FAST | {"provider": "openai", "base_url": server.base_url, "model": "judge"}
        settings = EvalSettings.model_validate({"judge": judge, "prices": PRICES["judge"].model_dump()})
        plan = EvalPlan(
            settings=settings, output_root=tmp_path, env={}, modalities=(Modality.CBT,), case_limit=1
        )
        found = estimate_eval(plan)
        assert (await run_eval(plan)).exit_status() == 0
    beside("eval", found, meter.billed)


def by_role(found: Estimate) -> dict[str, int]:
    return {line.role: line.used.calls for line in found.lines}


@pytest.mark.parametrize(
    ("over", "calls"),
    [
        ({}, {"filter": 3, "counselor": 15, "client": 15, "rewrite": 12, "client_file": 3}),
        ({"skills": "off"}, {"counselor": 15, "client": 15, "client_file": 3}),
        ({"memory": "none"}, {"client_file": 0}),
        ({"memory": "rag"}, {"client_file": 0}),
        ({"memory": "mem0"}, {"client_file": 6}),
        ({"memory": "memorybank"}, {"client_file": 3}),
        # two short calls before each reply but the first
        ({"strategy": "theramind"}, {"counselor": 15, "client": 15, "perceive": 12, "strategize": 12}),
        ({"safety": {"endpoint": {"base_url": URL, "model": "small"}}}, {"risk": 15}),
    ],
)
def test_calls_follow_the_settings_of_the_baseline(
    tmp_path: Path, over: dict[str, Any], calls: dict[str, int]
) -> None:
    found = by_role(of_plan(run_plan(tmp_path, URL, max_sessions=3, max_counselor_turns=5, **over)))
    assert {role: found.get(role, 0) for role in calls} == calls
    if over.get("skills") == "off":
        assert not {"filter", "rewrite"} & found.keys()


def test_means_that_are_no_whole_numbers_lie_between_those_that_are(tmp_path: Path) -> None:
    plan = run_plan(tmp_path, URL, cases=2, max_sessions=4, max_counselor_turns=20)
    low, mean, high = (
        of_plan(plan, Expected(sessions=s, turns=t)).total.prompt_tokens
        for s, t in ((2, 10), (2.5, 10.5), (3, 11))
    )
    assert low < mean < high
    assert of_plan(plan, Expected(prefix_cache=False)).total.cached_tokens == 0


def test_hours_follow_from_the_speed_and_from_what_waits_for_what(tmp_path: Path) -> None:
    plan = run_plan(tmp_path, URL, cases=4, max_sessions=2, max_counselor_turns=10)
    one = of_plan(replace(plan, dataset=plan.dataset.model_copy(update={"max_cases": 1})))
    four = of_plan(plan)
    assert (one.lanes, four.lanes) == (1, 4)
    # four cases beside each other take as long as one
    assert four.hours(50) == pytest.approx(one.hours(50))
    assert four.hours(25) > four.hours(50)
