"""What a system met in the run that was judged, from the run's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psychagent.domain.role import Role
from psychagent.errors import RecordError
from psychagent.evals.table import Scores
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import run_of
from psychagent.records.manifest import Manifest


@dataclass(frozen=True)
class World:
    """Client, limits, seed and cases."""

    client: str
    most_turns: int
    most_sessions: int
    seed: int
    profiles: Mapping[str, str]
    """Case -> hash of its profile."""


def world_of(scores: Scores) -> World | None:
    """Return what the judged sessions were made in; None where no run of ours is at hand."""
    manifest = manifest_of(scores)
    if manifest is None:
        return None
    baseline, world = manifest.settings.baseline, manifest.settings.runtime.world
    return World(
        client=manifest.models.get(Role.CLIENT.value, world.client.model),
        most_turns=baseline.max_counselor_turns,
        most_sessions=baseline.max_sessions,
        seed=world.seed,
        profiles=manifest.hashes.profiles,
    )


def manifest_of(scores: Scores) -> Manifest | None:
    """Return the manifest of the run that was judged; None where it is gone or cannot be read."""
    # an evaluation judges one run, so its first session tells
    run = next(map(run_of, session_paths(scores)), None)
    if run is None or not run.manifest_path.is_file():
        return None
    try:
        return run.manifest()
    except RecordError:
        return None


def session_paths(scores: Scores) -> list[Path]:
    """Return where the judged sessions lie, those that are still there."""
    if not scores.summary.data_root:
        return []
    root = EvalFolder(scores.folder).find_data(scores.summary.data_root)
    if not root.is_dir():
        return []
    return [path for name in scores.frame["source_file"].unique() if (path := root / name).is_file()]
