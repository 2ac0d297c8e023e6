"""A skill library of the reference layout, bent at every key: read, or refused by file, entry and field."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality, Stage
from psychagent.errors import AssetError
from psychagent.skills.library import SkillLibrary
from tests.support.tried import Check, try_all

META: dict[str, Any] = {"m1": {"skill_id": "m1", "skill_name": "n", "skill_description": "d"}}
MICRO: dict[str, Any] = {
    "1": {
        "skill_id": "1",
        "skill_name": "n",
        "skill_description": "d",
        "when_to_use": "w",
        "trigger": "t",
        "parent_ids": ["m1"],
    }
}
FILES: dict[str, dict[str, Any]] = {"meta_skills.json": META, "micro_skills.json": MICRO}
LEAVES: tuple[Any, ...] = (None, 1, 3.5, True, "", "x", [], {}, [None], [[]], float("nan"))
GONE = object()


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in inner:
        yield (*at, step)
        yield from places(value, (*at, step))


def bent(data: Any, where: tuple[Any, ...], leaf: Any) -> Any:
    if not where:
        return leaf
    data = copy.deepcopy(data)
    inner = data
    for step in where[:-1]:
        inner = inner[step]
    if leaf is GONE:
        del inner[where[-1]]
    else:
        inner[where[-1]] = leaf
    return data


def library(root: Path, files: dict[str, Any]) -> SkillLibrary:
    folder = root / "sect" / "cbt" / "stage1"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_text(json.dumps(data), encoding="utf-8")
    return SkillLibrary(Language.ZH, root)


def test_a_bent_library_is_read_or_refused_by_file_and_entry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def kinds() -> Iterator[tuple[str, Check]]:
        for name, whole in FILES.items():
            for data in (whole, list(whole.values())):
                for where in [(), *places(data)]:
                    for leaf in (*LEAVES, *([GONE] if where else [])):
                        files = FILES | {name: bent(data, where, leaf)}

                        def check(files: dict[str, Any] = files) -> None:
                            try:
                                library(tmp_path, files).all_stages()
                            except AssetError as error:
                                if "_skills.json" not in str(error) or "\n" in str(error):
                                    raise ValueError("names no file") from error

                        yield f"{name} {where} {leaf!r}", check

    try_all("skills of the reference", kinds(), capsys)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {**MICRO["1"], "skill_id": 7, "trigger": None},
            r"entry 7: field 'trigger' has nothing",
        ),
        ({"trigger": "t"}, r"micro_skills\.json: entry 1: field 'skill_id' is missing"),
        (5, r"micro_skills\.json: entry 1: holds a number, not a mapping"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named(tmp_path: Path, entry: Any, said: str) -> None:
    with pytest.raises(AssetError, match=said):
        library(tmp_path, FILES | {"micro_skills.json": [entry]}).all_stages()


def test_ids_that_are_numbers_are_read_as_texts(tmp_path: Path) -> None:
    meta = [{**META["m1"], "skill_id": 3}]
    micro = [{**MICRO["1"], "skill_id": 840, "parent_ids": [3]}]
    files = {"meta_skills.json": meta, "micro_skills.json": micro}
    stage = library(tmp_path, files).stage(Modality.CBT, Stage.CONCEPTUALIZATION)
    assert [(meta.id, meta.skills[0].id) for meta in stage.meta_skills] == [("3", "840")]
