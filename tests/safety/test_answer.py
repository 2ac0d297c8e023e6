"""What the gate shows and says: for every region, kind and language, as a frightened person reads it."""

from __future__ import annotations

import copy
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language
from psychagent.domain.risk.finding import About
from psychagent.errors import AssetError
from psychagent.safety.answer import Card, SafetyTexts, load_answers, load_safety
from psychagent.safety.resources import KINDS, Resources, load_resources

EN, ZH = Language.EN, Language.ZH
PLACES = ("", "BR", *load_resources().file.regions)
CASES = [*product(Language, PLACES, KINDS)]
TIMES = range(4)
LONGEST = {EN: 640, ZH: 210}
"""Characters of a takeover with its numbers: what is read in half a minute."""
METHODS = {
    EN: "pill|overdos|medic|drug|knife|blade|cut|gun|weapon|shoot|rope|hang|jump|bridge|roof|poison|drown",
    ZH: "药|刀|割|枪|绳|吊|跳|楼|桥|毒|煤气|炭|溺|淹|轨",
}
BLAME = {
    EN: r"should|must|fault|selfish|why did|why do|calm down|overreact|promise",
    ZH: "应该|必须|不许|自私|想开|冷静|为什么|保证|怪您",
}
SENTENCE = {EN: r"[.?!](?=\s|$)", ZH: "[。？！]"}
QUESTION = {EN: "?", ZH: "？"}


def gate(language: Language) -> SafetyTexts:
    return load_safety(language)


def said(language: Language, region: str, about: About) -> list[str]:
    """The takeovers of a session, one after another."""
    return [gate(language).takeover(region, about, times=times) for times in TIMES]


def words(card: Card) -> str:
    lines = [part for line in card.lines for part in (line.name, line.call, line.text, line.url, line.hours)]
    return "\n".join([card.title, card.intro, *lines, card.closing, card.talk, card.note])


def bare(language: Language, about: About) -> list[str]:
    """The takeovers as written, one word in place of the services."""
    return [text.replace("{lines}", "X") for text in gate(language).texts.takeover[about]]


@pytest.mark.parametrize(("language", "region", "about"), CASES)
def test_every_text_renders_for_every_place_without_a_brace(
    language: Language, region: str, about: About
) -> None:
    for text in (*said(language, region, about), words(gate(language).card(region, about))):
        assert not set("{}") & set(text)
        assert not re.search(r"\(\)|（）|None|  ", text), text


@pytest.mark.parametrize(("language", "region", "about"), CASES)
def test_a_takeover_names_the_number_to_call_first_and_is_short(
    language: Language, region: str, about: About
) -> None:
    emergency = load_resources().emergency(region, about)
    first = emergency[0].call if emergency else gate(language).texts.said.local
    for text in said(language, region, about):
        assert first in text
        assert len(text) <= LONGEST[language]


@pytest.mark.parametrize(("language", "region", "about"), CASES)
def test_a_card_lists_the_emergency_first_and_no_more_than_a_glance_takes_in(
    language: Language, region: str, about: About
) -> None:
    card = gate(language).card(region, about)
    emergency = load_resources().emergency(region, about)
    assert card.lines[0].call == (emergency[0].call if emergency else "")
    # where nobody said which country it is, the numbers of two stand there
    assert 1 <= len(card.lines) <= (5 if emergency else 6)
    assert len(card.intro) + len(card.closing) <= {EN: 330, ZH: 130}[language]
    assert all(line.call or line.text or line.url for line in card.lines[1:])


@pytest.mark.parametrize(("language", "about"), [*product(Language, KINDS)])
def test_a_takeover_is_three_to_six_sentences_and_ends_with_its_one_question(
    language: Language, about: About
) -> None:
    for text in bare(language, about):
        assert 3 <= len(re.findall(SENTENCE[language], text)) <= 6, text
        assert text.count(QUESTION[language]) == 1
        assert text.endswith(QUESTION[language])


@pytest.mark.parametrize(("language", "about"), [*product(Language, KINDS)])
def test_a_takeover_says_that_a_program_speaks_which_cannot_call(language: Language, about: About) -> None:
    told = {EN: "I am a program and cannot call for you", ZH: "我是程序，没法替您打电话"}[language]
    assert all(told in text for text in bare(language, about))


@pytest.mark.parametrize(("language", "about"), [*product(Language, KINDS)])
def test_there_are_three_takeovers_and_the_last_one_is_repeated(language: Language, about: About) -> None:
    first, again, later, once_more = said(language, "US", about)
    assert len({first, again, later}) == 3
    assert once_more == later


@pytest.mark.parametrize(("language", "about"), [*product(Language, KINDS)])
def test_no_words_of_the_gate_name_a_method_or_lay_blame(language: Language, about: About) -> None:
    card = gate(language).texts.card[about]
    for text in (*bare(language, about), card.title, card.intro, card.closing, gate(language).texts.help):
        assert not re.search(METHODS[language], text.casefold()), text
        assert not re.search(BLAME[language], text.casefold()), text


@pytest.mark.parametrize(("language", "about"), [*product(Language, KINDS)])
def test_a_yes_to_the_question_of_a_takeover_is_not_heard_as_danger(language: Language, about: About) -> None:
    yes = {EN: "Yes.", ZH: "是的。"}[language]
    for text in said(language, "US", about):
        heard = gate(language).rules.hear(yes, text)
        assert (heard.hard, heard.soft) == (0, 0)


@pytest.mark.parametrize(("language", "about"), [*product(Language, KINDS)])
def test_a_card_says_why_it_is_shown_that_nobody_is_called_and_that_the_talk_goes_on(
    language: Language, about: About
) -> None:
    card = gate(language).card("US", about)
    why, cannot, goes_on = {
        EN: ("because of what you wrote", "cannot call anybody for you", "We can go on talking here."),
        ZH: ("看到这张卡片，是因为您", "不能替您打电话", "您随时可以接着在这里说。"),
    }[language]
    assert why in card.intro
    assert cannot in card.closing
    assert card.talk == goes_on


CLOSED = {EN: "nobody reads what is written here", ZH: "没有人看得到"}


@pytest.mark.parametrize(("language", "about"), [*product(Language, KINDS)])
def test_a_card_of_a_closed_session_does_not_say_that_the_talk_goes_on(
    language: Language, about: About
) -> None:
    texts = gate(language)
    for card in (texts.card("US", about, closed=True), texts.after_session(texts.card("US", about))):
        assert CLOSED[language] in card.talk
        assert texts.texts.talk.open not in words(card)
        assert card.model_copy(update={"talk": ""}) == texts.card("US", about).model_copy(update={"talk": ""})


PARENTS = {
    EN: ("your care", "lay the child down", "another room|out of the room|leave the room"),
    ZH: ("照看的孩子", "孩子放", "另一间屋|走出屋"),
}
DOCTOR = {EN: "hurt(?:, say so first| sees a doctor today)", ZH: "伤着了，(?:先说这个|今天就看医生)"}


@pytest.mark.parametrize("language", list(Language))
def test_a_parent_is_told_to_lay_the_child_down_and_step_out_and_that_a_hurt_child_sees_a_doctor(
    language: Language,
) -> None:
    card, texts = gate(language).texts.card[About.CHILD], bare(language, About.CHILD)
    whose, down, out = PARENTS[language]
    assert whose in card.intro
    for text in (card.closing, texts[0]):
        assert down in text
        assert re.search(out, text)
    assert all(re.search(DOCTOR[language], text) for text in (card.closing, *texts))


@pytest.mark.parametrize("language", list(Language))
def test_who_is_hurt_is_not_spoken_to_as_one_who_hurts_a_child(language: Language) -> None:
    card = gate(language).texts.card[About.HARMED]
    afraid = {EN: "hurting a child", ZH: "伤到孩子|对孩子动手"}[language]
    for text in (card.intro, card.closing, *bare(language, About.HARMED)):
        assert not re.search(afraid, text)


def test_texts_that_tell_no_parents_from_victims_have_the_same_words_for_both(tmp_path: Path) -> None:
    data = bundled()
    for place in ("card", "takeover"):
        del data[place]["child"]
    (tmp_path / "safety" / "texts").mkdir(parents=True)
    (tmp_path / "safety" / "texts" / "en.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    older = load_answers(EN, tmp_path)
    assert older.card[About.CHILD] == older.card[About.HARMED]
    assert older.takeover[About.CHILD] == older.takeover[About.HARMED]


def test_danger_of_no_known_kind_is_answered_as_danger_to_oneself() -> None:
    assert gate(EN).card("US", About.NONE) == gate(EN).card("US", About.SELF)
    assert gate(EN).takeover("US", About.NONE, times=0) == gate(EN).takeover("US", About.SELF, times=0)


def test_services_stand_in_a_sentence_as_one_would_say_them() -> None:
    assert (
        "Please call now: 911 (Emergency services), or 988 (Suicide & Crisis Lifeline; or text 988). Go"
        in gate(EN).takeover("US", About.SELF, times=0)
    )
    assert "请现在就打电话：120（急救中心），或者 12356（全国统一心理援助热线）。请" in gate(ZH).takeover(
        "CN", About.SELF, times=0
    )


def test_where_the_region_is_unknown_the_local_number_is_named_in_words() -> None:
    assert (
        "now: your local emergency number (in the US: 911, in the UK: 999), or a line near you (listed at "
        "https://findahelpline.com). " in gate(EN).takeover("", About.SELF, times=0)
    )
    said = gate(ZH).takeover("", About.SELF, times=0)
    assert "当地的急救或报警电话（在中国大陆：120），或者 https://findahelpline.com 上" in said
    assert gate(EN).card("", About.SELF).lines[0].name == "Your local emergency number"


@pytest.mark.parametrize(("language", "about"), [*product(Language, KINDS)])
def test_where_the_region_is_unknown_no_number_stands_there_as_if_it_were_the_persons(
    language: Language, about: About
) -> None:
    texts = gate(language)
    card, places = texts.card("", about), [*texts.texts.most_readers.values()]
    for line in card.lines:
        assert not line.call or any(line.name.casefold().startswith(place.casefold()) for place in places)
    for text in (texts.named("", about), texts.takeover("", about, times=0)):
        first = text.index(texts.texts.said.local)
        assert all(first < text.index(place) for place in places)


@pytest.mark.parametrize("language", list(Language))
def test_a_card_says_how_to_set_the_region_where_it_is_unknown(language: Language) -> None:
    for about in KINDS:
        assert "--region" in gate(language).card("", about).note
        assert "--region" not in gate(language).card("US", about).note


def test_who_reads_chinese_finds_numbers_of_the_mainland_with_its_name_where_the_region_is_unknown() -> None:
    card = gate(ZH).card("", About.SELF)
    assert [(line.name, line.call) for line in card.lines[:4]] == [
        ("您当地的急救或报警电话", ""),
        ("在中国大陆：急救中心", "120"),
        ("在中国大陆：报警", "110"),
        ("在中国大陆：全国统一心理援助热线", "12356"),
    ]
    assert "没能向机构核实" in card.note
    assert "没能向机构核实" not in gate(ZH).card("", About.OTHERS).note
    assert "中国大陆" not in gate(ZH).card("HK", About.SELF).model_dump_json()


def test_who_reads_english_finds_numbers_of_two_countries_each_with_its_name() -> None:
    assert [(line.name, line.call) for line in gate(EN).card("", About.SELF).lines[1:5]] == [
        ("In the US: Emergency services", "911"),
        ("In the US: Suicide & Crisis Lifeline", "988"),
        ("In the UK: Emergency services", "999"),
        ("In the UK: Samaritans", "116 123"),
    ]
    assert "In the U" not in gate(EN).card("AU", About.SELF).model_dump_json()


def test_a_line_that_keeps_office_hours_is_on_the_card_and_not_in_the_takeover() -> None:
    assert "12338" in [line.call for line in gate(ZH).card("CN", About.HARMED).lines]
    assert not any("12338" in text for text in said(ZH, "CN", About.HARMED))


def with_verified(verified: bool) -> SafetyTexts:
    """The texts, with every line of the United States checked or not."""
    data = load_resources().file.model_dump(mode="json")
    for line in data["regions"]["US"]["lines"]:
        line["verified"] = verified
    resources = Resources(load_resources().file.model_validate(data))
    return gate(EN)._replace(resources=resources)


@pytest.mark.parametrize(("region", "line"), [("ZA", "0800"), ("US", "1-800")])
def test_who_may_have_a_fit_is_told_to_call_an_ambulance_and_no_line_beside_it(
    region: str, line: str
) -> None:
    texts = load_safety(Language.EN)
    assert all(line not in texts.takeover(region, About.DRINK, times=n) for n in range(3))
    assert any(line in one.call for one in texts.card(region, About.DRINK).lines)


def test_a_card_with_a_number_that_could_not_be_checked_says_what_to_do_if_it_fails() -> None:
    card = with_verified(False).card("US", About.SELF)
    assert "call 911" in card.note
    assert [line.verified for line in card.lines] == [True, False]
    assert "call 911" not in with_verified(True).card("US", About.SELF).note


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("region", ["US", "ZA", "CN"])
def test_a_card_says_for_which_region_its_numbers_are(language: Language, region: str) -> None:
    """A person may be elsewhere than where a program was set up for."""
    note = load_safety(language).card(region, About.DRINK).note
    assert region in note
    assert {EN: "Elsewhere", ZH: "别处"}[language] in note


def answers(folder: Path, text: str) -> None:
    (folder / "safety" / "texts").mkdir(parents=True)
    (folder / "safety" / "texts" / "en.yaml").write_text(text, encoding="utf-8")
    load_answers(EN, folder)


def bundled() -> dict[str, Any]:
    path = asset_dir("configs") / "safety" / "texts" / "en.yaml"
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return copy.deepcopy(data)


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        (("takeover", "self"), [], "card and takeover need words for 'self'; add them"),
        (
            ("takeover", "self"),
            ["Call."],
            "takeover.self, text 1, holds no place; it must hold once each of {lines}",
        ),
        (("takeover", "others"), ["Call {line}."], "takeover.others, text 1, holds {line}; it must"),
        (("takeover", "harmed"), ["{lines} } now"], "takeover.harmed, text 1, has a brace that stands alone"),
        (("said", "call"), "{call}", "call holds {call}; it must hold once each of {call}, {name}"),
        (("said", "nearby"), "x", "unknown key 'said.nearby'"),
        (("card", "selves"), {"title": "x"}, "card.selves"),
        (("unchecked",), "Call.", "unchecked holds no place; it must hold once each of {emergency}"),
        (("said", "local_with"), "x", "local_with holds no place; it must hold once each of {calls}"),
        (("talk", "closed"), "", "talk.closed"),
        (("help",), "", "field 'help'"),
    ],
)
def test_texts_that_are_not_whole_are_refused_in_one_sentence(
    tmp_path: Path, where: tuple[str, ...], value: Any, told: str
) -> None:
    data = bundled()
    place = data
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    with pytest.raises(AssetError) as error:
        answers(tmp_path, yaml.safe_dump(data))
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'safety' / 'texts' / 'en.yaml'}: ")
    assert told in message
    assert "\n" not in message


def test_texts_that_lack_a_kind_or_are_no_yaml_are_refused(tmp_path: Path) -> None:
    data = bundled()
    del data["card"]["harmed"]
    with pytest.raises(AssetError, match="card and takeover need words for 'harmed'; add them$"):
        answers(tmp_path / "a", yaml.safe_dump(data))
    with pytest.raises(AssetError, match="not valid yaml"):
        answers(tmp_path / "b", "card: {self: [")
