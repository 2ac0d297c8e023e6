"""`eval` may have a budget: it ends cleanly, counts what earlier commands spent, and goes on with more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from psychagent.assets.settings.prices import Prices
from psychagent.cli.main import app
from psychagent.domain.words.money import amount
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.money.spent import spent_in_eval
from psychagent.records.evaluation import EvalFolder
from psychagent.records.spent.log import NAME
from tests.support.loopback.server import serve
from tests.support.metering import Meter, tokens
from tests.support.running import FAST, repeats

PRICE = {"prompt": 2, "completion": 8}


def config(root: Path, base_url: str, **more: Any) -> Path:
    judge = FAST | {"provider": "openai", "model": "judge", "base_url": base_url, "max_retries": 0} | more
    path = root / "judge.yaml"
    path.write_text(json.dumps({"judge": judge, "concurrency": 2, "max_outage_sec": 0}), encoding="utf-8")
    return path


def call(folder: Path, settings: Path, *more: str) -> Any:
    words = ["eval", "--config", str(settings), "--output-root", str(folder / "out")]
    limits = ["--case-limit", "1", "--modalities", "cbt", "--methods", "WAI,PANAS"]
    return CliRunner().invoke(app, [*words, *limits, *more])


def cost(meter: Meter) -> float:
    return Prices.model_validate(PRICE).cost(meter.total)


def test_it_stops_at_its_budget_and_more_lets_it_go_on(tmp_path: Path) -> None:
    with serve(meter := Meter()) as server:
        settings = config(tmp_path, server.base_url, prices=PRICE)
        first = call(tmp_path, settings, "--budget", "0.01")
        assert first.exit_code == 3, first.output
        assert "of a budget of 0.01 USD" in first.output
        assert "Stopped at its budget" in first.output
        assert not EvalFolder(tmp_path / "out").table.exists()
        asked = server.count()
        assert call(tmp_path, settings, "--budget", "0.01").exit_code == 3
        assert server.count() == asked, "nothing more for the same money"
        last = call(tmp_path, settings, "--budget", "10")
        assert last.exit_code == 0, last.output
        assert not repeats(server.calls)
        assert f"{amount(cost(meter))} USD of a budget of 10.00 USD" in last.output
        (spent,) = spent_in_eval(EvalFolder(tmp_path / "out"))
        assert tokens(spent.used) == tokens(meter.total)


def test_what_was_spent_on_scales_that_are_asked_again_stays_on_the_bill(tmp_path: Path) -> None:
    with serve(meter := Meter()) as server:
        settings = config(tmp_path, server.base_url, prices=PRICE)
        assert call(tmp_path, settings).exit_code == 0
        assert call(tmp_path, settings, "--no-resume").exit_code == 0
        (spent,) = spent_in_eval(EvalFolder(tmp_path / "out"))
        assert tokens(spent.used) == tokens(meter.total)


def test_an_evaluation_of_an_earlier_version_counts_by_its_scores(tmp_path: Path) -> None:
    with serve(meter := Meter()) as server:
        settings = config(tmp_path, server.base_url, prices=PRICE)
        assert call(tmp_path, settings).exit_code == 0
        (tmp_path / "out" / NAME).unlink()
        told = call(tmp_path, settings, "--budget", "10")
        assert told.exit_code == 0, told.output
        assert f"{amount(cost(meter))} USD of a budget of 10.00 USD" in told.output
        with (tmp_path / "out" / NAME).open("a", encoding="utf-8") as file:
            file.write('{"role": "jud')
        assert call(tmp_path, settings, "--budget", "10").exit_code == 0, "a torn line is cut off"
        (tmp_path / "out" / NAME).write_text("{}\n", encoding="utf-8")
        broken = call(tmp_path, settings, "--budget", "10")
        assert isinstance(broken.exception, RecordError)
        assert f"{NAME}, line 1: does not say what was spent" in str(broken.exception)


@pytest.mark.parametrize(
    ("prices", "more", "words"),
    [
        (None, ["--budget", "1"], "there is no price for judge"),
        (PRICE, ["--budget", "1 EUR"], "the budget is in EUR"),
        (PRICE, ["--budget", "much"], "--budget has 'much'"),
        (PRICE, ["--allow-unpriced"], "--allow-unpriced has no effect without a budget"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(
    tmp_path: Path, prices: Any, more: list[str], words: str
) -> None:
    settings = config(tmp_path, "http://127.0.0.1:9/v1", **({"prices": prices} if prices else {}))
    ended = call(tmp_path, settings, *more)
    assert isinstance(ended.exception, SettingsError)
    assert words in str(ended.exception)


def test_what_another_judge_took_is_refused_where_nobody_knows_its_price(tmp_path: Path) -> None:
    with serve(Meter()) as server:
        assert call(tmp_path, config(tmp_path, server.base_url, model="first")).exit_code == 0
        settings = config(tmp_path, server.base_url, prices=PRICE)
        ended = call(tmp_path, settings, "--budget", "1")
        assert isinstance(ended.exception, SettingsError)
        assert "asked judge at no price in USD; name another --output-root" in str(ended.exception)
        told = call(tmp_path, settings, "--budget", "1", "--allow-unpriced")
        assert told.exit_code == 0, told.output
        assert "without judge (no price)" in " ".join(told.output.split())


def test_a_script_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "judge.yaml"
    path.write_text("{}", encoding="utf-8")
    done = call(tmp_path, path, "--budget", "1")
    assert done.exit_code == 0, done.output
    assert "Spent: 0.00 USD of a budget" in done.output
