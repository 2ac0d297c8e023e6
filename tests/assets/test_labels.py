"""The words around a course, in both languages."""

from __future__ import annotations

import re

import pytest

from psychagent.assets.labels import load_labels
from psychagent.domain.base import SCHOOLS, Language, Stage
from psychagent.domain.memory import ClientFile
from psychagent.domain.profile import THEORY_MODELS, Traits

EN, ZH = load_labels(Language.EN), load_labels(Language.ZH)


def test_both_languages_have_the_same_words() -> None:
    english, chinese = EN.model_dump(), ZH.model_dump()
    for name in ("modalities", "stages", "reasons", "notes", "fields"):
        assert english[name].keys() == chinese[name].keys()
    assert set(EN.modalities) == set(SCHOOLS.values())
    assert set(EN.stages) == set(Stage)


def test_chinese_words_hold_no_english() -> None:
    data = ZH.model_dump()
    words = [w for value in data.values() for w in (value.values() if isinstance(value, dict) else [value])]
    without_slots = [re.sub(r"\{\w+\}|`show`", "", word) for word in words]
    assert [word for word in without_slots if re.search("[A-Za-z]", word)] == []


def test_every_field_of_a_client_file_has_a_name() -> None:
    own = {"static_traits", *Traits.model_fields, *ClientFile.model_fields} - {"theory", "origins", "history"}
    theory = {name for model in THEORY_MODELS.values() for name in model.model_fields}
    assert (own | theory) - EN.fields.keys() == set()


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (Language.EN, "event: no; automatic thoughts: none | x: y"),
        (Language.ZH, "事件：no；自动思维：none | x: y"),
    ],
)
def test_the_inner_fields_of_a_fact_are_told_in_words_and_what_is_no_field_stays(
    language: Language, line: str
) -> None:
    assert load_labels(language).fact("event: no; automatic_thoughts: none | x: y") == line


def test_names_that_no_version_knows_stay_as_they_are() -> None:
    assert ZH.modality("dance") == "dance"
    assert ZH.stage("") == ""
    assert (ZH.note("hedged"), ZH.note("unheard_of")) == ("答应得勉强", "unheard_of")
    assert ZH.field("theory.unheard_of") == "theory.unheard_of"
    assert ZH.field("static_traits.age") == "年龄"
