"""Who may know what: secrets are planted, and looked for in every prompt that was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from psychagent.domain.profile import Case, Profile
from psychagent.flows.course import build_course
from psychagent.flows.play import run_course
from tests.support.fakes import ROLES, Cast, case_of, chosen_family, filed, spoken, summed_up

PRIVATE = "PRIVATE"
KNOWN_BY_CLIENT = "OWNSTORY"
REMEMBERED = "OWNMEMORY"
SPOKEN_ALOUD = "The spoken words."


def _planted(node: Any) -> Any:
    """Put a mark into every text of a profile, so that any leak of it is seen."""
    if isinstance(node, dict):
        return {key: _planted(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_planted(value) for value in node]
    return f"{KNOWN_BY_CLIENT} {node}" if isinstance(node, str) else node


def planted_case() -> Case:
    """Make a case whose profile is marked in every free text."""
    data = case_of("en07").profile.model_dump(mode="json")
    told = data["disclosure"]
    kept = {"style": told["style"], "risk": told["risk"] | {"statement": f"{KNOWN_BY_CLIENT} dark"}}
    plain = {key: value for key, value in told.items() if key not in kept}
    marked = {name: _planted(data[name]) for name in ("basic_info", "theory")}
    profile = Profile.model_validate(data | marked | {"disclosure": _planted(plain) | kept})
    return case_of("en07").model_copy(update={"profile": profile})


LONG: dict[str, Any] = {"retrieval": {"method": "lexical", "keep_in_history": True}, "share_prefix": True}
"""Settings under which prompts show the most of what came before."""


def cast_of(*, moved: bool = False, **baseline: Any) -> Cast:
    """Cast two sessions whose counselor thinks a secret in every turn; `moved` is to reasoning_content."""

    def reply(text: str, *, ends: bool = False) -> str | AIMessage:
        if not moved:
            return spoken(text, thought=f"{PRIVATE} thought", ends=ends)
        words = f"<response>{text}</response>{'</end>' if ends else ''}"
        return AIMessage(content=words, additional_kwargs={"reasoning_content": f"{PRIVATE} thought"})

    turns = [reply(SPOKEN_ALOUD), reply("More."), reply("Bye.", ends=True)]
    return Cast(
        {
            "filter": [chosen_family(), chosen_family("intervention")],
            "counselor": turns * 2,
            "client": ["An answer.", "Another.", "Bye."] * 2,
            "recall": [json.dumps({"told": [], "said": [REMEMBERED], "left": REMEMBERED})] * 2,
            "rewrite": [json.dumps({"trigger": "silence"})] * 4,
            "summary": [summed_up("sum", "intervention")] * 2,
            "client_file": [filed(main_problem="what was said")] * 2,
        },
        query="rewrite",
        max_sessions=2,
        **baseline,
    )


async def prompts_of(cast: Cast) -> dict[str, str]:
    """Run the course and return all text that each role was sent."""
    await run_course(cast.deps, planted_case(), knobs=cast.knobs)
    assert cast.left() == {}
    return {role: "\n".join(m["content"] for p in cast.asked(role) for m in p) for role in ROLES}


either = pytest.mark.parametrize("baseline", [{}, LONG], ids=["default", "long"])


@pytest.mark.parametrize("moved", [False, True])
@either
async def test_the_counselors_thoughts_reach_nobody_not_even_itself(
    moved: bool, baseline: dict[str, Any]
) -> None:
    sent = await prompts_of(cast_of(moved=moved, **baseline))
    told_the_form = {"counselor", "summary", "client_file"} if baseline else {"counselor"}
    for role, text in sent.items():
        assert PRIVATE not in text, f"{role} saw the counselor's thoughts"
        assert "<think>" not in text or role in told_the_form
    assert all(SPOKEN_ALOUD in sent[role] for role in ("counselor", "client", "rewrite", "summary"))


@either
async def test_only_the_client_knows_its_profile_and_its_memory(baseline: dict[str, Any]) -> None:
    sent = await prompts_of(cast_of(**baseline))
    for role in ROLES:
        knows = role in {"client", "recall"}
        assert (KNOWN_BY_CLIENT in sent[role]) == knows, f"{role} and the client's profile"
        assert (REMEMBERED in sent[role]) == knows, f"{role} and the client's memory"


@either
async def test_the_client_knows_neither_plan_nor_skills_nor_the_counselors_file(
    baseline: dict[str, Any],
) -> None:
    cast = cast_of(**baseline)
    every = await prompts_of(cast)
    sent = every["client"] + every["recall"]
    skills = cast.deps.skills(case_of().language).library.all_stages()
    assert not [s.name for stage in skills for s in stage.skills() if f"- {s.name}:" in sent]
    assert "Go on" not in sent
    assert "conceptualization" not in sent
    assert "what was said" not in sent


async def test_values_for_the_offline_script_are_never_sent_to_a_model() -> None:
    cast = cast_of()
    await prompts_of(cast)
    for role in ROLES:
        for prompt in cast.asked(role):
            assert {key for message in prompt for key in message} == {"role", "content"}


async def test_thoughts_are_in_the_records_where_researchers_find_them() -> None:
    cast = cast_of()
    state = await build_course(cast.deps).ainvoke(
        {"case": planted_case()}, {"recursion_limit": 60}, context=cast.knobs
    )
    turns = state["finished_session"].turns
    assert [turn.thoughts is not None for turn in turns] == [True, False, True, False, True, False]
    assert PRIVATE in turns[0].thoughts.assessment
