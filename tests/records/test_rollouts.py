"""The rollouts in a session's file: typed, read back, and read from other forms as far as they go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.risk.finding import RiskFinding
from psychagent.domain.rollout import Choice, FinishedSession
from psychagent.errors import RecordError
from psychagent.records.rollouts import RolloutData, to_rollout_data
from psychagent.records.session import SessionRecord, read_session, to_record, write_session
from tests.support.fakes import case_of
from tests.support.finished import finished
from tests.support.rolling import failed, judged, scores_of

CHOICE = Choice(
    winner=2,
    selector="best",
    rewards={0: 0.25, 2: 1.5},
    excluded={1: "failed: the endpoint is gone"},
    own_rewards={0: 0.5, 2: 1.5},
)


def chosen() -> FinishedSession:
    rollouts = (judged(0, ("SRS",), WAI=6.0), failed(1), judged(2, WAI=9.0))
    return finished().model_copy(update={"rollouts": rollouts, "winner": 2, "selection": CHOICE})


def test_rollouts_are_read_back_with_numbers_as_keys(tmp_path: Path) -> None:
    path = tmp_path / "session_2.json"
    write_session(path, to_record(case_of(), chosen()))
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["evaluation_score"] == {"counselor.WAI": 9.0}
    assert data["rollout_data"]["rollout_rewards"] == [0.25, None, 1.5]
    assert data["rollout_data"]["selection"]["rewards"] == {"0": 0.25, "2": 1.5}
    record = read_session(path)
    rollouts = record.typed_rollouts()
    assert record == to_record(case_of(), chosen())
    assert rollouts
    assert rollouts.selection == CHOICE
    first, second, _ = rollouts.rollout_candidates
    assert (first.missing_methods, first.reward_score) == (("SRS",), 0.25)
    assert second.failure
    assert second.failure.message == "the endpoint is gone"


def test_dialogues_of_the_others_are_left_out_where_they_are_not_to_be_kept() -> None:
    rollouts = to_rollout_data(chosen(), keep_all=False)
    assert rollouts
    assert [len(c.turns) for c in rollouts.rollout_candidates] == [0, 0, 1]
    assert [len(c.transcript) for c in rollouts.rollout_candidates] == [0, 0, 1]


def test_what_the_gate_found_is_kept_of_every_rollout_even_without_its_dialogue() -> None:
    found = RiskFinding(turn=1, level=2)
    session = chosen()
    rollouts = tuple(r.model_copy(update={"risk": (found,)}) for r in session.rollouts)
    data = to_rollout_data(session.model_copy(update={"rollouts": rollouts}), keep_all=False)
    assert data
    assert [c.risk for c in data.rollout_candidates] == [(found,)] * 3


def test_a_second_judges_scores_are_kept_with_those_that_changes_compare() -> None:
    scores = scores_of({"client.BDI_II": 4.0, "client.SRS": 6.0})
    result = scores.scales["BDI_II"]
    metric = result.metrics["client.BDI_II"].model_copy(update={"change_raw": 3.0})
    depressed = result.model_copy(update={"metrics": {"client.BDI_II": metric}})
    holdout = scores.model_copy(update={"scales": scores.scales | {"BDI_II": depressed}})
    session = chosen()
    first = session.rollouts[0].model_copy(update={"holdout": holdout})
    data = to_rollout_data(
        session.model_copy(update={"rollouts": (first, *session.rollouts[1:])}), keep_all=True
    )
    assert data
    stored = data.rollout_candidates[0]
    assert stored.holdout_scores == {"client.BDI_II": 4.0, "client.SRS": 6.0}
    assert stored.holdout_changes == {"client.BDI_II": 3.0}


def test_a_choice_of_an_earlier_version_left_nothing_unasked() -> None:
    old = CHOICE.model_dump(mode="json", exclude={"unasked"})
    assert Choice.model_validate(old).is_unasked is False


def test_a_session_without_rollouts_has_no_keys_of_theirs() -> None:
    assert not {"rollout_data", "evaluation_score"} & to_record(case_of(), finished()).to_file().keys()
    assert to_rollout_data(finished(), keep_all=True) is None


def read(data: Any) -> SessionRecord:
    return SessionRecord.model_validate({"transcript": [], "rollout_data": data})


def test_a_choice_that_was_written_as_nothing_is_none() -> None:
    rollouts = read({"winner_rollout_index": 0, "selection": {}, "of_theirs": 1}).typed_rollouts()
    assert rollouts == RolloutData(winner_rollout_index=0)
    assert rollouts.rewards == {}


@pytest.mark.parametrize("data", [[1, 2], {"rollout_candidates": [{"text": "x"}]}, "none"])
def test_rollouts_of_another_form_leave_the_session_readable_and_are_refused_where_asked_for(
    data: Any,
) -> None:
    record = read(data)
    assert record.rollout_data == data
    with pytest.raises(RecordError, match="rollout_data: "):
        record.typed_rollouts()
