"""Every template renders with strict names, in both languages alike."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import pytest
import yaml

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Modality, Speaker, Stage
from psychagent.domain.memory import Memory, Standing
from psychagent.domain.plan import Plan
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.views.memory import view_memory
from psychagent.errors import AssetError
from psychagent.scales.dialogue import Line, is_opener
from tests.support.every import LANGUAGES, MODALITIES
from tests.support.memory_parts import memory
from tests.support.moments import closing_note
from tests.support.prompt_values import LISTS, MARKS, first_session, later_session, library

ROOT = asset_dir("prompts")
NAMES = sorted(p.relative_to(ROOT / "en").with_suffix("").as_posix() for p in (ROOT / "en").rglob("*.jinja2"))


def files(language: Language) -> set[str]:
    folder = ROOT / language.value
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def source(language: Language, name: str) -> str:
    return (ROOT / language.value / f"{name}.jinja2").read_text(encoding="utf-8")


def parsed(language: Language, name: str) -> jinja2.nodes.Template:
    environment = jinja2.Environment()
    environment.filters["word"] = library(language).word
    return environment.parse(source(language, name))


def names_in(language: Language, name: str) -> set[str]:
    """List the names that a template uses, its includes apart."""
    return jinja2.meta.find_undeclared_variables(parsed(language, name))


def test_both_languages_have_the_same_files() -> None:
    assert files(Language.EN) == files(Language.ZH)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_use_the_same_names(name: str) -> None:
    assert names_in(Language.EN, name) == names_in(Language.ZH, name)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_include_the_same_parts(name: str) -> None:
    def included(language: Language) -> list[str]:
        return [repr(node.template) for node in parsed(language, name).find_all(jinja2.nodes.Include)]

    assert included(Language.EN) == included(Language.ZH)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_template_renders_in_a_first_and_in_a_late_session(language: Language, name: str) -> None:
    for given in (first_session(), later_session(language)):
        text = library(language).render(name, **given)
        assert text
        assert "{{" not in text
        assert "{%" not in text
        assert "None" not in text
        assert "\n\n\n\n" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_template_refuses_to_render_without_one_of_its_names(language: Language, name: str) -> None:
    given = later_session(language)
    for missing in names_in(language, name):
        with pytest.raises(AssetError, match=missing):
            library(language).render(name, **{k: v for k, v in given.items() if k != missing})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_what_a_template_is_given_stands_in_it(language: Language, name: str) -> None:
    given = later_session(language)
    text = library(language).render(name, **given)
    for used in names_in(language, name) & (MARKS.keys() | LISTS.keys()):
        wanted = given[used]
        for mark in [wanted] if isinstance(wanted, str) else wanted:
            assert mark in text, f"{used} is given to {name} and not shown"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", ["bt", "cbt", "het", "pdt", "pmt"])
@pytest.mark.parametrize("reply_format", ["tags", "json"])
def test_the_counselors_head_holds_approach_plan_memory_and_form(
    language: Language, modality: str, reply_format: str
) -> None:
    given = later_session(language) | {"modality": modality, "reply_format": reply_format}
    text = library(language).render("counselor/system", **given)
    for name in (f"modality/{modality}", "shared/plan", "shared/memory", f"counselor/{reply_format}"):
        assert library(language).render(name, **given) in text
    assert ("<response>" in text) == (reply_format == "tags")


def summary_task(language: Language, *stages: str, last: bool = False, session_index: int = 3) -> str:
    """Write the task of a summary after which only some stages may follow."""
    plan = Plan(stage=Stage.INTERVENTION, title="t", focus=("f",))
    given = {"stages": stages, "last": last, "plan": plan, "modality": "cbt"}
    given |= {"session_index": session_index, "max_sessions": 6, "approaches": ()}
    given |= {"guided": True, "planned": True}
    return library(language).render("summary/task", **given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_before_the_last_session_plans_an_ending_and_no_task(language: Language) -> None:
    said = {Language.EN: "The next session is the last", Language.ZH: "下次是最后一次"}[language]
    shown = [said in summary_task(language, "consolidation", session_index=n) for n in (3, 4, 5)]
    assert shown == [False, False, True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_is_offered_only_the_stages_that_may_follow(language: Language) -> None:
    text = summary_task(language, "intervention", "consolidation")
    assert [stage for stage in Stage if f"{stage.value}" in text] == [Stage.INTERVENTION, Stage.CONSOLIDATION]
    only = summary_task(language, "consolidation")
    assert '"consolidation' in only
    assert '"intervention' not in only
    assert "few sessions are left" in only or "剩下的次数不多" in only


KINDS_ASKED = {
    Language.EN: ("earlier attempts", "how often", "left alone", "threats", "what they order", "since when"),
    Language.ZH: ("以前试过没有", "几次", "单独留下", "威胁", "命令什么", "从什么时候"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("last", [True, False])
def test_a_summary_asks_of_each_kind_of_danger_what_counts_for_it(language: Language, last: bool) -> None:
    text = summary_task(language, *([] if last else ["intervention"]), last=last)
    (asked,) = re.findall(r'"asked": "([^"]+)"', text)
    assert [words for words in KINDS_ASKED[language] if words not in asked] == []
    (said,) = re.findall(r'"words": "([^"]+)"', text)
    assert {Language.EN: "the most dangerous first", Language.ZH: "最危险的在前"}[language] in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_summary_is_told_lengths_that_its_fields_can_hold(language: Language) -> None:
    # an English word is five letters and a space, and some are longer
    pattern, letters = {Language.EN: (r"at most (\d+) words", 6.5), Language.ZH: (r"(\d+)\s*字以内", 1)}[
        language
    ]
    told = dict(re.findall(rf'"(\w+)": "[^"]*{pattern}', summary_task(language, "intervention")))
    assert told.keys() == {"words", "asked", "agreed", "next"}
    fields = SafetyNote.model_json_schema()["properties"]
    longest = {name: fields[name]["maxLength"] for name in told}
    assert all(int(number) * letters <= longest[name] for name, number in told.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_summary_says_first_what_was_held_against_the_counselor(language: Language) -> None:
    # what stands last is cut where memory is full
    (asked,) = re.findall(
        r'"unresolved_points_or_tensions": "([^"]+)"', summary_task(language, "intervention")
    )
    objected, open_ = {Language.EN: ("objected", "what is open"), Language.ZH: ("不满", "没了结")}[language]
    assert 0 <= asked.find(objected) < asked.find(open_)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_course_ends_by_plan_only_where_both_took_leave(language: Language) -> None:
    leave = {Language.EN: "took leave", Language.ZH: "道了别"}[language]
    assert leave in summary_task(language, "consolidation", "termination")
    assert leave not in summary_task(language, "intervention", "consolidation")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_last_summary_asks_for_what_the_client_is_left_with_and_for_no_plan(language: Language) -> None:
    last, other = summary_task(language, last=True), summary_task(language, "intervention", "consolidation")
    for key in ("ending", "aftercare", "open_needs", "referral"):
        assert f'"{key}"' in last
        assert f'"{key}"' not in other
    for key in ("next_session_plan", "homework"):
        assert f'"{key}"' in other
        assert f'"{key}"' not in last


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
def test_the_head_of_a_last_session_says_so_and_speaks_of_no_next_time(
    language: Language, modality: Modality
) -> None:
    given = later_session(language) | {"modality": modality.value, "memory": view_memory(Memory())}
    last = library(language).render("counselor/system", **given | {"last": True})
    other = library(language).render("counselor/system", **given | {"last": False})
    said = {Language.EN: "It is the last meeting", Language.ZH: "这是最后一次"}[language]
    assert (said in last, said in other) == (True, False)
    passage = library(language).render(f"modality/{modality.value}", **given | {"last": True})
    assert not [word for word in ("next time", "come back", "下次", "回来") if word in passage]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_promises_a_person_what_a_stored_chat_cannot_keep(language: Language) -> None:
    def head(client: str) -> str:
        return library(language).render("counselor/system", **first_session() | {"client": client})

    stays, stored = {
        Language.EN: ("kept in this project's notes", "stored by whoever runs this program"),
        Language.ZH: ("谈话留作项目记录", "由运行程序的人保存"),
    }[language]
    assert (stays in head("human"), stored in head("human")) == (False, True)
    assert (stays in head("simulator"), stored in head("simulator")) == (True, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_is_the_first_rule_of_every_head(language: Language) -> None:
    text = library(language).render("counselor/system", **first_session())
    first_rule = next(line for line in text.splitlines() if line.startswith("- "))
    assert first_rule.startswith(
        {Language.EN: "- Danger comes before plan, approach", Language.ZH: "- 危险先于计划、取向"}[language]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_turn_waits_for_safety_and_the_one_before_leaves_room_for_an_answer(
    language: Language,
) -> None:
    def moment(left: int, **over: Any) -> str:
        return closing_note(language, left, **{"turn": 3} | over)

    words = {
        Language.EN: ("If danger is open, first", "so that they can answer", "turn 3 of 10"),
        Language.ZH: ("若危险还没有着落，先", "好让对方来得及回答", "第 3 轮，共 10 轮"),
    }[language]
    assert [words[0] in moment(left) for left in (1, 2, 8)] == [True, False, False]
    assert [words[1] in moment(left) for left in (1, 2, 8)] == [False, True, False]
    assert words[2] in moment(8)
    closings = {moment(2, modality=modality) for modality in ("bt", "het", "pdt")}
    assert len(closings) == 3, "a school that sets no task offers none at the end"
    assert len({moment(2, modality=m, last=True) for m in ("bt", "het", "pdt")}) == 1
    # an open danger leaves no room for a task, nor for what is taken along
    for last in (True, False):
        assert len({moment(2, modality=m, last=last, danger_open=True) for m in Modality}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_session_closes_over_three_turns_and_never_in_one_block(language: Language) -> None:
    sums, four, nothing_new = {
        Language.EN: ("sum up in a sentence or two", "at most four sentences", "no summary"),
        Language.ZH: ("小结一两句", "最多四句", "不再小结"),
    }[language]
    assert [sums in closing_note(language, left) for left in (1, 2, 3, 4)] == [False, False, True, False]
    assert [four in closing_note(language, left) for left in (1, 2, 3)] == [True, True, False]
    assert nothing_new in closing_note(language, 1)
    assert sums not in closing_note(language, 3, modality="het"), "a school that sums up nothing"
    assert sums not in closing_note(language, 3, turn=2), "a short session has no room for it"
    assert sums not in closing_note(language, 3, danger_open=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "where",
    [
        {"turns_left": 1, "danger_open": True},
        {"turns_left": 1, "risk_level": 1},
        {"turns_left": -3, "risk_level": 2, "extra_turns": 4},
    ],
)
def test_a_last_meeting_in_danger_names_who_comes_next_and_is_no_farewell(
    language: Language, where: dict[str, Any]
) -> None:
    words = {
        Language.EN: "no farewell as if all were well",
        Language.ZH: "别像没事一样告别",
    }[language]
    assert words in closing_note(language, **{"left": 1, "last": True} | where)
    assert words not in closing_note(language, **{"left": 1, "last": False} | where)
    assert words not in closing_note(language, 1, last=True), "without danger it is a goodbye"


@pytest.mark.parametrize("language", LANGUAGES)
def test_safety_and_the_crisis_line_stand_in_every_counselors_head(language: Language) -> None:
    text = library(language).render("counselor/system", **first_session())
    words = {
        Language.EN: ["within reach", "thoughts of dying", "describe no method", "emergency", "crisis line"],
        Language.ZH: ["在不在手边", "想不想死", "不描述方法", "急救", "危机热线"],
    }
    assert all(word in text for word in words[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_skills_come_with_what_to_do_when_and_when_not(language: Language) -> None:
    text = library(language).render("counselor/skills", **later_session(language))
    for number in range(5):
        for field in ("name", "description", "trigger", "caution", "example"):
            assert f"mark-{field}{number}" in text
    assert "mark-id" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_skill_shown_before_comes_by_name_and_a_new_one_with_its_example(language: Language) -> None:
    given = later_session(language) | {"shown": ["mark-id1"]}
    text = library(language).render("counselor/skills", **given)
    assert "mark-name1" in text
    assert not [name for name in ("description1", "trigger1", "example1") if f"mark-{name}" in text]
    assert "mark-example4" in text


EMPTIED = ("at_once", "trusted", "secrets", "homework", "remembered", "told")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_client_without_disclosure_is_rendered_too(language: Language) -> None:
    empty: dict[str, Any] = dict.fromkeys(EMPTIED, ())
    blank = dict.fromkeys(("risk", "risk_facts", "demands", "week", "excuse"), "")
    given = later_session(language) | empty | blank | {"theory": None}
    text = library(language).render("client/system", **given)
    assert "mark-problem" in text
    assert "mark-growth" in text


DATA = sorted(p.relative_to(ROOT / "en").as_posix() for p in (ROOT / "en").rglob("*.yaml"))


def keys_of(node: Any) -> Any:
    """Reduce data to its keys."""
    return {k: keys_of(v) for k, v in node.items()} if isinstance(node, dict) else type(node).__name__


@pytest.mark.parametrize("name", DATA)
def test_data_files_of_both_languages_have_the_same_keys(name: str) -> None:
    def data(language: Language) -> Any:
        return yaml.safe_load((ROOT / language.value / name).read_text(encoding="utf-8"))

    assert keys_of(data(Language.EN)) == keys_of(data(Language.ZH))


def test_no_english_prompt_stands_in_the_chinese_folder() -> None:
    for name in NAMES:
        words = re.sub(r"\{[{%].*?[%}]\}", "", source(Language.EN, name))
        if len(words) > 200 and name != "shared/memory":
            text = source(Language.ZH, name)
            assert sum("\u4e00" <= c <= "\u9fff" for c in text) > 20, name


def test_the_prompts_folder_holds_two_languages() -> None:
    assert {p.name for p in Path(ROOT).iterdir() if p.is_dir()} == {"en", "zh"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_note_on_open_danger_asks_about_the_kind_that_it_is(language: Language) -> None:
    own, other = {
        Language.EN: ("what they think of doing", "hands at the throat"),
        Language.ZH: ("想做什么", "掐脖子"),
    }[language]
    kinds = ("self", "others", "harmed", "child", "drink")
    notes = {about: closing_note(language, 5, risk_level=2, risk_about=about) for about in kinds}
    assert {about: (own in note, other in note) for about, note in notes.items()} == {
        "self": (True, False),
        "others": (True, False),
        "harmed": (False, True),
        "child": (False, False),
        "drink": (False, False),
    }
    assert notes["self"] != notes["others"]
    asked_once = {closing_note(language, 5, risk_level=1, risk_about=about) for about in kinds}
    assert len(asked_once) == len(kinds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_at_a_keyboard_does_not_come_in_and_sit_down(language: Language) -> None:
    opened = {
        client: library(language).render("counselor/opener", session_index=1, client=client)
        for client in ("simulator", "human")
    }
    sits = {Language.EN: "sits down", Language.ZH: "坐下"}[language]
    assert [sits in text for text in opened.values()] == [True, False]
    assert all(is_opener(Line(speaker=Speaker.CLIENT, text=text)) for text in opened.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_session_after_danger_opens_with_how_it_is_now(language: Language, level: int) -> None:
    # nothing was said yet that the counselor could take up
    opened = closing_note(language, 7, turn=1, risk_level=level, risk_about="self")
    later = closing_note(language, 7, turn=2, risk_level=level, risk_about="self")
    first = {
        Language.EN: "Danger was open when the last session ended",
        Language.ZH: "上次结束时危险还没有过去",
    }[language]
    assert [first in text for text in (opened, later)] == [True, False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_extra_turns_a_danger_that_is_less_sharp_is_settled_before_goodbye(language: Language) -> None:
    def extra(level: int, left: int) -> str:
        return closing_note(
            language, left, extra_turns=4, risk_level=level, risk_about="self", spoken_of=True
        )

    settle, eased = {
        Language.EN: ("which settles nothing by itself", "The danger has eased"),
        Language.ZH: ("先前的还没着落", "危险已经缓和"),
    }[language]
    assert (settle in extra(1, 0), eased in extra(1, 0)) == (True, False)
    assert (settle in extra(0, 0), eased in extra(0, 0)) == (False, True)
    # no turn follows in which it could be settled
    assert (settle in extra(1, -3), eased in extra(1, -3)) == (False, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_one_question_a_no_is_asked_about_once_more_and_violence_has_its_own_plan(
    language: Language,
) -> None:
    once_more, there, company = {
        Language.EN: ("ask once more", "any child are safe tonight", "who is with them tonight"),
        Language.ZH: ("再问一次", "跟谁在一起才安全", "今晚谁陪着"),
    }[language]
    asked = closing_note(language, 5, risk_level=1, risk_about="self", spoken_of=True, pressed=False)
    assert once_more in asked
    assert company in asked
    # whoever hurts them is the one who is with them tonight
    for left in (5, 0):
        note = closing_note(language, left, extra_turns=4, risk_level=1, risk_about="harmed", spoken_of=True)
        assert there in note
        assert company not in note


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [Danger, Standing, Stage, Speaker, Modality], ids=lambda kind: kind.__name__)
def test_every_value_that_may_be_printed_has_its_word(kind: type[StrEnum], language: Language) -> None:
    assert all(library(language).word(value) for value in kind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_agreement_without_a_danger_is_shown(language: Language) -> None:
    held = memory(2, language=language)
    note = SafetyNote(danger=Danger.NONE, agreed="calls her sister")
    last = held.summaries[-1].model_copy(update={"safety": note})
    held = held.model_copy(update={"summaries": (*held.summaries[:-1], last)})
    text = library(language).render("shared/memory", memory=view_memory(held), session_index=3)
    assert "calls her sister" in text
