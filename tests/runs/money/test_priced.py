"""Money is a pure function of usage and prices; what has no price, or another currency, is never in a sum."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.before import settings_of_before
from psychagent.assets.settings.prices import FREE, Prices, dearest
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.domain.usage import RoleUsage
from psychagent.errors import SettingsError
from psychagent.records.manifest import RunSettings
from psychagent.runs.money.asked import remember_calls, roles_asked
from psychagent.runs.money.priced import cost_of, price_of
from tests.support.rolling import rollout_plan
from tests.support.running import run_plan

URL = "http://127.0.0.1:9/v1"
USED = RoleUsage(calls=1, prompt_tokens=1_000_000, cached_tokens=400_000, completion_tokens=200_000)


@pytest.mark.parametrize(
    ("prices", "cost", "saved"),
    [
        ({"prompt": 2, "completion": 10}, 4.0, 0),
        ({"prompt": 2, "cached": 0.5, "completion": 10}, 3.4, 0.6),
        # 3.60 an hour on two cards is 0.002 a second, in which 100 tokens are written
        ({"per_gpu_hour": 3.6, "gpus": 2, "tokens_per_sec": 100}, 4.0, 0),
    ],
)
def test_tokens_cost_by_the_million_or_by_the_hour(prices: Any, cost: float, saved: float) -> None:
    given = Prices.model_validate(prices)
    assert given.cost(USED) == pytest.approx(cost)
    assert given.saved(USED) == pytest.approx(saved)


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ({"prompt": 1}, "needs prompt and completion, or per_gpu_hour"),
        ({"per_gpu_hour": 2}, "no tokens_per_sec"),
        ({"per_gpu_hour": 2, "tokens_per_sec": 9, "prompt": 1}, "give one way of pricing"),
        ({"prompt": 1, "completion": 1, "tokens_per_sec": 9}, "no effect without per_gpu_hour"),
        ({"prompt": 1, "completion": 1, "gpus": 2}, "no effect without per_gpu_hour"),
        ({"prompt": -1, "completion": 1}, "prompt"),
    ],
)
def test_prices_that_say_nothing_clear_are_refused(prices: Any, said: str) -> None:
    with pytest.raises((SettingsError, ValueError), match=said):
        Prices.model_validate(prices)


def test_two_prices_become_the_dearer_of_each_kind() -> None:
    both = dearest(Prices(prompt=1, cached=0.5, completion=9), Prices(prompt=2, cached=0.2, completion=8))
    assert both is not None
    assert both.rates == (2, 0.5, 9)
    assert dearest(Prices(prompt=1, completion=1), Prices(prompt=1, completion=1, currency="EUR")) is None
    assert dearest() is None


def settings(tmp_path: Path, **endpoint: Any) -> RunSettings:
    return run_plan(tmp_path, URL, **endpoint).settings


def with_prices(of: RunSettings, prices: dict[str, Prices]) -> RunSettings:
    machine = of.runtime.machine.model_copy(update={"prices": prices})
    return of.model_copy(update={"runtime": of.runtime.model_copy(update={"machine": machine})})


def test_an_endpoints_own_price_goes_before_that_of_its_model(tmp_path: Path) -> None:
    own, by_name = Prices(prompt=1, completion=1), Prices(prompt=5, completion=5)
    given = with_prices(settings(tmp_path), {"loopback": by_name})
    assert price_of("counselor", given) == by_name
    counselor = given.baseline.counselor.model_copy(update={"prices": own})
    given = given.model_copy(update={"baseline": given.baseline.model_copy(update={"counselor": counselor})})
    assert [price_of(role, given) for role in ("counselor", "summary", "client")] == [own, own, by_name]
    assert price_of("of another version", given) is None


def test_a_script_costs_nothing_in_any_currency(tmp_path: Path) -> None:
    plan = rollout_plan(tmp_path, URL)
    given = with_prices(plan.settings, {"loopback": Prices(prompt=1, completion=1, currency="EUR")})
    given = given.model_copy(update={"rft": RftSettings()})
    assert price_of("judge", given) is FREE
    money = cost_of({"judge": USED, "client": USED}, given)
    assert (money.currency, money.unpriced) == ("EUR", ())
    assert money.total == pytest.approx(1.2)


def test_what_has_no_price_is_named_and_there_is_no_whole_sum(tmp_path: Path) -> None:
    plan = rollout_plan(tmp_path, URL)
    given = with_prices(plan.settings, {"loopback": Prices(prompt=1, completion=1)})
    money = cost_of({"judge": USED, "client": USED, "filter": RoleUsage()}, given)
    assert money.unpriced == ("judge",)
    assert money.whole is None
    assert "without judge (no price)" in money.words()


def test_two_currencies_have_no_sum(tmp_path: Path) -> None:
    prices = {
        "loopback": Prices(prompt=1, completion=1),
        "judge": Prices(prompt=1, completion=1, currency="EUR"),
    }
    given = with_prices(rollout_plan(tmp_path, URL).settings, prices)
    assert cost_of({"judge": USED, "client": USED}, given).whole is None


@pytest.mark.parametrize(
    ("over", "missing"),
    [
        ({}, {"risk", "judge"}),
        ({"retrieval": {"query": "utterance"}}, {"risk", "judge", "rewrite"}),
        ({"skills": "off"}, {"risk", "judge", "rewrite", "filter"}),
        ({"skills": "random", "memory": "recap"}, {"risk", "judge", "rewrite", "filter", "client_file"}),
    ],
)
def test_the_roles_that_are_asked_follow_from_the_settings(
    tmp_path: Path, over: Any, missing: set[str]
) -> None:
    every = {"counselor", "client", "filter", "rewrite", "summary", "client_file", "recall", "risk", "judge"}
    assert set(roles_asked(settings(tmp_path, **over))) == every - missing


def test_every_kind_of_memory_says_how_often_it_asks(tmp_path: Path) -> None:
    baseline = settings(tmp_path).baseline
    borrowed = {MemoryKind.OTHER: {"memory_from": tmp_path}}
    calls = {
        kind: remember_calls(baseline.model_copy(update={"memory": kind, **borrowed.get(kind, {})}))
        for kind in MemoryKind
    }
    assert {kind.value: number for kind, number in calls.items() if number} == {
        "file": 1,
        "other": 1,
        "mem0": 2,
        "memorybank": 1,
    }


def test_prices_by_the_hour_are_read_from_an_old_manifest_too() -> None:
    by_hour = Prices(per_gpu_hour=2, tokens_per_sec=100).model_dump(mode="json")
    assert settings_of_before({"prices": {"m": by_hour}}) == {"prices": {"m": by_hour}}
    assert settings_of_before({"prices": {"prompt": None, "completion": 1}}) == {"prices": None}
