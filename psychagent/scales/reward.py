"""The reward of a rollout: its scores in standard deviations of norms; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from math import isfinite
from pathlib import Path

from pydantic import Field, field_validator

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Record
from psychagent.errors import ScoringError
from psychagent.files.read import load_model
from psychagent.scales.scale import Scale

DISCLOSURE = "disclosure"
"""Why changes of symptoms are left out: a client told of danger in one of the rollouts."""


class Norm(Record):
    """Mean and spread of one metric over many sessions."""

    mean: float
    std: float = Field(gt=0)
    lower_is_better: bool = False


class Norms(Record):
    """What scores are compared with."""

    source: str
    clip: float = Field(default=3.0, gt=0)
    """Largest absolute value of one metric's standard score."""
    counselor: dict[str, Norm]
    """Of a session's score on 0 to 10."""
    client: dict[str, Norm]
    """Of the difference between a session's score and that of the session chosen before it."""

    @field_validator("counselor", "client")
    @classmethod
    def _by_canonical_name(cls, norms: dict[str, Norm]) -> dict[str, Norm]:
        named = {canonical(name): norm for name, norm in norms.items()}
        if len(named) < len(norms):
            raise ValueError("two norms are of the same metric; names differ only in case or dashes")
        return named

    def of(self, name: str) -> Norm | None:
        """Return the norm of a metric by side and key, if there is one."""
        side, _, key = name.rpartition(".")
        return {"counselor": self.counselor, "client": self.client}.get(side, {}).get(key)


class Signals(Record):
    """The standard scores of one session, and what could not be compared."""

    z: dict[str, float] = Field(default_factory=dict)
    """By side and metric, higher is better, clipped."""
    skipped: dict[str, str] = Field(default_factory=dict)
    """Metric to the reason: `no_norm`, `no_previous_score`, `no_number` or `disclosure`."""


def load_norms(path: Path | None = None) -> Norms:
    """Read norms; None reads those of the reference release."""
    return load_model(Norms, path or asset_dir("configs") / "rewards" / "reference.yaml")


def canonical(name: str) -> str:
    """Write a metric's name as norms do: `Custom_Dim` and `custom-dim` are `CUSTOM_DIM`."""
    side, _, key = name.rpartition(".")
    known = key.strip().upper().replace("-", "_")
    return f"{side.strip().lower()}.{known}" if side else known


def to_signals(
    scores: Mapping[str, float], norms: Norms, previous: Mapping[str, float] | None = None
) -> Signals:
    """Turn a session's scores into standard scores.

    Counselor: z = (score - mean) / std. Client: z of the change against the previously chosen
    session. Each is clipped, then negated where lower is better, so that higher is always better.

    Args:
        scores: `counselor.WAI`, `client.SRS` and so on, each on 0 to 10.
        norms: What they are compared with.
        previous: Scores of the session chosen before; None in the first session.

    Source: reference release, src/rft/reward.py.
    """
    before = {canonical(name): value for name, value in (previous or {}).items()}
    z: dict[str, float] = {}
    skipped: dict[str, str] = {}
    for name, value in scores.items():
        known = canonical(name)
        norm, is_change = norms.of(known), known.startswith("client.")
        if norm is None:
            skipped[known] = "no_norm"
        elif is_change and known not in before:
            skipped[known] = "no_previous_score"
        elif not isfinite(level := value - before[known] if is_change else value):
            skipped[known] = "no_number"
        else:
            z[known] = standardize(level, norm, norms.clip)
    return Signals(z=z, skipped=skipped)


def set_aside(
    signals: Mapping[int, Signals], names: Collection[str], why: str = DISCLOSURE
) -> dict[int, Signals]:
    """Leave metrics out of the comparison of a session's rollouts: of all of them, or of none.

    Of none where a rollout would have nothing left to be compared by.

    Args:
        signals: Standard scores of each rollout.
        names: Metrics by side and canonical key.
        why: What is recorded of them.
    """
    rest = {
        index: Signals(
            z={name: value for name, value in one.z.items() if name not in names},
            skipped=one.skipped | {name: why for name in one.z if name in names},
        )
        for index, one in signals.items()
    }
    emptied = any(one.z and not rest[index].z for index, one in signals.items())
    return dict(signals) if emptied else rest


def distress_metrics(scales: Iterable[Scale]) -> frozenset[str]:
    """Name the client metrics that count symptoms, and so get worse when a client tells of its pain."""
    return frozenset(
        canonical(metric.name)
        for scale in scales
        for metric in scale.metrics
        if metric.side == "client" and not scale.symptoms.isdisjoint(scale.items_of(metric))
    )


def standardize(level: float, norm: Norm, clip: float) -> float:
    """Return the clipped standard score of a level or change; higher is better."""
    z = max(-clip, min(clip, (level - norm.mean) / norm.std))
    return -z if norm.lower_is_better else z


def reward_of(signals: Signals, names: frozenset[str] | None = None) -> float | None:
    """Return the plain mean of the standard scores, over all or over the metrics named.

    None if nothing can be compared: a session without scores has no reward, not an average one.

    Raises:
        ScoringError: If a named metric is not among the signals.
    """
    wanted = signals.z.keys() if names is None else names
    lacking = sorted(set(wanted) - signals.z.keys())
    if lacking:
        raise ScoringError(f"metrics {', '.join(lacking)} were not scored")
    values = [signals.z[name] for name in sorted(wanted)]
    return sum(values) / len(values) if values else None
