"""Read the settings files of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.named import settings_file
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.files.given import to_path
from psychagent.files.read import load_model, to_model

S = TypeVar("S", bound=BaseModel)

PLACES: dict[type[BaseModel], tuple[str, str]] = {
    BaselineSettings: ("baselines", "offline"),
    RuntimeSettings: ("runtime", "default"),
    DatasetSettings: ("datasets", "default"),
    EvalSettings: ("eval", "offline"),
    RftSettings: ("rft", "default"),
    ExperimentSettings: ("experiments", "strategies"),
}
"""Where files of each kind are bundled, and the one that is read where none is named."""


def load_settings(model: type[S], path: Path | str | None) -> S:
    """Read a settings file: a path, the name of a bundled one, or None for the default of its kind.

    Raises:
        SettingsError: Naming the file, the key, the value seen and the remedy.
    """
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        known = ", ".join(kind.__name__ for kind in PLACES)
        named = getattr(model, "__name__", shown(model))
        raise SettingsError(f"{named!r} is no kind of settings; known: {known}")
    place = PLACES.get(model)
    if place is None:
        # settings of which none are bundled
        return load_model(model, to_path(path, "the file of settings"), SettingsError)
    kind, default = place
    return load_model(model, settings_file(path, kind, default=default), SettingsError)


def lay_options(settings: S, options: Mapping[str, object]) -> S:
    """Lay options over settings, each checked as if the file said it.

    Raises:
        SettingsError: Naming the field, the value seen and its bounds.
    """
    # what was left to a default stays so: a manifest tells the two apart
    said = {name: getattr(settings, name) for name in settings.model_fields_set}
    return to_model(type(settings), said | dict(options), origin="the options", raise_as=SettingsError)
