"""Choose which earlier results to keep, and turn scores into rows of the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from psychagent.domain.scores import Evidence, ScaleResult, SessionScores
from psychagent.domain.usage import RoleUsage
from psychagent.evals.find import JudgeInput
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import ScoreRow
from psychagent.scales.scale import Scale


def scores_path(folder: EvalFolder, item: JudgeInput) -> Path:
    """Return the path of a session's scores."""
    return folder.scores_path(*item.place)


def keep_finished(
    before: SessionScores | None,
    fresh: SessionScores,
    scales: Mapping[str, Scale],
    *,
    asked: Sequence[str],
) -> dict[str, ScaleResult]:
    """Choose the stored results that need not be judged again.

    A result is kept if it was given by the same judge with the same prompts on the same dialogue and
    scale. A missing one is kept only if it is not asked for this time.
    """
    if before is None or before.mark != fresh.mark or before.input_hash != fresh.input_hash:
        return {}
    return {
        name: result
        for name, result in before.scales.items()
        if name in scales
        and result.hash == scales[name].hash
        and (result.status == "ok" or name not in asked)
    }


def to_rows(sessions: Iterable[SessionScores], scales: Mapping[str, Scale]) -> Iterator[ScoreRow]:
    """Yield the rows of the table: one per session and metric."""
    for scores in sessions:
        for name, result in scores.scales.items():
            if name in scales:
                yield from _rows(scores, result, scales[name])


def _rows(scores: SessionScores, result: ScaleResult, scale: Scale) -> Iterator[ScoreRow]:
    for place, metric in enumerate(scale.metrics):
        score = result.metrics.get(metric.name)
        weight = score.evidence if score else Evidence()
        usage = result.usage.total() if place == 0 else RoleUsage()
        yield ScoreRow(
            case_id=scores.case_id,
            modality=scores.modality.value,
            session_index=scores.session_index,
            side=metric.side,
            metric=metric.key,
            group=result.group,
            direction=metric.direction,
            headline=metric.headline,
            raw=score.raw if score else None,
            verified=score.verified if score else None,
            missing=result.status == "missing",
            reason=result.reason,
            n_items=weight.items,
            n_departures=weight.departures,
            n_quotes=weight.quotes,
            n_verified=weight.verified,
            n_set_back=weight.set_back,
            n_absent=weight.absent,
            n_no_evidence=weight.no_evidence,
            n_against=weight.against,
            n_gated=weight.gated,
            n_crowded=weight.crowded,
            coverage=score.coverage if score else None,
            evidenced=score.evidenced if score else None,
            calls=usage.calls,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            judge_model=scores.judge_model,
            is_script=scores.is_script,
            prompt_hash=scores.prompt_hash,
            scale_hash=result.hash,
            source_file=scores.source_file,
            baseline=scores.baseline,
        )
