"""`psychagent prices`: what models cost, filled in from genai-prices, here a stand-in with its calls."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.load import load_settings
from psychagent.cli.main import app
from psychagent.cli.money import genai
from psychagent.errors import SettingsError

BASELINE = """# my baseline
name: mine
counselor:
  # the big one
  model: gpt-4o
  base_url: https://api.openai.example/v1
reflector: {model: nobody-knows-it, base_url: "https://api.openai.example/v1"}
"""


def prices(*line: str | Path) -> Result:
    return CliRunner().invoke(app, ["prices", *map(str, line)], env={"COLUMNS": "200"})


def calc_price(usage: Any, model: str, *, provider_id: str = "", provider_api_url: str = "") -> Any:
    """Price as the package does: a cached token is part of the input."""
    if model != "gpt-4o" or not (provider_id == "openai" or "openai" in provider_api_url):
        raise LookupError(model)
    fresh = usage.input_tokens - usage.cache_read_tokens
    cost = Decimal("2.5") * fresh + Decimal("1.25") * usage.cache_read_tokens + 10 * usage.output_tokens
    return SimpleNamespace(total_price=cost / 1_000_000)


def usage(input_tokens: int = 0, cache_read_tokens: int = 0, output_tokens: int = 0) -> Any:
    return SimpleNamespace(
        input_tokens=input_tokens, cache_read_tokens=cache_read_tokens, output_tokens=output_tokens
    )


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of that name, with the two names of it that we use."""
    module: Any = ModuleType("genai_prices")
    module.calc_price, module.Usage = calc_price, usage
    monkeypatch.setitem(sys.modules, "genai_prices", module)
    monkeypatch.setattr(genai, "VERSION", SimpleNamespace(load=lambda: lambda name: "0.2.3"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(BASELINE, encoding="utf-8")
    return path


@pytest.mark.usefixtures("installed")
def test_what_the_package_knows_is_written_and_comments_stay(file: Path) -> None:
    done = prices("--baseline", file, "--write")
    assert done.exit_code == 0, done.output
    text = file.read_text(encoding="utf-8")
    assert "# my baseline" in text
    assert "# the big one" in text
    found = load_settings(BaselineSettings, file)
    assert found.counselor.prices is not None
    assert found.counselor.prices.rates == (2.5, 1.25, 10)
    assert found.counselor.prices.source.startswith("genai-prices 0.2.3, 20")
    assert found.reflector is not None
    assert found.reflector.prices is None
    assert "knows no such model at this address" in done.output
    shown = json.loads(prices("--baseline", file, "--json").output)
    assert [line["role"] for line in shown] == ["counselor", "reflector"]
    assert shown[0]["note"] == found.counselor.prices.source


@pytest.mark.usefixtures("installed")
def test_the_provider_may_be_named_where_the_address_does_not_say_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    gateway = BASELINE.replace("openai.example", "gateway.example")
    file.write_text(gateway, encoding="utf-8")
    assert prices("--baseline", file, "--write").exit_code == 0
    assert file.read_text(encoding="utf-8") == gateway, "a model of that name may be another one"
    assert prices("--baseline", file, "--write", "--provider", "openai").exit_code == 0
    counselor = load_settings(BaselineSettings, file).counselor
    assert counselor.prices is not None


def refused(*line: str | Path) -> str:
    error = prices(*line).exception
    assert isinstance(error, SettingsError)
    return str(error)


def test_without_the_package_one_sentence_says_how_to_get_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert "pip install 'psychagent[prices]'" in refused("--baseline", file, "--write")
    assert file.read_text(encoding="utf-8") == BASELINE
    assert prices("--baseline", file).exit_code == 0, "to look needs no package"


def test_bundled_settings_are_not_written_and_none_at_all_is_refused() -> None:
    assert "is bundled and stays as it is" in refused("--baseline", "offline", "--write")
    assert "names no settings" in refused()


def test_a_script_costs_nothing() -> None:
    done = prices("--baseline", "offline")
    assert done.exit_code == 0, done.output
    assert "a script costs nothing" in done.output
