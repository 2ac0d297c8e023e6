"""Settings files for a run through the command line, for trees of either shape of settings.

The shapes are data: where each key stands. What the keys mean is told in configs/README.md of each tree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Place = tuple[str, ...]
"""A file, then the blocks that lead to the key's own."""

_COUNSELOR = ("provider", "model", "base_url", "api_key_env")
_BASELINE = ("name", "max_sessions", "max_counselor_turns")
_SYSTEM = ("retrieval", "embedding", "skills_root")
_WORLD = ("language", "seed", "client")
_MACHINE = ("concurrency", "max_parallel_calls", "cache_dir")
_DATASET = ("root", "split", "max_cases")

BLOCKS: dict[str, Place] = {
    **dict.fromkeys(_COUNSELOR, ("baseline", "counselor")),
    **dict.fromkeys(_BASELINE + _SYSTEM, ("baseline",)),
    **dict.fromkeys(_WORLD, ("runtime", "world")),
    **dict.fromkeys(_MACHINE, ("runtime", "machine")),
    **dict.fromkeys(_DATASET, ("dataset",)),
}
"""Today's shape: a system, the world it meets, and the machine."""

FLAT: dict[str, Place] = {
    **dict.fromkeys(_COUNSELOR + _BASELINE, ("baseline",)),
    **dict.fromkeys(_SYSTEM + _WORLD + _MACHINE, ("runtime",)),
    **dict.fromkeys(_DATASET, ("dataset",)),
}
"""The shape of dfc6311."""


def shape_of(tree: Path) -> dict[str, Place]:
    """Tell a tree's shape by where its settings models are."""
    return BLOCKS if (tree / "psychagent" / "assets" / "settings" / "baseline.py").is_file() else FLAT


def place(values: Mapping[str, Any], shape: Mapping[str, Place]) -> dict[str, dict[str, Any]]:
    """Put flat keys where a shape has them, by file."""
    files: dict[str, dict[str, Any]] = {"baseline": {}, "runtime": {}, "dataset": {}}
    for key, value in values.items():
        name, *blocks = shape[key]
        at = files[name]
        for block in blocks:
            at = at.setdefault(block, {})
        at[key] = value
    return files


def write_settings(folder: Path, values: Mapping[str, Any], shape: Mapping[str, Place]) -> list[str]:
    """Write the files and return the options that name them."""
    options: list[str] = []
    for name, content in place(values, shape).items():
        options += [f"--{name}", write_file(folder / f"{name}.yaml", content)]
    return options


def write_file(path: Path, content: Mapping[str, Any]) -> str:
    """Write one settings file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # JSON is YAML too, and nothing has to be imported that would weigh on the parent's memory
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return str(path)
