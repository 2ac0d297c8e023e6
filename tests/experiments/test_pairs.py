"""Systems of an experiment are compared in pairs once all cells are judged, and the report shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.assets.settings.prices import Prices
from psychagent.cli.main import app
from psychagent.domain.script_note import NUMBERS_OF_SCRIPT
from psychagent.errors import SettingsError
from psychagent.experiments.run import run_experiment
from tests.support.experiments import SMALL, TWO, content, plan_in, write_experiment
from tests.support.loopback.server import Call, Http, serve
from tests.support.metering import Meter
from tests.support.pairing import pair_judge
from tests.support.running import FAST, repeats

PRICE = {"prompt": 2, "completion": 8}
UNLIKE = {
    "psychagent": TWO["psychagent"],
    "longer": {"from": "psychagent", "set": {"max_counselor_turns": 3}},
}
"""Two systems that do not say the same, so that each order is a question of its own."""
TIES = pair_judge(lambda first, second: "tie")


def judge(base_url: str, **more: Any) -> dict[str, Any]:
    endpoint = FAST | {"provider": "openai", "base_url": base_url, "model": "pairs", "max_retries": 0} | more
    return {"judge": endpoint, "concurrency": 1, "max_outage_sec": 0}


def call(word: str, folder: Path, said: dict[str, Any], *more: str) -> Any:
    file = str(write_experiment(folder, said))
    words = ["experiment", word, file, "--save-dir", str(folder / "out"), *more]
    return CliRunner().invoke(app, words, env={"COLUMNS": "160"})


def test_pairs_are_judged_after_the_cells_and_stand_in_the_report(tmp_path: Path) -> None:
    said = content(TWO, pairwise={}, seeds=[0, 1])
    ran = call("run", tmp_path, said)
    assert ran.exit_code == 0, ran.output
    assert "Compared in pairs: 2 meetings" in ran.output
    found = json.loads(call("report", tmp_path, said, "--json").stdout)["pairwise"]
    assert found["systems"] == list(TWO)
    assert (found["judged_by_script"], found["made_with_script"]) == (True, True)
    (pair,) = found["rankings"]["HUMAN_VS_LLM"]["respects"][0]["pairs"]
    assert (pair["meetings"], pair["cases"]) == (2, 1), "one case under two seeds"
    page = tmp_path / "out" / SMALL / "report" / "pairwise.html"
    assert found["html"] == str(page)
    assert "Not a result" in page.with_suffix(".md").read_text(encoding="utf-8")
    words = call("report", tmp_path, said).output
    assert "HUMAN_VS_LLM, overall" in words
    assert NUMBERS_OF_SCRIPT in words
    without = json.loads(call("report", tmp_path, content(TWO, seeds=[0, 1]), "--json").stdout)
    assert without["pairwise"] is None


def test_verdicts_are_asked_once_and_read_without_a_key(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PAIRS_KEY", "k")
    three = TWO | {"none": {"from": "no_skills", "set": {"memory": "none"}}}
    with serve(TIES) as server:
        pairs = {"judge": judge(server.base_url, api_key_env="PAIRS_KEY"), "systems": list(TWO)}
        said = content(three, pairwise=pairs)
        assert call("run", tmp_path, said).exit_code == 0
        assert server.count() == 2, "two systems of three, in both orders"
        assert call("run", tmp_path, said).exit_code == 0
        assert server.count() == 2
        monkeypatch.delenv("PAIRS_KEY")
        found = json.loads(call("report", tmp_path, said, "--json").stdout)["pairwise"]
        assert server.count() == 2
    assert found["systems"] == list(TWO)
    assert found["usage"]["roles"]["judge"]["calls"] == 2


def test_a_verdict_that_is_lacking_makes_the_exit_status_1_and_is_asked_again(tmp_path: Path) -> None:
    def behave(call: Call, number: int) -> Http | None:
        return Http(status=400, body="no") if number < 2 else TIES(call, number)

    with serve(behave) as server:
        said = content(TWO, pairwise={"judge": judge(server.base_url)})
        first = call("run", tmp_path, said)
        assert first.exit_code == 1, first.output
        assert "0 meetings, and 1 are lacking" in first.output
        assert call("run", tmp_path, said).exit_code == 0


async def test_pairs_spend_from_the_budget_of_the_experiment(tmp_path: Path) -> None:
    with serve(meter := Meter(TIES)) as server:
        pairs = {"judge": judge(server.base_url, prices=PRICE)}

        def plan(limit: float) -> Any:
            given = {"limit": limit, "soft": 1}
            return plan_in(tmp_path, content(UNLIKE, pairwise=pairs, budget=given, seeds=[0, 1]))

        limit = 1e-6
        for asked in (1, 2, 3):
            result = await run_experiment(plan(limit))
            assert (result.exit_status(), server.count()) == (3, asked)
            assert result.pairs is not None
            assert result.pairs.held
            assert result.spending is not None
            bill = Prices.model_validate(PRICE).cost(meter.total)
            assert result.spending.money.total == pytest.approx(bill)
            limit = bill + 1e-6
        done = await run_experiment(plan(10))
        assert (done.exit_status(), server.count()) == (0, 4)
        assert not repeats(server.calls)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"systems": ["psychagent"]}, "'pairwise' takes two systems or more"),
        ({"systems": ["psychagent", "no_skill"]}, "pairwise.systems has 'no_skill', which is no system"),
        ({"scale": "SAFETY"}, "pairwise.scale has 'SAFETY', on which nothing can be compared"),
        ({"judge": judge("http://127.0.0.1:9/v1", api_key_env="NO_SUCH_KEY")}, "NO_SUCH_KEY"),
        ({"max_pairs": 0}, "max_pairs"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_asked(
    tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    ended = call("run", tmp_path, content(TWO, pairwise=given))
    assert isinstance(ended.exception, SettingsError), ended.output
    assert words in str(ended.exception)
    assert not list((tmp_path / "out").rglob("session_*.json"))


def test_pairs_without_a_price_are_refused_where_there_is_a_budget(tmp_path: Path) -> None:
    pairs = {"judge": judge("http://127.0.0.1:9/v1")}
    ended = call("run", tmp_path, content(TWO, pairwise=pairs), "--budget", "1")
    assert isinstance(ended.exception, SettingsError)
    assert "there is no price for judge of pairs" in str(ended.exception)
