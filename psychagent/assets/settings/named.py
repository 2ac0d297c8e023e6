"""Find a settings file that is named by a path, or by the name under which it is bundled."""

from __future__ import annotations

from pathlib import Path

from psychagent.assets.locate import asset_dir
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.files.given import to_path

SUFFIX = ".yaml"


def settings_file(given: Path | str | None, kind: str, *, default: str) -> Path:
    """Return the file that is meant.

    Args:
        given: A path, or one word: the name of a bundled file without its suffix. A file of that name in the
            working directory goes first. None takes the default.
        kind: The folder in `configs` whose files it is one of.
        default: The name of the file where nothing is given.

    Raises:
        SettingsError: If it can be no path, or a word is neither a file nor bundled; with the closest name.
    """
    folder = asset_dir("configs") / kind
    if given is None:
        return folder / f"{default}{SUFFIX}"
    path = to_path(given, "a file of settings")
    is_word = len(path.parts) == 1 and not path.suffix and not path.is_file()
    if not is_word:
        return path
    bundled = folder / f"{path}{SUFFIX}"
    if bundled.is_file():
        return bundled
    known = sorted(file.stem for file in folder.glob(f"*{SUFFIX}"))
    raise SettingsError(
        f"{shown(str(path))} is neither a file nor one of the bundled {kind}{nearest(str(path), known)}"
    )
