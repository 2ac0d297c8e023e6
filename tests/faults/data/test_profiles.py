"""Profiles and cases of others, bent at every depth: read with what was done told, or refused by field."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.cases import CaseFile, find_cases
from psychagent.assets.foreign import Fitted, passed_over
from psychagent.assets.profile_checks import check_folder
from psychagent.assets.profiles import make_case, read_profile
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Profile
from psychagent.errors import AssetError
from tests.support.every import MODALITIES
from tests.support.shapes import made_up_profile, psycheval, write
from tests.support.tried import Check, try_all

Step = str | int
Where = tuple[Step, ...]
Bend = Callable[[dict[str, Any], str], None]
REQUIRED = {
    "name",
    "main_problem",
    "basic_info",
    "theory",
    "static_traits",
    "behavior",
    "event",
    "theme",
    "mode",
}
"""Without these there is no client, or no such entry."""


def places(data: Any, at: Where = ()) -> Iterator[Where]:
    """Walk to every key of every mapping, however deep."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in inner:
        if isinstance(data, dict):
            yield (*at, step)
        yield from places(value, (*at, step))


def bent(data: dict[str, Any], where: Where, bend: Bend) -> dict[str, Any]:
    data = copy.deepcopy(data)
    inner: Any = data
    for step in where[:-1]:
        inner = inner[step]
    bend(inner, str(where[-1]))
    return data


def adds_a_key(holder: dict[str, Any], key: str) -> None:
    holder["zz_note_of_others"] = {"deep": [1, None]}


def misspells(holder: dict[str, Any], key: str) -> None:
    holder[key[: len(key) // 2] + key[len(key) // 2 + 1 :]] = holder.pop(key)


def nulls(holder: dict[str, Any], key: str) -> None:
    holder[key] = None


def flips_list_and_text(holder: dict[str, Any], key: str) -> None:
    value = holder[key]
    if isinstance(value, list) and len(value) == 1:
        holder[key] = value[0]
    elif isinstance(value, str):
        holder[key] = [value]


def adds_null_to_a_list(holder: dict[str, Any], key: str) -> None:
    if isinstance(holder[key], list):
        holder[key].append(None)


def gives_a_number(holder: dict[str, Any], key: str) -> None:
    if isinstance(holder[key], str):
        holder[key] = 7


BENDS: dict[str, Bend] = {
    bend.__name__: bend
    for bend in (adds_a_key, misspells, nulls, flips_list_and_text, adds_null_to_a_list, gives_a_number)
}


def read(data: Any, path: Path, modality: Modality) -> tuple[Profile, Fitted]:
    profile, fitted = read_profile(write(path, data), modality)
    make_case(profile, modality, Language.EN)
    return profile, fitted


def refused_or_read(act: Callable[[], object]) -> None:
    """What another school's block lacks refuses nothing; what the case lacks is named by its field."""
    try:
        act()
    except AssetError as error:
        if "field '" not in str(error):
            raise


def kinds(
    data: dict[str, Any], path: Path, modality: Modality, inside: tuple[str, ...]
) -> Iterator[tuple[str, Check]]:
    whole, _ = read(data, path, modality)
    for where in places(data):
        if where[0] not in inside or where == ("client_info",):
            continue
        for name, bend in BENDS.items():
            if name == "misspells" and where[-1] in SCHOOLS:
                continue

            def check(where: Where = where, name: str = name, bend: Bend = bend) -> None:
                data_ = bent(data, where, bend)
                if name == "nulls" and where[-1] in REQUIRED | {modality.value}:
                    refused_or_read(lambda: read(data_, path, modality))
                    return
                got, fitted = read(data_, path, modality)
                if name not in ("nulls", "gives_a_number"):
                    assert got == whole
                if name == "adds_a_key":
                    assert list(fitted.notes()) == ["unknown keys are left out: 'zz_note_of_others' (once)"]
                if name == "misspells":
                    assert [ours for _, ours in fitted.read_as] == [where[-1]]

            yield f"{modality.value} {'.'.join(map(str, where))} {name}", check


SCHOOLS = {m.value for m in Modality}
"""Names of two or three letters, in which no typing error can be guessed."""


def test_a_psycheval_case_bent_anywhere_is_read_or_refused_by_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = (
        kind
        for m in MODALITIES
        for kind in kinds(psycheval(m.value), tmp_path / m.value / "1.json", m, ("client_info",))
    )
    try_all("cases of PsychEval", every, capsys)


def test_a_profile_of_the_reference_release_bent_anywhere_is_read_or_refused_by_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = (
        kind
        for m in MODALITIES
        for kind in kinds(made_up_profile(), tmp_path / m.value / "41.json", m, ("basic_info", "theory"))
    )
    try_all("profiles of the reference", every, capsys)


PATTERN = {
    "trigger_condition": "t",
    "defense_mechanism": "m",
    "defense_definition": "d",
    "interpretation": "i",
    "response_instruction": "r",
}


def test_a_key_of_a_case_that_we_lack_is_left_out_however_deep_and_counted_once(tmp_path: Path) -> None:
    case = psycheval("pdt", behavioral_response_patterns=[PATTERN, PATTERN])
    profile, fitted = read(case, tmp_path / "1.json", Modality.PDT)
    assert profile.theory.pdt
    assert profile.theory.pdt.behavioral_response_patterns[1].response_instruction == "r"
    assert list(fitted.notes()) == ["unknown keys are left out: 'defense_definition' (2 times)"]


def test_over_a_folder_each_unknown_key_is_told_once(tmp_path: Path) -> None:
    for name in "123":
        write(tmp_path / "pdt" / f"{name}.json", psycheval("pdt", behavioral_response_patterns=[PATTERN]))
    profiles, findings = check_folder(tmp_path)
    told = [finding for finding in findings if "unknown keys" in finding.problem]
    assert len(profiles) == 3
    assert [(f.file, f.problem, f.serious) for f in told] == [
        (str(tmp_path), "unknown keys are left out: 'defense_definition' (3 times)", False)
    ]


@pytest.mark.parametrize("theoretical", [None, "", " CBT ", "cbt"])
def test_the_folder_tells_the_school_where_a_case_does_not(tmp_path: Path, theoretical: str | None) -> None:
    data = psycheval("cbt") | {"theoretical": theoretical, "client_id": None}
    profile, _ = read(data, tmp_path / "cbt" / "12.json", Modality.CBT)
    assert profile.user_id == "12"
    assert profile.theory.block(Modality.CBT)


def test_a_case_whose_school_nothing_tells_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="field 'theoretical' has nothing; known: bt, cbt"):
        read(psycheval("cbt") | {"theoretical": None}, tmp_path / "12.json", Modality.CBT)


def test_misspelled_keys_are_read_and_the_known_one_is_named_once(tmp_path: Path) -> None:
    data = made_up_profile()
    traits = data["basic_info"]["static_traits"] | {"educitional_background": "a bakery school"}
    data["basic_info"] = data["basic_info"] | {"static_traits": traits}
    data["theory"] = data["theory"] | {"pmt": data["theory"]["pmt"] | {"sring": "x"}}
    profile, fitted = read(data, tmp_path / "41.json", Modality.BT)
    assert profile.basic_info.static_traits.educational_background == "a bakery school"
    assert list(fitted.notes()) == [
        "key 'educitional_background' (once) is read as 'educational_background'",
        "unknown keys are left out: 'sring' (once)",
    ]


@pytest.mark.parametrize("more", [{}, {"language": "en"}], ids=["of others", "of ours"])
def test_a_block_that_the_case_does_not_use_cannot_refuse_it(tmp_path: Path, more: dict[str, str]) -> None:
    data = made_up_profile(**more)
    data["theory"] = data["theory"] | {"het": {"existentialism_topic": [{"manifestations": []}]}}
    path = write(tmp_path / "sample" / "c1.json", data)
    cases = find_cases(DatasetSettings(root=tmp_path), Language.EN)
    read_as = {case.modality: _outcome(case) for case in cases}
    assert {m for m, said in read_as.items() if said == "read"} == set(Modality) - {Modality.HET}
    assert str(path) in read_as[Modality.HET]
    assert "existentialism_topic.0.theme' is missing" in read_as[Modality.HET]


def _outcome(case: CaseFile) -> str:
    try:
        case.load()
    except AssetError as error:
        return str(error)
    return "read"


def test_a_typing_error_in_a_profile_of_ours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "me.yaml"
    path.write_text(json.dumps(made_up_profile(langauge="en")), encoding="utf-8")
    with pytest.raises(AssetError, match="unknown key 'langauge'; did you mean 'language'?"):
        read_profile(path)


def test_what_is_left_out_of_a_case_goes_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "pdt" / "1.json", psycheval("pdt", behavioral_response_patterns=[PATTERN]))
    with caplog.at_level("INFO"):
        CaseFile(path, Modality.PDT, Language.ZH).load()
    assert f"{path}: unknown keys are left out: 'defense_definition' (once)" in caplog.text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of PsychEval: two schools, cases of none, and something else."""
    for school in ("bt", "cbt"):
        for name in "12":
            write(tmp_path / school / f"{name}.json", psycheval(school))
    write(tmp_path / "integrative" / "1.json", psycheval("cbt") | {"theoretical": "integrative"})
    write(tmp_path / "notes" / "readme.json", {})
    return tmp_path


def places_of(cases: list[CaseFile]) -> list[tuple[str, str]]:
    return [(case.modality.value, case.case_id) for case in cases]


def test_cases_of_no_one_school_are_left_out_with_a_word(folder: Path) -> None:
    assert len(find_cases(DatasetSettings(root=folder), Language.ZH)) == 4
    assert list(passed_over(folder)) == [
        f"{folder}/integrative: 1 file is left out; of the school 'integrative', which no counselor here "
        "follows, so no case can be made of it; `psychagent eval` judges its sessions",
        f"{folder}/notes: 1 file is left out; no school has this name",
    ]


@pytest.mark.parametrize("at", ["integrative", "."])
def test_a_folder_of_no_one_school_alone_is_refused(tmp_path: Path, at: str) -> None:
    write(tmp_path / "integrative" / "1.json", psycheval("cbt") | {"theoretical": "integrative"})
    with pytest.raises(AssetError, match="holds cases of the school 'integrative', which no counselor"):
        find_cases(DatasetSettings(root=tmp_path / at), Language.ZH)


def test_a_case_of_no_one_school_that_is_named_is_refused(folder: Path) -> None:
    dataset = DatasetSettings(cases=(str(folder / "integrative" / "1.json"),))
    with pytest.raises(AssetError, match="is of the school 'integrative', which no counselor here follows"):
        find_cases(dataset, Language.ZH)


def test_the_folder_of_one_school_is_read_as_that_school(folder: Path) -> None:
    cases = find_cases(DatasetSettings(root=folder / "cbt"), Language.ZH)
    assert places_of(cases) == [("cbt", "1"), ("cbt", "2")]


def test_one_case_is_named_by_school_and_id_or_by_its_file(folder: Path) -> None:
    by_id = DatasetSettings(root=folder, cases=("cbt/2", "bt/1", "cbt/2"))
    assert places_of(find_cases(by_id, Language.ZH)) == [("bt", "1"), ("cbt", "2")]
    by_file = DatasetSettings(cases=(str(folder / "cbt" / "2.json"),), modalities=(Modality.BT,))
    assert places_of(find_cases(by_file, Language.ZH)) == [("cbt", "2")]


def test_a_profile_of_the_reference_release_that_is_named_by_its_file_is_of_its_folders_school(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "pmt" / "sample" / "1655.json", made_up_profile())
    cases = find_cases(DatasetSettings(cases=(str(path),)), Language.ZH)
    assert places_of(cases) == [("pmt", "1655")]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cbt/9", "no profile '9' for 'zh'; did you mean|no profile '9' for 'zh'; known: 1, 2"),
        ("cbd/1", "'cbd/1', which names no modality; did you mean 'cbt/1'?"),
        ("1", "'1', which is a client without a modality; write cbt/1"),
        ("gone.json", "gone.json: no such file"),
    ],
)
def test_a_case_that_is_not_there_is_refused_with_what_there_is(folder: Path, name: str, said: str) -> None:
    with pytest.raises(AssetError, match=said):
        find_cases(DatasetSettings(root=folder, cases=(name,)), Language.ZH)


def test_a_profile_in_a_folder_of_no_school_says_how_to_name_one(tmp_path: Path) -> None:
    path = write(tmp_path / "mine" / "c.json", made_up_profile())
    with pytest.raises(AssetError, match="after no school; say it with --profile .*c.json --modalities"):
        find_cases(DatasetSettings(cases=(str(path),)), Language.ZH)


def test_a_client_that_is_named_twice_is_taken_once(folder: Path) -> None:
    dataset = DatasetSettings(root=folder, profiles=("1", "1", str(folder / "cbt" / "1.json")))
    assert places_of(find_cases(dataset, Language.ZH)) == [("bt", "1"), ("cbt", "1")]


def test_the_references_own_files_are_read_without_a_word(reference_data: Path) -> None:
    profiles, findings = check_folder(reference_data / "profiles")
    assert len(profiles) == len(list((reference_data / "profiles").rglob("*.json")))
    assert [f for f in findings if "left out" in f.problem or "read as" in f.problem] == []


def test_the_references_own_files_bent_anywhere_are_read_or_refused_by_field(
    reference_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [next((reference_data / "profiles" / m.value).rglob("*.json")) for m in MODALITIES]
    every = (
        kind
        for m, file in zip(MODALITIES, files, strict=True)
        for kind in kinds(
            json.loads(file.read_text(encoding="utf-8")),
            tmp_path / m.value / "1.json",
            m,
            ("basic_info", "theory"),
        )
    )
    try_all("the reference's own profiles", every, capsys)
