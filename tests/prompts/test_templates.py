"""Every template renders with strict names, in both languages alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import pytest
import yaml

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language
from psychagent.errors import AssetError
from tests.support.every import LANGUAGES
from tests.support.prompt_values import LISTS, MARKS, first_session, later_session, library

ROOT = asset_dir("prompts")
NAMES = sorted(p.relative_to(ROOT / "en").with_suffix("").as_posix() for p in (ROOT / "en").rglob("*.jinja2"))


def files(language: Language) -> set[str]:
    folder = ROOT / language.value
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def source(language: Language, name: str) -> str:
    return (ROOT / language.value / f"{name}.jinja2").read_text(encoding="utf-8")


def names_in(language: Language, name: str) -> set[str]:
    """List the names that a template uses, its includes apart."""
    return jinja2.meta.find_undeclared_variables(jinja2.Environment().parse(source(language, name)))


def test_both_languages_have_the_same_files() -> None:
    assert files(Language.EN) == files(Language.ZH)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_use_the_same_names(name: str) -> None:
    assert names_in(Language.EN, name) == names_in(Language.ZH, name)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_include_the_same_parts(name: str) -> None:
    def included(language: Language) -> list[str]:
        parsed = jinja2.Environment().parse(source(language, name))
        return [repr(node.template) for node in parsed.find_all(jinja2.nodes.Include)]

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


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_ending_is_named_where_the_next_plan_is_asked_for(language: Language) -> None:
    text = library(language).render("summary/task", **later_session(language))
    for stage in ("conceptualization", "intervention", "consolidation", "termination"):
        assert stage in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_is_told_when_few_sessions_are_left(language: Language) -> None:
    def task(session_index: int) -> str:
        given = later_session(language) | {"session_index": session_index}
        return library(language).render("summary/task", **given)

    assert task(3) == task(4)
    assert len(task(5)) > len(task(4))
    assert len(task(7)) == len(task(4))


@pytest.mark.parametrize("language", LANGUAGES)
def test_safety_and_the_crisis_line_stand_in_every_counselors_head(language: Language) -> None:
    text = library(language).render("counselor/system", **first_session())
    words = {
        Language.EN: ["danger", "thoughts of dying", "never describe methods", "emergency", "crisis line"],
        Language.ZH: ["危险", "想到死", "绝不描述方法", "急救电话", "危机热线"],
    }
    assert all(word in text for word in words[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_skills_come_with_what_to_do_when_and_when_not(language: Language) -> None:
    text = library(language).render("counselor/skills", **later_session(language))
    for number in range(5):
        for field in ("name", "description", "trigger", "caution"):
            assert f"mark-{field}{number}" in text
    assert "mark-example0" in text
    assert "mark-example3" not in text
    assert "mark-id" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_skill_shown_before_comes_by_name_and_a_new_one_with_its_example(language: Language) -> None:
    given = later_session(language) | {"shown": ["mark-id1"], "once": True}
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
        if len(source(Language.EN, name)) > 200 and name != "shared/memory":
            text = source(Language.ZH, name)
            assert sum("\u4e00" <= c <= "\u9fff" for c in text) > 20, name


def test_the_prompts_folder_holds_two_languages() -> None:
    assert {p.name for p in Path(ROOT).iterdir() if p.is_dir()} == {"en", "zh"}
