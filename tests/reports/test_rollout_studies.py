"""What the rollout report's numbers find in simulated studies, where choosing helps and where it does not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from psychagent.domain.usage import Usage
from psychagent.reports.rollouts.numbers import HOLDOUT, REWARD, Estimated, estimated
from psychagent.reports.rollouts.read import Candidate, Rolled
from psychagent.scales.choose import choose
from psychagent.scales.reward import Signals
from psychagent.stats.bootstrap import Sampling

pytestmark = pytest.mark.slow

CASES, ROLLOUTS, STUDIES = 12, 4, 200
Values = NDArray[np.float64]


def rolled(case: int, rewards: Values, holdouts: Values) -> Rolled:
    """One session, its winner chosen by the rewards as a run chooses it."""
    choice = choose({n: Signals(z={"counselor.WAI": float(value)}) for n, value in enumerate(rewards)})
    return Rolled(
        modality="cbt",
        case_id=f"case {case}",
        session_index=1,
        winner=choice.winner,
        choice=choice,
        candidates=tuple(
            Candidate(n, float(reward), float(holdout), None, None, (), (), "")
            for n, (reward, holdout) in enumerate(zip(rewards, holdouts, strict=True))
        ),
        usage=Usage(),
        is_script=False,
    )


def simulate(seed: int, *, knowledge: float, noise: float) -> list[Rolled]:
    """Hold one session of every case, chosen by one judge and scored by another.

    Args:
        seed: Of all that is drawn.
        knowledge: How much of a rollout's true quality the judge that chooses sees.
        noise: Spread of what it sees beside that; the second judge has a noise of its own.
    """
    rng = np.random.default_rng(seed)
    sessions = []
    for case in range(CASES):
        # clients differ, which is why sessions of one case stay together
        quality = rng.normal(0, 1, ROLLOUTS) + rng.normal(0, 1)
        rewards = knowledge * quality + noise * rng.normal(0, 1, ROLLOUTS)
        sessions.append(rolled(case, rewards, quality + 0.5 * rng.normal(0, 1, ROLLOUTS)))
    return sessions


def studies(*, knowledge: float, noise: float) -> Iterator[Estimated]:
    for seed in range(STUDIES):
        yield estimated(simulate(seed, knowledge=knowledge, noise=noise), Sampling(resamples=200))


def share_that_helped(*, knowledge: float, noise: float) -> float:
    """Share of studies in which the second judge's interval lies above 0."""
    lows = [found[HOLDOUT, "gain"].low for found in studies(knowledge=knowledge, noise=noise)]
    return float(np.mean([low is not None and low > 0 for low in lows]))


def test_what_one_judge_chooses_beats_a_random_pick_under_another() -> None:
    gain = estimated(simulate(0, knowledge=1, noise=0.5), Sampling())[HOLDOUT, "gain"]
    assert gain.sessions == CASES
    assert gain.low is not None
    assert gain.low > 0
    assert share_that_helped(knowledge=1, noise=0.5) > 0.95


def test_a_constant_judge_gains_nothing() -> None:
    sessions = simulate(0, knowledge=0, noise=0)
    found = estimated(sessions, Sampling())
    gain = found[HOLDOUT, "gain"]
    assert found[REWARD, "gain"].mean == 0
    assert all(session.choice.tied == tuple(range(ROLLOUTS)) for session in sessions)
    assert gain.low is not None
    assert gain.high is not None
    assert gain.low < 0 < gain.high


@pytest.mark.parametrize("noise", [0.0, 1.0], ids=["a constant judge", "a judge that guesses"])
def test_a_judge_that_knows_nothing_is_seldom_said_to_help(noise: float) -> None:
    # 2.5% by design; intervals over a dozen cases are somewhat too narrow
    assert share_that_helped(knowledge=0, noise=noise) < 0.1


def test_a_judge_that_guesses_gains_by_its_own_scores_all_the_same() -> None:
    # which is why the report asks for a second judge
    found = estimated(simulate(0, knowledge=0, noise=1), Sampling())
    low, holdout = found[REWARD, "gain"].low, found[HOLDOUT, "gain"].low
    assert low is not None
    assert holdout is not None
    assert low > 0 > holdout
