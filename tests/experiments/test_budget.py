"""An experiment spends from one purse: all cells, their judges, and what earlier commands spent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.prices import Prices
from psychagent.errors import SettingsError
from psychagent.experiments.outcome import ExperimentResult
from psychagent.experiments.plan import ExperimentPlan, check_experiment
from psychagent.experiments.run import run_experiment
from psychagent.experiments.status import CellState, experiment_status
from psychagent.records.experiments.index import read_index
from psychagent.runs.money.priced import Money
from tests.support.children import finish, psychagent, wait_for
from tests.support.experiments import at_server, content, plan_in, write_experiment
from tests.support.loopback.server import Call, Http, chat_body, serve
from tests.support.metering import Meter
from tests.support.running import FAST, repeats

PRICES = {
    "loopback": {"prompt": 1.0, "cached": 0.1, "completion": 4.0},
    "judge": {"prompt": 2, "completion": 8},
}


def money(meter: Meter) -> float:
    """What the server would bill."""
    return sum(
        Prices.model_validate(PRICES["judge" if role == "judge" else "loopback"]).cost(used)
        for role, used in meter.billed.items()
    )


def said(base_url: str, budget: Mapping[str, Any] | None = None, **over: Any) -> dict[str, Any]:
    """Say an experiment of three systems whose counselor and judge are at a server and have prices."""
    judge = FAST | {"provider": "openai", "base_url": base_url, "model": "judge", "max_retries": 0}
    given: dict[str, Any] = {
        "eval": {"judge": judge, "methods": {"cbt": ["WAI", "PANAS"]}, "degenerate": 0} | {"concurrency": 1},
        "runtime": {"machine": {"prices": PRICES, "max_outage_sec": 0, "concurrency": 2}},
    }
    given |= {"budget": dict(budget)} if budget else {}
    systems = {name: at_server(base_url, memory=name) for name in ("none", "recap", "file")}
    return content(systems, **(given | over))


def spent(result: ExperimentResult) -> Money:
    assert result.spending is not None
    return result.spending.money


def states(plan: ExperimentPlan) -> set[CellState]:
    return {cell.state for cell in experiment_status(plan).cells}


async def test_all_cells_and_their_judges_spend_from_one_budget_and_go_on_with_more(tmp_path: Path) -> None:
    """The budget is raised in small steps, so that it ends in courses as well as while judging."""
    limit, results = 0.004, list[ExperimentResult]()
    with serve(meter := Meter()) as server:
        for _ in range(20):
            before = server.count()
            plan = plan_in(tmp_path, said(server.base_url, {"limit": limit, "soft": 1}))
            results.append(await run_experiment(plan))
            assert spent(results[-1]).total == pytest.approx(money(meter))
            if results[-1].exit_status() == 0:
                break
            assert results[-1].exit_status() == 3, results[-1].outcomes
            assert spent(results[-1]).total >= limit
            asked = server.count()
            assert asked > before
            again = await run_experiment(plan)
            assert (again.exit_status(), server.count()) == (3, asked), "nothing more for the same money"
            limit = spent(again).total + 0.003
        # the three ask alike in a first session, each of them once
        alike = {"counselor": 4, "judge": 4, "filter": 2, "rewrite": 2, "summary": 2}
        assert repeats(server.calls) == alike, "a reply that was paid for is not asked for again"
    assert results[-1].exit_status() == 0
    held = [any("budget" in outcome.stopped for outcome in result.outcomes) for result in results]
    assert held.count(True) >= 3
    assert any(o.held and o.sessions and not o.judged for r in results for o in r.outcomes), "while judging"
    assert states(plan) == {CellState.DONE}
    assert set(spent(results[-1]).by_role) >= {"judge", "counselor"}


@pytest.mark.slow
async def test_what_a_killed_experiment_spent_counts_to_the_token(tmp_path: Path) -> None:
    seen: list[Call] = []

    def behave(call: Call, number: int) -> Http | None:
        if call.role != "judge":
            return None
        seen.append(call)
        # the call that the kill cuts off is never answered, so nobody bills it
        return Http(delay_sec=60) if len(seen) == 3 else None

    with serve(meter := Meter(behave)) as server:
        # one cell at a time, so that nothing else is in flight
        machine = {"prices": PRICES, "max_outage_sec": 0, "concurrency": 1}
        file = write_experiment(tmp_path, said(server.base_url, runtime={"machine": machine}))
        line = ["experiment", "run", str(file), "--save-dir", str(tmp_path / "out")]
        with psychagent(line, tmp_path / "log") as process:
            assert wait_for(lambda: len(seen) == 3, process)
            process.kill()
            finish(process)
        plan = plan_in(tmp_path, said(server.base_url, {"limit": 10}))
        before = money(meter)
        result = await run_experiment(plan)
    assert result.exit_status() == 0
    assert result.spending is not None
    assert result.spending.earlier.total == pytest.approx(before)
    assert spent(result).total == pytest.approx(money(meter))


@pytest.mark.parametrize("soft", [1.0, 0.001])
async def test_more_is_spent_than_the_limit_by_calls_in_flight_at_most(tmp_path: Path, soft: float) -> None:
    with serve(meter := Meter(), delay_sec=0.01) as server:
        plan = plan_in(tmp_path, said(server.base_url, {"limit": 1e-9, "soft": soft}))
        result = await run_experiment(plan)
    assert result.exit_status() == 3
    assert meter.total.calls <= plan.settings.runtime.machine.concurrency
    assert result.spending is not None
    assert result.spending.over == pytest.approx(money(meter) - 1e-9)


async def test_from_the_soft_limit_on_no_session_is_begun_or_judged(tmp_path: Path) -> None:
    with serve(meter := Meter()) as server:
        plan = plan_in(tmp_path, said(server.base_url, {"limit": 1, "soft": 1e-6}))
        result = await run_experiment(plan)
    assert result.exit_status() == 3
    assert "judge" not in meter.billed
    assert all(outcome.held for outcome in result.outcomes)
    assert all("nothing new begins (soft is 1e-06)" in outcome.stopped for outcome in result.outcomes)


async def test_unusable_verdicts_and_what_earlier_settings_took_are_on_the_bill(
    tmp_path: Path,
) -> None:
    def behave(call: Call, number: int) -> Http | None:
        return Http(body=chat_body("no")) if call.role == "judge" and number < judged[0] + 3 else None

    judged = [10**6]
    with serve(meter := Meter(behave)) as server:
        first = await run_experiment(plan_in(tmp_path, said(server.base_url)))
        assert (first.exit_status(), first.spending) == (1, None), "no scale is filled in"
        unscored = money(meter)
        judged[0] = 0
        plan = plan_in(tmp_path, said(server.base_url, {"limit": 10}))
        second = await run_experiment(plan)
        assert second.exit_status() == 0
        assert second.spending is not None
        assert second.spending.earlier.total == pytest.approx(unscored)
        assert spent(second).total == pytest.approx(money(meter))
        # another judge, and other systems: what the earlier ones took is spent
        other = said(server.base_url, {"limit": 10})
        other["systems"] = {"history": at_server(server.base_url, memory="history")}
        other["eval"]["judge"] |= {"model": "second", "prices": PRICES["judge"]}
        third = await run_experiment(plan_in(tmp_path, other))
    assert third.exit_status() == 0
    assert spent(third).total == pytest.approx(money(meter))


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"runtime": {"machine": {"prices": {"judge": PRICES["judge"]}}}}, "no price for .*counselor"),
        ({"runtime": {"machine": {"prices": {"loopback": PRICES["loopback"]}}}}, "no price for judge of the"),
        ({"budget": {"limit": 1, "currency": "EUR"}}, "in EUR, and the price"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(tmp_path: Path, over: dict[str, Any], words: str) -> None:
    plan = plan_in(tmp_path, said("http://127.0.0.1:9/v1", **({"budget": {"limit": 1}} | over)))
    with pytest.raises(SettingsError, match=f"system 'none': .*{words}"):
        check_experiment(plan)


async def test_what_earlier_commands_spent_at_no_price_is_refused_or_named(tmp_path: Path) -> None:
    with serve(Meter()) as server:
        one = said(server.base_url)
        one["eval"]["judge"] |= {"model": "second"}
        assert (await run_experiment(plan_in(tmp_path, one))).exit_status() == 0
        with pytest.raises(SettingsError, match="earlier commands in .* asked judge at no price in USD"):
            await run_experiment(plan_in(tmp_path, said(server.base_url, {"limit": 1})))
        given = {"limit": 1, "allow_unpriced": True}
        result = await run_experiment(plan_in(tmp_path, said(server.base_url, given)))
    assert result.exit_status() == 0
    assert spent(result).unpriced == ("judge",)


def test_two_budgets_are_refused(tmp_path: Path) -> None:
    runtime = {"machine": {"budget": {"limit": 1}}}
    with pytest.raises(SettingsError, match="for all cells together, and machine.budget in 'runtime'"):
        plan_in(tmp_path, said("http://127.0.0.1:9/v1", {"limit": 1}, runtime=runtime))


async def test_the_price_of_a_judge_is_in_no_hash(tmp_path: Path) -> None:
    with serve(Meter()) as server:
        plan = plan_in(tmp_path, said(server.base_url))
        await run_experiment(plan)
        cells = read_index(plan.index).cells
        dearer = said(server.base_url, runtime={"machine": {"prices": {}, "max_outage_sec": 0}})
        plan = plan_in(tmp_path, dearer)
        calls = server.count()
        assert (await run_experiment(replace(plan))).exit_status() == 0
        assert server.count() == calls
    assert read_index(plan.index).cells == cells
    summary = json.loads((plan.folder / cells[0].evaluation / "summary.json").read_text(encoding="utf-8"))
    assert summary["cost"] is None
