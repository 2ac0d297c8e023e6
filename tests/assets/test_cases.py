"""Which cases a run takes, and in which order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.cases import CaseFile, find_cases
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.errors import AssetError
from tests.support.shapes import made_up_profile, psycheval, write

BT, CBT, PDT = Modality.BT, Modality.CBT, Modality.PDT


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Ten profiles in our layout: eight to sample, two for rollouts."""
    for number in range(1, 9):
        write(tmp_path / "sample" / f"c{number}.json", made_up_profile(user_id=f"c{number}"))
    for number in (10, 11):
        write(tmp_path / "rft" / f"c{number}.json", made_up_profile(user_id=f"c{number}"))
    return tmp_path


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """Three profiles for each of two modalities in the reference layout."""
    for modality, first in (("bt", 1), ("cbt", 412)):
        for number in range(first, first + 3):
            write(tmp_path / modality / "sample" / f"{number}.json", made_up_profile(user_id=number))
    return tmp_path


def chosen(root: Path, **over: Any) -> list[tuple[str, str]]:
    cases = find_cases(DatasetSettings(root=root, **over), Language.EN)
    return [(case.modality.value, case.case_id) for case in cases]


def test_every_profile_of_our_layout_makes_a_case_under_every_modality(ours: Path) -> None:
    cases = chosen(ours)
    assert len(cases) == 8 * 5
    assert len(set(cases)) == 8 * 5


def test_the_split_chooses_the_folder(ours: Path) -> None:
    assert {name for _, name in chosen(ours, split="rft")} == {"c10", "c11"}
    assert len({name for _, name in chosen(ours, split=None)}) == 10
    with pytest.raises(AssetError, match="no split 'smaple'; did you mean 'sample'?"):
        chosen(ours, split="smaple")


def test_rotating_takes_modalities_in_turn_each_with_another_client(ours: Path) -> None:
    first = chosen(ours)[:5]
    assert [modality for modality, _ in first] == [m.value for m in Modality]
    assert len({name for _, name in first}) == 5


def test_file_order_takes_modality_by_modality_and_numbers_by_value(ours: Path) -> None:
    cases = chosen(ours, order="file", modalities=(BT, CBT), split=None)
    assert [m for m, _ in cases] == ["bt"] * 10 + ["cbt"] * 10
    assert [name for m, name in cases if m == "bt"][:2] == ["c10", "c11"]
    sample = [name for m, name in cases if m == "bt"][2:]
    assert sample == [f"c{n}" for n in range(1, 9)]


def test_only_the_modalities_asked_for_are_taken(ours: Path) -> None:
    assert Counter(m for m, _ in chosen(ours, modalities=(PDT, BT))) == {"pdt": 8, "bt": 8}


def test_the_number_of_cases_is_bounded_in_all_and_per_modality(ours: Path) -> None:
    assert len(chosen(ours, max_cases=3)) == 3
    assert Counter(m for m, _ in chosen(ours, max_cases_per_modality=2)) == {m.value: 2 for m in Modality}
    assert len(chosen(ours, max_cases=7, max_cases_per_modality=2)) == 7
    assert len(chosen(ours, max_cases=1000)) == 40


def test_a_random_order_is_the_same_for_the_same_seed(ours: Path) -> None:
    one, same, other = (chosen(ours, order="random", seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert sorted(one) == sorted(other) == sorted(chosen(ours))


def test_a_random_choice_of_a_few_differs_by_seed(ours: Path) -> None:
    picks = {tuple(chosen(ours, order="random", seed=seed, max_cases=4)) for seed in range(6)}
    assert len(picks) > 1


def test_the_reference_layout_gives_each_modality_its_own_profiles(reference: Path) -> None:
    assert chosen(reference, modalities=(BT, CBT)) == [
        ("bt", "1"),
        ("cbt", "412"),
        ("bt", "2"),
        ("cbt", "413"),
        ("bt", "3"),
        ("cbt", "414"),
    ]


def test_numbers_are_ordered_by_value_not_by_spelling(reference: Path) -> None:
    write(reference / "bt" / "sample" / "10.json", made_up_profile(user_id=10))
    assert [name for _, name in chosen(reference, modalities=(BT,))] == ["1", "2", "3", "10"]


def test_psycheval_folders_have_no_splits(tmp_path: Path) -> None:
    write(tmp_path / "bt" / "1.json", psycheval("bt"))
    write(tmp_path / "cbt" / "1.json", psycheval("cbt"))
    assert chosen(tmp_path, format="psycheval") == [("bt", "1"), ("cbt", "1")]


def test_a_layout_without_modalities_is_refused_where_one_is_named(ours: Path) -> None:
    with pytest.raises(AssetError, match="no folder named after a modality"):
        chosen(ours, format="reference")


def test_a_folder_that_does_not_exist_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="nowhere' does not exist; set 'root' in the dataset"):
        chosen(tmp_path / "nowhere")


def test_an_empty_choice_says_what_to_check(reference: Path) -> None:
    with pytest.raises(
        AssetError, match="no profile for pdt in .* check 'root', 'split', 'profiles' and 'modalities'"
    ):
        chosen(reference, modalities=(PDT,))


def test_two_files_of_one_name_are_refused_for_they_would_share_a_folder(reference: Path) -> None:
    write(reference / "bt" / "rft" / "1.json", made_up_profile(user_id=1))
    with pytest.raises(AssetError, match=r"1\.json have the same name"):
        chosen(reference, modalities=(BT,), split=None)


def test_a_broken_profile_fails_when_it_is_read_and_not_before(ours: Path) -> None:
    (ours / "sample" / "c1.json").write_text("{", encoding="utf-8")
    cases = find_cases(DatasetSettings(root=ours, modalities=(BT,)), Language.EN)
    assert len(cases) == 8
    with pytest.raises(AssetError, match=r"c1\.json: not valid json"):
        cases[0].load()
    assert cases[1].load().case_id == "c2"


def test_a_case_is_named_after_its_file(ours: Path) -> None:
    path = write(ours / "sample" / "other.json", made_up_profile(user_id="me"))
    case = CaseFile(path, BT, Language.EN).load()
    assert (case.case_id, case.profile.user_id) == ("other", "me")


def test_the_default_dataset_shows_five_modalities_with_five_clients() -> None:
    cases = find_cases(DatasetSettings(max_cases=5), Language.EN)
    assert {case.modality for case in cases} == set(Modality)
    assert len({case.case_id for case in cases}) == 5


def test_a_client_is_taken_by_id_from_any_split_under_every_modality(ours: Path) -> None:
    assert chosen(ours, profiles=("c10",)) == [(m.value, "c10") for m in Modality]
    assert chosen(ours, profiles=("c10", "c2"), modalities=(CBT,)) == [("cbt", "c10"), ("cbt", "c2")]
    assert chosen(ours, profiles=("c10",), max_cases=1) == [("bt", "c10")]


def test_a_client_is_taken_by_its_file_under_the_modalities_that_it_has_a_block_for(
    ours: Path, tmp_path: Path
) -> None:
    data = made_up_profile(user_id="own")
    data["theory"] = {"pdt": data["theory"]["pdt"]}
    path = write(tmp_path / "elsewhere" / "own.json", data)
    assert chosen(ours, profiles=(str(path), "c1"), modalities=(BT, PDT)) == [
        ("bt", "c1"),
        ("pdt", "own"),
        ("pdt", "c1"),
    ]


def test_a_client_of_the_reference_layout_keeps_its_modality(reference: Path) -> None:
    assert chosen(reference, profiles=("413",)) == [("cbt", "413")]


def test_a_client_that_is_not_there_is_refused_with_the_nearest_name(ours: Path) -> None:
    with pytest.raises(AssetError, match=r"^no profile 'c100' for 'en'; did you mean 'c10'\?$"):
        chosen(ours, profiles=("c100",))
    with pytest.raises(AssetError, match=r"gone\.yaml: no such file"):
        chosen(ours, profiles=("gone.yaml",))
