"""What a run will ask at most is said before it asks: an upper bound that what was measured stays under."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.cases import find_cases
from psychagent.assets.settings.prices import Prices
from psychagent.domain.base import Language
from psychagent.domain.role import Role
from psychagent.domain.usage import RoleUsage
from psychagent.runs.forecast import Forecast, forecast
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import serve
from tests.support.rolling import rft_settings
from tests.support.running import manifest, run_plan

UNREACHABLE = "http://127.0.0.1:9/v1"


def seen(plan: SamplePlan) -> Forecast:
    return forecast(plan, find_cases(plan.dataset, Language.EN))


def used(found: Forecast) -> dict[str, RoleUsage]:
    return {line.role: line.used for line in found.lines}


# what `python -m tests.benchmarks tokens` counted in a first session, by role: (calls, prompt tokens)
MEASURED = {
    20: {"client": (20, 47_330), "counselor": (20, 55_207), "rewrite": (19, 13_913), "summary": (1, 3_518)},
    40: {"client": (40, 152_660), "counselor": (40, 168_737), "rewrite": (39, 29_255), "summary": (1, 6_481)},
}


@pytest.mark.parametrize("turns", MEASURED)
def test_a_first_session_is_foreseen_within_a_tenth_of_what_was_measured(turns: int, tmp_path: Path) -> None:
    plan = run_plan(tmp_path, UNREACHABLE, max_sessions=1, max_counselor_turns=turns)
    foreseen = used(seen(plan))
    for role, (calls, tokens) in MEASURED[turns].items():
        assert foreseen[role].prompt_tokens == pytest.approx(tokens, rel=0.1), role
        assert calls <= foreseen[role].calls <= calls + 1, role


def test_a_real_run_stays_under_what_was_foreseen(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, cases=2, max_sessions=2, max_counselor_turns=6)
        foreseen = used(seen(plan))
        assert asyncio.run(run_sample(plan)).exit_status() == 0
    totals: dict[str, Any] = manifest(tmp_path)["totals"]
    assert totals.keys() == foreseen.keys()
    for role, spent in totals.items():
        assert spent["calls"] <= foreseen[role].calls, role


def test_finished_cases_are_asked_nothing_unless_the_run_is_made_anew(tmp_path: Path) -> None:
    with serve() as server:
        plan = run_plan(tmp_path, server.base_url, max_counselor_turns=1)
        asyncio.run(run_sample(plan))
    again = seen(plan)
    assert (again.cases, again.finished, again.total.calls) == (1, 1, 0)
    anew = seen(replace(plan, overwrite=True))
    assert anew.finished == 0
    assert anew.total.calls > 0


def test_rollouts_ask_for_each_turn_n_times_and_for_the_judge(tmp_path: Path) -> None:
    plain = run_plan(tmp_path, UNREACHABLE)
    one, four = used(seen(plain)), used(seen(replace(plain, rft=rft_settings(rollout_n=4))))
    assert four["counselor"].calls == 4 * one["counselor"].calls
    assert four["summary"] == one["summary"]
    assert four["judge"].calls == 4 * 12 * plain.baseline.max_sessions


def test_nothing_is_foreseen_for_what_a_baseline_leaves_out(tmp_path: Path) -> None:
    bare = used(seen(run_plan(tmp_path, UNREACHABLE, skills="off", memory="recap")))
    assert not {"filter", "rewrite", "client_file"} & bare.keys()


def test_the_gates_model_is_foreseen_where_there_is_one(tmp_path: Path) -> None:
    plan = run_plan(tmp_path, UNREACHABLE)
    assert Role.RISK.value not in used(seen(plan))
    endpoint = {"endpoint": {"model": "small", "base_url": UNREACHABLE}}
    baseline = plan.baseline.model_validate(plan.baseline.model_dump() | {"safety": endpoint})
    assert used(seen(replace(plan, baseline=baseline)))["risk"].calls == 4


def test_money_is_said_for_models_whose_prices_stand_in_the_settings(tmp_path: Path) -> None:
    plan = run_plan(tmp_path, UNREACHABLE)
    prices = {"loopback": Prices(prompt=2.0, completion=10.0, currency="EUR")}
    machine = plan.runtime.machine.model_copy(update={"prices": prices})
    priced = seen(replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine})))
    for line in priced.lines:
        assert line.cost == (line.used.prompt_tokens * 2 + line.used.completion_tokens * 10) / 1_000_000
        assert line.currency == "EUR"
    assert {line.cost for line in seen(plan).lines} == {None}
