"""The offline script: deterministic, honest about itself, and knowing only what its prompt says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.reply import parse_tagged_reply
from psychagent.errors import AssetError, ReplyError
from psychagent.llm.offline import OfflineModel
from psychagent.llm.prompt import Prompt, system, user
from psychagent.llm.script_scene import quote_of
from psychagent.nodes.state import FinishedSession
from tests.conftest import LANGUAGES
from tests.llm.offline_courses import all_words, course, lines_of, offline, profile, run, said_by

Edit = Callable[[str], str]
LINES = {language: lines_of(language) for language in Language}


def name_in(language: Language, number: int = 1) -> str:
    return f"{language.value}{number:02d}"


def run_edited(
    tmp_path: Path, language: Language, edits: dict[str, Edit], *, number: int = 1, **knobs: Any
) -> list[FinishedSession]:
    """Run a course on a copy of the prompts in which some templates are changed."""
    shutil.copytree(asset_dir("prompts") / language.value, tmp_path / language.value)
    for name, edit in edits.items():
        path = tmp_path / language.value / (name if "." in name else f"{name}.jinja2")
        before = path.read_text(encoding="utf-8")
        path.write_text(edit(before), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != before, f"the edit of {name} changes nothing"
    deps = offline(language, prompts_root=tmp_path)
    return run(name_in(language, number), Modality.CBT, deps, seed=1, **({"max_sessions": 2} | knobs))


def plain(language: Language, number: int = 1, max_sessions: int = 2) -> list[FinishedSession]:
    """Run the same course on the prompts as they are."""
    return course(name_in(language, number), Modality.CBT, 1, max_sessions)


def without(text: str) -> Edit:
    """Take a passage out of a template."""
    return lambda template: template.replace(text, "")


def asks_about_homework(language: Language, sessions: list[FinishedSession]) -> bool:
    openings = [form.split("{")[0].strip() for form in LINES[language]["counselor"]["ask_homework"]]
    return any(o in text for o in openings for text in said_by(sessions, Speaker.COUNSELOR))


def links_to_last_time(language: Language, sessions: list[FinishedSession]) -> bool:
    openings = [form.split("“")[0].strip() for form in LINES[language]["counselor"]["link"]]
    return any(o in session.turns[0].text for o in openings for session in sessions)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_memory_in_its_head_the_counselor_forgets_session_and_homework(
    tmp_path: Path, language: Language
) -> None:
    assert links_to_last_time(language, plain(language))
    assert asks_about_homework(language, plain(language))
    cut = run_edited(
        tmp_path, language, {"counselor/system": without('{% include "shared/memory.jinja2" %}')}
    )
    assert len(cut) == 2
    assert not links_to_last_time(language, cut)
    assert not asks_about_homework(language, cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_homework_in_memory_the_counselor_forgets_it_alone(
    tmp_path: Path, language: Language
) -> None:
    agreed = LINES[language]["reflector"]["agreed"]
    cut = run_edited(
        tmp_path,
        language,
        {
            "shared/memory": lambda t: t.replace("{% if memory.homework %}", "{% if false %}"),
            # else the summary's own text still says what was agreed on
            "offline.yaml": without(agreed),
        },
    )
    assert cut[0].summary.homework
    assert links_to_last_time(language, cut)
    assert not asks_about_homework(language, cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_recent_sessions_in_memory_the_counselor_does_not_quote_them(
    tmp_path: Path, language: Language
) -> None:
    cut = run_edited(tmp_path, language, {"shared/memory": without("{{ abstract }}")})
    assert not links_to_last_time(language, cut)
    assert asks_about_homework(language, cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_memory_a_voiced_risk_is_not_remembered(tmp_path: Path, language: Language) -> None:
    question = LINES[language]["counselor"]["risk_return"]
    kept = run_edited(tmp_path / "a", language, {"shared/retry": lambda t: t + " "}, number=7, max_sessions=4)
    cut = run_edited(
        tmp_path / "b", language, {"shared/memory": without("{{ abstract }}")}, number=7, max_sessions=4
    )
    assert question in all_words(kept)
    assert question not in all_words(cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_skills_in_its_prompt_the_counselor_uses_none(tmp_path: Path, language: Language) -> None:
    def used(sessions: list[FinishedSession]) -> int:
        return sum(bool(t.thoughts and t.thoughts.skill) for s in sessions for t in s.turns)

    assert used(plain(language)) > 5
    cut = run_edited(
        tmp_path, language, {"counselor/skills": lambda t: t.replace("{% if skills %}", "{% if false %}")}
    )
    assert used(cut) == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_its_plan_the_counselor_does_not_think_of_the_focus(
    tmp_path: Path, language: Language
) -> None:
    def strategies(sessions: list[FinishedSession]) -> str:
        return " ".join(t.thoughts.strategy for s in sessions for t in s.turns if t.thoughts)

    focus = plain(language)[0].plan.focus[0]
    assert focus in strategies(plain(language))
    cut = run_edited(tmp_path, language, {"counselor/system": without('{% include "shared/plan.jinja2" %}')})
    assert focus not in strategies(cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_state_of_its_homework_the_client_does_not_claim_to_have_done_it(
    tmp_path: Path, language: Language
) -> None:
    groups = LINES[language]["client"]["homework"]
    claims = [*groups["done"], *groups["partly done"]]
    # a profile that says "done" of something else would leave the word in its prompt
    silent = [n for n in range(1, 17) if "done" not in profile(name_in(language, n)).model_dump_json()]
    eager = max(silent, key=lambda n: likelihood(name_in(language, n)))
    kept = plain(language, eager, 6)
    cut = run_edited(
        tmp_path, language, {"client/system": without("{{ homework_status }}")}, number=eager, max_sessions=6
    )
    assert any(text in claims for text in said_by(kept, Speaker.CLIENT))
    assert not any(text in claims for text in said_by(cut, Speaker.CLIENT))


def likelihood(name: str) -> float:
    told = profile(name).disclosure
    return told.homework_likelihood if told else 0.0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("loop", "field"),
    [("{% for line in at_once %}", "at_once"), ("{% for line in trusted %}", "after_trust")],
)
def test_without_its_lines_the_client_cannot_say_them(
    tmp_path: Path, language: Language, loop: str, field: str
) -> None:
    told = profile(name_in(language)).disclosure
    lines = getattr(told, field)
    assert any(line in all_words(plain(language)) for line in lines)
    cut = run_edited(
        tmp_path, language, {"client/system": lambda t: t.replace(loop, loop.split(" in ")[0] + " in [] %}")}
    )
    assert not any(line in all_words(cut) for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("passage", "number"), [("{{ risk }}", 7), ("{{ secret.secret }}", 1)])
def test_without_risk_or_secret_in_its_head_the_client_cannot_tell_it(
    tmp_path: Path, language: Language, passage: str, number: int
) -> None:
    told = profile(name_in(language, number)).disclosure
    assert told
    risk = told.risk
    words = risk.statement if "risk" in passage and risk else told.hidden[0].secret
    assert words in all_words(plain(language, number, 4))
    cut = run_edited(tmp_path, language, {"client/system": without(passage)}, number=number, max_sessions=4)
    assert words not in all_words(cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_its_problem_the_client_does_not_name_it(tmp_path: Path, language: Language) -> None:
    problem = profile(name_in(language)).basic_info.main_problem
    assert problem in plain(language)[0].turns[1].text
    cut = run_edited(tmp_path, language, {"client/system": without("{{ problem }}")})
    assert problem not in all_words(cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_dialogue_the_reflector_has_nothing_to_write(tmp_path: Path, language: Language) -> None:
    assert plain(language)[0].summary.homework
    assert plain(language)[0].file_after.main_problem
    cut = run_edited(
        tmp_path,
        language,
        {"summary/dialogue": without('{% include "shared/dialogue.jinja2" %}')},
        max_sessions=1,
    )
    first = plain(language)[0].turns[1].text
    assert cut[0].turns[1].text == first, "the session itself is the same"
    assert cut[0].summary.homework == ()
    assert "“" not in cut[0].summary.session_summary_abstract
    assert (cut[0].file_after.main_problem, cut[0].file_after.static_traits.name) == ("", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_plan_the_reflector_does_not_recap_it(tmp_path: Path, language: Language) -> None:
    focus = plain(language)[0].plan.focus[0]
    assert focus in plain(language)[0].summary.goal_assessment.objective_recap
    cut = run_edited(
        tmp_path,
        language,
        {"summary/dialogue": without('{% include "shared/plan.jinja2" %}')},
        max_sessions=1,
    )
    assert focus not in cut[0].summary.goal_assessment.objective_recap


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_clients_words_the_rewrite_does_not_search_for_them(
    tmp_path: Path, language: Language
) -> None:
    problem = quote_of(profile(name_in(language)).basic_info.main_problem)
    assert problem in str(plain(language)[0].turns[2].query)
    cut = run_edited(tmp_path, language, {"rewrite/user": without("{{ turn.text }}")}, max_sessions=1)
    assert problem not in str(cut[0].turns[2].query)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_families_the_filter_can_choose_none(tmp_path: Path, language: Language) -> None:
    with pytest.raises(ReplyError, match="filter: gave up"):
        run_edited(tmp_path, language, {"filter/user": without("{{ meta.id }}")}, max_sessions=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_course_is_played_the_same_way_twice(language: Language) -> None:
    again = run(name_in(language), Modality.CBT, offline(language), seed=1, max_sessions=2)
    assert again == plain(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_json_form_says_the_same_things(language: Language) -> None:
    as_json = offline(language, reply_format="json")
    sessions = run(name_in(language), Modality.CBT, as_json, seed=1, max_sessions=2)
    assert [s.turns[-1].ends_session for s in sessions] == [True, True]
    assert all(t.thoughts for s in sessions for t in s.turns if t.speaker is Speaker.COUNSELOR)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 6, 12, 40])
def test_a_session_of_any_length_is_brought_to_an_end(most: int) -> None:
    sessions = run("en07", Modality.BT, offline(Language.EN), max_sessions=2, max_counselor_turns=most)
    for session in sessions:
        turns = said_by(session, Speaker.COUNSELOR)
        assert min(most, 6) <= len(turns) <= max(min(most, 9), 1)
        assert session.turns[-1].ends_session


@pytest.mark.parametrize("most", [5, 6, 7])
def test_a_risk_that_is_voiced_near_the_end_is_still_answered(most: int) -> None:
    lines = LINES[Language.EN]["counselor"]
    sessions = run("en07", Modality.BT, offline(Language.EN), max_sessions=4, max_counselor_turns=most)
    risk = profile("en07").disclosure
    assert risk
    assert risk.risk
    at, place = next(
        (s, n) for s in sessions for n, turn in enumerate(s.turns) if risk.risk.statement in turn.text
    )
    following = [turn.text for turn in at.turns[place + 1 :] if turn.speaker is Speaker.COUNSELOR]
    if following[0] == lines["risk_ask"]:
        assert lines["risk_plan"] in following[1]
    else:
        assert following == [lines["risk_last"]]
    later = sessions[at.session_index]
    assert lines["risk_return"] in later.turns[0].text


def call(role: str = "client", **values: Any) -> Prompt:
    text = " ".join(str(value) for value in values.values())
    return Prompt(role=role, messages=(system(f"head {text}"), user("Hello.")), values=values, seed=3)


def model(language: Language = Language.EN) -> OfflineModel:
    return OfflineModel(lines=LINES[language])


def test_a_role_that_the_script_cannot_play_is_refused_by_name() -> None:
    with pytest.raises(AssetError, match="cannot play 'poet'; known: counselor, client"):
        model().invoke([HumanMessage("x")], call=call("poet"))


def test_the_script_says_that_it_is_one() -> None:
    assert model().is_script
    assert model()._llm_type == "offline-script"
    for language in Language:
        assert LINES[language]["notice"]


async def test_streamed_pieces_are_the_whole_reply() -> None:
    prompt = call("counselor", end_token="</end>", session_index=1, max_turns=8, max_sessions=6)
    whole = model().invoke([HumanMessage("x")], call=prompt)
    pieces = [chunk async for chunk in model().astream([HumanMessage("x")], call=prompt)]
    assert "".join(str(chunk.content) for chunk in pieces) == whole.content
    assert len(pieces) > 5
    assert [str(c.content) for c in model().stream([HumanMessage("x")], call=prompt)] == [
        str(c.content) for c in pieces
    ]
    assert parse_tagged_reply(str(whole.content), reasoning="", end_token="</end>").response


def test_tokens_are_counted_by_the_stated_rule() -> None:
    message = model().invoke([HumanMessage("x")], call=call(name="Ada", problem="I cannot sleep."))
    usage = message.usage_metadata
    assert usage
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens"] == -(-len(str(message.content)) // 4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_in_a_persons_own_words_is_heard(language: Language) -> None:
    said = {
        Language.EN: [
            "I don't want to live like this.",
            "Lately I think I'd be better off dead. I want to die.",
            "Sometimes I hope I don't wake up.",
            "They'd be better off without me.",
            "I’ve been cutting myself again.",
            "There's no point in going on.",
            "I keep thinking about suicide.",
        ],
        Language.ZH: [
            "我不想活了。",
            "有时候觉得活着没意思。",
            "真想一睡不醒过来就好了。",
            "最近又弄伤自己了。",
            "我想过自杀。",
            "没有我会更好吧。",
        ],
    }
    for words in said[language]:
        assert ask_counselor(language, words) == LINES[language]["counselor"]["risk_ask"], words


@pytest.mark.parametrize("language", LANGUAGES)
def test_ordinary_sorrow_is_not_taken_for_a_danger(language: Language) -> None:
    said = {
        Language.EN: [
            "I want to see some point in a Tuesday.",
            "I woke up at four again.",
            "My mother died in March.",
            "I'm tired all day.",
            "I could kill for a coffee.",
        ],
        Language.ZH: ["我凌晨四点就醒了。", "我妈三月份去世了。", "我每天都很累。", "忙死了。"],
    }
    for words in said[language]:
        assert ask_counselor(language, words) != LINES[language]["counselor"]["risk_ask"], words


def ask_counselor(language: Language, words: str) -> str:
    """Say something to the scripted counselor in the middle of a session."""
    prompt = Prompt(
        role="counselor",
        messages=(
            system("Session 2 of 6, at most 8 turns. </end>"),
            user("[opener]"),
            {"role": "assistant", "content": "Hello."},
            user(words),
        ),
        values={"session_index": 2, "max_sessions": 6, "max_turns": 8, "end_token": "</end>"},
    )
    reply = model(language).invoke([HumanMessage("x")], call=prompt)
    return parse_tagged_reply(str(reply.content), reasoning="", end_token="</end>").response


def test_the_filter_keeps_the_family_on_safety_first() -> None:
    metas = [
        {"id": f"cbt.intervention.{name}", "name": name, "description": "thoughts"}
        for name in ("one", "two", "three", "four", "five", "risk-and-safety")
    ]
    prompt = Prompt(role="filter", messages=(user(json.dumps(metas) + "thoughts"),), values={"metas": metas})
    chosen = json.loads(str(model().invoke([HumanMessage("x")], call=prompt).content))["meta_skill_ids"]
    assert chosen[0] == "cbt.intervention.risk-and-safety"
    assert len(chosen) == 5
