"""Summarize an evaluation: means with their coverage, totals, warnings, exit status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Literal

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.scores import Evidence, MetricScore, SessionScores, Talk
from psychagent.domain.script_note import JUDGED_BY_SCRIPT
from psychagent.domain.usage import RoleUsage, sum_usage
from psychagent.errors import RecordError
from psychagent.evals.find import JudgeInput
from psychagent.evals.marks import MarkRow, count_marks
from psychagent.evals.safety.rates import count_safety, summarize_safety
from psychagent.records.folder import Broken, run_of
from psychagent.records.manifest import Manifest
from psychagent.records.safety import SafetyRow
from psychagent.records.summary import (
    SCHEMA_VERSION,
    EvalSummary,
    Means,
    MetricMean,
    MissingScale,
    ReadAs,
    StoredEvidence,
)
from psychagent.runs.money.spending import Spending
from psychagent.runs.outcome import HELD_BY_BUDGET
from psychagent.scales.scale import Scale

Tolerated = Literal["left-out"]
"""What need not count as a failure of an evaluation."""


@dataclass(frozen=True)
class EvalResult:
    """The outcome of an evaluation."""

    sessions: tuple[SessionScores, ...]
    """Scores without their items, which are in the files: thousands of sessions must fit into memory."""
    scales: Mapping[str, Scale]
    degenerate: tuple[SessionScores, ...] = ()
    """Worthless sessions by kind (their `baseline`)."""
    safety: tuple[SafetyRow, ...] = ()
    """Danger in each session, and the judge's answers about it."""
    marks: tuple[MarkRow, ...] = ()
    """Faults of the simulator."""
    broken: tuple[Broken, ...] = ()
    """Files that could not be read."""
    warnings: tuple[str, ...] = ()
    scripted_roles: tuple[str, ...] = ()
    """Roles that a script played in the runs that were judged."""
    data_root: str = ""
    """Where the sessions lay, as the summary names it."""
    read_as: ReadAs = ReadAs()
    replies_taken: int = 0
    """Replies that an interrupted evaluation had kept and that were not asked for again."""
    interrupted: bool = False
    """Whether a stop left sessions open, in which case no table is written."""
    stopped: str = ""
    """Why the evaluation stopped by itself; empty if it did not."""
    held: bool = False
    """Whether sessions are open because the budget is spent."""
    spending: Spending | None = None
    """What was spent; None without a budget."""

    @property
    def missing(self) -> list[tuple[str, str, str]]:
        """Session, scale and reason of every scale that could not be filled in."""
        return [
            (f"{s.modality.value}/{s.case_id}/session_{s.session_index}", name, result.reason)
            for s in (*self.sessions, *self.degenerate)
            for name, result in s.scales.items()
            if result.status == "missing"
        ]

    @property
    def used(self) -> RoleUsage:
        """Calls and tokens of all sessions, including those spent by earlier evaluations."""
        return sum_usage(s.usage for s in (*self.sessions, *self.degenerate)).total()

    def exit_status(self, tolerate: Tolerated | None = None) -> int:
        """0 if nothing is missing or left out; 130 after a clean stop by somebody, 3 at a budget; else 1.

        Args:
            tolerate: What shall not count; of files that were left out at least one session must be judged.
        """
        if self.interrupted:
            return HELD_BY_BUDGET if self.held else 1 if self.stopped else 130
        spared = tolerate == "left-out" and bool(self.sessions)
        return 1 if self.missing or (self.broken and not spared) else 0


def metric_means(sessions: Iterable[SessionScores], scales: Mapping[str, Scale]) -> Means:
    """Average every metric over the sessions in which it was filled in, and count those that lack it.

    The mean over no session is None.
    """
    scores: dict[str, list[MetricScore]] = {}
    missing: Counter[str] = Counter()
    for session in sessions:
        for name, result in session.scales.items():
            for metric in scales[name].metrics if name in scales else ():
                scored = result.metrics.get(metric.name)
                missing[metric.name] += scored is None
                scores.setdefault(metric.name, []).extend([scored] if scored else [])
    known = {metric.name: metric for scale in scales.values() for metric in scale.metrics}
    return {
        name: MetricMean(
            raw=mean_or_none(m.raw for m in scored),
            verified=mean_or_none(m.verified for m in scored),
            sessions=len(scored),
            missing=missing[name],
            coverage=mean_or_none(m.coverage for m in scored),
            evidenced=mean_or_none(m.evidenced for m in scored),
            direction=known[name].direction,
            headline=known[name].headline,
        )
        for name, scored in sorted(scores.items())
    }


def mean_or_none(values: Iterable[float | None]) -> float | None:
    """Average the values that are there; None if there are none."""
    known = [value for value in values if value is not None]
    return round(mean(known), 4) if known else None


def mean_talk(sessions: Iterable[SessionScores]) -> dict[str, float | None]:
    """Average what was counted in the dialogues; the longest turn is the longest of all."""
    counted = [session.computed for session in sessions if session.computed]
    if not counted:
        return {}
    means = {name: mean_or_none(getattr(talk, name) for talk in counted) for name in Talk.model_fields}
    return means | {"longest_turn": max(talk.longest_turn for talk in counted)}


def evidence_of(sessions: Iterable[SessionScores]) -> Evidence:
    """Sum up the evidence of all answers that enter a score."""
    results = [result for session in sessions for result in session.scales.values()]
    parts = [result.evidence for result in results if result.group != "safety"]
    return Evidence(**{name: sum(getattr(p, name) for p in parts) for name in Evidence.model_fields})


def judge_warnings(
    settings: EvalSettings, manifests: Sequence[Manifest], sessions: Sequence[SessionScores]
) -> list[str]:
    """List what a reader of the numbers has to know."""
    warnings = []
    if settings.judge.provider == "offline":
        warnings.append(JUDGED_BY_SCRIPT)
    elif roles := roles_of_model(settings.judge.model, manifests):
        warnings.append(
            f"the judge's model {settings.judge.model!r} is also the run's {' and '.join(roles)}: "
            "it judges itself; name another model under 'judge'"
        )
    return warnings + hash_warnings(sessions)


def manifests_of(root: Path, inputs: Sequence[JudgeInput]) -> list[Manifest]:
    """Read the manifests of the runs that sessions belong to; other sources have none."""
    runs = {run_of(root / item.source_file if root.is_dir() else root) for item in inputs if item.baseline}
    manifests = []
    for run in sorted((run for run in runs if run), key=lambda run: run.path):
        with suppress(RecordError):
            manifests.append(run.manifest())
    return manifests


def roles_of_model(model: str, manifests: Sequence[Manifest]) -> list[str]:
    """Name the roles that a model played in the runs that are judged."""
    played = {role for manifest in manifests for role, name in manifest.models.items() if name == model}
    return sorted(played & {"counselor", "client"})


def hash_warnings(sessions: Sequence[SessionScores]) -> list[str]:
    """Warn if scores were given by different judges, with different prompts or on different scales.

    Prompts are compared within a language only, since they differ between languages.
    """
    warnings = []
    if len({(s.language, s.mark) for s in sessions}) > len({s.language for s in sessions}):
        warnings.append("sessions were judged with different models or prompts; their means do not compare")
    hashes: dict[str, set[str]] = {}
    for session in sessions:
        for name, result in session.scales.items():
            hashes.setdefault(name, set()).add(result.hash)
    mixed = [name for name, values in hashes.items() if len(values) > 1]
    if mixed:
        warnings.append(f"different versions of {', '.join(mixed)} are mixed; judge them again")
    if len({s.language for s in sessions}) > 1:
        warnings.append("sessions in several languages were judged, each with prompts of its language")
    return warnings


def summarize(result: EvalResult, settings: EvalSettings) -> EvalSummary:
    """Build the summary: the numbers, and everything needed to read them."""
    by_modality = {
        m: [s for s in result.sessions if s.modality is m]
        for m in sorted({s.modality for s in result.sessions})
    }
    kinds = {
        kind: [s for s in result.degenerate if s.baseline == kind]
        for kind in sorted({s.baseline for s in result.degenerate})
    }
    evidence = evidence_of(result.sessions)
    return EvalSummary(
        schema_version=SCHEMA_VERSION,
        note=JUDGED_BY_SCRIPT if settings.judge.provider == "offline" else None,
        judge_model=settings.judge.model,
        is_script=settings.judge.provider == "offline",
        scripted_roles=result.scripted_roles,
        temperature=settings.judge.temperature,
        repeats=settings.repeats,
        use=settings.use,
        prompt_hashes={s.language.value: s.prompt_hash for s in result.sessions},
        scale_hashes={name: r.hash for s in result.sessions for name, r in s.scales.items()},
        baselines=tuple(sorted({s.baseline for s in result.sessions})),
        data_root=result.data_root,
        read_as=result.read_as,
        cases=len({(s.modality, s.case_id) for s in result.sessions}),
        sessions=len(result.sessions),
        scales=sum(len(s.scales) for s in result.sessions),
        metrics=metric_means(result.sessions, result.scales),
        by_modality={m.value: metric_means(part, result.scales) for m, part in by_modality.items()},
        degenerate={kind: metric_means(part, result.scales) for kind, part in kinds.items()},
        evidence=StoredEvidence(**evidence.model_dump(), quotes_verified_rate=evidence.quotes_verified_rate),
        computed=mean_talk(result.sessions),
        safety=summarize_safety(count_safety(result.safety, result.scales)),
        marks=count_marks(result.marks, len(result.sessions)),
        usage=result.used,
        cost=prices.cost(result.used) if (prices := settings.judge_prices) else None,
        currency=prices.currency if prices else None,
        missing=tuple(MissingScale(session=s, scale=n, reason=w) for s, n, w in result.missing),
        skipped=result.broken,
        warnings=result.warnings,
    )
