"""Reducers are pure, associative or idempotent as their channels demand; seeds are the same everywhere."""

from __future__ import annotations

import itertools
from dataclasses import replace

from psychagent.domain.base import Speaker
from psychagent.domain.rollout import Rollout
from psychagent.domain.seed import MAX_SEED, derive_seed
from psychagent.domain.turn import Turn
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import append_turns, collect_rollouts
from tests.support.fakes import Cast, brief_for, case_of

TURNS = [Turn(speaker=Speaker.CLIENT, text=str(n)) for n in range(6)]


def test_turns_are_appended_in_order_however_they_are_batched() -> None:
    whole = append_turns(None, [TURNS])
    assert whole == TURNS
    for cut in range(7):
        assert append_turns(append_turns(None, [TURNS[:cut]]), [TURNS[cut:]]) == whole
        assert append_turns([], [TURNS[:cut], TURNS[cut:]]) == whole


def test_appending_leaves_the_given_lists_alone() -> None:
    left, batch = TURNS[:2], [TURNS[2:3]]
    append_turns(left, batch)
    assert left == TURNS[:2]
    assert batch == [TURNS[2:3]]


def test_rollouts_are_collected_by_index_whatever_the_order() -> None:
    rollouts = [Rollout(index=n) for n in range(3)]
    for order in itertools.permutations(rollouts):
        collected: list[Rollout] = []
        for rollout in order:
            collected = collect_rollouts(collected, [rollout])
        assert collected == rollouts
    assert collect_rollouts(rollouts, rollouts) == rollouts


def test_a_rollout_held_again_takes_the_place_of_the_former_and_an_empty_list_clears() -> None:
    old, new = Rollout(index=1), Rollout(index=1, turns=tuple(TURNS))
    assert collect_rollouts([Rollout(index=0), old], [new])[1] == new
    assert collect_rollouts([old], []) == []


def test_seeds_are_in_range_and_the_same_on_every_machine() -> None:
    assert derive_seed(0, "cbt", "en01", 1) == derive_seed(0, "cbt", "en01", 1) == 1334579005
    seeds = {derive_seed(0, "cbt", f"en{n:02d}", 1, role) for n in range(50) for role in ("a", "b")}
    assert len(seeds) == 100
    assert all(0 <= seed <= MAX_SEED for seed in seeds)


def test_a_brief_draws_other_seeds_for_other_cases_sessions_rollouts_and_runs() -> None:
    brief = brief_for(Cast({}).deps, case_of())
    others = [
        brief,
        replace(brief, session_index=2),
        replace(brief, rollout_index=1),
        replace(brief, attempt=1),
        replace(brief, case=case_of("en02")),
        replace(brief, knobs=Knobs(seed=5)),
    ]
    assert len({b.seed("counselor", 0) for b in others}) == len(others)
    assert brief.seed("counselor", 0) != brief.seed("counselor", 1) != brief.seed("client", 0)
