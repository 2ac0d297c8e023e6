"""An experiment's index is read as it was written, and one that is none is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psychagent.errors import RecordError
from psychagent.experiments.index import describe
from psychagent.experiments.plan import find_cells
from psychagent.files.read import read_json
from psychagent.records.experiments.index import INDEX, read_index, write_index
from tests.support.experiments import TWO, at_server, content, plan_in


def test_what_is_written_is_read(tmp_path: Path) -> None:
    systems = TWO | {"gpt": at_server("http://127.0.0.1:9/v1") | {"rft": {"rollout_n": 2}}}
    plan = plan_in(tmp_path, content(systems, seeds=[0, 3], tables={"all": list(systems)}))
    index = describe(plan, find_cells(plan), plan.cases())
    write_index(tmp_path / INDEX, index)
    assert read_index(tmp_path / INDEX) == index
    assert index.scripted_roles == ("counselor", "client", "reflector", "judge")
    assert index.note is not None
    assert index.note.startswith("Made with the offline script")
    assert {"python", "psychagent"} <= index.versions.keys()
    assert len(index.cells) == 6
    assert index.systems["gpt"].rft is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"systems": None}, "holds no systems, not the index of an experiment; put the file back"),
        (
            {"schema_version": 9},
            "has schema_version 9, and this version reads 1; put the file",
        ),
        ({"schema_version": "1"}, "has schema_version '1'"),
        ({"cells": 3}, "field 'cells' has 3"),
    ],
)
def test_what_is_no_index_is_named_with_its_file(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    plan = plan_in(tmp_path, content(TWO))
    path = tmp_path / INDEX
    write_index(path, describe(plan, find_cells(plan), plan.cases()))
    path.write_text(json.dumps(read_json(path) | change), encoding="utf-8")
    with pytest.raises(RecordError) as raised:
        read_index(path)
    assert str(path) in str(raised.value)
    assert words in str(raised.value)
