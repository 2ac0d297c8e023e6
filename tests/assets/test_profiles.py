"""Profiles of three shapes are read as they are; what is missing is named with its file."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.assets.cases import find_cases
from psychagent.assets.profiles import find_profile, load_profile, make_case
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Disclosure
from psychagent.errors import AssetError
from tests.support.every import MODALITIES
from tests.support.shapes import BASIC, made_up_profile, psycheval, write


def without(data: dict[str, Any], *path: str) -> dict[str, Any]:
    """Copy data with one field left out."""
    data = copy.deepcopy(data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return data


def test_a_profile_of_the_reference_shape_is_read(tmp_path: Path) -> None:
    read = load_profile(write(tmp_path / "41.json", made_up_profile()))
    assert read.user_id == "41"
    assert read.basic_info.static_traits.name == "Ada Brook"
    assert read.basic_info.static_traits.family_status == ""
    assert read.disclosure is None
    assert all(read.theory.block(modality) for modality in Modality)


def test_numbers_where_text_belongs_are_read_as_text(tmp_path: Path) -> None:
    data = made_up_profile()
    data["basic_info"] = BASIC | {"static_traits": BASIC["static_traits"] | {"age": 41}}
    assert load_profile(write(tmp_path / "p.json", data)).basic_info.static_traits.age == "41"


def test_a_profile_of_ours_is_read_from_yaml_with_its_disclosure(tmp_path: Path) -> None:
    data = made_up_profile(
        user_id="me", disclosure={"style": "guarded", "resistance": 4, "at_once": ["I check."]}
    )
    path = tmp_path / "me.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    read = load_profile(path)
    assert read.disclosure == Disclosure(style="guarded", resistance=4, at_once=("I check.",))


def test_the_file_name_serves_where_no_id_is_given(tmp_path: Path) -> None:
    assert (
        load_profile(write(tmp_path / "nine.json", without(made_up_profile(), "user_id"))).user_id == "nine"
    )


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (("basic_info",), "basic_info"),
        (("theory",), "theory"),
        (("basic_info", "main_problem"), "basic_info.main_problem"),
        (("basic_info", "static_traits"), "basic_info.static_traits"),
        (("basic_info", "static_traits", "name"), "basic_info.static_traits.name"),
    ],
)
def test_a_missing_field_is_named_with_the_file(tmp_path: Path, path: tuple[str, ...], field: str) -> None:
    file = write(tmp_path / "p.json", without(made_up_profile(), *path))
    with pytest.raises(AssetError) as error:
        load_profile(file)
    assert str(error.value) == f"{file}: field {field!r} is missing; add it"


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"disclosure": {"style": "shy"}}, "field 'disclosure.style' has 'shy'"),
        ({"disclosure": {"resistance": 9}}, "field 'disclosure.resistance' has 9"),
        ({"disclosure": {"homework_likelihood": 2}}, "field 'disclosure.homework_likelihood' has 2"),
        ({"disclosure": {"atonce": []}}, "unknown key 'disclosure.atonce'; did you mean 'at_once'?"),
        ({"theory": {"cbt": {"core_belief": []}}}, "did you mean 'core_beliefs'?"),
        ({"theory": {"psy": {}}}, "unknown key 'theory.psy'"),
        ({"basics": {}}, "unknown key 'basics'; did you mean 'basic_info'?"),
        ({"language": "fr"}, "field 'language' has 'fr'"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_its_value(tmp_path: Path, over: Any, said: str) -> None:
    file = write(tmp_path / "p.json", made_up_profile(**{"language": "en"} | over))
    with pytest.raises(AssetError) as error:
        load_profile(file)
    assert str(file) in str(error.value)
    assert said in str(error.value)


def test_a_file_that_is_no_profile_says_so(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="p.json: holds a list, not a profile"):
        load_profile(write(tmp_path / "p.json", [1, 2]))


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_psycheval_case_is_read_as_a_profile_of_its_modality(tmp_path: Path, modality: Modality) -> None:
    read = load_profile(write(tmp_path / "1.json", psycheval(modality.value)))
    assert (read.user_id, read.source) == ("7", "PsychEval")
    assert read.basic_info.growth_experiences == ("A kitchen fire when she was nine.",)
    case = make_case(read, modality, Language.ZH)
    assert case.profile.theory.block(modality)
    assert [m for m in Modality if read.theory.block(m)] == [modality]


@pytest.mark.parametrize("field", ["topic", "core_demands", "growth_experiences", "core_beliefs"])
def test_a_psycheval_case_may_lack_a_field_or_leave_it_null(tmp_path: Path, field: str) -> None:
    lacking = psycheval("cbt")
    lacking["client_info"] = without(lacking["client_info"], field)
    nulled = psycheval("cbt", **{field: None})
    one, other = (
        load_profile(write(tmp_path / name / "1.json", data))
        for name, data in (("a", lacking), ("b", nulled))
    )
    assert one == other
    assert make_case(one, Modality.CBT, Language.ZH).profile is one


def test_what_a_psycheval_case_has_beyond_a_profile_is_left_out(tmp_path: Path) -> None:
    data = psycheval("bt", crisis_note="x", static_traits=BASIC["static_traits"] | {"hobby": "chess"})
    assert load_profile(write(tmp_path / "1.json", data)).basic_info.static_traits.name == "Ada Brook"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"client_info": [], "theoretical": "cbt"}, "field 'client_info' holds a list"),
        (psycheval("cbt") | {"theoretical": "gestalt"}, "field 'theoretical' has 'gestalt'; known: bt, cbt"),
        (psycheval("cbt", main_problem=None), "field 'basic_info.main_problem' is missing"),
    ],
)
def test_a_psycheval_case_that_cannot_be_read_names_the_field(tmp_path: Path, data: Any, said: str) -> None:
    with pytest.raises(AssetError) as error:
        load_profile(write(tmp_path / "1.json", data))
    assert f"{tmp_path / '1.json'}: {said}" in str(error.value)


def test_a_case_needs_the_theory_block_of_its_modality(tmp_path: Path) -> None:
    read = load_profile(write(tmp_path / "p.json", without(made_up_profile(), "theory", "het")))
    assert make_case(read, Modality.BT, Language.EN).modality is Modality.BT
    with pytest.raises(AssetError, match=r"profile '41': field 'theory.het' is missing; add it"):
        make_case(read, Modality.HET, Language.EN)


def test_an_unknown_bundled_profile_suggests_the_nearest() -> None:
    with pytest.raises(AssetError, match=r"no profile 'en7' for 'en'; did you mean 'en\d7'\?"):
        find_profile("en7", Language.EN)


def test_the_reference_releases_profiles_are_read_as_they_are(reference_data: Path) -> None:
    dataset = DatasetSettings(root=reference_data / "profiles")
    files = find_cases(dataset, Language.ZH)
    assert len(files) == len(list((reference_data / "profiles").rglob("*.json")))
    for file in files:
        case = file.load()
        assert case.case_id == file.path.stem
        assert case.profile.theory.block(file.modality)


def test_the_psycheval_cases_are_read_as_they_are(reference_data: Path) -> None:
    dataset = DatasetSettings(root=reference_data / "psycheval", format="psycheval")
    files = find_cases(dataset, Language.ZH)
    assert len(files) == len(list((reference_data / "psycheval").rglob("*.json")))
    for file in files:
        assert file.load().profile.source == "PsychEval"


def test_a_profile_may_say_what_slips_out_what_is_true_of_danger_and_how_the_weeks_went(
    tmp_path: Path,
) -> None:
    disclosure = {
        "homework_excuse": "The printer was empty.",
        "weeks": ["The boiler broke."],
        "hidden": [{"secret": "I lied.", "opened_by": "nobody judges", "hint": "It isn't quite so."}],
        "risk": {
            "kind": "passive_hopelessness",
            "statement": "Some nights I would rather not wake up.",
            "first_answer": "No. Well.",
            "if_calm": "It comes at night.",
            "facts": "No intent, no plan.",
        },
    }
    path = write(tmp_path / "me.json", made_up_profile(user_id="me", disclosure=disclosure))

    read = load_profile(path).disclosure

    assert read
    assert read.weeks == ("The boiler broke.",)
    assert read.hidden[0].hint == "It isn't quite so."
    assert read.risk
    assert read.risk.facts == "No intent, no plan."
