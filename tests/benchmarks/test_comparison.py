"""The arithmetic of the bench: ratios, straight lines, goals, shapes of settings, folded stacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.goals import GOALS
from tests.benchmarks.measurements import MEASUREMENTS
from tests.benchmarks.prefix_cache import Share
from tests.benchmarks.ratios import Bound, Ratios, compare, extrapolate, is_met
from tests.benchmarks.settings_files import BLOCKS, FLAT, place
from tests.benchmarks.stacks import IMPORTS, OTHER, PARTS, fold, part_of_stack
from tests.benchmarks.work import write_library


def test_ratios_are_taken_round_by_round_and_their_median_counts() -> None:
    ratios = compare([10.0, 20.0, 10.0], [4.0, 10.0, 3.0])
    assert ratios == Ratios((0.4, 0.5, 0.3))
    assert ratios.median == 0.4
    assert str(ratios) == "0.40 (0.30-0.50)"


def test_one_round_has_no_range() -> None:
    assert str(compare([10.0], [4.0])) == "0.40"


def test_rounds_that_do_not_pair_up_are_refused() -> None:
    with pytest.raises(ValueError, match="longer|shorter"):
        compare([1.0, 2.0], [1.0])


def test_the_cost_of_a_process_is_split_into_calls_and_start_up() -> None:
    per_call, start = extrapolate((64, 4.0), (496, 10.48))
    assert per_call == pytest.approx(0.015)
    assert start == pytest.approx(3.04)


def test_a_line_needs_two_sizes() -> None:
    with pytest.raises(ValueError, match="nothing to draw a line by"):
        extrapolate((64, 4.0), (64, 5.0))


@pytest.mark.parametrize(
    ("bound", "target", "ours", "ratio", "met"),
    [
        ("ratio <=", 0.4, 9.0, 0.4, True),
        ("ratio <=", 0.4, 9.0, 0.41, False),
        ("ratio >=", 2.2, 9.0, 2.2, True),
        ("ratio >=", 2.2, 9.0, 2.1, False),
        ("ratio <=", 0.4, 9.0, None, None),
        ("<=", 110, 110.0, None, True),
        ("<=", 110, 111.0, 0.1, False),
    ],
)
def test_a_goal_is_met_at_its_target(
    bound: Bound, target: float, ours: float, ratio: float | None, met: bool | None
) -> None:
    assert is_met(bound, target, ours=ours, ratio=ratio) is met


def test_every_goal_has_a_measurement_and_every_measurement_a_goal() -> None:
    assert {goal.measurement for goal in GOALS} == set(MEASUREMENTS)


def test_both_shapes_of_settings_have_a_place_for_every_key() -> None:
    assert BLOCKS.keys() == FLAT.keys()


def test_keys_are_put_where_each_shape_has_them() -> None:
    flat = {"model": "m", "max_sessions": 2, "language": "zh", "concurrency": 4}
    assert place(flat, FLAT) == {
        "baseline": {"model": "m", "max_sessions": 2},
        "runtime": {"language": "zh", "concurrency": 4},
        "dataset": {},
    }
    assert place(flat, BLOCKS) == {
        "baseline": {"counselor": {"model": "m"}, "max_sessions": 2},
        "runtime": {"world": {"language": "zh"}, "machine": {"concurrency": 4}},
        "dataset": {},
    }


def test_the_large_library_has_the_skills_asked_for_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_library(tmp_path / name, 61)
    files = sorted((tmp_path / "a").rglob("*.yaml"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert len(files) == 15
    assert sum(text.count('"trigger"') for text in texts) == 61
    assert texts == [file.read_text(encoding="utf-8") for file in sorted((tmp_path / "b").rglob("*.yaml"))]


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        ("run (asyncio/runners.py:9);send (httpx/_client.py:8)", "HTTP client"),
        ("send (httpx/_client.py:8);dumps (json/__init__.py:3)", "JSON"),
        ("tick (langgraph/pregel/loop.py:4);put (langgraph/checkpoint/base.py:5)", "checkpoints, SQLite"),
        ("tick (langgraph/pregel/loop.py:4);copy (copy.py:5)", "LangGraph"),
        ("speak (/x/psychagent/psychagent/nodes/counselor.py:4)", "own nodes, flows"),
        ("say (/x/lib/python3.11/site-packages/openai/a.py:4)", "HTTP client"),
        ("<module> (<string>:1);_call (<frozen importlib._bootstrap>:1);f (pydantic/main.py:2)", IMPORTS),
        ("main (nobody.py:1)", OTHER),
    ],
)
def test_a_stack_belongs_to_its_innermost_part(stack: str, part: str) -> None:
    assert part_of_stack(stack.split(";")) == part


def test_stacks_are_counted_and_waits_are_not() -> None:
    lines = [
        "main (a.py:1);send (httpx/_client.py:8) 3",
        "main (a.py:1);read (httpcore/b.py:8) 2",
        "main (a.py:1);select (selectors.py:468) 9",
        "main (a.py:1);EpollSelector.select (/x/lib/python3.11/selectors.py:468) 9",
        "",
    ]
    assert fold(lines) == {"HTTP client": 5}


def test_each_module_has_one_part_unless_a_longer_name_is_its_own() -> None:
    named = [module for modules in PARTS.values() for module in modules]
    assert len(named) == len(set(named))


def test_a_cost_counts_what_the_cache_served_at_its_price() -> None:
    share = Share(calls=1, prompt=100, served=80)
    assert (share.cost(0), share.cost(0.25)) == (20, 40)
