"""Read the settings files of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.errors import SettingsError
from psychagent.files.read import load_model

S = TypeVar("S", bound=BaseModel)

DEFAULTS: dict[type[BaseModel], str] = {
    BaselineSettings: "baselines/offline.yaml",
    RuntimeSettings: "runtime/default.yaml",
    DatasetSettings: "datasets/default.yaml",
}


def load_settings(model: type[S], path: Path | None) -> S:
    """Read a settings file; None reads the default of its kind.

    Raises:
        SettingsError: Naming the file, the key, the value seen and the remedy.
    """
    return load_model(model, path or asset_dir("configs") / DEFAULTS[model], SettingsError)
