"""Find the folders of text and data: one's own where the environment names it, else the shipped ones.

Never looks in the working directory.
"""

from __future__ import annotations

import os
from pathlib import Path

from psychagent.domain.words.value import shown
from psychagent.errors import AssetError
from psychagent.files.name import why_no_path

KINDS = ("prompts", "skills", "profiles", "configs")
_PACKAGE = Path(__file__).resolve().parent.parent
HOMES = (_PACKAGE / "_assets", _PACKAGE.parent)
"""Where the shipped ones stand: in the wheel, or beside the package in a checkout."""
OWN = "PSYCHAGENT_ASSETS"
"""The environment variable that names a folder of one's own, as `psychagent init` makes it."""


def asset_dir(kind: str, override: Path | None = None) -> Path:
    """Return the folder of one kind of asset.

    Looks at `override` (the folder itself), then at one's own copy, then at the wheel's, then at the
    checkout.

    Raises:
        AssetError: If the override or one's own folder is not a folder, or no copy of the kind is found.
    """
    if override is not None:
        require_folder(kind, override, f"name a folder (in settings: {kind}_root)")
        return override
    own = own_assets()
    if own is not None and (own / kind).is_dir():
        return own / kind
    return shipped_dir(kind)


def require_folder(kind: str, folder: Path, remedy: str, *, is_made: bool = False) -> None:
    """Check that a folder which somebody named is one.

    Args:
        kind: What it holds.
        folder: The folder.
        remedy: What to do where it is none.
        is_made: Whether it is made where nothing stands.

    Raises:
        AssetError: If it is not there, or a file stands there; with the remedy.
    """
    if not folder.is_dir() and (folder.exists() or not is_made):
        problem = "is a file, not a folder" if folder.exists() else "does not exist"
        # a name is what is looked for: shown whole
        raise AssetError(f"{kind} folder {str(folder)!r} {problem}; {remedy}")


def own_assets() -> Path | None:
    """Return the folder of one's own assets; None where the environment names none.

    Raises:
        AssetError: If it names something that is no folder, or one that holds no kind of assets.
    """
    named = os.environ.get(OWN)
    if not named:
        return None
    if problem := why_no_path(named):
        raise AssetError(f"{OWN} names {named[:80]!r}, which {problem}; or unset the variable")
    folder = Path(os.path.expanduser(named))
    if not folder.is_dir():
        raise AssetError(
            f"{OWN} names {shown(named)}, which is not a folder; make it with `psychagent init {named}`, "
            "or unset the variable"
        )
    if not any((folder / kind).is_dir() for kind in KINDS):
        raise AssetError(
            f"{OWN} names {named!r}, which holds none of the folders {', '.join(KINDS)}; name the one that "
            "`psychagent init` made, or unset the variable"
        )
    return folder


def shipped_dir(kind: str) -> Path:
    """Return the folder of one kind as it is shipped.

    Raises:
        AssetError: If it is not there.
    """
    for home in HOMES:
        if (home / kind).is_dir():
            return home / kind
    raise AssetError(f"no {kind!r} folder beside the package; reinstall psychagent")
