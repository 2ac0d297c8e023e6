"""Rewards in training data: filters, and pairs of the chosen rollout with those it was preferred to."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from psychagent.domain.base import Modality
from psychagent.errors import SettingsError
from psychagent.export.plan import Exported, ExportPlan, RewardFilter
from psychagent.export.split import assign_splits, read_split
from psychagent.export.write import run_export
from psychagent.replies.tags import parse_tagged_reply
from tests.support.exporting import make_rft, make_sample, read_rows, stored_sessions


@pytest.fixture(scope="module")
def rft_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rft(tmp_path_factory.mktemp("rft"))


def export(run: Path, out: Path, **options: Any) -> Exported:
    return run_export(ExportPlan(run=run, out=out / "data.jsonl", **options))


def rows_of(done: Exported) -> list[dict[str, Any]]:
    return read_rows(done.files["all"])


def place(meta: dict[str, Any]) -> str:
    return f"{meta['modality']}/{meta['case_id']}/{meta['session_index']}"


def earned(run: Path) -> dict[str, tuple[float, float]]:
    """Reward and margin of every session, computed here from the session files."""
    found = {}
    for name, session in stored_sessions(run).items():
        data = session["rollout_data"]
        winner = data["winner_rollout_index"]
        others = [r for n, r in enumerate(data["rollout_rewards"]) if n != winner and r is not None]
        reward = data["rollout_rewards"][winner]
        found[name] = (reward, reward - max(others))
    return found


def test_only_sessions_that_earned_enough_are_kept(rft_run: Path, tmp_path: Path) -> None:
    rewards = earned(rft_run)
    bar = sorted(r for r, _ in rewards.values())[len(rewards) // 2]
    done = export(rft_run, tmp_path, rewards=RewardFilter(min_reward=bar))
    wanted = {name for name, (reward, _) in rewards.items() if reward >= bar}
    assert {place(r["meta"]) for r in rows_of(done)} == wanted
    assert done.card["dropped_sessions"] == {"min_reward": len(rewards) - len(wanted)}
    for row in rows_of(done):
        assert row["meta"]["reward"] == pytest.approx(rewards[place(row["meta"])][0], abs=1e-6)


def test_only_sessions_with_a_clear_lead_are_kept(rft_run: Path, tmp_path: Path) -> None:
    rewards = earned(rft_run)
    done = export(rft_run, tmp_path, rewards=RewardFilter(min_margin=0.2))
    wanted = {name for name, (_, margin) in rewards.items() if margin >= 0.2}
    assert 0 < len(wanted) < len(rewards)
    assert {place(r["meta"]) for r in rows_of(done)} == wanted


def test_the_best_share_is_taken_of_each_modality(rft_run: Path, tmp_path: Path) -> None:
    rewards = earned(rft_run)
    done = export(rft_run, tmp_path, rewards=RewardFilter(top_fraction=0.4))
    kept = {place(r["meta"]) for r in rows_of(done)}
    for modality in (Modality.BT, Modality.CBT):
        mine = {n: r for n, (r, _) in rewards.items() if n.startswith(f"{modality}/")}
        best = sorted(mine.values(), reverse=True)[: math.ceil(0.4 * len(mine))]
        assert sorted((mine[n] for n in kept & mine.keys()), reverse=True) == best


@pytest.mark.parametrize(
    ("wanted", "option"),
    [
        (RewardFilter(min_reward=0.0), "--min-reward"),
        (RewardFilter(min_margin=0.0), "--min-margin"),
        (RewardFilter(top_fraction=0.5), "--top-fraction"),
    ],
)
def test_a_filter_by_reward_is_refused_where_nothing_was_judged(
    tmp_path: Path, wanted: RewardFilter, option: str
) -> None:
    run = make_sample(tmp_path / "run")
    with pytest.raises(SettingsError, match=f"{option} needs rewards, and this run has none"):
        export(run, tmp_path / "out", rewards=wanted)


def test_pairs_are_refused_where_nothing_was_judged(tmp_path: Path) -> None:
    run = make_sample(tmp_path / "run")
    with pytest.raises(SettingsError, match="nothing to export; left out: pairs: a session without rewards"):
        export(run, tmp_path / "out", format="preference")


def test_a_pair_sets_the_winner_against_a_rollout_that_earned_less(rft_run: Path, tmp_path: Path) -> None:
    sessions = stored_sessions(rft_run)
    rows = rows_of(export(rft_run, tmp_path, format="preference"))
    below = 0
    for session in sessions.values():
        rewards = session["rollout_data"]["rollout_rewards"]
        winner = rewards[session["rollout_data"]["winner_rollout_index"]]
        below += sum(r is not None and r < winner for r in rewards)
    assert len(rows) == below > 0
    for row in rows:
        meta, data = row["meta"], sessions[place(row["meta"])]["rollout_data"]
        winner, loser = data["winner_rollout_index"], meta["rejected"]
        margin = data["rollout_rewards"][winner] - data["rollout_rewards"][loser]
        assert margin > 0
        assert meta["margin"] == pytest.approx(margin, abs=1e-6)
        for side, index in (("chosen", winner), ("rejected", loser)):
            *transcript, last_word = data["rollout_candidates"][index]["transcript"]
            assert last_word["role"] == "user"
            assert [visible(m) for m in row[side]] == [m["content"] for m in transcript]
            assert [m["role"] for m in row[side]] == [m["role"] for m in transcript]


def visible(message: dict[str, str]) -> str:
    if message["role"] == "user":
        return message["content"]
    return parse_tagged_reply(message["content"], reasoning="", end_token="</end>").response


def test_both_sides_of_a_pair_follow_the_prompt_that_the_counselor_saw_first(
    rft_run: Path, tmp_path: Path
) -> None:
    rows = rows_of(export(rft_run, tmp_path / "a", tasks=("counselor",)))
    # two clients may be greeted alike, and then the later of the two samples is a duplicate
    first = [r["prompt"] for r in rows if r["meta"]["turn"] == 0]
    for row in rows_of(export(rft_run, tmp_path / "b", format="preference")):
        assert row["prompt"] in first
        assert row["chosen"] != row["rejected"]


def test_a_pair_of_replies_parts_after_the_same_dialogue(rft_run: Path, tmp_path: Path) -> None:
    rows = rows_of(export(rft_run, tmp_path, format="preference", pairs="reply"))
    assert rows
    for row in rows:
        assert [len(row["chosen"]), len(row["rejected"])] == [1, 1]
        turns = stored_sessions(rft_run)[place(row["meta"])]["turns"]
        said = [m["content"] for m in row["prompt"][2:]]
        assert len(said) == row["meta"]["turn"]
        assert visible(row["chosen"][0]) == turns[row["meta"]["turn"]]["text"]


def test_pairs_closer_than_the_least_margin_are_left_out(rft_run: Path, tmp_path: Path) -> None:
    whole = rows_of(export(rft_run, tmp_path / "a", format="preference"))
    margins = sorted(r["meta"]["margin"] for r in whole)
    bar = margins[len(margins) // 2] - 1e-4
    done = export(rft_run, tmp_path / "b", format="preference", rewards=RewardFilter(min_margin=bar))
    assert len(rows_of(done)) == sum(m >= bar for m in margins)
    assert done.card["skipped"]["pairs: min_margin"] == sum(m < bar for m in margins)


def test_without_the_dialogues_of_the_others_there_are_no_pairs_and_the_reason_is_told(
    tmp_path: Path,
) -> None:
    run = make_rft(tmp_path / "run", cases=1, keep_all_rollout_transcripts=False)
    with pytest.raises(SettingsError, match="keep_all_rollout_transcripts"):
        export(run, tmp_path / "out", format="preference")


@pytest.mark.slow
def test_a_random_pick_is_never_preferred_to_what_earned_more(tmp_path: Path) -> None:
    run = make_rft(tmp_path / "run", selector="random")
    sessions = stored_sessions(run)
    try:
        rows = rows_of(export(run, tmp_path / "out", format="preference"))
    except SettingsError:
        rows = []
    worse = 0
    for session in sessions.values():
        rewards = session["rollout_data"]["rollout_rewards"]
        winner = rewards[session["rollout_data"]["winner_rollout_index"]]
        worse += sum(r is not None and r < winner for r in rewards)
    assert len(rows) == worse
    assert all(r["meta"]["margin"] > 0 for r in rows)


@pytest.mark.parametrize(
    "text", ["train", "train=0", "train=1.5", "train=0.5,train=0.5", "1a=1", "a=0.5,b=0.4"]
)
def test_a_split_that_does_not_add_up_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--split"):
        read_split(text)


def test_splits_come_near_their_shares_and_each_has_a_client() -> None:
    clients = [f"c{n}" for n in range(40)]
    found = assign_splits(clients, {"train": 0.9, "val": 0.05, "test": 0.05}, seed=3)
    sizes = [sum(s == name for s in found.values()) for name in ("train", "val", "test")]
    assert sizes == [36, 2, 2]
    few = assign_splits(clients[:3], {"train": 0.98, "val": 0.01, "test": 0.01}, seed=3)
    assert sorted(few.values()) == ["test", "train", "val"]
    assert assign_splits(clients, {"train": 0.5, "val": 0.5}, seed=4) != assign_splits(
        clients, {"train": 0.5, "val": 0.5}, seed=5
    )
