"""Courses with rollouts, offline and in memory: the script plays every role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from psychagent.assets.profiles import find_profile, make_case
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Case
from psychagent.domain.rollout import FinishedSession, Rollout
from psychagent.errors import ScoringError, SettingsError, SkillStoreError
from psychagent.flows.judge import Judge
from psychagent.flows.play import run_course
from psychagent.nodes.deps import Deps
from psychagent.records.session import to_record
from psychagent.scales.reward import load_norms, reward_of, to_signals
from tests.support.fakes import ScriptedModel
from tests.support.judging import defaults, items_asked, judge_with, reply
from tests.support.rolling import ONE_A_SIDE, offline_rollout_deps


@pytest.fixture
def case() -> Case:
    return make_case(find_profile("en03", Language.EN), Modality.CBT, Language.EN)


def words(session: FinishedSession | Rollout) -> list[str]:
    return [turn.text for turn in session.turns]


def judged_by(deps: Deps, judge: Judge) -> Deps:
    assert deps.rft
    return replace(deps, rft=replace(deps.rft, judge=judge.deps))


def judge_of_two_scales(answer: Callable[[str], str]) -> tuple[Judge, ScriptedModel]:
    return judge_with(answer, methods=dict.fromkeys(Modality, ONE_A_SIDE))


async def test_the_first_of_several_rollouts_is_what_plain_simulation_holds(case: Case) -> None:
    rolled = await run_course(offline_rollout_deps(selector="first"), case)
    deps = offline_rollout_deps()
    plain = await run_course(replace(deps, rft=None, knobs=replace(deps.knobs, rollouts=1)), case)
    assert [words(s) for s in rolled] == [words(s) for s in plain]
    assert [s.summary for s in rolled] == [s.summary for s in plain]
    assert [s.file_after for s in rolled] == [s.file_after for s in plain]
    assert plain[0].selection is None
    assert not plain[0].rollouts


async def test_one_rollout_alone_is_judged_and_kept(case: Case) -> None:
    deps = offline_rollout_deps(sessions=1, min_rollouts=2)
    (session,) = await run_course(deps, case, knobs=replace(deps.knobs, rollouts=1))
    assert session.winner == 0
    assert session.selection
    assert session.selection.rewards.keys() == {0}


async def test_several_rollouts_without_a_judge_are_refused_before_any_is_held(case: Case) -> None:
    deps = replace(offline_rollout_deps(), rft=None)
    with pytest.raises(SettingsError, match="2 rollouts and no judge"):
        await run_course(deps, case)


async def test_the_session_is_the_rollout_with_the_highest_reward(case: Case) -> None:
    for session in await run_course(offline_rollout_deps(rollout_n=3), case):
        assert session.selection
        rewards = session.selection.rewards
        assert rewards.keys() == {0, 1, 2}
        assert rewards[session.winner] == max(rewards.values())
        assert words(session) == words(session.rollouts[session.winner])
        assert len({tuple(words(r)) for r in session.rollouts}) == 3


async def test_rewards_are_levels_of_the_counselor_and_changes_of_the_client(case: Case) -> None:
    first, second = await run_course(offline_rollout_deps(), case)
    norms = load_norms()
    assert first.selection
    assert second.selection
    assert first.selection.compared == ("counselor.WAI",)
    assert first.selection.skipped == {"client.SRS": "no_previous_score"}
    before = first.rollouts[first.winner].judgement
    assert before
    for rollout in second.rollouts:
        assert rollout.judgement
        reward = reward_of(to_signals(rollout.judgement.values(), norms, before.values()))
        assert second.selection.rewards[rollout.index] == pytest.approx(reward)
    assert second.selection.compared == ("client.SRS", "counselor.WAI")


async def test_norms_of_ones_own_are_what_rewards_are_measured_in(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "norms.yaml"
    own = {"source": "mine", "counselor": {"WAI": {"mean": 0.0, "std": 10.0}}, "client": {}}
    path.write_text(yaml.safe_dump(own), encoding="utf-8")
    (session,) = await run_course(offline_rollout_deps(sessions=1, norms=path), case)
    assert session.selection
    for rollout in session.rollouts:
        assert rollout.judgement
        level = rollout.judgement.values()["counselor.WAI"]
        assert session.selection.rewards[rollout.index] == pytest.approx(level / 10)


async def test_under_a_constant_judge_all_tie_and_the_first_is_kept_and_that_is_stored(case: Case) -> None:
    deps = offline_rollout_deps(sessions=1, rollout_n=3, judging={"judge": {"model": "offline-constant"}})
    (session,) = await run_course(deps, case)
    stored = to_record(case, session).to_file()["rollout_data"]
    assert stored["winner_rollout_index"] == 0
    assert stored["selection"]["tied"] == [0, 1, 2]


async def test_the_stored_session_holds_every_candidate_with_its_scores(case: Case) -> None:
    (session,) = await run_course(offline_rollout_deps(sessions=1), case)
    data = to_record(case, session).to_file()
    stored = data["rollout_data"]
    assert stored["rollout_n"] == 2
    assert stored["rollout_rewards"] == [c["reward_score"] for c in stored["rollout_candidates"]]
    assert [c["rollout_index"] for c in stored["rollout_candidates"]] == [0, 1]
    assert data["evaluation_score"] == stored["rollout_candidates"][session.winner]["scores"]
    assert data["transcript"] == stored["rollout_candidates"][session.winner]["transcript"]
    lean = to_record(case, session, keep_all=False).to_file()["rollout_data"]["rollout_candidates"]
    assert [bool(c["transcript"]) for c in lean] == [i == session.winner for i in range(2)]


async def test_a_scale_that_breaks_in_a_way_nobody_foresaw_is_missing(case: Case) -> None:
    def answer(prompt: str) -> str:
        if "Scale SRS" in prompt:
            raise KeyError("a bug of ours")
        return defaults(prompt)

    judge, _ = judge_of_two_scales(answer)
    (session,) = await run_course(judged_by(offline_rollout_deps(sessions=1), judge), case)
    assert session.selection
    assert session.selection.compared == ("counselor.WAI",)
    for rollout in session.rollouts:
        assert rollout.judgement
        assert rollout.judgement.scales["SRS"].status == "missing"
        assert rollout.judgement.scales["SRS"].reason == "KeyError: 'a bug of ours'"


async def test_a_case_whose_judge_fills_in_nothing_fails_and_names_the_scales(case: Case) -> None:
    judge, model = judge_of_two_scales(lambda prompt: "{}")
    with pytest.raises(ScoringError, match="0 of 2 rollouts can be compared .*lacks WAI, SRS"):
        await run_course(judged_by(offline_rollout_deps(sessions=1), judge), case)
    # two rollouts, each held again once
    assert len(model.prompts) == 2 * 2 * len(ONE_A_SIDE)


async def test_a_rollout_that_breaks_in_a_way_nobody_foresaw_does_not_stop_the_others(case: Case) -> None:
    deps = offline_rollout_deps(sessions=1, rollout_n=3)
    skills = deps.skills(Language.EN)
    real, asked = skills.search, {"times": 0}

    async def search(query: str, **more: object) -> object:
        asked["times"] += 1
        if asked["times"] == 2:
            raise ZeroDivisionError("a bug of ours")
        return await real(query, **more)  # type: ignore[arg-type]

    skills.search = search  # type: ignore[method-assign, assignment]
    (session,) = await run_course(deps, case)
    failures = [r.failure for r in session.rollouts if r.failure]
    assert [f.error for f in failures] == ["ZeroDivisionError"]
    assert session.selection
    assert len(session.selection.rewards) == 2
    assert session.rollouts[session.winner].failure is None


async def test_skills_that_cannot_be_retrieved_are_no_property_of_a_rollout(case: Case) -> None:
    """A run cannot go on without skills, whoever is the next to ask for them."""
    deps = offline_rollout_deps(sessions=1)
    skills = deps.skills(Language.EN)

    async def search(query: str, **more: object) -> object:
        raise SkillStoreError("embeddings endpoint http://127.0.0.1:9/v1: gone")

    skills.search = search  # type: ignore[method-assign, assignment]
    with pytest.raises(SkillStoreError, match="gone"):
        await run_course(deps, case)


async def test_a_metric_that_one_rollout_lacks_is_compared_in_none(case: Case) -> None:
    """The rollout that lost its bad scale would win on the good one, if each were averaged by itself."""
    seen: list[str] = []

    def answer(prompt: str) -> str:
        dialogue_text = prompt.rpartition("<dialogue>")[2].partition("</dialogue>")[0]
        if dialogue_text not in seen:
            seen.append(dialogue_text)
        first = dialogue_text == seen[0]
        if "Scale HTAIS" in prompt:
            return "{}" if first else reply(dict.fromkeys(items_asked(prompt), 1))
        return reply(dict.fromkeys(items_asked(prompt), 5 if not first else 4))

    judge, _ = judge_with(answer, methods={"cbt": ["WAI", "HTAIS"]})
    (session,) = await run_course(judged_by(offline_rollout_deps(sessions=1), judge), case)
    assert session.selection
    assert session.selection.compared == ("counselor.WAI",)
    lacking = next(
        r.index for r in session.rollouts if r.judgement and r.judgement.scales["HTAIS"].status == "missing"
    )
    own = session.selection.own_rewards
    assert own[lacking] > own[1 - lacking]
    assert session.winner == 1 - lacking


@pytest.mark.slow
async def test_a_second_judge_scores_every_rollout_and_takes_no_part_in_the_choice(case: Case) -> None:
    alone = await run_course(offline_rollout_deps(rollout_n=3), case)
    beside = await run_course(offline_rollout_deps(rollout_n=3, holdout={"model": "offline-task"}), case)
    assert [s.winner for s in alone] == [s.winner for s in beside]
    assert [words(s) for s in alone] == [words(s) for s in beside]
    for session in beside:
        for rollout in session.rollouts:
            assert rollout.holdout
            assert rollout.holdout.judge_model == "offline-task"
            assert rollout.holdout.scales.keys() == set(ONE_A_SIDE)


async def test_no_thought_query_or_skill_of_a_rollout_reaches_its_judge(case: Case) -> None:
    judge, model = judge_of_two_scales(defaults)
    (session,) = await run_course(judged_by(offline_rollout_deps(sessions=1), judge), case)
    hidden = {
        text
        for rollout in session.rollouts
        for turn in rollout.turns
        for text in (turn.query, turn.thoughts and turn.thoughts.strategy, *turn.skills)
        if text
    }
    assert len(hidden) > 10
    assert len(model.prompts) == 4
    assert not [text for text in hidden for prompt in model.prompts if text in prompt]


@pytest.mark.slow
async def test_the_random_control_does_not_look_at_rewards(case: Case) -> None:
    sessions = await run_course(
        offline_rollout_deps(sessions=4, turns=6, rollout_n=4, selector="random"), case
    )
    found = [s.selection for s in sessions if s.selection]
    assert {choice.selector for choice in found} == {"random"}
    assert any(choice.rewards[choice.winner] < max(choice.rewards.values()) for choice in found)
