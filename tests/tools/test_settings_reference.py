"""configs/README.md says what the settings models say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from psychagent.assets.settings import baseline, dataset, endpoint, runtime
from psychagent.assets.settings import experiment as experiment_settings
from psychagent.assets.settings import judge as eval_settings
from psychagent.assets.settings import rollouts as rft_settings
from psychagent.assets.settings import train as train_settings
from psychagent.assets.settings.endpoint import Settings
from psychagent.files.read import load_model
from tools import settings_reference as reference
from tools.field_notes import field_notes
from tools.settings_reference import REGISTRY, type_words, write_reference

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"
PARTS = {
    "address",
    "base",
    "before",
    "body",
    "budget",
    "end_token",
    "endpoint",
    "load",
    "named",
    "prices",
    "roles",
    "safety",
    "secrets",
    "switch",
}
"""Modules of parts of settings, and of how they are found."""
NOT_SETTINGS = {"script_judges.yaml"}
"""Data that stands beside settings: the weights of scripted judges."""


def shipped() -> list[tuple[type[BaseModel], Path]]:
    return [
        (kind.model, path)
        for kind in REGISTRY
        for path in sorted((CONFIGS / kind.folder).glob("*.yaml"))
        if path.name not in NOT_SETTINGS
    ]


def settings_models() -> set[type[Settings]]:
    modules = (
        *(endpoint, baseline, runtime, dataset, eval_settings, rft_settings, train_settings),
        experiment_settings,
    )
    return {
        item
        for module in modules
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Settings) and item is not Settings
    }


def test_the_readme_of_configs_is_what_make_configs_readme_would_write() -> None:
    written = (CONFIGS / "README.md").read_text(encoding="utf-8")
    assert written == write_reference(), "run: make configs-readme"


@pytest.mark.parametrize("model", sorted(settings_models(), key=str))
def test_every_field_of_every_settings_model_has_a_meaning_and_stands_in_the_readme(
    model: type[Settings],
) -> None:
    text = write_reference()
    assert model.__name__ in text or model in {kind.model for kind in REGISTRY}
    for name, field in model.model_fields.items():
        note = field_notes(model).get(name)
        assert note, f"{model.__name__}.{name} has no note under it"
        assert f"| `{field.alias or name}` |" in text
        assert note.replace("|", "\\|") in text


@pytest.mark.parametrize(("model", "path"), shipped(), ids=lambda value: getattr(value, "name", None))
def test_every_shipped_settings_file_can_be_read(model: type[BaseModel], path: Path) -> None:
    assert isinstance(load_model(model, path), model)


def test_every_shipped_settings_file_says_in_its_first_lines_what_it_is_for() -> None:
    for _, path in shipped():
        assert path.read_text(encoding="utf-8").startswith("# "), path


def test_every_module_of_settings_is_known_to_the_reference() -> None:
    folder = ROOT / "psychagent" / "assets" / "settings"
    modules = {path.stem for path in folder.glob("[a-z]*.py")} - PARTS
    imported = {kind.model.__module__.rsplit(".", 1)[-1] for kind in reference.REGISTRY}
    assert modules == imported, "a new kind of settings is a new line in REGISTRY"


def test_types_are_said_in_words() -> None:
    assert type_words(int | None) == "whole number or null"
    assert type_words(tuple[str, ...]) == "list of text"
    assert type_words(dict[str, float]) == "mapping of text to number"
    assert type_words(Path) == "path"


def test_a_key_name_stands_in_no_shipped_file() -> None:
    for path in CONFIGS.rglob("*.yaml"):
        assert "api_key:" not in path.read_text(encoding="utf-8"), path
