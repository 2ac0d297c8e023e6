"""Prompts are files of one language, rendered with strict names, hashed for the manifest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Language, Modality, Stage
from psychagent.domain.text.fence import Own
from psychagent.errors import AssetError
from psychagent.files.digest import hash_files


@pytest.fixture
def mine(tmp_path: Path) -> PromptLibrary:
    folder = tmp_path / "en"
    (folder / "role").mkdir(parents=True)
    (folder / "role" / "hello.jinja2").write_text("\nHello {{ name }}.{% include 'tail.jinja2' %}\n\n")
    (folder / "tail.jinja2").write_text(" Bye.")
    (folder / "broken.jinja2").write_text("{% if %}")
    (folder / "sounds.yaml").write_text("a: [1, 2]\n")
    return PromptLibrary(Language.EN, tmp_path)


def test_a_template_is_rendered_and_trimmed(mine: PromptLibrary) -> None:
    text = mine.render("role/hello", name="Ada")
    assert text == "Hello Ada. Bye."
    assert text.values == {"name": "Ada"}


def test_a_value_that_was_not_given_is_an_error_that_names_it(mine: PromptLibrary) -> None:
    with pytest.raises(AssetError, match=r"prompt 'role/hello' in .*: 'name' is undefined"):
        mine.render("role/hello")


def test_an_unknown_template_lists_those_that_exist(mine: PromptLibrary) -> None:
    with pytest.raises(AssetError, match=r"no prompt 'role/hallo' in .*; known: broken, role/hello, tail"):
        mine.render("role/hallo")


def test_a_template_that_does_not_compile_is_named(mine: PromptLibrary) -> None:
    with pytest.raises(AssetError, match="prompt 'broken' in"):
        mine.render("broken")


def test_a_value_is_material_and_an_own_text_is_left_as_it_is(mine: PromptLibrary) -> None:
    assert mine.render("role/hello", name="[3] & {{ x }}\n</b>") == "Hello (3) & {{ x }} ‹/b›. Bye."
    assert mine.render("role/hello", name=Own("[3] &\n</b>")) == "Hello [3] &\n</b>. Bye."
    assert mine.render("role/hello", name=["</b>"]) == "Hello ('‹/b›'). Bye."


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("modality", list(Modality))
def test_every_first_plan_says_what_is_kept_and_checks_for_safety(
    language: Language, modality: Modality
) -> None:
    focus = " ".join(PromptLibrary(language).first_plan(modality).focus)
    words = {Language.EN: ("what is kept of the talk", "safety"), Language.ZH: ("谈话怎样保存", "安全")}
    assert all(word in focus for word in words[language])


def test_a_value_of_a_closed_set_is_printed_as_the_language_has_it() -> None:
    for language in Language:
        prompts = PromptLibrary(language)
        printed = [prompts.word(stage) for stage in Stage]
        assert len(set(printed)) == len(Stage)
        assert prompts.render("shared/approach", modality=Modality.CBT) == prompts.word("cbt")
    assert PromptLibrary(Language.ZH).word(Stage.INTERVENTION) == "干预"


def test_a_value_without_a_word_is_an_error_that_says_where_to_add_it(mine: PromptLibrary) -> None:
    with pytest.raises(AssetError, match=r"words\.yaml: no word for 'later'; add it under `values`"):
        mine.word("later")


def test_a_file_of_words_without_its_parts_is_refused(mine: PromptLibrary) -> None:
    (mine.folder / "words.yaml").write_text("values: [1]\n")
    with pytest.raises(AssetError, match=r"words\.yaml: has no mapping 'values'"):
        mine.render("role/hello", name="Ada")


def test_each_stage_that_may_be_decided_on_has_a_plan_that_stands_in() -> None:
    for language in Language:
        for modality in Modality:
            for stage in (Stage.INTERVENTION, Stage.CONSOLIDATION, Stage.TERMINATION):
                plan = PromptLibrary(language).stage_plan(modality, stage)
                assert plan.stage is stage
                assert plan.title
                assert len(plan.focus) > 1


def test_data_is_read_beside_the_templates(mine: PromptLibrary) -> None:
    assert mine.data("sounds") == {"a": [1, 2]}
    assert mine.data("sounds") is mine.data("sounds")


def test_a_language_without_prompts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    with pytest.raises(AssetError, match="no prompts for language 'zh'"):
        PromptLibrary(Language.ZH, tmp_path)


def test_hashes_name_every_file_and_change_with_it(mine: PromptLibrary, tmp_path: Path) -> None:
    before = hash_files(mine.folder)
    assert set(before) == {
        "en/role/hello.jinja2",
        "en/tail.jinja2",
        "en/broken.jinja2",
        "en/sounds.yaml",
    }
    (tmp_path / "en" / "tail.jinja2").write_text(" So long.")
    after = hash_files(mine.folder)
    assert {name for name in before if before[name] != after[name]} == {"en/tail.jinja2"}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("modality", list(Modality))
def test_every_modality_has_a_first_plan_that_begins_at_the_beginning(
    language: Language, modality: Modality
) -> None:
    plan = PromptLibrary(language).first_plan(modality)
    assert plan.stage is Stage.CONCEPTUALIZATION
    assert 2 <= len(plan.focus) <= 4


ATTACKS = {
    "reads a file": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "leaves by a function": "{{ cycler.__init__.__globals__ }}",
    "changes what it is given": "{{ turns.append(1) }}",
    "never ends": "{% for a in range(10**9) %}{% for b in range(10**9) %}x{% endfor %}{% endfor %}",
}
SLIPS = {
    "divides by nothing": "{{ 1 // 0 }}",
    "calls what is no function": "{{ turns() }}",
    "adds apples to pears": "{{ turns + 1 }}",
    "includes itself": "{% include 'own.jinja2' %}",
    "a name that nobody gives": "{{ tunrs }}",
}


@pytest.mark.parametrize("named_by", ["settings", "environment"])
@pytest.mark.parametrize("template", [*ATTACKS.values(), *SLIPS.values()], ids=[*ATTACKS, *SLIPS])
def test_a_template_of_somebody_else_can_do_nothing_but_write_text(
    tmp_path: Path, template: str, named_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "prompts" / "en"
    folder.mkdir(parents=True)
    (folder / "own.jinja2").write_text(template)
    monkeypatch.setenv("PSYCHAGENT_ASSETS", str(tmp_path))
    root = folder.parent if named_by == "settings" else None
    turns = ["a"]
    with pytest.raises(AssetError, match="prompt 'own' in .*; mend the template"):
        PromptLibrary(Language.EN, root).render("own", turns=turns)
    assert turns == ["a"]


def test_prompts_of_ones_own_are_checked_before_the_first_call(tmp_path: Path) -> None:
    root = shutil.copytree(asset_dir("prompts"), tmp_path / "prompts")
    assert PromptLibrary(Language.EN, root).check() > 20
    shutil.rmtree(root / "en" / "judge")
    PromptLibrary(Language.EN, root).check()
    (root / "en" / "client" / "system.jinja2").write_text("{% if x %}never closed")
    with pytest.raises(AssetError, match=r"prompt 'client/system' in .*; mend the template"):
        PromptLibrary(Language.EN, root).check()
    (root / "en" / "client" / "system.jinja2").write_bytes(b"\xff\xfe")
    with pytest.raises(AssetError, match=r"prompt 'client/system' in .*; mend the template"):
        PromptLibrary(Language.EN, root).check()
    (root / "en" / "client" / "system.jinja2").unlink()
    with pytest.raises(AssetError, match=r"has no template client/system\.jinja2; copy it from the bundled"):
        PromptLibrary(Language.EN, root).check()
