from __future__ import annotations

import pytest
from langgraph.types import Send

from psychagent.domain.risk.told import Told
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import ScoringError
from psychagent.nodes.routing import after_select
from psychagent.nodes.select import choose_rollout, lost_scales
from psychagent.nodes.state import collect_rollouts
from tests.support.choosing import choice_of, rft, state, winner_of
from tests.support.rolling import failed, judged


def test_the_best_of_the_judged_rollouts_is_kept() -> None:
    found = choose_rollout(state(judged(0, WAI=6.0), judged(1, WAI=9.0), judged(2, WAI=7.0)), rft(), seed=0)
    assert winner_of(found) == 1
    assert choice_of(found).rewards == {
        index: pytest.approx((value - 7.257) / 1.461) for index, value in enumerate((6.0, 9.0, 7.0))
    }


def test_a_failed_rollout_is_recorded_and_the_others_are_compared() -> None:
    found = choose_rollout(state(judged(0, WAI=6.0), failed(1), judged(2, WAI=7.0)), rft(), seed=0)
    assert winner_of(found) == 2
    assert choice_of(found).excluded == {1: "failed: the endpoint is gone"}


def test_the_winners_scores_are_what_the_next_session_is_compared_with() -> None:
    first = choose_rollout(
        state(judged(0, WAI=9.0, client_SRS=5.0), judged(1, WAI=6.0, client_SRS=9.0)), rft(), seed=0
    )
    assert first["last_scores"] == {"counselor.WAI": 9.0, "client.SRS": 5.0}
    second = choose_rollout(
        state(
            judged(0, client_SRS=6.0),
            judged(1, client_SRS=8.0),
            last_scores=first["last_scores"],
        ),
        rft(),
        seed=0,
    )
    assert choice_of(second).rewards == {
        0: pytest.approx((1.0 - 0.225) / 1.507),
        1: pytest.approx((3.0 - 0.225) / 1.507),
    }


def test_verified_scores_are_compared_where_settings_say_so() -> None:
    chosen = rft(judging={"use": "verified"})
    found = choose_rollout(state(judged(0, WAI=8.0), judged(1, WAI=6.0)), chosen, seed=0)
    assert choice_of(found).rewards[0] == pytest.approx((4.0 - 7.257) / 1.461)
    assert found["last_scores"] == {"counselor.WAI": 4.0}


def test_too_few_rollouts_are_held_again_and_only_those_that_cannot_be_compared() -> None:
    found = choose_rollout(state(failed(0), judged(1, WAI=6.0), judged(2, ("WAI",))), rft(), seed=0)
    session = found["open"]
    assert (session.selected, session.again, session.attempts) == (None, (0, 2), 1)


def test_a_rollout_with_scores_that_no_reward_can_take_in_is_held_again_too() -> None:
    """In a first session client scores have nothing to be compared with."""
    found = choose_rollout(
        state(judged(0, ("WAI",), client_SRS=9.0), judged(1, ("WAI",), client_SRS=8.0)), rft(), seed=0
    )
    assert found["open"].again == (0, 1)


def test_rollouts_that_share_no_metric_are_all_held_again() -> None:
    found = choose_rollout(state(judged(0, WAI=6.0), judged(1, HTAIS=6.0)), rft(), seed=0)
    assert found["open"].again == (0, 1)


def test_rollouts_that_the_rule_refuses_do_not_count_towards_the_least() -> None:
    uneven = state(judged(0, WAI=6.0, HTAIS=6.0), judged(1, ("HTAIS",), WAI=9.0))
    assert winner_of(choose_rollout(uneven, rft(), seed=0)) == 1
    assert choose_rollout(uneven, rft(missing="refuse"), seed=0)["open"].again == (1,)
    assert winner_of(choose_rollout(uneven, rft(missing="refuse", min_rollouts=1), seed=0)) == 0


def test_when_the_retries_are_used_up_the_case_fails_with_every_reason() -> None:
    lost = state(failed(0), judged(1, ("WAI",)), attempts=1)
    with pytest.raises(ScoringError, match="session 1: 0 of 2.*the endpoint is gone; rollout 1 lacks WAI"):
        choose_rollout(lost, rft(rollout_retries=1), seed=0)


def test_a_session_that_is_taken_up_again_has_its_retries_again_and_new_attempts() -> None:
    found = choose_rollout(state(failed(0), failed(1), attempts=1, first_attempt=2), rft(), seed=0)
    assert found["open"].attempts == 2
    assert choose_rollout(
        state(failed(0), failed(1), attempts=0, first_attempt=1), rft(rollout_retries=0), seed=0
    )["open"].again == (0, 1)


def test_one_rollout_alone_needs_no_other() -> None:
    assert winner_of(choose_rollout(state(judged(0, WAI=2.0)), rft(), seed=0)) == 0


async def test_what_is_held_again_starts_from_the_same_state_as_another_attempt() -> None:
    again = failed(1).model_copy(update={"usage": Usage(roles={"counselor": RoleUsage(calls=3)})})
    begun = state(judged(0, WAI=6.0), again, again=(1,), attempts=1, candidates=("c",))
    sends = await after_select(begun)
    assert len(sends) == 1
    assert isinstance(sends[0], Send)
    task = sends[0].arg
    assert (task["index"], task["attempt"], task["spent"]) == (1, 1, again.usage)
    assert task["state"] == {name: begun[name] for name in ("case", "memory", "open")} | {"recalls": []}


def test_a_rollout_that_was_held_again_replaces_the_one_that_failed() -> None:
    kept = collect_rollouts([judged(0, WAI=1.0), failed(1)], [judged(1, WAI=5.0)])
    assert [(r.index, r.failure) for r in kept] == [(0, None), (1, None)]


def test_a_rollout_that_was_judged_and_fails_when_held_again_is_kept_with_the_cost_of_both() -> None:
    """Else unasked danger could end a course: by what happens when it is held again."""
    cost = Usage(roles={"counselor": RoleUsage(calls=5)})
    again = [failed(0).model_copy(update={"usage": cost})]
    kept = collect_rollouts([judged(0, WAI=1.0), judged(1, WAI=5.0)], again)
    assert kept == [judged(0, WAI=1.0).model_copy(update={"usage": cost}), judged(1, WAI=5.0)]
    assert collect_rollouts(kept, again) == kept


def test_the_scales_that_a_judge_could_not_fill_in_are_named() -> None:
    assert lost_scales(judged(0, ("SRS",), WAI=5.0)) == ("SRS",)
    assert lost_scales(failed(0)) == ()


UNASKED = Told(unasked="danger voiced in turn 7 was not asked about", disclosed=True)
ASKED = Told(disclosed=True)
SOME_CLIENT = {"client.SRS": 5.0, "client.PANAS": 5.0}


def test_a_rollout_that_left_danger_unasked_cannot_win_and_the_reason_is_stored() -> None:
    rollouts = state(judged(0, WAI=6.0), judged(1, WAI=9.0), judged(2, WAI=7.0))
    choice = choice_of(choose_rollout(rollouts, rft(), seed=0, told={1: UNASKED}))
    assert choice.winner == 2
    assert choice.excluded == {1: "danger voiced in turn 7 was not asked about"}
    assert choice.rewards.keys() == {0, 2}, "it is no part of the reward, but comes before it"
    assert (choice.unasked, choice.is_unasked) == ((1,), False)


@pytest.mark.parametrize("selector", ["random", "first"])
def test_the_controls_keep_no_unasked_danger_either(selector: str) -> None:
    rollouts = state(judged(0, WAI=6.0), judged(1, WAI=9.0), judged(2, WAI=7.0))
    told = {0: UNASKED, 1: UNASKED}
    winners = {
        winner_of(choose_rollout(rollouts, rft(selector=selector, min_rollouts=1), seed=seed, told=told))
        for seed in range(20)
    }
    assert winners == {2}


def test_a_metric_that_only_an_unasked_rollout_lacks_is_compared_all_the_same() -> None:
    rollouts = state(judged(0, WAI=6.0, HTAIS=6.0), judged(1, WAI=9.0), judged(2, WAI=7.0, HTAIS=3.0))
    choice = choice_of(choose_rollout(rollouts, rft(), seed=0, told={1: UNASKED}))
    assert choice.compared == ("counselor.HTAIS", "counselor.WAI")


def test_with_too_few_that_asked_the_others_are_held_again_and_no_other() -> None:
    rollouts = state(judged(0, WAI=6.0), judged(1, WAI=9.0), failed(2))
    assert choose_rollout(rollouts, rft(), seed=0, told={1: UNASKED})["open"].again == (1, 2)
    everywhere = dict.fromkeys((0, 1), UNASKED)
    assert choose_rollout(rollouts, rft(), seed=0, told=everywhere)["open"].again == (0, 1, 2)


def test_without_retries_one_that_asked_wins_over_all_that_did_not() -> None:
    rollouts = state(judged(0, WAI=2.0), judged(1, WAI=9.0), attempts=1)
    choice = choice_of(choose_rollout(rollouts, rft(), seed=0, told={1: UNASKED}))
    assert (choice.winner, set(choice.rewards), choice.is_unasked) == (0, {0}, False)


def test_where_nobody_asked_the_reward_decides_and_the_choice_says_so() -> None:
    rollouts = state(judged(0, WAI=6.0), judged(1, WAI=9.0), attempts=1)
    choice = choice_of(choose_rollout(rollouts, rft(), seed=0, told=dict.fromkeys((0, 1), UNASKED)))
    assert (choice.winner, choice.unasked, choice.is_unasked) == (1, (0, 1), True)
    assert choice.excluded == {}, "each of them could win"


def test_unasked_danger_does_not_save_a_session_of_which_too_few_were_scored() -> None:
    rollouts = state(judged(0, WAI=6.0), failed(1), failed(2), attempts=1)
    with pytest.raises(ScoringError, match="1 of 3 rollouts can be compared"):
        choose_rollout(rollouts, rft(), seed=0, told={0: UNASKED})


def test_where_a_client_told_of_danger_no_change_of_symptoms_is_compared_in_any_rollout() -> None:
    silent = judged(0, WAI=7.0, client_SRS=5.0, client_PANAS=6.0)
    telling = judged(1, WAI=7.0, client_SRS=5.5, client_PANAS=3.0)
    rollouts = state(silent, telling, last_scores=SOME_CLIENT)
    untold = choice_of(choose_rollout(rollouts, rft(), seed=0))
    assert (untold.winner, "client.PANAS" in untold.compared) == (0, True)
    choice = choice_of(choose_rollout(rollouts, rft(), seed=0, told={1: ASKED}))
    assert (choice.winner, choice.compared) == (1, ("client.SRS", "counselor.WAI"))
    assert choice.skipped == {"client.PANAS": "disclosure"}


def test_telling_of_danger_earns_nothing_itself() -> None:
    """Two rollouts with the same scores tie, whichever of them tells."""
    same = (judged(n, WAI=7.0, client_SRS=5.0, client_PANAS=5.0) for n in (0, 1))
    rollouts = state(*same, last_scores=SOME_CLIENT)
    rewards = [
        choice_of(choose_rollout(rollouts, rft(), seed=0, told=told)).rewards
        for told in ({0: ASKED}, {1: ASKED}, {0: ASKED, 1: ASKED})
    ]
    assert rewards[0] == rewards[1] == rewards[2]
    assert rewards[0][0] == rewards[0][1]


def test_what_an_unasked_rollout_told_changes_nothing_among_the_others() -> None:
    some = state(
        *(judged(n, WAI=7.0, client_PANAS=5.0 + n) for n in range(3)), last_scores={"client.PANAS": 5.0}
    )
    choice = choice_of(choose_rollout(some, rft(), seed=0, told={2: UNASKED}))
    assert (choice.winner, choice.compared) == (1, ("client.PANAS", "counselor.WAI"))


@pytest.mark.parametrize(("reward", "compared_with"), [("safe", 2.0), ("reference", 4.0)])
def test_the_next_session_is_compared_without_items_on_danger_unless_the_reference_is_asked_for(
    reward: str, compared_with: float
) -> None:
    scored = judged(0, WAI=7.0, client_BDI_II=4.0)
    assert scored.judgement
    result = scored.judgement.scales["BDI_II"]
    metric = result.metrics["client.BDI_II"].model_copy(update={"change_raw": 2.0})
    changed = result.model_copy(update={"metrics": {"client.BDI_II": metric}})
    scales = scored.judgement.scales | {"BDI_II": changed}
    scored = scored.model_copy(update={"judgement": scored.judgement.model_copy(update={"scales": scales})})
    before = {"client.BDI_II": 2.0}
    found = choose_rollout(state(scored, last_scores=before), rft(reward=reward), seed=0)
    assert found["last_scores"] == {"counselor.WAI": 7.0, "client.BDI_II": compared_with}
    z = -(compared_with - 2.0 + 0.446) / 1.39
    assert choice_of(found).rewards[0] == pytest.approx(((7.0 - 7.257) / 1.461 + z) / 2)
