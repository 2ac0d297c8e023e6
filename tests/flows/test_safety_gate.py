"""The gate in a session: off, watching and acting, with rules alone and with a model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from psychagent.domain.base import Speaker
from psychagent.domain.memory import Memory
from psychagent.domain.risk.finding import About, Classifier, Handling, RiskFinding
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.errors import ProviderError
from psychagent.flows.course import build_course
from psychagent.flows.session import build_session, session_limit
from psychagent.flows.single import build_single
from psychagent.safety.at_hand import HELP_AT_HAND
from tests.support.courses import START, knobs_of
from tests.support.fakes import Cast, brief_for, case_of, chosen_family, filed, spoken, summed_up
from tests.support.gate import ENDPOINT, Kept, gated, judgement
from tests.support.memory_parts import summary

CONFIG: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 99}
SAYS = ["I could end it.", "Not now, I think.", "I do not know.", "Bye."]


def replies(said: list[str], *, turns: int = 0, ends_at: int = 0) -> dict[str, Any]:
    """Cast a counselor that says goodbye in one turn (0 is never), and a client's words."""
    count = turns or len(said)
    own = [spoken(f"Turn {n}.", ends=n == ends_at) for n in range(1, count + 1)]
    return {"counselor": own, "client": list(said)}


async def hold(cast: Cast, *, memory: Memory | None = None, lives: str = "", **knobs: Any) -> dict[str, Any]:
    case = case_of()
    case = case.model_copy(update={"profile": case.profile.model_copy(update={"region": lives})})
    brief = brief_for(cast.deps, case, memory=memory, **knobs)
    config: Any = {"recursion_limit": session_limit(cast.deps, brief.knobs)}
    held: dict[str, Any] = await build_session(cast.deps).ainvoke({"turns": []}, config, context=brief)
    return held


def levels(held: dict[str, Any]) -> dict[int, int]:
    return {finding.turn: finding.level for finding in held.get("findings", [])}


def counselors(held: dict[str, Any]) -> list[str]:
    return [turn.text for turn in held["turns"] if turn.speaker is Speaker.COUNSELOR]


async def test_watching_records_and_changes_no_prompt_byte_for_byte() -> None:
    asked = {}
    for mode in ("off", "watch"):
        audit = Kept()
        cast = gated(replies(SAYS), audit=audit, mode=mode)
        held = await hold(cast)
        asked[mode] = [cast.asked(role) for role in ("counselor", "client")]
        assert levels(held) == ({1: 2, 3: 1} if mode == "watch" else {})
        assert [line[1].turn for line in audit.lines] == list(levels(held))
        assert all(finding.handling is Handling.NONE for finding in held.get("findings", []))
        assert held.get("card") is None
        assert cast.asked("risk") == []
    assert asked["off"] == asked["watch"]


async def test_acting_shows_a_card_and_tells_the_counselor_before_it_speaks() -> None:
    cast = gated(replies(SAYS), mode="act")
    held = await hold(cast)
    tails = [prompt[-1]["content"] for prompt in cast.asked("counselor")]
    assert ["Danger is open" in tail for tail in tails] == [False, True, False, False]
    assert ["not settled yet" in tail for tail in tails] == [False, False, True, False]
    assert [f.handling for f in held["findings"]] == [Handling.CARD, Handling.NOTE]
    assert [f.carried for f in held["findings"]] == [False, True]
    assert [turn.risk_level for turn in held["turns"][::2]] == [0, 2, 1, 0]


async def test_a_concern_in_the_last_regular_turn_is_asked_about_where_turns_may_follow() -> None:
    says = ["Hm.", "Hm.", "Better to be gone.", "No, I am only tired.", "Bye."]
    cast = gated(replies(says, turns=5, ends_at=5), mode="act")
    held = await hold(cast)
    tails = [prompt[-1]["content"] for prompt in cast.asked("counselor")]
    assert ["may mean danger" in tail for tail in tails] == [False, False, False, True, False]
    assert "up to 6 more follow" in tails[3]
    assert "The danger has eased" in tails[4]
    assert len(counselors(held)) == 5


async def test_a_concern_is_asked_about_once_and_not_in_the_last_turn() -> None:
    says = ["Better to be gone.", "Hm.", "Better to be gone.", "Bye."]
    cast = gated(replies(says), mode="act", extra_turns=0)
    await hold(cast)
    tails = [prompt[-1]["content"] for prompt in cast.asked("counselor")]
    assert ["may mean danger" in tail for tail in tails] == [False, True, False, False]
    assert "nothing new" in tails[3]


@pytest.mark.parametrize("most", [2, 6])
async def test_what_is_told_in_answer_to_a_goodbye_gets_a_turn_of_its_own(most: int) -> None:
    says = ["Hm.", "Better to be gone.", "I am only tired.", "Bye."]
    own = [spoken("Turn 1."), spoken("Goodbye.", ends=True), spoken("Gone?"), spoken("Farewell.", ends=True)]
    cast = gated({"counselor": own, "client": says}, mode="act", max_counselor_turns=most)
    held = await hold(cast)
    assert counselors(held) == ["Turn 1.", "Goodbye.", "Gone?", "Farewell."]
    assert "may mean danger" in cast.asked("counselor")[2][-1]["content"]
    cast = gated({"counselor": own[:2], "client": says[:2]}, mode="act", max_counselor_turns=2, extra_turns=0)
    assert len(counselors(await hold(cast))) == 2, "no turn may follow"


@pytest.mark.parametrize("says", [["Hm.", "Better to be gone.", "No.", "Bye."]])
async def test_a_goodbye_to_what_was_just_told_is_asked_for_again(says: list[str]) -> None:
    bye = spoken("Goodbye.", ends=True)
    own = [spoken("Hello."), spoken("Turn 2."), bye, spoken("Gone?"), bye]
    cast = gated({"counselor": own, "client": says}, mode="act", max_counselor_turns=3, max_retries=1)
    held = await hold(cast)
    assert counselors(held) == ["Hello.", "Turn 2.", "Gone?", "Goodbye."]


async def test_high_danger_pins_retrieval_to_the_skills_for_danger() -> None:
    cast = gated(replies(SAYS), mode="act")
    held = await hold(cast)
    metas = cast.deps.skills(cast.knobs.language).stage(
        case_of().modality, brief_for(cast.deps, case_of()).skill_stage
    )
    for_danger = {skill.id for meta in metas.meta_skills if meta.risk for skill in meta.skills}
    after_danger = held["turns"][2]
    assert after_danger.skills
    assert set(after_danger.skills) <= for_danger


async def test_danger_to_life_is_answered_by_a_fixed_text_and_no_model() -> None:
    said = ["I will end it tonight.", "My sister is here.", "Hm.", "Bye."]
    cast = gated(replies(said, turns=3, ends_at=3), mode="act", max_counselor_turns=8)
    held = await hold(cast)
    gate = held["turns"][2]
    assert (gate.speaker, gate.by_gate, gate.risk_level) == (Speaker.COUNSELOR, True, 3)
    assert "988" not in gate.text, "the region is unknown"
    assert [f.handling for f in held["findings"]] == [Handling.TAKEOVER, Handling.CARD, Handling.NOTE]
    assert counselors(held) == ["Turn 1.", gate.text, "Turn 2.", "Turn 3."]


async def test_a_second_takeover_says_something_else() -> None:
    says = ["I will end it tonight.", "I will end it tonight, I said.", "No.", "No.", "No."]
    cast = gated(replies(says, turns=4), mode="act", max_counselor_turns=3, extra_turns=2)
    texts = [turn.text for turn in (await hold(cast))["turns"] if turn.by_gate]
    assert len(texts) == 2


BYE = spoken("Goodbye.", ends=True)
AFTER_DANGER = ["I could end it.", "All right.", "Fine.", "Bye."]


def parting(*own: str, **settings: Any) -> Cast:
    """Cast a counselor that would say goodbye right after danger."""
    said = {"counselor": [spoken("Hello."), BYE, *own], "client": AFTER_DANGER}
    return gated(said, mode="act", max_retries=1, max_counselor_turns=8, **settings)


async def test_the_counselor_may_not_say_goodbye_while_danger_is_high() -> None:
    cast = parting(spoken("Stay with me."), spoken("Go on."), spoken("Farewell.", ends=True))
    held = await hold(cast)
    assert counselors(held) == ["Hello.", "Stay with me.", "Go on.", "Farewell."]
    assert "danger is open" in cast.asked("counselor")[2][-1]["content"]


async def test_a_goodbye_that_is_repeated_does_not_end_the_session_either() -> None:
    held = await hold(parting(BYE, spoken("Go on."), BYE))
    assert counselors(held) == ["Hello.", "Goodbye.", "Go on.", "Goodbye."]
    assert [t.ends_session for t in held["turns"][::2]] == [False, False, False, True]


async def test_danger_in_the_last_words_adds_turns_until_the_counselor_has_closed() -> None:
    says = ["Hm.", "I could end it.", "Fine.", "Bye."]
    own = [spoken("Hello."), spoken("Bye.", ends=True), spoken("Stay."), spoken("Now goodbye.", ends=True)]
    for mode, spoke in (("watch", 2), ("act", 4)):
        cast = gated({"counselor": own, "client": says}, mode=mode, max_counselor_turns=2)
        held = await hold(cast)
        assert len(counselors(held)) == spoke
    tails = [prompt[-1]["content"] for prompt in cast.asked("counselor")]
    assert "extra turn 1 of 6" in tails[2]
    assert "Do not say goodbye" in tails[2]
    assert "which settles nothing by itself" in tails[3]


async def test_danger_that_passes_at_the_limit_leaves_the_counselor_its_goodbye() -> None:
    own = [spoken("Hello."), spoken("Stay."), spoken("Goodbye.", ends=True)]
    cast = gated(
        {"counselor": own, "client": ["I could end it.", "Fine.", "Bye."]}, mode="act", max_counselor_turns=2
    )
    held = await hold(cast)
    assert counselors(held) == ["Hello.", "Stay.", "Goodbye."]
    assert "which settles nothing by itself" in cast.asked("counselor")[2][-1]["content"]


async def test_a_simulated_client_is_told_of_the_card_that_a_person_would_see() -> None:
    cast = gated(replies(SAYS), mode="act", max_counselor_turns=4)
    await hold(cast, region="US")
    lasts = [prompt[-1]["content"] for prompt in cast.asked("client")]
    assert ["988" in last for last in lasts] == [False, True, False, False]
    assert [prompt[-1]["role"] for prompt in cast.asked("client")] == ["user"] * 4


async def test_a_card_that_stays_is_told_to_a_simulated_client_whole_but_once() -> None:
    cast = gated(replies(["Hm.", *["I could end it."] * 3]), mode="act", max_counselor_turns=4, extra_turns=0)
    await hold(cast, region="US")
    lasts = [prompt[-1]["content"] for prompt in cast.asked("client")]
    assert ["988" in last for last in lasts] == [False, False, True, False]
    assert ["is still on your screen" in last for last in lasts] == [False, False, False, True]


@pytest.mark.parametrize(
    ("run", "lives", "number"), [("", "NZ", "1737"), ("US", "NZ", "988"), ("", "", "988")]
)
async def test_helplines_are_those_of_where_a_simulated_client_lives(
    run: str, lives: str, number: str
) -> None:
    cast = gated(replies(SAYS), mode="act", max_counselor_turns=4)
    await hold(cast, region=run, lives=lives)
    assert any(number in prompt[-1]["content"] for prompt in cast.asked("client"))


@pytest.mark.parametrize("extra", [0, 1, 3])
async def test_extra_turns_are_bounded(extra: int) -> None:
    says = ["I could end it."] * (2 + extra)
    cast = gated(replies(says), mode="act", max_counselor_turns=2, extra_turns=extra)
    held = await hold(cast)
    assert len(counselors(held)) == 2 + extra
    last = cast.asked("counselor")[-1][-1]["content"]
    assert "No turn follows this one" in last or "This is your last turn" in last
    assert "Do not say goodbye" not in last


def asking(said: list[str], *judged: str | Exception, **settings: Any) -> Cast:
    """Cast a gate that has a model, in a session as long as the client's words."""
    given: dict[str, Any] = {"endpoint": ENDPOINT, "max_counselor_turns": len(said)} | settings
    return gated(replies(said) | {"risk": list(judged)}, **given)


async def test_a_soft_rule_asks_the_model_and_yields_to_it() -> None:
    said = "I could strike him, the dear old fool."
    for model, level in ((judgement(0), None), (judgement(1, "strike him", "others"), 1)):
        cast = asking([said, "Bye."], model, judgement(0))
        held = await hold(cast)
        assert levels(held).get(1) == level


async def test_the_model_is_not_asked_about_plain_talk_nor_where_it_could_not_change_the_level() -> None:
    cast = gated(
        replies(["It was a fine week.", "I will end it tonight."]), endpoint=ENDPOINT, max_counselor_turns=2
    )
    held = await hold(cast)
    assert cast.asked("risk") == []
    assert levels(held) == {3: 3}
    assert held["findings"][0].classifier is Classifier.SPARED


async def test_an_answer_to_a_question_about_danger_is_always_judged() -> None:
    own = {"counselor": [spoken("Do you think of dying?"), spoken("And?")], "client": ["Well, no.", "Hm."]}
    cast = gated(own | {"risk": [judgement(0)]}, endpoint=ENDPOINT, max_counselor_turns=2)
    await hold(cast)
    assert len(cast.asked("risk")) == 1


async def test_always_asks_about_every_turn() -> None:
    cast = gated(
        replies(["Fine.", "Well."]) | {"risk": [judgement(0), judgement(0)]},
        endpoint=ENDPOINT,
        classifier="always",
        max_counselor_turns=2,
    )
    await hold(cast)
    assert len(cast.asked("risk")) == 2


async def test_a_quote_that_was_not_said_is_refused_once_and_then_the_rules_decide() -> None:
    invented = judgement(3, "I have a plan")
    cast = gated(
        replies(["I could strike him.", "Bye."]) | {"risk": [invented, invented, judgement(0)]},
        endpoint=ENDPOINT,
        max_retries=1,
        max_counselor_turns=2,
    )
    finding: RiskFinding = (await hold(cast))["findings"][0]
    assert (finding.classifier, finding.model, finding.level, finding.soft) == (Classifier.FAILED, None, 2, 2)
    assert "quote" in cast.asked("risk")[1][-1]["content"]


async def test_an_answer_without_danger_needs_no_quote_for_a_level_that_is_only_carried() -> None:
    cast = gated(
        replies(["I could strike him.", "My aunt comes at six.", "Bye."])
        | {"risk": [judgement(2, "strike him", "others"), judgement(1, "", "others"), judgement(0)]},
        endpoint=ENDPOINT,
        max_retries=0,
        max_counselor_turns=3,
    )
    finding: RiskFinding = (await hold(cast))["findings"][1]
    assert (finding.classifier, finding.level, finding.carried) == (Classifier.OK, 1, True)


async def test_a_quote_is_compared_without_case_width_and_marks() -> None:
    cast = gated(
        replies(["I could STRIKE\u3000him, I said!", "Bye."])
        | {"risk": [judgement(1, "strike him", "others"), judgement(0)]},
        endpoint=ENDPOINT,
        max_counselor_turns=2,
    )
    assert levels(await hold(cast))[1] == 1


async def test_a_silence_may_be_judged_and_has_nothing_to_quote() -> None:
    cast = gated(
        replies(["……", "Bye."]) | {"risk": [judgement(1, "……"), judgement(0)]},
        endpoint=ENDPOINT,
        max_counselor_turns=2,
        classifier="always",
    )
    assert levels(await hold(cast))[1] == 1


async def test_a_model_that_is_down_fails_closed_and_its_failure_is_on_record() -> None:
    audit = Kept()
    down = [ProviderError("down") for _ in range(4)]
    cast = gated(
        replies(["Fine.", "Well.", "I could strike him.", "Bye."]) | {"risk": down},
        audit=audit,
        endpoint=ENDPOINT,
        classifier="always",
    )
    held = await hold(cast)
    assert levels(held) == {1: 0, 3: 0, 5: 2, 7: 1}
    assert {line[1].classifier for line in audit.lines} == {Classifier.FAILED}
    assert {line[2] for line in audit.lines} == {"gate-model"}


async def test_three_failures_in_a_row_show_a_person_the_card_once() -> None:
    down = [ProviderError("down") for _ in range(4)]
    own = replies([], turns=6) | {"filter": [chosen_family()], "risk": down}
    cast = gated(own, endpoint=ENDPOINT, max_counselor_turns=6)
    graph, knobs = build_single(cast.deps, InMemorySaver()), knobs_of(cast, client="human")
    await graph.ainvoke(START, CONFIG, context=knobs)
    cards = []
    for _ in range(4):
        state = await graph.ainvoke(Command(resume="Fine."), CONFIG, context=knobs)
        cards.append("card" in state["__interrupt__"][0].value)
    assert cards == [False, False, True, False]


async def test_a_yes_to_a_question_about_dying_counts_with_the_question() -> None:
    cast = gated(
        {"counselor": [spoken("Hello."), spoken("Do you think of dying?")], "client": ["Hm.", "Yes."]},
        max_counselor_turns=2,
    )
    assert levels(await hold(cast)) == {3: 2}


async def test_a_context_lowers_or_softens_a_rule() -> None:
    cast = gated(replies(["My friend wants to end it.", "Bye."]), max_counselor_turns=2)
    finding = (await hold(cast))["findings"][0]
    assert (finding.hard, finding.soft, finding.level) == (0, 1, 1)


async def test_what_was_on_record_before_a_crash_is_not_taken_more_lightly_after_it() -> None:
    cast = gated(replies(["Hm.", "Bye."]), audit=Kept(known=2), max_counselor_turns=2)
    assert levels(await hold(cast))[1] == 2


@pytest.mark.parametrize(("known", "handling"), [(0, "card"), (3, "card")])
async def test_a_suspicion_is_handled_the_same_when_a_session_is_played_again(
    known: int, handling: str
) -> None:
    """What is on record is a level; that it stands there makes a suspicion no more certain than it was."""
    own = {"counselor": [spoken("Hello."), spoken("Stay.")], "client": ["It is not for long now.", "Hm."]}
    cast = gated(own, audit=Kept(known), mode="act", max_counselor_turns=2, extra_turns=0)
    assert (await hold(cast))["findings"][0].handling.value == handling


async def test_what_only_the_record_finds_grave_is_handled_as_grave() -> None:
    cast = gated(
        {"counselor": [spoken("Hello.")], "client": ["Hm."]}, audit=Kept(3), mode="act", extra_turns=0
    )
    held = await hold(cast, max_counselor_turns=1)
    assert held["findings"][0].handling is Handling.TAKEOVER


async def test_a_person_is_met_by_an_acting_gate_whatever_the_settings_say() -> None:
    cast = gated(
        {
            "filter": [chosen_family()] * 2,
            "counselor": [spoken("Hello."), spoken("Stay.")],
        },
        mode="off",
        max_counselor_turns=2,
        max_sessions=1,
    )
    graph = build_course(cast.deps, InMemorySaver())
    knobs = knobs_of(cast, client="human", region="US")
    await graph.ainvoke(START, CONFIG, context=knobs)
    state = await graph.ainvoke(Command(resume="I could end it."), CONFIG, context=knobs)
    shown = state["__interrupt__"][0].value
    assert shown["counselor"] == "Stay."
    assert "988" in json.dumps(shown["card"])


@pytest.mark.parametrize(("on_record", "asked"), [(Danger.VOICED, 2), (Danger.NONE, 0)])
async def test_after_a_danger_on_record_a_model_is_asked_about_calm_answers(
    on_record: Danger, asked: int
) -> None:
    own = replies(["Fine, I guess.", "As ever."]) | {"risk": [judgement(0), judgement(0)]}
    cast = gated(own, endpoint=ENDPOINT, mode="act", max_counselor_turns=2)
    before = Memory(summaries=(summary("s", safety=SafetyNote(danger=on_record)),))
    await hold(cast, memory=before, session_index=2)
    assert len(cast.asked("risk")) == asked


async def test_the_level_goes_on_into_the_next_session() -> None:
    last = {
        "counselor": [spoken("Hello."), spoken("Stay."), spoken("Again."), spoken("Go on.")],
        "client": ["Hm.", "I could end it.", "Hm.", "Fine."],
    }
    cast = gated(
        last
        | {
            "filter": [chosen_family(), chosen_family("intervention")],
            "summary": [summed_up("a", "intervention"), summed_up("b", "intervention")],
            "client_file": [filed(), filed()],
        },
        mode="act",
        extra_turns=0,
        max_counselor_turns=2,
        max_sessions=2,
    )
    state = await build_course(cast.deps).ainvoke(START, {"recursion_limit": 60}, context=cast.knobs)
    assert [f.level for f in state["finished_session"].risk] == [1]
    assert "Danger was open when the last session ended" in cast.asked("counselor")[2][-1]["content"]
    assert state["memory"].risk_level == 0


FIRST = "There is a gecko that is not there, and I am shaking."
CALLED = "He is phoning, he has 112 on speaker, they are asking when the last glass was."


async def test_who_has_called_is_answered_by_the_counselor_and_not_by_a_fixed_text() -> None:
    cast = asking(
        [FIRST, CALLED, "Bye."],
        judgement(3, "a gecko that is not there", "drink"),
        judgement(3, "112 on speaker", "drink"),
        judgement(1, "Bye", "drink"),
        mode="act",
        classifier="always",
        extra_turns=0,
    )
    held = await hold(cast)
    findings = held["findings"]
    assert [f.handling for f in findings[:2]] == [Handling.TAKEOVER, Handling.CARD]
    assert HELP_AT_HAND in findings[1].patterns
    assert HELP_AT_HAND not in findings[0].patterns
    assert [turn.by_gate for turn in held["turns"] if turn.text in counselors(held)][:3] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "words", ["He has not got 112 on speaker.", "Is 112 on speaker?", "The ambulance left."]
)
async def test_words_about_help_that_is_not_there_change_nothing(words: str) -> None:
    cast = asking(
        [f"{FIRST} {words}", "Bye."],
        judgement(3, "a gecko that is not there", "drink"),
        judgement(1, "Bye", "drink"),
        mode="act",
        classifier="always",
        extra_turns=0,
    )
    assert (await hold(cast))["findings"][0].handling is Handling.TAKEOVER


async def test_a_level_that_is_carried_stays_of_its_own_kind() -> None:
    said = "Strike him, I said, and he has his arm round me."
    cast = asking(
        [FIRST, said, "Bye."],
        judgement(3, "a gecko that is not there", "drink"),
        judgement(1, "his arm round me", "drink"),
        judgement(0),
        mode="act",
        classifier="always",
        extra_turns=0,
    )
    held = await hold(cast)
    assert [f.about for f in held["findings"][:2]] == [About.DRINK, About.DRINK]
