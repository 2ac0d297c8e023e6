"""Settings, options and environment of any content: one sentence that names the place, or it works.

`pytest tests/faults/files/test_settings.py -s` prints how many were tried and how many survived.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.judge import EvalSettings, load_eval_settings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.assets.settings.train import TrainSettings, load_train_settings
from psychagent.errors import PsychAgentError, SettingsError
from psychagent.evals.plan import EvalPlan, check_eval
from psychagent.files.read import load_model
from psychagent.runs.plan import SamplePlan, check_plan

ODD: tuple[Any, ...] = (
    *(None, "", " ", "x" * 5000, "..", "a/b", "/", "a\0b", "\n", "名✓", "1e3", "http://[::bad", "~nobody/x"),
    *(-1, 0, 1, 2**63, 10**30, -1.5, 1e308, float("nan"), float("inf"), True),
    *([], [[]], ["x"], {}, {"a": {"b": 1}}, [None], [{"a": 1}], {1: 2}),
)
FATES: Counter[str] = Counter()


def read_rft(path: Path) -> RftSettings:
    return load_model(RftSettings, path, SettingsError)


Read = Callable[[Path], Any]
KINDS: dict[str, tuple[str, Read, Any]] = {
    "baseline": (
        "baselines/offline.yaml",
        lambda path: load_settings(BaselineSettings, path),
        BaselineSettings(),
    ),
    "runtime": ("runtime/default.yaml", lambda path: load_settings(RuntimeSettings, path), RuntimeSettings()),
    "dataset": (
        "datasets/default.yaml",
        lambda path: load_settings(DatasetSettings, path),
        DatasetSettings(),
    ),
    "rft": ("rft/default.yaml", read_rft, RftSettings()),
    "eval": ("", load_eval_settings, EvalSettings()),
    "train": ("", load_train_settings, TrainSettings(model="m")),
}


def leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every field, whole blocks included."""
    for name, value in data.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))


def changed(data: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return a copy with one field changed."""
    new = part = copy.deepcopy(data)
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return new


def use(kind: str, settings: Any, folder: Path) -> None:
    """Do with settings what a command does before the first call."""
    if kind == "train":
        return
    if kind == "eval":
        check_eval(EvalPlan(data_root=None, output_root=folder, settings=settings, env={}))
        return
    given = {"baseline": BaselineSettings(), "runtime": RuntimeSettings(), "dataset": DatasetSettings()}
    plan = SamplePlan(**(given | {kind: settings}), save_dir=folder / "runs", env={})
    assert plan.folder.path.parent == folder / "runs"
    check_plan(plan)


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_of_any_content_is_refused_in_one_sentence_or_works(tmp_path: Path, kind: str) -> None:
    _, read, default = KINDS[kind]
    data, path, problems = json.loads(default.model_dump_json()), tmp_path / f"{kind}.yaml", list[str]()
    for field in leaves(data):
        for odd in ODD:
            path.write_text(yaml.safe_dump(changed(data, field, odd)), encoding="utf-8")
            try:
                use(kind, read(path), tmp_path)
                FATES["works"] += 1
            except PsychAgentError as error:
                told = str(error)
                is_clear = "\n" not in told and len(told) < 700
                FATES["refused" if is_clear else "lost"] += 1
                problems += [] if is_clear else [f"{field} = {str(odd)[:40]!r}: {told[:300]!r}"]
            except Exception as error:  # noqa: BLE001
                FATES["lost"] += 1
                problems.append(f"{field} = {str(odd)[:40]!r}: {type(error).__name__}: {str(error)[:200]}")
    tried = sum(FATES.values())
    print(f"\n{tried} settings tried, {tried - FATES['lost']} survived ({dict(FATES)})")
    assert not problems, "\n".join(problems)


ENVIRONMENTS: dict[str, dict[str, str]] = {
    "no home": {"HOME": ""},
    "a home that is no folder": {"HOME": "/dev/null"},
    "a cache that cannot be written": {"XDG_CACHE_HOME": "/proc/none"},
    "a cache that is a file": {"XDG_CACHE_HOME": "/etc/hostname"},
    "an unknown language of the shell": {"LANG": "xx_YY.nonsense", "LC_ALL": "xx_YY.nonsense"},
    "no language of the shell": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a width that is no number": {"COLUMNS": "wide", "LINES": "-3"},
    "a width of nothing": {"COLUMNS": "0"},
    "a width of one": {"COLUMNS": "1"},
    "an unknown terminal": {"TERM": "nonsense", "COLORTERM": "nonsense"},
    "a folder for temporary files that is gone": {"TMPDIR": "/none"},
    "a time zone that is none": {"TZ": "Nowhere/Nothing"},
    "tracing": {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_API_KEY": "x"},
    "an old setting of LangChain": {"LANGCHAIN_VERBOSE": "nonsense", "LANGCHAIN_DEBUG": "?"},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENVIRONMENTS)
def test_no_environment_can_end_a_run_offline(tmp_path: Path, kind: str) -> None:
    baseline = tmp_path / "b.yaml"
    baseline.write_text("name: b\nretrieval: {method: lexical}\nmax_counselor_turns: 2\n")
    argv = ["sample", "--baseline", str(baseline), "--save-dir", str(tmp_path / "r"), "--max-cases", "1"]
    ended = subprocess.run(
        [sys.executable, "-m", "psychagent", *argv, "--max-sessions", "1"],
        env={**os.environ, **ENVIRONMENTS[kind]},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()[-600:]
    assert b"Traceback" not in ended.stderr


def test_the_bundled_settings_are_those_that_are_tried() -> None:
    for file, read, default in KINDS.values():
        if file:
            assert type(read(asset_dir("configs") / file)) is type(default)


NUMBERS = [
    ("runtime", "machine: {max_outage_sec: %s}", "machine.max_outage_sec"),
    ("runtime", "machine: {prices: {m: {prompt: %s, completion: 1}}}", "machine.prices.m.prompt"),
    ("baseline", "retrieval: {floor: %s}", "retrieval.floor"),
    ("baseline", "counselor: {provider: offline, timeout_sec: %s}", "counselor.timeout_sec"),
    ("baseline", "counselor: {provider: offline, extra_body: {a: {b: [%s]}}}", "counselor.extra_body"),
    ("rft", "judging: {max_outage_sec: %s}", "judging.max_outage_sec"),
    ("eval", "judge: {max_wait_sec: %s}", "judge.max_wait_sec"),
    ("train", "model: m\nlearning_rate: %s", "learning_rate"),
]


@pytest.mark.parametrize("number", [".inf", "-.inf", ".nan"])
@pytest.mark.parametrize(("kind", "text", "field"), NUMBERS)
def test_a_number_that_json_has_no_word_for_is_refused(
    tmp_path: Path, kind: str, text: str, field: str, number: str
) -> None:
    path = tmp_path / f"{kind}.yaml"
    path.write_text(text % number, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        KINDS[kind][1](path)
    assert str(caught.value).startswith(f"{path}: field ")
    assert field in str(caught.value)
    assert "finite number" in str(caught.value)


NO_JSON = "which JSON does not have; write it as text, in quotes"
BODIES = [
    ("{day: 2026-11-27}", f"'day' holds a date, {NO_JSON}"),
    ("{a: {b: !!binary /w==}}", f"'a.b' holds bytes, {NO_JSON}"),
    ("{a: [1, !!set {x}]}", f"'a.1' holds a set, {NO_JSON}"),
    ("{a: {1: 1, '1': 2}}", "'a.1' stands twice, as number and as text; keep one"),
]


@pytest.mark.parametrize(("body", "said"), BODIES)
def test_a_body_holds_what_json_can_say(tmp_path: Path, body: str, said: str) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(f"counselor: {{provider: offline, extra_body: {body}}}", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(BaselineSettings, path)
    assert f"{path}: field 'counselor.extra_body': {said}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_as_keys_of_a_body_are_written_as_json_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(
        "counselor: {base_url: http://h/v1, extra_body: {logit_bias: {50256: -100, 1.5: [{7: 1}]}}}"
    )
    body = load_settings(BaselineSettings, path).counselor.extra_body
    assert body == {"logit_bias": {"50256": -100, "1.5": [{"7": 1}]}}


def test_a_secret_behind_a_number_as_key_is_found(tmp_path: Path) -> None:
    path, key = tmp_path / "b.yaml", "sk-" + "abcdef0123456789" * 2
    path.write_text(f"counselor: {{provider: offline, extra_body: {{a: {{1: {key}}}}}}}")
    with pytest.raises(SettingsError, match="may hold a secret") as caught:
        load_settings(BaselineSettings, path)
    assert key not in str(caught.value)
