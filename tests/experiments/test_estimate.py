"""An experiment's estimate is the sum of its cells', and within 30% of what a server then bills."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.assets.settings.prices import Prices
from psychagent.cli.main import app
from psychagent.domain.usage import RoleUsage
from psychagent.errors import SettingsError
from psychagent.experiments.estimate import estimate_experiment
from psychagent.experiments.run import run_experiment
from tests.support.experiments import TWO, content, plan_in, write_experiment
from tests.support.loopback.server import Call, Http, serve
from tests.support.metering import Meter, quoting, tokens
from tests.support.pairing import pair_judge
from tests.support.running import FAST

URL = "http://127.0.0.1:9/v1"
PRICES = {
    "loopback": {"prompt": 1.0, "cached": 0.1, "completion": 4.0},
    "judge": {"prompt": 2, "completion": 8},
}
WITHIN = 0.3
LENGTH = {"max_sessions": 2, "max_counselor_turns": 6, "retrieval.method": "lexical"}


def said(url: str, **over: Any) -> dict[str, Any]:
    """Say an experiment of two systems, every role of which is at a server."""
    at = FAST | {"provider": "openai", "base_url": url, "model": "loopback"}
    systems = {
        "ours": {"baseline": "offline", "set": LENGTH | {"counselor": at}},
        "no_skills": {"from": "ours", "set": {"skills": "off"}},
    }
    given: dict[str, Any] = {
        "runtime": {"machine": {"prices": PRICES}, "world": {"client": at}},
        "eval": {"judge": at | {"model": "judge"}, "degenerate": 1},
        "pairwise": {},
    }
    return content(systems, **(given | over))


def estimated(folder: Path, given: dict[str, Any], *more: str) -> dict[str, Any]:
    words = ["experiment", "estimate", str(write_experiment(folder, given)), "--json", *more]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def comparing(call: Call, number: int) -> Http | None:
    """Answer as a judge of pairs that gives a reason, or as one that quotes."""
    if call.role == "judge" and "<session_1>" in call.body["messages"][-1]["content"]:
        return pair_judge(lambda first, second: "tie")(call, number)
    return quoting(call, number)


@pytest.mark.slow
async def test_an_experiment_takes_what_was_foreseen(tmp_path: Path) -> None:
    with serve(meter := Meter(comparing)) as server:
        plan = plan_in(tmp_path, said(server.base_url, seeds=[0, 1]))
        found = estimate_experiment(plan).total
        result = await run_experiment(plan)
        assert result.exit_status() == 0
    cost = sum(
        Prices.model_validate(PRICES["judge" if role == "judge" else "loopback"]).cost(used)
        for role, used in meter.billed.items()
    )
    for line in found.lines:
        print(f"  {line.role}: {tokens(line.used)} / {tokens(meter.billed.get(line.role, RoleUsage()))}")
    print(f"  all: {tokens(found.total)} / {tokens(meter.total)}; {found.money.total:.4f} / {cost:.4f}")
    assert {line.role for line in found.lines} == set(meter.billed)
    assert tokens(found.total) == pytest.approx(tokens(meter.total), rel=WITHIN)
    assert found.money.total == pytest.approx(cost, rel=WITHIN)


def test_a_total_is_the_sum_of_its_cells_and_pairs(tmp_path: Path) -> None:
    found = estimated(tmp_path, said(URL, seeds=[0, 1]), "--tokens-per-sec", "50")
    assert [(cell["system"], cell["seed"]) for cell in found["cells"]] == [
        (name, seed) for seed in (0, 1) for name in ("ours", "no_skills")
    ]
    parts = [*(cell["total"] for cell in found["cells"]), found["pairwise"]["total"]]
    for name in ("calls", "prompt_tokens", "cached_tokens", "completion_tokens"):
        assert found["total"][name] == sum(part[name] for part in parts)
    costs = [*(cell["cost"] for cell in found["cells"]), found["pairwise"]["cost"]]
    assert found["cost"] == pytest.approx(sum(costs))
    assert found["money"]["currency"] == "USD"
    assert found["hours"] > 0
    assert found["is_script"] is False
    ours, plain = found["cells"][:2]
    assert plain["total"]["calls"] < ours["total"]["calls"], "no filter and no rewrite"
    # two systems, one case of two sessions, two seeds, both orders
    assert found["pairwise"]["total"]["calls"] == 8


@pytest.mark.parametrize(
    ("pairs", "calls"),
    [({"max_pairs": 1}, 2), ({}, 4), ({"systems": ["ours", "no_skills"]}, 4)],
)
def test_pairs_are_asked_in_both_orders(tmp_path: Path, pairs: dict[str, Any], calls: int) -> None:
    assert estimated(tmp_path, said(URL, pairwise=pairs))["pairwise"]["total"]["calls"] == calls


def test_shorter_courses_and_a_server_without_a_cache_are_told(tmp_path: Path) -> None:
    whole = estimated(tmp_path, said(URL))
    short = estimated(tmp_path, said(URL), "--sessions", "1", "--turns", "2.5")
    assert short["cost"] < whole["cost"]
    assert estimated(tmp_path, said(URL), "--no-prefix-cache")["total"]["cached_tokens"] == 0


def test_a_system_is_no_longer_than_its_own_limit(tmp_path: Path) -> None:
    given = said(URL)
    given["systems"]["no_skills"]["set"] |= {"max_sessions": 1}
    one, other = estimated(tmp_path, given, "--sessions", "2")["cells"]
    assert (one["courses"]["sessions"], other["courses"]["sessions"]) == (2, 1)
    file = str(write_experiment(tmp_path, given))
    ended = CliRunner().invoke(app, ["experiment", "estimate", file, "--sessions", "3"])
    assert isinstance(ended.exception, SettingsError)
    assert "no system may have more than 2" in str(ended.exception)


def test_words_say_what_a_script_would_cost_and_what_has_no_price(tmp_path: Path) -> None:
    file = str(write_experiment(tmp_path, content(TWO)))
    told = CliRunner().invoke(app, ["experiment", "estimate", file], env={"COLUMNS": "160"}).output
    assert "Estimate for 2 cells" in told
    assert "A script costs nothing" in told
    unpriced = said(URL, runtime={})
    file = str(write_experiment(tmp_path, unpriced))
    told = CliRunner().invoke(app, ["experiment", "estimate", file], env={"COLUMNS": "160"}).output
    assert "No price is given for" in told
