"""What of memory a prompt shows: the last two sessions, a line for older ones, and never too much."""

from __future__ import annotations

import json
import re

import pytest

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Language, Record
from psychagent.domain.file_facts import file_facts, memory_changes, to_line
from psychagent.domain.memory import ClientFile, Memory, SessionSummary, Standing
from psychagent.domain.profile import THEORY_MODELS, Traits
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.views.memory import MEMORY_TOKENS, view_memory, write_file
from psychagent.nodes.memory.prompt import shape_of
from tests.support.every import LANGUAGES
from tests.support.memory_parts import client_file, memory, words

SIZES = [10, 60, 200, 500, 1400]


PROMPTS = {language: PromptLibrary(language) for language in Language}


def danger(text: str, **over: str) -> SafetyNote:
    """Make a note on a danger that was voiced."""
    return SafetyNote(danger=Danger.VOICED, words=text, **over)


def rendered(view: object, language: Language) -> str:
    return PROMPTS[language].render("shared/memory", memory=view, session_index=3)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sessions", [1, 2, 3, 6, 20, 60])
@pytest.mark.parametrize("homework", [0, 1, 12])
def test_memory_never_takes_more_than_its_tokens_in_a_prompt(
    language: Language, size: int, sessions: int, homework: int
) -> None:
    view = view_memory(memory(sessions, language=language, size=size, homework=homework))
    assert estimate_tokens(rendered(view, language)) <= MEMORY_TOKENS


def test_an_empty_memory_shows_nothing() -> None:
    view = view_memory(Memory())
    assert view.is_empty()
    assert (view.file_lines, view.older, view.recent, view.homework) == ((), (), (), ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_two_sessions_are_shown_with_abstract_status_and_open_points(language: Language) -> None:
    view = view_memory(memory(5, language=language, size=60))
    assert [row[0] for row in view.recent] == [4, 5]
    for number, abstract, objectives, status, open_points in view.recent:
        assert abstract.startswith(f"s{number}-abstract")
        assert objectives.startswith(f"s{number}-recap")
        assert not status or status.startswith(f"s{number}-status")
        assert open_points.startswith(f"s{number}-open")


def test_the_abstract_gets_the_room_that_a_sessions_other_texts_leave() -> None:
    held = memory(2, size=520)
    brief = held.summaries[1]
    goals = brief.goal_assessment.model_copy(update={"objective_recap": "sleep", "completion_status": "met"})
    state = brief.client_state_analysis.model_copy(update={"unresolved_points_or_tensions": "the move"})
    short = brief.model_copy(update={"goal_assessment": goals, "client_state_analysis": state})
    rows = view_memory(held.model_copy(update={"summaries": (held.summaries[0], short)})).recent
    assert len(rows[1].abstract) > len(rows[0].abstract)


def test_how_far_goals_were_met_is_shown_whole_or_not_at_all() -> None:
    held = memory(1, size=80)
    told = "safety: asked about, and " + "much more than there is room for " * 20 + "not settled"
    goals = held.summaries[0].goal_assessment.model_copy(update={"completion_status": told})
    longer = held.summaries[0].model_copy(update={"goal_assessment": goals})
    assert view_memory(held.model_copy(update={"summaries": (longer,)})).recent[0].status == ""
    assert view_memory(held).recent[0].status


def test_short_summaries_of_the_last_two_sessions_are_shown_in_full() -> None:
    held = memory(2, size=80)
    view = view_memory(held)
    for (_, abstract, _, _, open_points), summary in zip(view.recent, held.summaries, strict=True):
        assert abstract == summary.session_summary_abstract
        assert open_points == summary.client_state_analysis.unresolved_points_or_tensions


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_older_session_has_a_line_oldest_first(language: Language) -> None:
    view = view_memory(memory(7, language=language, size=60))
    assert [line.split(":")[0] for line in view.older] == ["1", "2", "3", "4", "5"]


def test_where_room_is_short_the_oldest_lines_go_first() -> None:
    view = view_memory(memory(60, size=1400))
    numbers = [int(line.split(":")[0]) for line in view.older]
    assert numbers, "some older sessions should still be shown"
    assert numbers == list(range(numbers[0], 59))
    assert numbers[0] > 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_huge_memory_still_shows_homework_both_sessions_and_the_file(language: Language) -> None:
    view = view_memory(memory(30, language=language, size=1400))
    assert view.homework[0].startswith("task0")
    assert len(view.recent) == 2
    assert any("problem" in line for line in view.file_lines)
    assert view.older


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_prompt_shows_homework_then_older_then_recent_sessions_then_the_file(language: Language) -> None:
    text = rendered(view_memory(memory(4, language=language)), language)
    places = [
        text.index(mark) for mark in ("task0", "s1-abstract", "s3-abstract", "s4-abstract", "file-name")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_safety_stays_in_the_prompt_however_long_ago_and_however_much_else_there_is(
    language: Language, size: int
) -> None:
    held = memory(20, language=language, size=size, homework=12)
    noted = [
        summary.model_copy(update={"safety": danger(words(language, min(size, 300), f"danger{number} "))})
        if number in (2, 3, 4, 9)
        else summary
        for number, summary in enumerate(held.summaries, start=1)
    ]
    view = view_memory(held.model_copy(update={"summaries": tuple(noted)}))
    assert [row.number for row in view.safety] == [3, 4, 9]
    text = rendered(view, language)
    assert all(f"danger{number}" in text for number in (3, 4, 9))
    assert estimate_tokens(text) <= MEMORY_TOKENS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_danger_and_its_plan_are_not_pushed_out_by_later_notes_that_found_nothing(
    language: Language,
) -> None:
    held = memory(9, language=language, size=200)
    denied = SafetyNote(danger=Danger.DENIED, asked=words(language, 40, "nothing new "))
    plan = danger("rather not wake up", agreed="call Ann before midnight", people="Ann", next="the nights")
    noted = [
        one.model_copy(update={"safety": plan if number == 2 else denied})
        for number, one in enumerate(held.summaries, start=1)
    ]
    view = view_memory(held.model_copy(update={"summaries": tuple(noted)}))
    assert [row.number for row in view.safety] == [2, 8, 9]
    text = rendered(view, language)
    for said in ("rather not wake up", "call Ann before midnight", "the nights"):
        assert said in text
    assert estimate_tokens(text) <= MEMORY_TOKENS


def test_a_long_note_shows_each_of_its_texts_in_part() -> None:
    held = memory(1, language=Language.ZH, size=1400)
    texts = {
        name: words(Language.ZH, 200, f"{name} ") for name in SafetyNote.model_fields if name != "danger"
    }
    full = SafetyNote(danger=Danger.VOICED, **texts)
    one = held.summaries[0].model_copy(update={"safety": full})
    (row,) = view_memory(held.model_copy(update={"summaries": (one,)})).safety
    for name in texts:
        assert getattr(row.note, name).startswith(f"{name} ")
        assert getattr(row.note, name).endswith("…")


PLANNED = {
    Language.EN: SafetyNote(
        danger=Danger.VOICED,
        words="Some nights I stand at the window and I think, if I just let go of the frame, that's it, "
        "and then I hear the boy turn over next door and I go and sit on the floor by his bed till dawn.",
        asked="Wish: most nights since the spring. Intent: not today. Plan: asked about, she would not say. "
        "Access: the window of the flat. Earlier attempts: one, at nineteen, known to her sister alone.",
        holds="The boy, who would be alone; her sister.",
        people="Her sister Ruth, by day and by night; Dr. Pell on weekdays.",
        agreed="The window stays locked and Ruth keeps the key. If it comes, she wakes Ruth, not waits. If "
        "Ruth does not answer within ten minutes, the crisis line.",
        next="Whether Ruth has the key, and how the nights are.",
    ),
    Language.ZH: SafetyNote(
        danger=Danger.VOICED,
        words="有几个晚上我就站在窗户边上，想着手一松就什么都不用管了，后来听见孩子在隔壁翻了个身，我就过去坐在他床边的"
        "地上，一直坐到天亮，第二天照样送他上学，谁也看不出来，我自己也当没这回事。",
        asked="念头：开春以后差不多每晚都有。打算：今天没有。计划：问了，不肯说。手段：家里的窗户。以前：十九岁有过一次，"
        "只有姐姐知道，没去过医院，后来家里谁也没再提。",
        holds="怕孩子没人管；放心不下姐姐。",
        people="姐姐，白天夜里都能打；平时还有裴医生。",
        agreed="窗户锁上，钥匙由姐姐收着。念头上来就叫醒姐姐，不硬扛。姐姐十分钟没接，就打危机热线。",
        next="钥匙是不是在姐姐手里，夜里怎么样。",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_long_note_on_a_danger_nothing_is_lost_that_holds_the_client(language: Language) -> None:
    words, asked = PLANNED[language].words, PLANNED[language].asked
    longer = {"words": f"{words} {words}"[:400], "asked": f"{asked} {asked}"[:300]}
    whole = PLANNED[language].model_copy(update=longer)
    one = memory(1, language=language, size=1400).summaries[0].model_copy(update={"safety": whole})
    (row,) = view_memory(Memory(summaries=(one,)), budget=500).safety
    for name in ("agreed", "people", "holds", "next"):
        assert getattr(row.note, name) == getattr(whole, name)
    assert row.note.words.endswith("…")
    kept = row.note.words.removesuffix("…").rstrip()
    assert len(kept) > 15
    assert whole.words.startswith(kept)
    # no clause is cut in two
    assert kept[-1] in ".。" or whole.words[len(kept)] in ",，;；.。"


SAID = {
    Language.EN: (
        '"A glass of wine, like everybody." ',
        '"It settles my hands, that is all it does, and then I can sit down." ',
        '"And on Saturday I drive the girls."',
    ),
    Language.ZH: (
        "“应酬嘛，也就几杯。”；",
        "“回去喝两口就踏实了，不喝就坐不住。”；",
        "“周末我还得开车去接闺女呢。”",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_said_last_of_a_danger_is_never_what_is_cut(language: Language) -> None:
    first, middle, last = SAID[language]
    whole = PLANNED[language].model_copy(update={"words": first + middle * 3 + last})
    one = memory(1, language=language, size=1400).summaries[0].model_copy(update={"safety": whole})
    (row,) = view_memory(Memory(summaries=(one,)), budget=500).safety
    assert row.note.words != whole.words
    assert row.note.words.startswith(first.strip())
    assert row.note.words.endswith(last)
    assert last in rendered(view_memory(Memory(summaries=(one,)), budget=500), language)


COMMANDS = {
    Language.EN: SafetyNote(
        danger=Danger.VOICED,
        words="I don't want to die. It's him. There's a voice; nobody else hears it, but he's there, behind "
        "the boiler. He says not to eat, and since Sunday he says I should stop breathing. He says the boy "
        "would be better off with my sister, and that I'm not to tell anyone he talks; he knows when I do, "
        "and then he shouts the whole night through and bangs on the pipes.",
        asked="Wish to die: no, said at once. Commands: not to eat, since two weeks; to die, since Sunday. "
        "Resisted: yes, by turning the radio up. Within reach: nothing at hand, the window is locked. Drink: "
        "none. A doctor today: would rather not, afraid of being kept in.",
        holds="Her son, and the radio.",
        people="Her sister, from six in the evening.",
        agreed="Her sister sleeps in the room tonight. If he orders it again, she wakes her, and together "
        "they ring 112; from eight in the morning the sister rings the practice and goes along.",
        next="Whether she has eaten and slept since; whether it was ever tried before; whether a doctor has "
        "seen her; whether he still orders it, and how she kept from it.",
    ),
    Language.ZH: SafetyNote(
        danger=Danger.VOICED,
        words="我不想死。是他。有个声音，别人听不见，可他就在那儿，在锅炉后头。他叫我别吃饭，从礼拜天起还叫我别喘气，"
        "叫我去死。他说孩子跟着我姐还好些。",
        asked="想死：答没有，答得很快。声音命令什么：别吃饭，有两个礼拜；去死，从礼拜天起。顶不顶得住：顶得住，把收音机"
        "开大声。手边有没有：手边啥也没有，窗户锁着。喝酒：没有。今天看医生：不大肯，上回的事还记着。",
        holds="儿子，还有收音机。",
        people="姐姐，晚上六点以后都在。",
        agreed="今晚姐姐睡一个屋。他再下命令，就叫醒姐姐，一起打120。",
        next="吃没吃、睡没睡；以前有没有试过；看没看医生。",
    ),
}


@pytest.mark.parametrize(("language", "tokens"), [(Language.EN, 252), (Language.ZH, 235)])
def test_after_one_session_the_note_on_a_danger_reads_whole(language: Language, tokens: int) -> None:
    note = COMMANDS[language]
    texts = note.model_dump(exclude={"danger"}).values()
    assert sum(map(estimate_tokens, texts)) == tokens
    one = memory(1, language=language, size=60).summaries[0].model_copy(update={"safety": note})
    view = view_memory(Memory(summaries=(one,)))
    assert view.safety == ((1, note),)
    assert estimate_tokens(rendered(view, language)) <= MEMORY_TOKENS


def test_a_danger_gets_what_nothing_else_needs_and_360_tokens_where_memory_is_full() -> None:
    # a character of Chinese is a token, and no prompt has room for all that a note may hold
    limits = {"words": 400, "asked": 300, "holds": 25, "people": 25, "agreed": 60, "next": 40}
    note = SafetyNote(danger=Danger.VOICED, **{k: words(Language.ZH, n, "")[:n] for k, n in limits.items()})

    def shown(sessions: int, size: int) -> dict[str, int]:
        held = memory(sessions, language=Language.ZH, size=size)
        last = held.summaries[-1].model_copy(update={"safety": note})
        (row,) = view_memory(held.model_copy(update={"summaries": (*held.summaries[:-1], last)})).safety
        return {name: estimate_tokens(getattr(row.note, name)) for name in limits}

    empty, full = shown(1, 10), shown(20, 1400)
    for name in ("agreed", "next", "holds", "people"):
        assert empty[name] == full[name] == estimate_tokens(getattr(note, name))
    assert sum(full.values()) + 8 * 5 <= 360
    assert sum(empty.values()) > 420
    assert 60 <= full["words"] < empty["words"]


DENIED = {
    Language.EN: SafetyNote(
        danger=Danger.DENIED,
        words="No, nothing like that. I get tired, but I want to see my granddaughter grow up.",
        asked="Thoughts of dying and of self-harm were asked about plainly; both denied, without a pause.",
        holds="Her granddaughter, who comes on Wednesdays, and the garden that she planted with her husband.",
        people="Her daughter Ines, who rings in the evening, and the neighbor with the dog.",
        agreed="To ring her daughter if a night gets longer than she can bear.",
        next="How the nights are now that the clocks have gone back.",
    ),
    Language.ZH: SafetyNote(
        danger=Danger.DENIED,
        words="没有，没想过那些。累是累，可我还想看着孙女长大。",
        asked="直接问过想死和伤害自己的念头，都说没有，答得很快。",
        holds="孙女每个星期三过来，还有跟老伴一起种的那片菜地。",
        people="大女儿每天晚上来电话，隔壁老周也常过来坐坐。",
        agreed="夜里要是熬不下去，就给大女儿打电话。",
        next="入冬以后夜里睡得怎么样，菜地空了白天做什么。",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_note_on_a_danger_that_was_denied_reads_whole(language: Language) -> None:
    one = memory(1, language=language).summaries[0].model_copy(update={"safety": DENIED[language]})
    (row,) = view_memory(Memory(summaries=(one,))).safety
    shown = row.note.model_dump(exclude={"danger"})
    assert sum(bool(text) for text in shown.values()) >= 2
    for name, text in shown.items():
        assert text in ("", getattr(DENIED[language], name)), "no scrap of a sentence"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_of_a_note_is_left_out_before_it_becomes_a_scrap(language: Language) -> None:
    long = SafetyNote(danger=Danger.DENIED, words=words(language, 90, "w "), next=words(language, 90, "n "))
    one = memory(1, language=language).summaries[0]
    both = long.model_copy(update={"asked": words(language, 90, "a "), "holds": words(language, 90, "h ")})
    held = Memory(summaries=(one.model_copy(update={"safety": both}),))
    (row,) = view_memory(held).safety
    assert row.note.words.startswith("w ")
    assert row.note.next.startswith("n "), "what is still to be asked comes before what was"
    assert row.note.holds == ""
    shown = [text for text in (row.note.words, row.note.next, row.note.asked) if text]
    assert all(estimate_tokens(text) >= 18 for text in shown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_a_danger_that_was_voiced_is_to_be_asked_about_again(language: Language) -> None:
    one = memory(1, language=language).summaries[0]
    again = {Language.EN: "ask about it again", Language.ZH: "要再问起"}[language]
    for note, asked in ((danger("dark"), True), (SafetyNote(danger=Danger.DENIED, asked="no"), False)):
        view = view_memory(Memory(summaries=(one.model_copy(update={"safety": note}),)))
        assert len(view.safety) == 1
        assert (again in rendered(view, language)) == asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_homework_says_in_words_how_far_it_was_agreed_on(language: Language) -> None:
    standings = (Standing.AGREED, Standing.HEDGED, Standing.OFFERED)
    tasks = ("write", "walk", "call")
    last = memory(1, language=language).summaries[0]
    last = last.model_copy(update={"homework": tasks, "standings": standings})
    text = rendered(view_memory(Memory(summaries=(last,), homework=tasks)), language)
    lines = {task: next(line for line in text.splitlines() if f"- {task}" in line) for task in tasks}
    assert lines["write"] == "- write"
    assert PROMPTS[language].word(Standing.HEDGED) in lines["walk"]
    assert PROMPTS[language].word(Standing.OFFERED) in lines["call"]


def test_homework_of_an_older_file_was_agreed_on() -> None:
    stored = memory(1).summaries[0].model_dump(mode="json")
    stored |= {"homework": ["write", "walk"], "safety": "She thought of dying."}
    del stored["standings"], stored["ending"]
    read = SessionSummary.model_validate(stored)
    assert [(item.task, item.standing) for item in read.tasks()] == [("write", "agreed"), ("walk", "agreed")]
    assert read.safety == danger("She thought of dying.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_is_printed_in_the_words_of_the_language(language: Language) -> None:
    labels = PROMPTS[language].labels
    text = rendered(view_memory(memory(1, language=language, size=30), labels=labels), language)
    colon = {Language.EN: ": ", Language.ZH: "："}[language]
    assert f"{labels['core_beliefs']}{colon}" in text
    assert "core_beliefs" not in text


@pytest.mark.parametrize("block", THEORY_MODELS.values())
def test_every_field_of_the_file_has_a_label(block: type[Record]) -> None:
    names = set(re.findall(r'"(\w+)"', shape_of(block))) | set(Traits.model_fields) | set(file_names())
    for prompts in PROMPTS.values():
        assert names <= prompts.labels.keys()


def file_names() -> list[str]:
    kept_out = {"static_traits", "theory", "origins", "history"}
    return [name for name in ClientFile.model_fields if name not in kept_out]


def test_the_full_file_is_json_without_what_is_empty() -> None:
    file = client_file("a")
    written = json.loads(write_file(file))
    assert written["static_traits"]["name"] == "a-name"
    assert len(written["theory"]["special_situations"]) == 3
    assert not {"origins", "history"} & written.keys()
    assert "age" not in written["static_traits"]
    assert write_file(ClientFile()) == "{}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_too_long_loses_whole_entries_the_oldest_first(language: Language) -> None:
    events = tuple(words(language, 90, f"event{number} ") for number in range(60))
    file = client_file("a", language=language).model_copy(update={"growth_experiences": events})
    text = write_file(file, budget=900)
    kept = json.loads(text)["growth_experiences"]
    assert estimate_tokens(text) <= 900
    assert 0 < len(kept) < 60
    assert tuple(kept) == events[-len(kept) :]


def test_where_no_danger_was_voiced_nothing_is_said_of_safety() -> None:
    assert view_memory(memory(5)).safety == ()
    assert "Safety" not in rendered(view_memory(memory(5)), Language.EN)


def test_a_smaller_budget_is_kept_too() -> None:
    view = view_memory(memory(9, size=700), budget=300)
    assert estimate_tokens(rendered(view, Language.EN)) <= 300


def test_facts_are_the_filled_fields_by_path() -> None:
    facts = file_facts(client_file("a"))
    assert facts["static_traits.name"] == "a-name"
    assert "static_traits.age" not in facts
    assert {"main_problem", "core_beliefs", "special_situations"} <= set(facts)


def test_a_fact_is_one_line_whatever_its_shape() -> None:
    assert to_line([{"event": "a", "thought": "", "more": ["x", "y"]}, {"event": "b"}]) == (
        "event: a; more: x | y | event: b"
    )


def test_changes_name_path_former_and_new_line() -> None:
    before = client_file("a")
    after = before.model_copy(update={"main_problem": "another", "topic": before.topic})
    assert list(memory_changes(before, after)) == [("main_problem", before.main_problem, "another")]


def test_a_file_of_thousands_of_entries_is_cut_in_no_time() -> None:
    entries = tuple(f"{n}: {'x' * 300}" for n in range(2000))
    measured = {"calls": 0}

    def count(text: str) -> int:
        measured["calls"] += 1
        return estimate_tokens(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("psychagent.domain.views.memory.estimate_tokens", count)
        text = write_file(ClientFile(growth_experiences=entries))
    assert "1999: " in text
    assert '"0: xxx' not in text
    # each round measures the whole file, and each entry is measured once
    assert measured["calls"] < 2000 + 60


OBJECTED = {
    Language.EN: "Felt questioned like on a form; it was not mended. ",
    Language.ZH: "不满咨询师只顾追问，没有说开。",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_client_objected_to_in_the_counselor_stays_however_full_memory_is(language: Language) -> None:
    held = memory(20, language=language, size=1400)
    last = held.summaries[-1]
    state = last.client_state_analysis
    rest = words(language, 500, "rest ")
    told = state.model_copy(update={"unresolved_points_or_tensions": OBJECTED[language] + rest})
    danger = SafetyNote(danger=Danger.VOICED, words=rest[:300], agreed=rest[:250], next=rest[:200])
    for safety in (SafetyNote(), danger):
        now = last.model_copy(update={"client_state_analysis": told, "safety": safety})
        full = held.model_copy(update={"summaries": (*held.summaries[:-1], now)})
        assert re.split("[;，]", OBJECTED[language])[0] in view_memory(full).recent[-1].open
