"""A strategy and a memory of a researcher's own, in an installed package, are chosen by their names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.installed import offered
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.load import load_settings
from psychagent.domain.base import Modality
from psychagent.domain.role import Role
from psychagent.errors import SettingsError
from psychagent.nodes.memory.kinds import memory_of
from psychagent.nodes.strategies.strategy import strategy_of
from psychagent.records.folder import RunFolder
from psychagent.runs.money.asked import remember_calls, roles_asked
from psychagent.runs.plan import SamplePlan
from tests.support.exporting import run_to_end
from tests.support.flat import runtime_of
from tests.support.journaled import journal_lines, journals_in

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "baselines.md").read_text(encoding="utf-8")
CODE = PAGE.partition("## Your own strategy")[2].partition("```python\n")[2].partition("```")[0]
"""The example of the docs is the package of these tests."""
POINTS = """\
[psychagent.strategies]
mirror = own_counselor:MIRROR
wrong = own_counselor:WRONG
gone = own_counselor:GONE
missing = own_counselor_that_is_not_there:MIRROR

[psychagent.memories]
last_words = own_counselor:LAST_WORDS
"""
SYSTEM = (
    "name: mine\nstrategy: mirror\nmemory: last_words\nreply_format: plain\nskills: off\nplanning: off\n"
    "max_sessions: 2\nmax_counselor_turns: 3\n"
)


def install(site: Path, name: str = "own-counselor", points: str = POINTS, code: str = CODE) -> None:
    """Write a package as an installer leaves it: its modules, and beside them what it is and offers."""
    module = name.replace("-", "_")
    (site / module).mkdir(parents=True)
    (site / module / "__init__.py").write_text(code + "\nWRONG = 3\n", encoding="utf-8")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(points, encoding="utf-8")


@contextmanager
def installed_in(folder: Path) -> Iterator[None]:
    """Have Python look into a folder of installed packages while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield
    for name in [name for name in sys.modules if name.startswith("own_counselor")]:
        del sys.modules[name]
    offered.cache_clear()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder with an installed package."""
    install(folder := tmp_path / "site")
    with installed_in(folder):
        yield folder


def read(folder: Path, text: str = SYSTEM) -> BaselineSettings:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(BaselineSettings, path)


def calls_of(run: Path, role: Role) -> list[dict[str, Any]]:
    lines = [line for path in journals_in(run) for line in journal_lines(path)[1:]]
    return [line for line in lines if line.get("role") == role.value and line.get("messages")]


def test_a_strategy_and_a_memory_of_a_package_hold_a_course(site: Path, tmp_path: Path) -> None:
    baseline = read(tmp_path)
    assert (baseline.strategy, baseline.memory) == ("mirror", "last_words")
    assert "own_counselor" not in sys.modules, "settings are read without the package's code"
    dataset = DatasetSettings(modalities=(Modality.CBT,), max_cases=1)
    run = run_to_end(SamplePlan(baseline, runtime_of(log_calls=True), dataset, tmp_path / "runs", env={}))
    asked = calls_of(run, Role.COUNSELOR)
    later = [line for line in asked if line["session"] == 2]
    assert "Who the client is to you: The last that was said: " in later[0]["messages"][0]["content"]
    tails = [line["messages"][-1]["content"] for line in later[1:]]
    assert tails
    assert all("begin with their own words" in tail for tail in tails)
    stored = RunFolder.of(run).manifest().settings.baseline
    assert (stored.strategy, stored.memory) == ("mirror", "last_words")


def test_estimates_and_prices_go_by_what_the_package_asks(site: Path, tmp_path: Path) -> None:
    baseline = read(tmp_path)
    plan = SamplePlan(baseline, runtime_of(), DatasetSettings(), tmp_path, env={})
    assert strategy_of(baseline).think is not None
    assert remember_calls(baseline) == memory_of(baseline).asks == 0
    assert {Role.PERCEIVE, Role.STRATEGIZE} <= set(roles_asked(plan.settings))


UNKNOWN = [
    (
        "strategy: mirorr",
        "'mirorr': write psychagent or plain or .*; did you mean 'mirror'",
    ),
    ("memory: last_word", "'last_word': write file or none or .*; did you mean 'last_words'"),
    ("strategy: last_words", "under psychagent.strategies"),
]


@pytest.mark.parametrize(("text", "said"), UNKNOWN)
def test_a_name_that_nothing_offers_is_told_with_the_nearest(
    site: Path, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        read(tmp_path, text + "\n")


UNUSABLE = [
    ("wrong", "'wrong' of psychagent.strategies is a int and no Strategy; name an instance of"),
    ("gone", "'own_counselor:GONE', cannot be loaded .*; mend the package"),
    ("missing", "'own_counselor_that_is_not_there:MIRROR', cannot be loaded"),
]


@pytest.mark.parametrize(("name", "said"), UNUSABLE)
def test_what_cannot_be_used_is_told_in_a_sentence(site: Path, tmp_path: Path, name: str, said: str) -> None:
    baseline = read(tmp_path, f"strategy: {name}\n")
    with pytest.raises(SettingsError, match=said):
        strategy_of(baseline)


def test_a_name_that_two_packages_offer_is_refused(site: Path, tmp_path: Path) -> None:
    install(site, "own-counselor-two", "[psychagent.strategies]\nmirror = own_counselor_two:MIRROR\n")
    with pytest.raises(
        SettingsError, match="by own_counselor:MIRROR and own_counselor_two:MIRROR; uninstall"
    ):
        strategy_of(read(tmp_path))


def test_a_name_of_ours_stays_ours(site: Path, tmp_path: Path) -> None:
    install(site, "own-counselor-two", "[psychagent.strategies]\nplain = own_counselor_two:MIRROR\n")
    assert not strategy_of(read(tmp_path, "strategy: plain\n")).guided


def test_a_run_is_read_where_the_package_is_not_installed(tmp_path: Path) -> None:
    install(folder := tmp_path / "site")
    dataset = DatasetSettings(modalities=(Modality.CBT,), max_cases=1)
    with installed_in(folder):
        baseline = read(tmp_path).model_copy(update={"max_sessions": 1})
        run = run_to_end(SamplePlan(baseline, runtime_of(), dataset, tmp_path / "runs", env={}))
    stored = RunFolder.of(run).manifest().settings.baseline
    assert stored.strategy == "mirror"
    with pytest.raises(SettingsError, match="no installed package offers 'mirror' .*; install the one"):
        strategy_of(stored)
