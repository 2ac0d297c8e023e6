"""Whatever stands in place of a setting, the file and the field are named in one plain sentence."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.judge import load_eval_settings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.rollouts import load_rft_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.assets.settings.train import load_train_settings
from psychagent.errors import SettingsError
from tests.support.library_words import faults_of

LOADERS: Mapping[str, Callable[[Path], BaseModel]] = {
    "baselines": partial(load_settings, BaselineSettings),
    "runtime": partial(load_settings, RuntimeSettings),
    "datasets": partial(load_settings, DatasetSettings),
    "rft": load_rft_settings,
    "eval": load_eval_settings,
    "train": load_train_settings,
}
ODD: tuple[Any, ...] = (
    *(None, "", True, -1, float("inf"), [], {}, [[]]),
    *("a" * 5000, "many words " * 500, date(2026, 1, 31)),
)
Keys = tuple[Any, ...]


def leaves(data: Any, keys: Keys = ()) -> Iterator[Keys]:
    """The places of all values, also of those that hold others."""
    if keys:
        yield keys
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in parts:
        yield from leaves(part, (*keys, key))


def changed(data: Any, keys: Keys, value: object) -> Any:
    """A copy with another value at a place."""
    if not keys:
        return value
    copied = copy.copy(data)
    copied[keys[0]] = changed(copied[keys[0]], keys[1:], value)
    return copied


def bases(kind: str) -> Iterator[tuple[Path, Any]]:
    """Every bundled file of a kind, as it is and with all that is left to defaults."""
    for file in sorted((asset_dir("configs") / kind).glob("*.yaml")):
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(written, dict) and file.stem != "script_judges":
            yield file, written
            yield file, LOADERS[kind](file).model_dump(mode="json")


@pytest.mark.parametrize("kind", LOADERS)
def test_a_value_that_cannot_be_used_is_told_in_one_plain_sentence(tmp_path: Path, kind: str) -> None:
    path, seen, faults = tmp_path / "mine.yaml", set(), []
    for _, data in bases(kind):
        for keys in leaves(data):
            if keys in seen:
                continue
            seen.add(keys)
            for value in ODD:
                path.write_text(yaml.dump(changed(data, keys, value), Dumper=yaml.CSafeDumper), "utf-8")
                try:
                    LOADERS[kind](path)
                except SettingsError as error:
                    found = faults_of(str(error), str(path))
                    faults += [f"{keys} {value!r:.20}: {fault}: {error}" for fault in found]
    assert seen
    assert faults == []


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("baselines", {"max_sessions": True}, "field 'max_sessions' has true: write a whole number"),
        ("baselines", {"retrieval": {"floor": False}}, "field 'retrieval.floor' has false: write a number"),
        ("rft", {"judging": {"repeats": True}}, "field 'judging.repeats' has true: write a whole number"),
        (
            "baselines",
            {"retrieval": {"floor": "hi"}},
            "has 'hi': write 'auto' or a number",
        ),
        (
            "baselines",
            {"counselor": {"provider": "offline", "model": " "}},
            "field 'counselor.model' has ' ': is empty",
        ),
        ("eval", {"judge": {"model": ""}}, "field 'judge.model' has '': is empty; write the model's name"),
        ("train", {"model": ""}, "field 'model' has '': is empty; write the model's name"),
        (
            "eval",
            {"judge": {"extra_body": {"messages": []}}},
            "'messages' is what each call says",
        ),
        ("eval", {"judge": {"extra_body": {"model": "m"}}}, "'model' is set under model; write it there"),
        ("eval", {"judge": {"extra_body": {"stream": True}}}, "'stream' is set under stream; write it there"),
        (
            "eval",
            {"judge": {"extra_body": date(2026, 1, 1)}},
            "holds a date, which JSON does not",
        ),
        (
            "eval",
            {"judge": {"base_url": "http://host/api_key=abc/v1"}},
            "'judge.base_url': holds what",
        ),
        (
            "eval",
            {"judge": {"base_url": "http://host/v1;token=abc"}},
            "'judge.base_url': holds what",
        ),
        ("datasets", {"root": 5}, "field 'root' has 5: write a path"),
        ("datasets", {"modalities": [[]]}, "field 'modalities.0' has an empty list: write 'bt', 'cbt',"),
        ("baselines", {"counselor": 5}, "field 'counselor' has 5: write a mapping of keys"),
        ("baselines", [1], "holds a list, not a mapping of keys"),
        ("baselines", 5, "holds a number, not a mapping of keys"),
        ("baselines", date(2026, 1, 1), "holds a date, not a mapping of keys"),
        ("baselines", {"a" * 5000: 1}, "unknown key 'aaaa"),
        ("baselines", {f"k{n}": 1 for n in range(9)}, "unknown key 'k0'; known: counselor, "),
    ],
)
def test_nonsense_is_refused_with_the_field_the_value_and_the_remedy(
    tmp_path: Path, kind: str, data: Any, said: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.dump(data), "utf-8")
    with pytest.raises(SettingsError) as error:
        LOADERS[kind](path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
    assert faults_of(str(error.value), str(path)) == []
