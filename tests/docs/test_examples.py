"""The example files that ship fit each other, the example courses and what the documents say of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language
from psychagent.evals.find import Search, find_sessions
from psychagent.evals.plan import example_courses
from psychagent.evals.ratings.columns import Columns
from psychagent.evals.ratings.ranges import Ranges
from psychagent.evals.ratings.table import read_ratings
from psychagent.scales.scale import load_scales

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = asset_dir("configs") / "examples"
COURSES = find_sessions(Search(example_courses(Language.EN)))[0]


def test_the_other_counselor_has_the_clients_of_the_example_courses() -> None:
    found, broken = find_sessions(Search(EXAMPLES / "another_counselor.jsonl"))
    assert broken == []
    assert {item.place[:2] for item in found} == {item.place[:2] for item in COURSES}
    assert {item.dialogue.language for item in found} == {Language.EN}


def test_the_example_ratings_are_of_the_example_courses_on_the_scale_for_people() -> None:
    table = read_ratings(EXAMPLES / "ratings.csv", Columns(), Ranges())
    units = {unit for scores in table.ratings.values() for unit in scores}
    assert {dialogue for dialogue, _ in units} == {
        f"{modality}/{case}/session_{n}" for modality, case, n in (item.place for item in COURSES)
    }
    assert {dimension for _, dimension in units} == {item.id for item in load_scales()["HUMAN_VS_LLM"].items}
    assert len(table.ratings) == 2
    assert table.unrated > 0


@pytest.mark.parametrize("page", ["README.md", "README.zh.md", "docs/evaluation.md"])
def test_the_documents_name_examples_that_ship(page: str) -> None:
    named = set(re.findall(r"configs/examples/[\w.]+", (ROOT / page).read_text(encoding="utf-8")))
    assert named == {f"configs/examples/{path.name}" for path in EXAMPLES.iterdir()}
