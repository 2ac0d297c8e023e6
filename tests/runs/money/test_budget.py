"""A budget ends a run cleanly, counts what earlier commands spent, and more lets the same command go on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.prices import Prices
from psychagent.errors import SettingsError
from psychagent.runs.money.priced import cost_of
from psychagent.runs.money.spent import spent_in
from psychagent.runs.outcome import RunResult, Status
from psychagent.runs.plan import SamplePlan, check_plan
from psychagent.runs.sample import run_sample
from tests.support.children import finish, psychagent, wait_for
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.metering import Meter, billed_in, tokens
from tests.support.rolling import rollout_plan, seeded
from tests.support.running import course_file, manifest, repeats, run_plan, write_yaml

PRICES = {"loopback": Prices(prompt=1.0, cached=0.1, completion=4.0), "judge": Prices(prompt=2, completion=8)}


def with_money(plan: SamplePlan, limit: float | None = None, **more: Any) -> SamplePlan:
    """Price the models of a plan, and give it a budget."""
    budget = None if limit is None else BudgetSettings.model_validate({"limit": limit} | more)
    machine = plan.runtime.machine.model_copy(update={"prices": PRICES, "budget": budget})
    return replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))


def money(meter: Meter) -> float:
    """What the server would bill."""
    judge = {role: used for role, used in meter.billed.items() if role == "judge"}
    rest = {role: used for role, used in meter.billed.items() if role != "judge"}
    return sum(PRICES["judge"].cost(used) for used in judge.values()) + sum(
        PRICES["loopback"].cost(used) for used in rest.values()
    )


async def whole(tmp_path: Path, **over: Any) -> float:
    """What a run without a budget costs."""
    with serve(meter := Meter()) as server:
        assert (await run_sample(with_money(run_plan(tmp_path, server.base_url, **over)))).exit_status() == 0
    return money(meter)


def spent(result: RunResult) -> float:
    assert result.spending is not None
    return result.spending.money.total


@pytest.mark.parametrize("soft", [1.0, 0.5])
async def test_a_run_stops_at_its_budget_and_goes_on_with_more(tmp_path: Path, soft: float) -> None:
    over: dict[str, Any] = {"cases": 2, "max_sessions": 3}
    cost = await whole(tmp_path / "free", **over)
    with serve(meter := Meter()) as server:
        plan = with_money(run_plan(tmp_path / "kept", server.base_url, **over), cost / 2, soft=soft)
        first = await run_sample(plan)
        assert first.exit_status() == 3
        assert spent(first) == pytest.approx(money(meter))
        assert all(outcome.status is Status.PARTIAL for outcome in first.outcomes)
        assert course_file(tmp_path / "kept")["finished_reason"] == "budget"
        made = len(server.calls)
        assert (await run_sample(plan)).exit_status() == 3, "nothing more is asked for the same money"
        assert len(server.calls) == made
        higher = await run_sample(with_money(plan, cost * 2))
        assert higher.exit_status() == 0
        assert course_file(tmp_path / "kept")["finished_reason"] == "max_sessions"
        assert not repeats(server.calls), "a reply that was paid for is not asked for again"
        assert spent(higher) == pytest.approx(money(meter))
        assert billed_in(manifest(tmp_path / "kept")["totals"]) == {
            role: tokens(used) for role, used in sorted(meter.billed.items())
        }


async def test_from_the_soft_limit_on_sessions_end_and_none_begins(tmp_path: Path) -> None:
    with serve(meter := Meter()) as server:
        plan = with_money(run_plan(tmp_path, server.base_url, max_sessions=3), 1.0, soft=0.004)
        result = await run_sample(plan)
        assert result.exit_status() == 3
        asked = [server.count(role) for role in ("filter", "counselor", "summary")]
        assert asked == [1, 2, 1], "the first session alone, and all of it"
        assert result.spending is not None
        assert result.spending.over == 0
    assert money(meter) < 1


async def test_more_is_spent_than_the_limit_by_calls_in_flight_at_most(tmp_path: Path) -> None:
    with serve(meter := Meter()) as server:
        plan = with_money(run_plan(tmp_path, server.base_url, cases=3), 1e-9, soft=1)
        result = await run_sample(plan)
    assert result.exit_status() == 3
    assert meter.total.calls <= plan.runtime.machine.concurrency
    assert result.spending is not None
    assert result.spending.over == pytest.approx(money(meter) - 1e-9)
    assert "over the limit" in result.spending.words()


async def test_retries_and_failed_rollouts_are_on_the_bill_across_a_stop(tmp_path: Path) -> None:
    """One client never answers usefully, another only at the second try; the run is stopped in the middle."""
    victims: list[int] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role == "client":
            victims.append(call.body["seed"])
            if call.body["seed"] == victims[0] or len(victims) == 5:
                return Http(body=chat_body(""))
        return seeded(call, number)

    with serve(meter := Meter(behave)) as server:
        more = {"rollout_n": 3, "min_rollouts": 1, "rollout_retries": 0}
        bare = rollout_plan(tmp_path, server.base_url, cases=2, max_sessions=2, rft=more, max_retries=1)
        limit = 0.012
        results = []
        for _ in range(12):
            plan = with_money(bare, limit, soft=1)
            results.append(await run_sample(plan))
            assert spent(results[-1]) == pytest.approx(money(meter))
            assert billed_in(manifest(tmp_path)["totals"]) == {
                role: tokens(used) for role, used in sorted(meter.billed.items())
            }
            assert {r: tokens(u) for r, u in spent_in(plan.folder).roles.items() if u.calls} == {
                role: tokens(used) for role, used in sorted(meter.billed.items())
            }
            if results[-1].exit_status() == 0:
                break
            limit += 0.012
    assert [result.exit_status() for result in results][-1] == 0
    assert len(results) > 2, "it was stopped in the middle"
    assert sum(part["retries"] for part in manifest(tmp_path)["totals"].values())
    assert cost_of(results[-1].usage().roles, plan.settings).total == pytest.approx(money(meter))


@pytest.mark.slow
async def test_what_a_killed_run_spent_counts_in_the_next_command(tmp_path: Path) -> None:
    save_dir, seen = tmp_path / "runs", list[Call]()

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "client":
            return None
        seen.append(call)
        # the call that the kill cuts off is never answered, so nobody bills it
        return Http(delay_sec=60) if len(seen) == 3 else None

    with serve(meter := Meter(behave)) as server:
        plan = with_money(run_plan(save_dir, server.base_url), 1)
        with psychagent(write_yaml(tmp_path, plan), tmp_path / "log") as process:
            assert wait_for(lambda: len(seen) == 3, process)
            process.kill()
            finish(process)
        assert {role: tokens(used) for role, used in spent_in(plan.folder).roles.items()} == {
            role: tokens(used) for role, used in meter.billed.items()
        }
        limit = money(meter)
        held = await run_sample(with_money(plan, limit, soft=1))
        assert held.exit_status() == 3
        assert money(meter) == limit, "not a call more"
        done = await run_sample(plan)
    assert done.exit_status() == 0
    assert spent(done) == pytest.approx(money(meter))
    assert billed_in(manifest(save_dir)["totals"]) == {
        role: tokens(used) for role, used in sorted(meter.billed.items())
    }


@pytest.mark.parametrize(
    ("prices", "budget", "said"),
    [
        ({}, {"limit": 1}, "there is no price for client, client_file, counselor, filter"),
        (
            {"loopback": {"prompt": 1, "completion": 1, "currency": "EUR"}},
            {"limit": 1},
            "in USD, and the price",
        ),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(tmp_path: Path, prices: Any, budget: Any, said: str) -> None:
    bare = run_plan(tmp_path, "http://127.0.0.1:9/v1")
    machine = type(bare.runtime.machine).model_validate({"prices": prices, "budget": budget})
    plan = replace(bare, runtime=bare.runtime.model_copy(update={"machine": machine}))
    with pytest.raises(SettingsError, match=said):
        check_plan(plan)


async def test_a_role_without_a_price_may_be_allowed_and_is_named(tmp_path: Path) -> None:
    with serve(Meter()) as server:
        bare = run_plan(tmp_path, server.base_url)
        machine = bare.runtime.machine.model_copy(
            update={"budget": BudgetSettings(limit=1, allow_unpriced=True)}
        )
        result = await run_sample(replace(bare, runtime=bare.runtime.model_copy(update={"machine": machine})))
    assert result.exit_status() == 0
    assert result.spending is not None
    assert "counselor" in json.dumps(result.spending.money.unpriced)
