"""The numbers on the gate in docs/safety.md are those that the bench measures now."""

from __future__ import annotations

import re
from pathlib import Path

from psychagent.domain.base import Language
from psychagent.evals.gate.ask import by_rules
from psychagent.evals.gate.gold import Half, load_gold
from psychagent.evals.gate.measure import measure
from psychagent.safety.rules import load_rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "safety.md"


def measured(language: Language) -> dict[str, str]:
    turns = [turn for turn in load_gold(language) if turn.half is Half.HELD_OUT]
    rates = measure(turns, by_rules(turns, load_rules(language)), with_model=False)
    return {rate.name: f"{rate.count}/{rate.of}" for rate in rates}


def test_the_page_says_what_the_bench_measures() -> None:
    here = {language: measured(language) for language in (Language.EN, Language.ZH)}
    page = PAGE.read_text(encoding="utf-8")
    for name in here[Language.EN]:
        row = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert re.findall(r"\d+/\d+", row) == [here[Language.EN][name], here[Language.ZH][name]]
