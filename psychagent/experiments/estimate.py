"""What an experiment is expected to take, cell by cell, before anything is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Modality, Record
from psychagent.errors import SettingsError
from psychagent.evals.pairwise.plan import scales_compared
from psychagent.evals.worthless import KINDS
from psychagent.experiments.index import scripted_roles
from psychagent.experiments.plan import Cell, ExperimentPlan, find_cells, pairs_judge
from psychagent.files.given import require
from psychagent.runs.money.estimate import Talk, estimate_judging, estimate_pairs, estimate_run
from psychagent.runs.money.estimated import Estimate, Expected, sum_estimates
from psychagent.runs.money.tokens import LANGUAGE, PAIR
from psychagent.scales.scale import Scale, default_methods, load_scales


class CellEstimate(Record):
    """What one cell is expected to take."""

    system: str
    seed: int
    courses: Estimate
    scores: Estimate

    @property
    def whole(self) -> Estimate:
        """Courses and scores together."""
        return sum_estimates([self.courses, self.scores], lanes=self.courses.lanes)


class ExperimentEstimate(Record):
    """What an experiment is expected to take, as if it began anew."""

    name: str
    is_script: bool
    """Whether a script plays a role, which takes nothing of what stands here for it."""
    cells: tuple[CellEstimate, ...]
    courses: Estimate
    """Of all cells."""
    scores: Estimate
    pairs: Estimate | None = None
    """Of the comparison in pairs; None where there is none."""

    @property
    def parts(self) -> list[Estimate]:
        """The parts of the work, in their order."""
        return [self.courses, self.scores, *([self.pairs] if self.pairs else [])]

    @property
    def total(self) -> Estimate:
        """All of it together."""
        return sum_estimates(self.parts, lanes=self.courses.lanes)

    def hours(self, tokens_per_sec: float, first_token_sec: float = 0.5) -> float:
        """Return the hours that it takes, one part behind the other."""
        return sum(part.hours(tokens_per_sec, first_token_sec) for part in self.parts)


def estimate_experiment(plan: ExperimentPlan, expected: Expected | None = None) -> ExperimentEstimate:
    """Estimate what an experiment takes, as if it began anew.

    Args:
        plan: The experiment.
        expected: How long courses are; a system whose limit is lower is taken at its limit.

    Raises:
        SettingsError, AssetError: If its cells cannot be known, or no system may be as long.
    """
    cells, given = find_cells(require(ExperimentPlan, plan, "the plan")), expected or Expected()
    _check_limits([cell.settings.baseline for cell in cells], given)
    modalities = [case.modality for case in plan.cases()]
    by_system: dict[str, CellEstimate] = {}
    for cell in cells:
        # a seed changes nothing of it
        if cell.system not in by_system:
            by_system[cell.system] = _cell(cell, modalities, given)
    found = tuple(by_system[cell.system].model_copy(update={"seed": cell.seed}) for cell in cells)
    machine, many = plan.settings.runtime.machine, len(cells) * len(modalities)
    rollouts = max(cell.courses.lanes / max(1, min(machine.concurrency, len(modalities))) for cell in found)
    lanes = min(machine.max_parallel_calls, round(min(machine.concurrency, many) * rollouts))
    judging = min(machine.max_parallel_calls, plan.settings.eval.concurrency)
    return ExperimentEstimate(
        name=plan.settings.name,
        is_script=bool(scripted_roles(plan.settings)),
        cells=found,
        courses=sum_estimates([cell.courses for cell in found], lanes=max(1, lanes)),
        scores=sum_estimates([cell.scores for cell in found], lanes=judging),
        pairs=_pairs(plan, cells, modalities, given),
    )


def _check_limits(baselines: Sequence[BaselineSettings], given: Expected) -> None:
    most = {
        "sessions": max(baseline.max_sessions for baseline in baselines),
        "turns": max(baseline.max_counselor_turns for baseline in baselines),
    }
    for name, limit in most.items():
        value = getattr(given, name)
        if value is not None and value > limit:
            raise SettingsError(
                f"{name}: {value:g} are expected, and no system may have more than {limit}; give {limit} or "
                "fewer, or raise the limit"
            )


def _clipped(baseline: BaselineSettings, given: Expected) -> Expected:
    sessions = min(given.sessions or baseline.max_sessions, baseline.max_sessions)
    turns = min(given.turns or baseline.max_counselor_turns, baseline.max_counselor_turns)
    return given.model_copy(update={"sessions": sessions, "turns": turns})


def _cell(cell: Cell, modalities: Sequence[Modality], given: Expected) -> CellEstimate:
    expected = _clipped(cell.settings.baseline, given)
    scales = load_scales(cell.judging.scales_root)
    scores = estimate_judging(
        cell.judging, _talks(cell, modalities, expected, scales), scales, prefix_cache=given.prefix_cache
    )
    courses = estimate_run(cell.settings, modalities, expected)
    return CellEstimate(system=cell.system, seed=cell.seed, courses=courses, scores=scores)


def _talks(
    cell: Cell, modalities: Sequence[Modality], expected: Expected, scales: Mapping[str, Scale]
) -> list[Talk]:
    """List the sessions that are judged, worthless ones too, alike in each modality."""
    judging, turns = cell.judging, expected.turns or 1
    language = judging.language or cell.settings.runtime.world.language
    said, talks = turns * PAIR * LANGUAGE[language], []
    for modality, cases in Counter(modalities).items():
        sessions = cases * (expected.sessions or 1)
        methods = judging.methods.get(modality) or default_methods(scales, modality)
        talks.append(Talk(methods, said, 2 * turns, language, sessions))
        if worthless := min(judging.degenerate, sessions) * len(KINDS):
            # a scale of safety is not asked about sessions that only show what means are worth
            means = [name for name in methods if not scales[name].is_safety]
            talks.append(Talk(means, said, 2 * turns, language, worthless))
    return talks


def _pairs(
    plan: ExperimentPlan, cells: Sequence[Cell], modalities: Sequence[Modality], given: Expected
) -> Estimate | None:
    """Estimate the comparison in pairs, as if no danger was voiced."""
    if (pairs := plan.settings.pairwise) is None:
        return None
    judge = pairs_judge(plan, pairs)
    scale = scales_compared(judge, pairs.scale, "pairwise.scale")[pairs.scale]
    language = judge.language or plan.settings.runtime.world.language
    long = {cell.system: _clipped(cell.settings.baseline, given) for cell in cells}
    parts = []
    for one, other in combinations(pairs.systems or tuple(plan.settings.systems), 2):
        turns = (long[one].turns or 1) + (long[other].turns or 1)
        shared = len(modalities) * min(long[one].sessions or 1, long[other].sessions or 1)
        meetings = min(shared, pairs.max_pairs or shared) * len(plan.settings.seeds)
        talk = Talk([], turns * PAIR * LANGUAGE[language], 2 * turns, language, meetings)
        parts.append(estimate_pairs(judge, scale, talk))
    lanes = min(plan.settings.runtime.machine.max_parallel_calls, judge.concurrency)
    return sum_estimates(parts, lanes=lanes)
