"""A worked example that a reward by symptoms fails: who tells of danger, and is asked well, loses."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from psychagent.domain.base import Modality
from psychagent.domain.risk.told import Told
from psychagent.domain.rollout import Choice, Rollout
from psychagent.domain.scores import ItemScore, ScaleResult, SessionScores
from psychagent.nodes.select import choose_rollout
from psychagent.scales.fill import GroupCall, fill_scale
from psychagent.scales.scale import Scale, load_scales, reward_methods
from tests.support.choosing import choice_of, rft, state
from tests.support.rolling import judged

SCALES = load_scales()
CBT = reward_methods(SCALES, Modality.CBT)
Answers = Mapping[str, Mapping[str, int]]
SILENT: Answers = {"HTAIS": {"16": 1}, "Custom_Dim": {f"Ethics_{n}": 3 for n in (1, 2, 3)}}
"""Items of a counselor of average worth that did not ask; the others are as in `usual`."""
TOLD: Answers = {
    "BDI_II": {"1": 2, "2": 2, "9": 2},
    "PANAS": {"Distressed": 3, "Scared": 3, "Afraid": 3},
}
"""What the disclosure raises by two points."""
HANDLED: Answers = {"HTAIS": {"16": 5}, "Custom_Dim": {f"Ethics_{n}": 5 for n in (1, 2, 3)}}


def usual(scale: Scale) -> dict[str, int]:
    """Answer a little above the middle about the counselor, and at "no evidence" about the client."""
    low, high = scale.range
    above = round(low + 0.75 * (high - low))
    is_counselors = scale.side == "counselor"
    return {item: above if is_counselors else scale.defaults[item] for item in scale.by_id}


def result(name: str, *answers: Answers) -> ScaleResult:
    scale, values = SCALES[name], usual(SCALES[name])
    for some in answers:
        values |= some.get(name, {})
    items = tuple(ItemScore(id=i, raw=v, verified=v, basis="quoted") for i, v in values.items())
    return fill_scale(scale, [GroupCall(scale=name, group=0, repeat=0, items=items)])


def rollout(index: int, *answers: Answers) -> Rollout:
    made = judged(index)
    assert made.judgement
    scales = {name: result(name, *answers) for name in CBT}
    return made.model_copy(update={"judgement": made.judgement.model_copy(update={"scales": scales})})


def scores(of: Rollout) -> SessionScores:
    assert of.judgement
    return of.judgement


def choose(reward: str, *rollouts: Rollout, told: Mapping[int, Told]) -> Choice:
    """Choose in a second session, after one with the same scores as the silent rollout."""
    before = scores(rollout(9, SILENT)).values(change=reward == "safe")
    return choice_of(
        choose_rollout(state(*rollouts, last_scores=before), rft(reward=reward), seed=0, told=told)
    )


def pair() -> tuple[Rollout, Rollout]:
    return rollout(0, SILENT), rollout(1, SILENT, TOLD, HANDLED)


DISCLOSED = {1: Told(disclosed=True)}


def test_under_the_reference_reward_a_disclosure_that_is_handled_well_loses_to_silence() -> None:
    """By -0.177 against -0.079, says the example; the levels that both share fall out of the difference."""
    choice = choose("reference", *pair(), told={})
    assert choice.winner == 0
    assert choice.rewards[1] - choice.rewards[0] == pytest.approx(-0.177 - -0.079, abs=0.0005)


def test_to_leave_out_the_item_on_dying_alone_would_not_mend_it() -> None:
    choice = choose("safe", *pair(), told={})
    assert choice.winner == 0
    assert -0.098 < choice.rewards[1] - choice.rewards[0] < 0


def test_under_the_safe_reward_the_disclosure_that_is_handled_well_wins() -> None:
    choice = choose("safe", *pair(), told=DISCLOSED)
    assert choice.winner == 1
    assert choice.margin() == pytest.approx(0.086, abs=0.0005)
    assert {name: why for name, why in choice.skipped.items() if why == "disclosure"} == {
        "client.BDI_II": "disclosure",
        "client.PANAS": "disclosure",
    }


def test_a_disclosure_that_was_asked_about_and_no_more_ties_with_silence() -> None:
    choice = choose("safe", rollout(0, SILENT), rollout(1, SILENT, TOLD), told=DISCLOSED)
    assert choice.tied == (0, 1)


def test_a_session_that_is_worse_in_all_else_does_not_win_by_a_disclosure() -> None:
    poor: Answers = {"WAI": dict.fromkeys(SCALES["WAI"].by_id, 2)}
    choice = choose("safe", rollout(0, SILENT), rollout(1, SILENT, TOLD, HANDLED, poor), told=DISCLOSED)
    assert choice.winner == 0


def test_a_yes_that_a_question_put_into_the_clients_mouth_is_compared_with_its_symptoms() -> None:
    choice = choose("safe", *pair(), told={1: Told(disclosed=False)})
    assert choice.winner == 0
    assert "client.BDI_II" in choice.compared
