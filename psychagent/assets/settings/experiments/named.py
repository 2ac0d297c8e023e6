"""Settings inside a file of settings: the keys themselves, or the name of a file that holds them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, BeforeValidator, ValidationInfo

from psychagent.assets.settings.endpoint import beside_file
from psychagent.assets.settings.named import settings_file
from psychagent.errors import SettingsError
from psychagent.files.read import load_model


def from_file(model: type[BaseModel], kind: str) -> BeforeValidator:
    """Read settings of a kind where a text names their file; a mapping is left as it is.

    Args:
        model: The kind of settings.
        kind: The folder in `configs` where those of a name are bundled; a relative path starts from the
            folder of the file that names it.
    """

    def read(value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str | Path):
            return value
        if not str(value).strip():
            raise ValueError("is empty; name a file, or leave the key out")
        path = Path(value)
        is_word = len(path.parts) == 1 and not path.suffix
        # absolute, so that a path inside keeps its place when other keys are laid over it
        named = path if is_word else beside_file(path, info).absolute()
        return load_model(model, settings_file(named, kind, default=""), SettingsError)

    return BeforeValidator(read)
