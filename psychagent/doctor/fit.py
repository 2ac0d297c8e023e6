"""Write the settings to which the servers answer, beside those that were given."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from psychagent.assets.settings.endpoint import Settings
from psychagent.assets.settings.named import settings_file
from psychagent.doctor.check import Check
from psychagent.doctor.edit import Edit, edit_yaml, with_value
from psychagent.doctor.setup import KIND_OF, Asked, SetUp
from psychagent.doctor.suggest import Change, explain_change
from psychagent.errors import SettingsError
from psychagent.files.own import require_own
from psychagent.files.read import load_data, read_text, to_model
from psychagent.files.write import write_text
from psychagent.runs.home import require_free

FOLDERS = {
    "baseline": "baselines",
    "runtime": "runtime",
    "judge": "eval",
    "rollouts": "rft",
}
"""Where the bundled files of each kind are."""
Found = Sequence[tuple[Asked, Change]]
_WRITTEN = "as `psychagent doctor --write` changed it."
"""In the first line of every file that it wrote."""


def check_written(setup: SetUp, changes: Found) -> Iterator[Check]:
    """Write a file for each kind of settings in which something has to change."""
    if not setup.writing:
        return
    models = [model for model in setup.kinds if any(one.model is model for one, _ in changes)]
    if not models:
        yield Check("write", lambda: "nothing to write: no change of settings was found to be needed")
    for model in models:
        mine = [(one, change) for one, change in changes if one.model is model]
        yield Check(f"write: {KIND_OF[model]}", partial(write_fitting, setup, model, mine))


def write_fitting(setup: SetUp, model: type[Settings], changes: Found) -> str:
    """Write a copy of a settings file in which the found changes are made.

    Raises:
        SettingsError: If the copy is there already and is not to be replaced.
        RecordError: If it cannot be written.
    """
    file, target = _files(setup, model)
    if target.exists() and not setup.overwriting:
        raise SettingsError(f"{target}: is there already; move it away, or replace it with --overwrite")
    require_free(target, "folder for the settings")
    # a file without room for our line is not told from anybody's
    marks = [_WRITTEN.encode()] if target.suffix != ".json" else [b"{"]
    require_own(target, marks, "move it away, or name the settings in another folder")
    told = "; ".join(f"{one.role}: {explain_change(change)}" for one, change in changes)
    text, keeps_comments = _fitting(file, target, model, changes)
    if target.suffix != ".json":
        text = f"# {file.name}, {_WRITTEN} {told}.\n{text}"
    write_text(target, text)
    lost = "" if keeps_comments else " (without its comments, because it repeats parts by alias)"
    return f"{target} is {file.name} with {told}{lost}; use it with --{_option(model)} {target}"


def _option(model: type[Settings]) -> str:
    return {"judge": "config", "rollouts": "rft-config"}.get(KIND_OF[model], KIND_OF[model])


def _files(setup: SetUp, model: type[Settings]) -> tuple[Path, Path]:
    """Return the file that was read and the one to write: beside one's own, else in the working folder."""
    given = setup.file(model)
    file = settings_file(given, FOLDERS[KIND_OF[model]], default="default")
    beside = file.parent if given == file else Path.cwd()
    return file, beside / f"{file.stem}_fits{file.suffix}"


def _fitting(file: Path, target: Path, model: type[Settings], changes: Found) -> tuple[str, bool]:
    """Return the text to write, and whether it keeps the comments of the file."""
    data = load_data(file, SettingsError)
    edits: list[Edit] = [
        ((*one.keys, name), value) for one, change in changes for name, value in change.items()
    ]
    if target.parent != file.parent:
        read = to_model(model, data, origin=str(file), base=file.parent, raise_as=SettingsError)
        edits += list(_moved(read, ()))
    for keys, value in edits:
        data = with_value(data, keys, value)
    # before anything is written
    to_model(model, data, origin=str(target), base=target.parent, raise_as=SettingsError)
    if target.suffix == ".json":
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n", True
    return edit_yaml(read_text(file, SettingsError), edits, data)


def _moved(settings: BaseModel, keys: tuple[str, ...]) -> Iterator[Edit]:
    """Name the paths that a file gives relative to itself, for a copy elsewhere."""
    for name in settings.model_fields_set:
        value: Any = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from _moved(value, (*keys, name))
        elif isinstance(value, Path):
            yield (*keys, name), str(value.absolute())
