"""Every text in the files that ship: what no search for labels, speakers or thoughts may take for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from psychagent.assets.locate import asset_dir


def own_texts(kind: str, pattern: str) -> list[str]:
    """List the texts of the files of a folder of assets, at least one; expressions for rules are none."""
    paths = sorted(asset_dir(kind).glob(pattern))
    assert paths
    return [text for path in paths for text in _texts(_data(path)) if "(?" not in text]


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for part in data.values() if isinstance(data, dict) else data:
            yield from _texts(part)


def _data(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line]
    return json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)
