"""Settings that name what is not there, or is something else: one sentence with field, value and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.assets.cases import find_cases
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language
from tests.support.asked import ask

CASE, PROFILE = "'cases' (--case) has", "'profiles' (--profile) has"
FILE = "a file that ends in none of .json, .yaml, .yml; name the file of a client"
DATASETS: list[tuple[dict[str, Any], str]] = [
    ({"modalities": []}, "field 'modalities' has an empty list: write one or more of bt, cbt"),
    ({"profiles": ["en01"], "modalities": []}, "or leave the key out for all"),
    (
        {"cases": ["cbt"]},
        f"{CASE} 'cbt', which is a modality without a client; write cbt/<id>, such as cbt/en",
    ),
    ({"cases": ["CBT/"]}, f"{CASE} 'CBT/', which is a modality without a client; write cbt/<id>"),
    ({"cases": ["CBT/en01"]}, f"{CASE} 'CBT/en01', which names no modality; did you mean 'cbt/en01'?"),
    ({"cases": ["en01"]}, f"{CASE} 'en01', which is a client without a modality; write cbt/en01, or put it"),
    ({"cases": [" "]}, f"{CASE} ' ', which names nothing; give it a value, or leave it out"),
    ({"cases": ["/etc/passwd"]}, f"{CASE} '/etc/passwd', which is {FILE}"),
    ({"cases": ["{folder}"]}, "folder', which is a folder; name the file of a client in it"),
    (
        {"cases": ["nobody/x1"]},
        f"{CASE} 'nobody/x1', which is no file and no <modality>/<id>; write one such",
    ),
    ({"profiles": ["cbt"]}, f"{PROFILE} 'cbt', which is a modality; name a client, and put it under"),
    ({"profiles": ["cbt/en01"]}, f"{PROFILE} 'cbt/en01', which is one case; put it under 'cases' (--case)"),
    ({"profiles": ["/etc/passwd"]}, f"{PROFILE} '/etc/passwd', which is {FILE}"),
    ({"profiles": [""]}, f"{PROFILE} '', which names nothing"),
    ({"root": "{file}"}, "file.txt' is a file, not a folder; set 'root' in the dataset"),
    ({"root": "{hidden}"}, "no split 'sample'; set 'split' to null to take all, or name another 'root'"),
    ({"split": "SAMPLE"}, "no split 'SAMPLE'; did you mean 'sample'?"),
    ({"format": "reference"}, "set 'format' to auto, or 'root' to another folder, in the dataset"),
]
COUNSELOR: dict[str, Any] = {"name": "own", "counselor": {"provider": "offline", "model": "offline-script"}}
METHODS = "field 'judging.methods.cbt' has"
OTHERS: list[tuple[str, dict[str, Any], str]] = [
    (
        "baseline",
        COUNSELOR | {"skills_root": "{file}"},
        "skills folder '{file}' is a file, not a folder; name a folder (in settings: skills_root)",
    ),
    (
        "baseline",
        COUNSELOR | {"prompts_root": "{file}"},
        "prompts folder '{file}' is a file, not a folder; name a folder (in settings: prompts_root)",
    ),
    (
        "baseline",
        COUNSELOR | {"prompts_root": "{folder}"},
        "no prompts for language 'en' in {folder}; name a folder that holds en/ (in settings: prompts_root)",
    ),
    (
        "rft-config",
        {"judging": {"scales_root": "{file}"}},
        "scales folder '{file}' is a file, not a folder; name a folder (in settings: scales_root)",
    ),
    (
        "rft-config",
        {"judging": {"methods": {"cbt": ["wai"]}}},
        f"{METHODS} 'wai', which is no scale; did you mean 'WAI'?",
    ),
    (
        "rft-config",
        {"judging": {"methods": {"cbt": []}}},
        f"{METHODS} an empty list; name a scale, or leave the school out for its usual ones",
    ),
]


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """A file where a folder is wanted, an empty folder, and one of which all is hidden."""
    named = {name: tmp_path / name for name in ("file.txt", "folder", "hidden")}
    named["file.txt"].write_text("x", encoding="utf-8")
    named["folder"].mkdir()
    (named["hidden"] / ".cache").mkdir(parents=True)
    return {name.partition(".")[0]: str(path) for name, path in named.items()}


def refused(tmp_path: Path, kind: str, data: dict[str, Any], places: dict[str, str]) -> str:
    text = yaml.safe_dump(data)
    for name, place in places.items():
        text = text.replace(f"'{{{name}}}'", place)
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    command = "rft" if kind == "rft-config" else "sample"
    ended = ask(command, f"--{kind}", file, "--save-dir", tmp_path / "runs", "--dry-run")
    assert ended.status == 2
    assert not (tmp_path / "runs").exists()
    return ended.error


@pytest.mark.parametrize(("data", "told"), DATASETS)
def test_what_a_dataset_names_in_vain_is_told(
    tmp_path: Path, places: dict[str, str], data: dict[str, Any], told: str
) -> None:
    assert told in refused(tmp_path, "dataset", data, places)


@pytest.mark.parametrize(("kind", "data", "told"), OTHERS)
def test_what_other_settings_name_in_vain_is_told(
    tmp_path: Path, places: dict[str, str], kind: str, data: dict[str, Any], told: str
) -> None:
    assert told.format(**places) in refused(tmp_path, kind, data, places)


def test_a_scale_that_is_none_is_refused_before_sessions_are_read(tmp_path: Path) -> None:
    ended = ask("eval", "--methods", "srs", "--output-root", tmp_path / "out")
    assert ended.error == "--methods has 'srs', which is no scale; did you mean 'SRS'?"
    assert not ended.printed


def test_a_modality_that_stands_twice_gives_each_case_once() -> None:
    once, twice = (
        find_cases(DatasetSettings.model_validate({"modalities": ["cbt"] * times}), Language.EN)
        for times in (1, 2)
    )
    assert [case.path for case in twice] == [case.path for case in once]


def test_a_scale_that_is_named_twice_is_asked_once(tmp_path: Path) -> None:
    few = ("--modalities", "cbt,cbt", "--case-limit", "1")
    for methods in ("SRS", "SRS,SRS"):
        assert ask("eval", "--methods", methods, *few, "--output-root", tmp_path / methods).status == 0
    once, twice = (next((tmp_path / name).rglob("session_1.json")).read_text() for name in ("SRS", "SRS,SRS"))
    assert once.count('"calls"') == twice.count('"calls"')
    assert [line for line in once.splitlines() if '"calls"' in line] == [
        line for line in twice.splitlines() if '"calls"' in line
    ]


CACHE = "cache folder '{file}' is a file, not a folder; name a folder in 'machine.cache_dir' of the runtime"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sample --runtime {own} --save-dir {runs} --dry-run", CACHE),
        ("chat --runtime {own} --save-dir {runs}", CACHE),
        ("report {file}", "{file}: is a file; name the output folder of `psychagent eval`"),
        ("norms {file} --out {runs}", "{file}: is a file; name the output folder of `psychagent eval`"),
        ("runs {file}", "{file}: is a file; name a run, or a folder of runs"),
        ("local-model --gguf {file}", "{file}: begins with 'x', so it is no GGUF file"),
    ],
)
def test_a_file_where_a_folder_is_wanted_is_told(
    tmp_path: Path, places: dict[str, str], line: str, told: str
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump({"machine": {"cache_dir": places["file"]}}), encoding="utf-8")
    runs = tmp_path / "runs"
    ended = ask(*line.format(own=own, runs=runs, **places).split())
    assert told.format(**places) in ended.error
    assert not runs.exists()
