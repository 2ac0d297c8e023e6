"""Copy the shipped folders to a place where they can be edited, and say how a copy differs from them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from psychagent.assets.locate import HOMES, KINDS, asset_dir, shipped_dir
from psychagent.domain.base import Record
from psychagent.errors import AssetError
from psychagent.files.digest import hash_file
from psychagent.files.refused import refused

GRAPHS = ("graphs", "langgraph.json")
"""What `langgraph dev` serves, and the file that names it."""


class Changes(Record):
    """How the files of one kind in use differ from the shipped ones."""

    files: int
    changed: int
    added: int
    missing: int
    """Shipped files that are not in use: removed, or new in this version."""

    @property
    def is_none(self) -> bool:
        """Whether they are the shipped ones."""
        return not (self.changed or self.added or self.missing)


def copy_assets(folder: Path) -> list[Path]:
    """Copy all that may be edited into a folder, and return what was made.

    Raises:
        AssetError: If something of that name is there already, or it cannot be written; nothing that was
            there is changed.
    """
    sources = [*(shipped_dir(kind) for kind in KINDS), *_graphs()]
    try:
        for source in sources:
            if (folder / source.name).exists():
                raise AssetError(
                    f"{folder / source.name}: is there already and is not overwritten; name another folder, "
                    "or move it away"
                )
        folder.mkdir(parents=True, exist_ok=True)
        return [_copy(source, folder / source.name) for source in sources]
    except OSError as error:
        raise AssetError(refused(folder, "written", error, ", or name another folder")) from error


def _graphs() -> Iterator[Path]:
    for name in GRAPHS:
        yield from [home / name for home in HOMES if (home / name).exists()][:1]


def _copy(source: Path, target: Path) -> Path:
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        # contents alone: the files of a wheel may be read-only
        shutil.copytree(source, target, copy_function=shutil.copyfile, ignore=_ignored)
    return target


def _ignored(_: str, names: list[str]) -> list[str]:
    return [name for name in names if _is_hidden(name)]


def compare(kind: str) -> Changes:
    """Compare the files of one kind in use with the shipped ones."""
    used, shipped = _hashes(asset_dir(kind)), _hashes(shipped_dir(kind))
    return Changes(
        files=len(used),
        changed=sum(shipped[name] != digest for name, digest in used.items() if name in shipped),
        added=len(used.keys() - shipped.keys()),
        missing=len(shipped.keys() - used.keys()),
    )


def _hashes(folder: Path) -> dict[str, str]:
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        str(name): hash_file(path)
        for name, path in files.items()
        if not any(_is_hidden(part) for part in name.parts)
    }


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__pycache__"))
