from __future__ import annotations

from collections import Counter
from statistics import mean

import pytest

from psychagent.errors import ScoringError
from psychagent.scales.choose import SELECTORS, Missing, choose
from psychagent.scales.reward import Signals, load_norms, to_signals

ALL = ("WAI", "HTAIS", "RRO", "CTRS")


def rollout(**z: float) -> Signals:
    return Signals(z={f"counselor.{name}": value for name, value in z.items()})


def full(level: float) -> Signals:
    return rollout(**dict.fromkeys(ALL, level))


def test_the_highest_mean_wins() -> None:
    choice = choose({0: full(0.1), 1: full(0.4), 2: full(-1.0)})
    assert choice.winner == 1
    assert choice.rewards == pytest.approx({0: 0.1, 1: 0.4, 2: -1.0})
    assert choice.margin() == pytest.approx(0.3)


def test_a_rollout_that_lost_its_bad_metrics_does_not_win_by_that() -> None:
    """What the reference release does: -0.908 on five metrics loses to +1.27 on the one that survived."""
    norms = load_norms()
    whole = to_signals(
        {f"counselor.{k}": v for k, v in {"WAI": 6, "CTRS": 8, "HTAIS": 5.5, "RRO": 9.1}.items()}, norms
    )
    torn = to_signals({"counselor.RRO": 9.0}, norms)
    choice = choose({0: whole, 1: torn})
    assert choice.own_rewards[1] > 1 > 0 > choice.own_rewards[0]
    assert choice.compared == ("counselor.RRO",)
    assert choice.winner == 0


def test_a_rollout_that_lacks_a_metric_is_left_out_where_the_rule_is_to_refuse() -> None:
    signals = {0: full(-0.5), 1: rollout(WAI=2.0, RRO=2.0), 2: full(-0.2)}
    choice = choose(signals, missing="refuse")
    assert (choice.winner, choice.compared) == (2, tuple(sorted(f"counselor.{n}" for n in ALL)))
    assert choice.excluded == {1: "lacks counselor.CTRS, counselor.HTAIS"}
    assert choose(signals, missing="common").winner == 1


@pytest.mark.parametrize("missing", ["common", "refuse"])
def test_a_bad_score_beats_no_score(missing: str) -> None:
    choice = choose({0: Signals(), 1: full(-2.5)}, missing=missing)  # type: ignore[arg-type]
    assert choice.winner == 1
    assert choice.excluded == {0: "no score"}
    assert 0 not in choice.rewards


@pytest.mark.parametrize("selector", SELECTORS)
def test_a_rollout_without_a_score_is_never_chosen(selector: str) -> None:
    signals = {0: Signals(), 1: full(-3.0), 2: Signals()}
    assert {choose(signals, selector=selector, seed=seed).winner for seed in range(20)} == {1}


UNSHARED = "no metric that all of them have"
UNNORMED = Signals(skipped={"counselor.MINE": "no_norm", "client.SRS": "no_previous_score"})


@pytest.mark.parametrize(
    ("signals", "missing", "why"),
    [
        ({}, "common", "none was held and judged"),
        ({0: Signals(), 1: Signals()}, "common", "rollouts 0, 1: no score"),
        (
            {0: rollout(WAI=1.0), 1: rollout(RRO=1.0)},
            "common",
            "rollouts 0, 1: no metric that all of them have",
        ),
        (
            {0: Signals(), 1: rollout(WAI=1.0), 2: rollout(RRO=1.0)},
            "common",
            f"rollout 0: no score; rollouts 1, 2: {UNSHARED}",
        ),
        (
            {0: rollout(WAI=1.0), 2: Signals(), 1: rollout(RRO=1.0), 3: rollout(WAI=2.0)},
            "refuse",
            "rollouts 0, 3: lacks counselor.RRO; rollout 1: lacks counselor.WAI; rollout 2: no score",
        ),
        (
            {0: UNNORMED},
            "common",
            "rollout 0: no score; in no reward: client.SRS (no previous score), counselor.MINE (no norm)",
        ),
    ],
)
def test_why_nothing_is_chosen_is_told_in_words(
    signals: dict[int, Signals], missing: Missing, why: str
) -> None:
    with pytest.raises(ScoringError) as caught:
        choose(signals, missing=missing)
    assert str(caught.value) == f"no rollout can be compared: {why}"


def test_a_tie_goes_to_the_lowest_index_and_is_recorded() -> None:
    choice = choose({3: full(0.5), 1: full(0.5), 2: full(0.1), 0: full(0.2)})
    assert (choice.winner, choice.tied, choice.margin()) == (1, (1, 3), 0)
    assert choose({0: full(0.5), 1: full(0.1)}).tied == ()


def test_the_random_control_follows_its_seed_and_reaches_every_rollout() -> None:
    signals = {index: full(float(index)) for index in range(4)}
    picks = [choose(signals, selector="random", seed=seed).winner for seed in range(200)]
    assert picks == [choose(signals, selector="random", seed=seed).winner for seed in range(200)]
    assert min(Counter(picks).values()) > 25


def test_the_first_control_ignores_rewards() -> None:
    assert choose({2: full(1.0), 1: full(-1.0)}, selector="first").winner == 1


def test_the_best_pick_is_never_below_the_mean_or_a_random_one() -> None:
    signals = {index: full((index * 7 % 5) / 3) for index in range(5)}
    best = choose(signals)
    chance = mean(best.rewards[choose(signals, selector="random", seed=s).winner] for s in range(50))
    assert best.rewards[best.winner] > chance
    assert best.rewards[best.winner] > mean(best.rewards.values())


def test_what_no_reward_could_take_in_is_kept_with_the_choice() -> None:
    scores = {"counselor.WAI": 8.0, "counselor.Dialogue_Planning": 9.0, "client.SRS": 7.0}
    choice = choose({0: to_signals(scores, load_norms())})
    assert choice.skipped == {
        "counselor.DIALOGUE_PLANNING": "no_norm",
        "client.SRS": "no_previous_score",
    }


def test_one_rollout_alone_has_no_margin() -> None:
    choice = choose({0: full(0.3)})
    assert (choice.winner, choice.margin(), choice.tied) == (0, None, ())
