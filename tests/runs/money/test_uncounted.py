"""A server that does not say what a reply took keeps a budget all the same: by an estimate that is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.prices import Prices
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.asked import ask
from tests.support.loopback.replies import reply_to
from tests.support.loopback.server import Behave, Call, Http, chat_body, serve
from tests.support.rolling import rollout_plan, seeded
from tests.support.running import manifest, run_plan, write_yaml

PRICE = Prices(prompt=1.0, completion=4.0)
USAGES: dict[str, Any] = {
    "none": None,
    "zeros": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "words": {"prompt_tokens": "many", "completion_tokens": "few"},
    "half of it": {"completion_tokens": 5},
}


def uncounted(usage: Any, answer: Behave = lambda call, number: None) -> Behave:
    """Answer as usual, but say this of the tokens."""

    def behave(call: Call, number: int) -> Http | None:
        if not call.path.endswith("/chat/completions"):
            return None
        usual = answer(call, number) or Http(body=chat_body(reply_to(call.role, call.body)))
        assert isinstance(usual.body, dict)
        return Http(body=usual.body | {"usage": usage})

    return behave


def with_budget(plan: SamplePlan, limit: float) -> SamplePlan:
    more = {"prices": {"loopback": PRICE, "judge": PRICE}, "budget": BudgetSettings(limit=limit)}
    machine = plan.runtime.machine.model_copy(update=more)
    return replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))


@pytest.mark.parametrize("make", [run_plan, rollout_plan], ids=["sample", "rft"])
@pytest.mark.parametrize("usage", USAGES.values(), ids=USAGES)
async def test_a_budget_acts_where_no_server_counts(tmp_path: Path, usage: Any, make: Any) -> None:
    with serve(uncounted(usage, seeded)) as server:
        result = await run_sample(with_budget(make(tmp_path, server.base_url), 0.004))
    assert result.exit_status() == 3
    assert result.spending is not None
    assert result.spending.money.total >= 0.004
    assert "counselor" in result.spending.money.estimated
    assert "estimated for " in result.spending.words()
    used = manifest(tmp_path)["totals"]["counselor"]
    assert used["estimated"] == used["calls"] > 0
    assert used["prompt_tokens"] > used["completion_tokens"] > 0


async def test_what_is_estimated_is_near_what_a_server_counts(tmp_path: Path) -> None:
    sums = {}
    for name, behave in {"counted": None, "estimated": uncounted(None)}.items():
        with serve(behave) as server:
            result = await run_sample(with_budget(run_plan(tmp_path / name, server.base_url), 100))
        assert result.spending is not None
        assert bool(result.spending.money.estimated) is (name == "estimated")
        sums[name] = result.spending.money.total
    assert sums["estimated"] == pytest.approx(sums["counted"], rel=0.2)


def test_the_command_marks_what_it_estimated(tmp_path: Path) -> None:
    with serve(uncounted(None)) as server:
        plan = with_budget(run_plan(tmp_path / "runs", server.base_url, max_sessions=1), 50)
        done = ask(*write_yaml(tmp_path, plan))
    assert done.status == 0, done.said
    assert "the server does not count tokens" in done.said
    assert "~ is estimated" in done.said
