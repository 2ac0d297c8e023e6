"""Store the scales of an evaluation in its folder, and check that its scores were given on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from psychagent.errors import RecordError
from psychagent.files.digest import hash_json
from psychagent.files.read import read_json, to_model
from psychagent.files.write import write_json
from psychagent.records.base import StoredFile
from psychagent.records.evaluation import EvalFolder
from psychagent.scales.scale import Scale, load_scales

SCHEMA_VERSION = 1


class JudgedScales(StoredFile):
    """`scales.json` of an evaluation: every scale in full, so that scores can be read without scale files."""

    hashes: dict[str, str] = Field(default_factory=dict)
    """Name -> hash, as recorded with the scores."""
    scales: dict[str, Scale]


def write_scales(path: Path, scales: Mapping[str, Scale]) -> None:
    """Write the scales of an evaluation whole or not at all."""
    hashes = {name: scale.hash for name, scale in scales.items()}
    write_json(
        path, JudgedScales(schema_version=SCHEMA_VERSION, hashes=hashes, scales=dict(scales)).to_file()
    )


def _check_unchanged(path: Path, scales: Mapping[str, Any], hashes: Mapping[str, str]) -> None:
    """Hash what the file holds, not what this version reads from it: a scale may gain fields later.

    Raises:
        RecordError: If a scale was changed after it was written.
    """
    for name, scale in scales.items():
        if hash_json(scale) != hashes.get(name):
            raise RecordError(
                f"{path}: scale {name!r} is not what the evaluation was judged with; put the file back, or "
                "evaluate again"
            )


def read_scales(folder: Path, used: Iterable[tuple[str, str]]) -> dict[str, Scale]:
    """Read the scales of an evaluation, and check that its scores were given on them.

    Evaluations of earlier versions hold no scales; they are checked against the bundled ones.

    Args:
        folder: Output folder of `psychagent eval`.
        used: For each score to be read, its metric (`counselor.WAI`) or scale, and the scale's hash.

    Raises:
        RecordError: Naming the first score whose scale is absent or differs.
    """
    path = EvalFolder(folder).scales
    if path.is_file():
        data = read_json(path)
        stored = to_model(JudgedScales, data, origin=str(path), raise_as=RecordError)
        _check_unchanged(path, data["scales"], stored.hashes)
        where = path.name
    else:
        bundled = load_scales()
        stored = JudgedScales(scales=bundled, hashes={name: s.hash for name, s in bundled.items()})
        where = "the bundled scales (the evaluation kept none of its own)"
    owners = {metric.name: name for name, scale in stored.scales.items() for metric in scale.metrics}
    for what, digest in sorted(set(used)):
        name = what if what in stored.scales else owners.get(what, "")
        if stored.hashes.get(name) != digest:
            actual = f"has {stored.hashes[name]}" if name in stored.hashes else "has no such scale"
            raise RecordError(
                f"{folder}: {name or what} was judged with scale {digest}, {where} {actual}; evaluate again "
                "with the scales that are meant: what they did not change is not asked again"
            )
    return stored.scales
