"""A run with rollouts, read from its files; knows no statistics and no layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.rollout import Choice
from psychagent.domain.scores import Use
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.usage import Usage, sum_usage
from psychagent.errors import PsychAgentError, RecordError, ScoringError
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import CaseFolder, RunFolder, SessionFile, runs_at
from psychagent.records.gaps.sessions import missing_sessions
from psychagent.records.judged.unscored import Unscored, count_unscored
from psychagent.records.manifest import Manifest
from psychagent.records.rollouts import RolloutData, StoredRollout
from psychagent.scales.choose import choose
from psychagent.scales.reward import DISCLOSURE, Norms, load_norms, set_aside, to_signals


@dataclass(frozen=True)
class Candidate:
    """One rollout, as the report counts it."""

    index: int
    reward: float | None
    """Under the judge that chose; None where the rollout could not be compared."""
    holdout: float | None
    """Under the second judge."""
    turns: int | None
    """Counselor turns; None where the dialogue was not kept."""
    tokens: int | None
    """Estimated tokens of the visible dialogue."""
    asked: tuple[str, ...]
    """Scales that the judge was asked for."""
    missing: tuple[str, ...]
    failure: str
    scores: Mapping[str, float] = field(default_factory=dict)
    """0 to 10 by side and metric, as the rewards count them."""
    z: Mapping[str, float] = field(default_factory=dict)
    """Standard scores by side and metric, of which the reward is the mean; higher is better."""


@dataclass(frozen=True)
class Rolled:
    """One session with its rollouts."""

    modality: str
    case_id: str
    session_index: int
    winner: int
    choice: Choice
    candidates: tuple[Candidate, ...]
    usage: Usage
    is_script: bool
    unscored: Unscored = Unscored()
    """Rollouts that lack scores of the judge."""

    @property
    def case(self) -> str:
        """Name of the case, unique over all modalities."""
        return f"{self.modality}/{self.case_id}"

    @property
    def rewards(self) -> dict[int, float]:
        """Rewards of the rollouts that were compared."""
        return {c.index: c.reward for c in self.candidates if c.reward is not None}

    @property
    def holdouts(self) -> dict[int, float]:
        """Rewards under the second judge."""
        return {c.index: c.holdout for c in self.candidates if c.holdout is not None}


@dataclass(frozen=True)
class RftRun:
    """A run's folder."""

    folder: Path
    manifest: Manifest
    settings: RftSettings
    norms: Norms
    sessions: tuple[Rolled, ...]
    broken: tuple[tuple[str, str], ...] = ()
    """Files that could not be read, and why."""
    failed_cases: tuple[tuple[str, str], ...] = field(default=())

    @property
    def is_script(self) -> bool:
        """Whether a script, which is no language model, had a part in it."""
        return self.manifest.is_script or any(s.is_script for s in self.sessions)

    @property
    def unscored(self) -> Unscored:
        """How many rollouts lack scores, and why."""
        return sum((session.unscored for session in self.sessions), Unscored())

    @property
    def usage(self) -> Usage:
        """What the finished sessions cost, their rejected rollouts included."""
        return sum_usage(session.usage for session in self.sessions)


def find_rft_run(folder: Path) -> Path | None:
    """Find the folder of a run with rollouts: this one, or the only one in it; None if there is none."""
    if EvalFolder(folder).table.is_file():
        return None
    runs = [run for run in runs_at(folder) if _has_rollouts(run)]
    return runs[0].path if len(runs) == 1 else None


def _has_rollouts(run: RunFolder) -> bool:
    try:
        return run.manifest().has_rollouts
    except RecordError:
        return False


def read_rft_run(folder: Path) -> RftRun:
    """Read a run's manifest and all its sessions.

    Raises:
        RecordError: If the manifest cannot be read, or there is no session with rollouts.
    """
    run = RunFolder(folder)
    manifest = run.manifest()
    settings = manifest.settings.rft
    if settings is None:
        raise RecordError(f"{folder}: is a run without rollouts; run `psychagent rft` first")
    norms = _read_norms(settings.norms)
    scoring = Scoring(norms, settings.judging.use, is_safe=settings.reward == "safe")
    sessions: list[Rolled] = []
    broken: list[tuple[str, str]] = []
    failed: list[tuple[str, str]] = []
    for place in run.cases():
        readable, problems = _read_case(place, scoring)
        sessions += readable
        broken += problems
        failed += _failed_case(place, broken)
    if not sessions:
        raise RecordError(_why_none(folder, broken))
    return RftRun(folder, manifest, settings, norms, tuple(sessions), tuple(broken), tuple(failed))


def _read_norms(path: Path | None) -> Norms:
    try:
        return load_norms(path)
    except PsychAgentError as error:
        raise RecordError(f"the norms that the run was made with cannot be read: {error}") from error


def _why_none(folder: Path, broken: Sequence[tuple[str, str]]) -> str:
    """Say why nothing can be reported: files that cannot be read are no reason to run again."""
    if not broken:
        return f"{folder}: holds no finished session with rollouts; run `psychagent rft` first"
    (file, reason), more = broken[0], len(broken) - 1
    also = f"; {more} more cannot be read either" if more else ""
    return f"{folder / file}: {reason}{also}"


def _failed_case(place: CaseFolder, broken: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield a case that failed, and why; a file of a course that cannot be read is added to those broken."""
    try:
        failure = place.course().failure if place.course_path.is_file() else None
    except RecordError as error:
        broken.append(_told(place, place.course_path, error))
        return
    if failure:
        yield place.name, failure.message


def _told(place: CaseFolder, path: Path, error: RecordError) -> tuple[str, str]:
    """Name a file of a case by its place in the run, with what is wrong with it."""
    return f"{place.name}/{path.name}", str(error).removeprefix(f"{path}: ")


@dataclass(frozen=True)
class Scoring:
    """How the run turned scores into rewards."""

    norms: Norms
    use: Use
    is_safe: bool = True
    """Whether items on danger do not enter rewards of change."""

    def values(self, rollout: StoredRollout) -> Mapping[str, float]:
        """Return a rollout's scores as the reward counted them."""
        judgement = rollout.judgement
        return judgement.values(self.use, change=self.is_safe) if judgement else rollout.scores

    def holdouts(self, rollout: StoredRollout) -> Mapping[str, float]:
        """Return the second judge's scores as a reward of its own would count them."""
        return rollout.holdout_scores | (rollout.holdout_changes if self.is_safe else {})


def _read_case(place: CaseFolder, scoring: Scoring) -> tuple[list[Rolled], list[tuple[str, str]]]:
    """Read a case's sessions in order: changes are relative to the session chosen before."""
    sessions, broken = [], []
    before, number = Before(), 0
    if gap := missing_sessions(place):
        broken.append((f"{place.name}/{gap.path.name}", gap.reason))
    for file in place.session_files():
        # a change is measured from the session right before, and from no other
        before, number = before if file.index == number + 1 else Before(), file.index
        try:
            session, before = _read_rolled(file, scoring, before)
            sessions.append(session)
        except RecordError as error:
            before = Before()
            broken.append(_told(place, file.path, error))
    return sessions, broken


class Before(NamedTuple):
    """Scores of what was chosen in the session before, from which changes are measured."""

    scores: Mapping[str, float] | None = None
    holdout: Mapping[str, float] | None = None


def _read_rolled(file: SessionFile, scoring: Scoring, before: Before) -> tuple[Rolled, Before]:
    record = file.read()
    data = record.typed_rollouts()
    if data is None or data.selection is None:
        raise RecordError(f"{file.path}: records no choice among rollouts")
    holdouts = holdout_rewards(data, scoring, before.holdout)
    chosen = [c for c in data.rollout_candidates if c.rollout_index == data.winner_rollout_index]
    if not chosen:
        raise RecordError(f"{file.path}: its winner {data.winner_rollout_index} is not among its rollouts")
    session = Rolled(
        modality=record.modality,
        case_id=record.case_id,
        session_index=record.session_index,
        winner=data.winner_rollout_index,
        choice=data.selection,
        candidates=tuple(_candidate(c, holdouts, scoring, before) for c in data.rollout_candidates),
        usage=record.usage,
        unscored=count_unscored([record]),
        is_script=any(c.judgement.is_script for c in data.rollout_candidates if c.judgement),
    )
    return session, Before(scoring.values(chosen[0]), scoring.holdouts(chosen[0]))


def _candidate(
    data: StoredRollout, holdouts: Mapping[int, float], scoring: Scoring, before: Before
) -> Candidate:
    scores = scoring.values(data)
    texts = [u.content for u in data.transcript]
    return Candidate(
        index=data.rollout_index,
        reward=data.reward_score,
        holdout=holdouts.get(data.rollout_index),
        turns=sum(u.role == "assistant" for u in data.transcript) if texts else None,
        tokens=sum(map(estimate_tokens, texts)) if texts else None,
        asked=tuple(data.judgement.scales) if data.judgement else (),
        missing=data.missing_methods,
        failure=data.failure.message if data.failure else "",
        scores=scores,
        z=to_signals(scores, scoring.norms, before.scores or None).z,
    )


def holdout_rewards(
    data: RolloutData, scoring: Scoring, previous: Mapping[str, float] | None
) -> dict[int, float]:
    """Compute the second judge's rewards, on the metrics that all candidates have; empty if it gave none.

    What the choice left out because a client told of danger is left out here too.
    """
    signals = {
        c.rollout_index: to_signals(scoring.holdouts(c), scoring.norms, previous or None)
        for c in data.rollout_candidates
        if c.holdout_scores
    }
    skipped = data.selection.skipped if data.selection else {}
    signals = set_aside(signals, {name for name, why in skipped.items() if why == DISCLOSURE})
    try:
        return choose(signals).rewards
    except ScoringError:
        return {}
