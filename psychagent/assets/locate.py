"""Find the shipped folders of text and data; never looks in the working directory."""

from __future__ import annotations

from pathlib import Path

from psychagent.errors import AssetError

KINDS = ("prompts", "skills", "profiles", "configs")
_PACKAGE = Path(__file__).resolve().parent.parent
HOMES = (_PACKAGE / "_assets", _PACKAGE.parent)


def asset_dir(kind: str, override: Path | None = None) -> Path:
    """Return the folder of one kind of asset.

    Looks at `override` (the folder itself), then at the wheel's copy, then at the checkout.

    Raises:
        AssetError: If the override is not a folder, or no copy of the kind is found.
    """
    if override is not None:
        if not override.is_dir():
            raise AssetError(f"{kind} folder {str(override)!r} does not exist; name a folder")
        return override
    for home in HOMES:
        if (home / kind).is_dir():
            return home / kind
    raise AssetError(f"no {kind!r} folder beside the package; reinstall psychagent")
