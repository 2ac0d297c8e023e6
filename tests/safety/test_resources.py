"""Where people can turn to: the bundled entries, their age, and files that are refused."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import About
from psychagent.errors import AssetError, SettingsError
from psychagent.safety.resources import KINDS, STALE_AFTER, Resource, Resources, load_resources

BUNDLED = load_resources()
REGIONS = tuple(BUNDLED.file.regions)
ENTRIES = tuple(BUNDLED.file.all())
SPOKEN = {"ar", "de", "en", "es", "fr", "hi", "it", "ms", "nl", "ta", "zh"}

SERVICE: dict[str, Any] = {
    "id": "us-911",
    "name": {"en": "Emergency services", "zh": "紧急救助"},
    "about": ["self", "others", "harmed"],
    "call": "911",
    "checked": date(2026, 1, 31),
    "source": "https://example.org/",
}
PAGE = {key: value for key, value in SERVICE.items() if key != "call"} | {"id": "any", "url": "https://a.org"}
FILE: dict[str, Any] = {
    "regions": {"US": {"name": {"en": "United States", "zh": "美国"}, "emergency": [SERVICE]}},
    "anywhere": [PAGE],
}


def load(folder: Path, data: Any) -> Resources:
    (folder / "safety").mkdir(exist_ok=True)
    text = data if isinstance(data, str) else yaml.safe_dump(data, allow_unicode=True)
    (folder / "safety" / "resources.yaml").write_text(text, encoding="utf-8")
    return load_resources(folder)


def changed(**over: Any) -> dict[str, Any]:
    """The file, with other values of its service."""
    data = copy.deepcopy(FILE)
    data["regions"]["US"]["emergency"][0] |= over
    return data


def lacking(*fields: str) -> dict[str, Any]:
    data = copy.deepcopy(FILE)
    for field in fields:
        del data["regions"]["US"]["emergency"][0][field]
    return data


def ids(services: tuple[Resource, ...]) -> list[str]:
    return [one.id for one in services]


def test_no_bundled_entry_is_older_than_a_year() -> None:
    old = ids(BUNDLED.stale(datetime.now(UTC).date()))
    assert not old, f"compare with their source, mend and date again: {old} (docs/safety.md says how)"


def test_an_entry_is_stale_after_a_year_and_one_from_the_future_was_not_checked(tmp_path: Path) -> None:
    resources, checked = load(tmp_path, changed(id="dated")), SERVICE["checked"]
    stale = [
        "dated" in ids(resources.stale(today))
        for today in (checked, checked + STALE_AFTER, checked + STALE_AFTER + timedelta(days=1))
    ]
    assert stale == [False, False, True]
    assert "dated" in ids(resources.stale(checked - timedelta(days=1)))


def test_every_entry_names_the_page_it_was_or_is_to_be_compared_with() -> None:
    assert all(one.source.startswith("http") for one in ENTRIES)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("about", KINDS)
def test_every_region_has_a_number_for_a_life_in_danger_and_for_every_kind(region: str, about: About) -> None:
    emergency = BUNDLED.emergency(region, about)
    assert emergency
    assert all(one.call for one in emergency)
    assert all(about in one.about for one in (*emergency, *BUNDLED.lines(region, about)))


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_a_line_for_those_in_despair_and_for_those_who_are_hurt(region: str) -> None:
    assert BUNDLED.lines(region, About.SELF)[0].call
    assert BUNDLED.lines(region, About.HARMED)


def test_the_languages_of_a_service_are_ones_we_know() -> None:
    assert {language for one in ENTRIES for language in one.languages} <= SPOKEN


def test_a_name_can_stand_in_brackets_within_a_sentence() -> None:
    assert not [n for one in ENTRIES for n in one.name.values() if set(n) & set("()（）?？!！.。")]


@pytest.mark.parametrize(
    ("region", "about", "number"),
    [
        ("US", About.SELF, "988"),
        ("US", About.HARMED, "1-800-799-7233"),
        ("US", About.CHILD, "1-800-422-4453"),
        ("GB", About.CHILD, "0808 800 5000"),
        ("CN", About.CHILD, "12355"),
        ("GB", About.SELF, "116 123"),
        ("IE", About.SELF, "116 123"),
        ("CN", About.SELF, "12356"),
        ("CN", About.HARMED, "12338"),
        ("EU", About.SELF, "116 123"),
        ("EU", About.HARMED, "116 006"),
    ],
)
def test_the_well_known_lines_are_there(region: str, about: About, number: str) -> None:
    assert number in [one.call for one in BUNDLED.lines(region, about)]


def test_ambulance_and_police_are_told_apart_where_they_have_two_numbers() -> None:
    assert [one.call for one in BUNDLED.emergency("CN", About.SELF)] == ["120", "110"]
    assert [one.call for one in BUNDLED.emergency("CN", About.HARMED)] == ["110"]
    assert [one.call for one in BUNDLED.emergency("CN", About.CHILD)] == ["120", "110"]


@pytest.mark.parametrize("region", ["", "BR"])
def test_a_region_without_entries_gets_what_helps_anywhere(region: str) -> None:
    assert BUNDLED.emergency(region, About.SELF) == ()
    assert BUNDLED.lines(region, About.SELF) == BUNDLED.file.anywhere


def test_an_entry_point_refuses_a_region_without_entries_and_names_the_nearest() -> None:
    BUNDLED.require("")
    BUNDLED.require("GB")
    with pytest.raises(SettingsError, match=r"^no resources for region 'GBR'; did you mean 'GB'\?$"):
        BUNDLED.require("GBR")


def test_the_smallest_file_is_read(tmp_path: Path) -> None:
    assert ids(load(tmp_path, FILE).emergency("US", About.OTHERS)) == ["us-911"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (FILE | {"regions": {"usa": FILE["regions"]["US"]}}, "'usa' is no region; write two capital letters"),
        (changed(cal="911"), "unknown key 'regions.US.emergency.0.cal'"),
        (changed(call="call 911"), "'call 911' is not a number as it is dialed; write digits"),
        (changed(url="example.org"), "'example.org' is no address; begin it with https://"),
        (changed(source=""), "source"),
        (changed(languages=["english"]), "'english' is no language; write two letters"),
        (changed(name={"en": "Emergency"}), "resource 'us-911' has no name in zh; add it"),
        (changed(hours={"zh": "24 小时"}), "resource 'us-911' has no hours in en; add it"),
        (changed(about=["self", "others"]), "there is no emergency number about 'harmed'; add one"),
        (changed(id="any"), "id 'any' stands twice; rename one"),
        (lacking("call"), "resource 'us-911' has neither call, text nor url; give one"),
        (lacking("checked"), "field 'regions.US.emergency.0.checked' is missing; add it"),
        (lacking("source"), "field 'regions.US.emergency.0.source' is missing; add it"),
        ("regions: {US: [", "not valid yaml"),
        ("regions: {}\nregions: {}\n", "'regions'"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_sentence(tmp_path: Path, data: Any, told: str) -> None:
    with pytest.raises(AssetError) as error:
        load(tmp_path, data)
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'safety' / 'resources.yaml'}: ")
    assert told in message
    assert "\n" not in message


def test_a_file_that_tells_no_parents_from_victims_has_one_number_for_both(tmp_path: Path) -> None:
    older = load(tmp_path, FILE)
    assert ids(older.emergency("US", About.CHILD)) == ["us-911"]
    assert ids(older.lines("", About.CHILD)) == ["any"]


def test_a_file_that_tells_parents_from_victims_needs_a_number_for_parents_everywhere(tmp_path: Path) -> None:
    data = changed(about=["self", "others", "harmed", "child"])
    data["regions"]["GB"] = {**FILE["regions"]["US"], "emergency": [SERVICE | {"id": "gb-999"}]}
    with pytest.raises(AssetError, match="there is no emergency number about 'child'; add one"):
        load(tmp_path, data)
    data["regions"]["GB"]["emergency"] = [
        SERVICE | {"id": "gb-999", "about": ["self", "harmed", "others", "child"]}
    ]
    told = load(tmp_path, data)
    assert ids(told.emergency("GB", About.CHILD)) == ["gb-999"]
    assert ids(told.lines("", About.CHILD)) == []


def test_who_may_hurt_a_child_is_not_sent_to_lines_for_victims() -> None:
    for region in REGIONS:
        for one in BUNDLED.lines(region, About.CHILD):
            told = " ".join(one.name.values()).casefold()
            assert "women" not in told
            assert "victim" not in told
            assert "domestic" not in told


def test_every_language_names_every_region() -> None:
    assert all(set(one.name) == set(Language) for one in BUNDLED.file.regions.values())
