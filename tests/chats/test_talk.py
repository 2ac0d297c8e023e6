"""A course held with a typist: what is asked, what is shown in which order, what is kept and resumed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from psychagent.chats.scene import Ended, turns_left
from psychagent.chats.talk import REMIND_SEC, talk
from psychagent.chats.texts import load_chat_texts
from psychagent.cli.show import find_records, session_lines
from psychagent.domain.base import Language, Speaker
from psychagent.domain.turn import Turn
from psychagent.errors import RecordError
from psychagent.evals.find import Search, find_sessions
from psychagent.llm.fault import Fault
from psychagent.records.chat import Unsent, read_chat, write_unsent
from psychagent.records.folder import RunFolder
from psychagent.runs.checkpoints.sqlite import LoopSaver
from tests.support.chatting import (
    DOOMED,
    HOPELESS,
    SAD,
    Typist,
    chat_of,
    plain_rules,
    recorded,
    type_into,
)
from tests.support.fakes import Cast, chosen_family, filed, spoken, summed_up

SECRET = "ZEBRA"
DOWN = Fault("HTTP 500", passes=False)


def cast_of(
    *said: str | Exception, sessions: int = 2, language: Language = Language.EN, **more: object
) -> Cast:
    """Cast a counselor with these words; memory is written for as many sessions as there may be."""
    stages = ["conceptualization", "intervention", "consolidation"]
    replies = [spoken(s, thought=SECRET, ends="Goodbye" in s) if isinstance(s, str) else s for s in said]
    return Cast(
        {
            "filter": [chosen_family(stage) for stage in stages[:sessions]],
            "counselor": replies,
            "summary": [summed_up(f"sum{n}", "intervention", homework=[f"task{n}"]) for n in range(sessions)],
            "client_file": [filed() for _ in range(sessions)],
        },
        language=language,
        max_sessions=sessions,
        **more,  # type: ignore[arg-type]
    )


async def test_a_course_goes_on_over_sessions_to_its_end(tmp_path: Path) -> None:
    cast = cast_of("Hello.", "Goodbye.", "Again.", "Goodbye now.")
    person, ended = await type_into(cast, tmp_path, [SAD, "", "Better."])
    assert ended is Ended.OVER
    assert person.of("said") == ["Hello.", "Goodbye.", "Again.", "Goodbye now."]
    assert "".join(person.of("words")) == "Hello.Goodbye.Again.Goodbye now."
    told = person.of("told")
    assert told[:3] == ["Session 1", "This session is over.", "Kept for next time: task0"]
    assert "Session 2" in told
    assert told[-1].startswith("These were all the sessions.")
    assert len(person.of("asked")) == 3
    assert SECRET not in str(person.shown)


async def test_a_chat_leaves_the_files_of_a_run(tmp_path: Path) -> None:
    cast = cast_of("Hello.", "Goodbye.", "Again.", "Goodbye now.")
    await type_into(cast, tmp_path, [SAD, "", "Better."])
    (place,) = RunFolder(tmp_path / "chat").cases()
    assert place.course().status == "finished by max_sessions"
    assert [file.index for file in place.session_files()] == [1, 2]
    shown = "\n".join(line for record in find_records(place.path, None) for line in session_lines(record))
    assert SAD in shown
    for root in (tmp_path / "chat", tmp_path):
        inputs, broken = find_sessions(Search(root))
        assert (len(inputs), broken) == (2, [])
    manifest = RunFolder(tmp_path / "chat").manifest()
    assert "client" not in manifest.models
    assert manifest.cases == {"finished by max_sessions": 1}
    assert manifest.totals["counselor"].calls == 4


async def test_a_session_that_the_person_ends_is_remembered(tmp_path: Path) -> None:
    cast = cast_of("Hello.", "I see.", "Again.")
    person, ended = await type_into(cast, tmp_path, [SAD, "/end", "/new"])
    assert ended is Ended.LEFT
    assert SAD in cast.asked("summary")[0][-1]["content"]
    assert len(cast.asked("client_file")) == 1
    (place,) = RunFolder(tmp_path / "chat").cases()
    (session,) = place.sessions().records
    assert [turn.text for turn in session.turns] == ["Hello.", SAD, "I see."]
    assert "sum0" in "".join(message["content"] for message in cast.asked("counselor")[2])
    assert person.of("said") == ["Hello.", "I see.", "Again."]


async def test_a_session_can_be_ended_before_a_word_is_said(tmp_path: Path) -> None:
    _, ended = await type_into(cast_of("Hello."), tmp_path, ["/end"])
    assert ended is Ended.LEFT
    (place,) = RunFolder(tmp_path / "chat").cases()
    assert len(place.session_files()) == 1


async def test_a_card_is_shown_before_a_model_is_asked(tmp_path: Path) -> None:
    cast, asked = cast_of("Hello.", "I hear you."), []
    await type_into(cast, tmp_path, [HOPELESS], on_card=lambda: asked.append(len(cast.asked("counselor"))))
    assert asked == [1], "only the opening had been asked for"
    assert len(recorded(tmp_path)) == 1


async def test_danger_to_life_is_answered_with_the_fixed_text_and_the_card(tmp_path: Path) -> None:
    cast = cast_of("Hello.")
    person, _ = await type_into(cast, tmp_path, [DOOMED])
    assert len(cast.asked("counselor")) == 1
    fixed = plain_rules(Language.EN).texts.takeover
    spoken_after = person.of("said")[1]
    assert any(spoken_after.startswith(text.split("{")[0]) for texts in fixed.values() for text in texts)
    assert person.kinds("wait", "told", "words") == ["said", "asked", "card", "said", "asked"]


async def test_a_card_stays_last_in_sight_where_a_session_ends_in_danger(tmp_path: Path) -> None:
    person, _ = await type_into(cast_of("Hello.", "I hear you."), tmp_path, [HOPELESS, "/end"])
    assert person.kinds("wait", "words")[-5:] == ["told", "card", "told", "asked", "told"]
    assert len(person.of("card")) == 2
    talk = plain_rules(Language.EN).texts.talk
    assert [card.talk for card in person.cards] == [talk.open, talk.closed]


async def test_help_shows_the_card_at_once_and_is_recorded(tmp_path: Path) -> None:
    cast = cast_of("Hello.")
    person, _ = await type_into(cast, tmp_path, ["/help"])
    assert person.kinds("wait", "told", "words") == ["said", "asked", "card", "asked"]
    (line,) = recorded(tmp_path)
    assert '"event":"help"' in line
    assert len(cast.asked("counselor")) == 1


async def test_what_cannot_be_sent_is_not_sent(tmp_path: Path) -> None:
    cast = cast_of("Hello.", "Yes.")
    person, _ = await type_into(cast, tmp_path, ["", "  ", "/nonsense", "x" * 4001, "</end> <b>"])
    assert len(cast.asked("counselor")) == 2
    assert "</end> <b>" in cast.asked("counselor")[1][-1]["content"]
    assert len(person.of("asked")) == 6


async def test_words_of_a_malformed_reply_are_taken_back(tmp_path: Path) -> None:
    cast = cast_of("Hello.", max_retries=1)
    cast.models["counselor"].replies.insert(0, f"<think>{SECRET}</think><response>Half a")
    person, _ = await type_into(cast, tmp_path, [])
    shown = [(kind, text) for kind, text in person.shown if kind in {"words", "unsaid", "said"}]
    at = shown.index(("unsaid", ""))
    assert "".join(text for _, text in shown[:at]) == "Half a"
    assert "".join(text for kind, text in shown[at:] if kind == "words") == "Hello."
    assert shown[-1] == ("said", "Hello.")


async def test_a_model_that_fails_costs_no_word_of_the_person(tmp_path: Path) -> None:
    cast = cast_of("Hello.", DOWN, DOWN, "I see.")
    person, _ = await type_into(cast, tmp_path, [SAD, "are you there?", "", "", "/quit"])
    told = [text for text in person.of("told") if "kept" in text]
    assert "HTTP 500" in told[0]
    assert told[1].startswith("What you wrote before is kept")
    assert person.of("said") == ["Hello.", "I see."]
    prompt = str(cast.asked("counselor")[-1])
    assert prompt.count(SAD) == 1
    assert "are you there?" not in prompt


REFUSED = Fault("HTTP 400", passes=False)


@pytest.mark.parametrize("language", Language)
async def test_words_that_never_get_an_answer_are_taken_back_and_others_sent(
    tmp_path: Path, language: Language
) -> None:
    said: list[str | Exception] = ["Hello.", "I see.", REFUSED, REFUSED, "Fine then."]
    cast = cast_of(*said, language=language, max_counselor_turns=8)
    lines = [SAD, "WORDS THAT ARE REFUSED", "", "/back", "other words"]
    person, _ = await type_into(cast, tmp_path, lines)
    assert person.of("said") == ["Hello.", "I see.", "Fine then."]
    assert load_chat_texts(language).taken_back in person.of("told")
    last = str(cast.asked("counselor")[-1])
    assert (SAD in last, "other words" in last, "REFUSED" in last) == (True, True, False)
    again, _ = await type_into(cast_of(language=language), tmp_path, [])
    assert again.of("before")[-2:] == ["other words", "Fine then."]


async def test_danger_in_words_that_are_taken_back_is_not_forgotten(tmp_path: Path) -> None:
    cast = cast_of("Hello.", REFUSED, "I hear you.")
    person, _ = await type_into(cast, tmp_path, [HOPELESS, "/back", SAD])
    assert person.of("said") == ["Hello.", "I hear you."]
    assert len(person.of("card")) == 1, "it stays in sight"
    assert "Danger is open" in str(cast.asked("counselor")[-1])
    assert len(recorded(tmp_path)) == 1


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        (["Hello."], ["/back"]),
        ([REFUSED, "Hello."], ["/back", ""]),
        (["Hello.", "Goodbye."], [SAD, "/back", ""]),
    ],
    ids=["nothing failed", "the opening failed", "between sessions"],
)
async def test_where_nothing_waits_for_an_answer_nothing_is_taken_back(
    tmp_path: Path, said: list[str | Exception], lines: list[str]
) -> None:
    person, _ = await type_into(cast_of(*said, "Again."), tmp_path, lines)
    assert load_chat_texts(Language.EN).taken_back not in person.of("told")
    assert "Hello." in person.of("said")


async def test_words_that_did_not_reach_the_course_are_taken_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = cast_of("Hello.", "I see.")
    put, full = LoopSaver.put_writes, RecordError("checkpoints.sqlite: cannot be written")

    def fail(self: LoopSaver, config: Any, writes: Any, *more: Any) -> None:
        if "REFUSED" in str(writes):
            raise full
        put(self, config, writes, *more)

    monkeypatch.setattr(LoopSaver, "put_writes", fail)
    person, _ = await type_into(cast, tmp_path, ["REFUSED", "/back", SAD])
    assert person.of("said") == ["Hello.", "I see."]
    assert "REFUSED" not in str(cast.asked("counselor"))


async def test_a_model_that_fails_ends_what_is_read_from_a_file(tmp_path: Path) -> None:
    cast = cast_of("Hello.", DOWN)
    person, ended = await type_into(cast, tmp_path, [SAD, "more", "more"], can_choose=False)
    assert ended is Ended.LEFT
    assert person.lines == ["more", "more"]


async def test_who_comes_back_sees_where_it_was_and_is_not_asked_again(tmp_path: Path) -> None:
    first = cast_of("Hello.", "I see.", "Mhm.", "Yes.", max_counselor_turns=8)
    await type_into(first, tmp_path, [SAD, "two", "three"])
    person, _ = await type_into(cast_of("And then?", max_counselor_turns=8), tmp_path, ["four"])
    assert person.of("before") == ["two", "Mhm.", "three", "Yes."]
    assert person.of("said") == ["And then?"]


async def test_a_reply_that_was_being_made_is_made_and_its_card_shown_again(tmp_path: Path) -> None:
    await type_into(cast_of("Hello.", RuntimeError("a fault of ours")), tmp_path, [HOPELESS])
    person, _ = await type_into(cast_of("I hear you."), tmp_path, [])
    assert person.of("before") == ["Hello.", HOPELESS]
    assert person.kinds("wait", "told", "words") == ["before", "card", "said", "asked"]
    assert len(recorded(tmp_path)) == 1


async def test_words_that_did_not_arrive_are_sent_without_asking(tmp_path: Path) -> None:
    await type_into(cast_of("Hello."), tmp_path, [])
    kept = Unsent(schema_version=1, session=1, turns=1, text=SAD)
    write_unsent(tmp_path / "chat" / ".unsent.json", kept)
    cast = cast_of("I see.")
    person, _ = await type_into(cast, tmp_path, [])
    assert SAD in str(cast.asked("counselor")[0])
    assert person.kinds("wait", "told", "words") == ["before", "said", "asked"]
    assert not (tmp_path / "chat" / ".unsent.json").exists()


async def test_words_of_an_earlier_turn_are_not_sent_twice(tmp_path: Path) -> None:
    await type_into(cast_of("Hello.", "I see."), tmp_path, [SAD])
    kept = Unsent(schema_version=1, session=1, turns=1, text=SAD)
    write_unsent(tmp_path / "chat" / ".unsent.json", kept)
    person, _ = await type_into(cast_of(), tmp_path, [])
    assert person.of("said") == []


async def test_a_session_file_that_a_kill_prevented_is_written_on_return(tmp_path: Path) -> None:
    await type_into(cast_of("Hello.", "Goodbye."), tmp_path, [SAD])
    (place,) = RunFolder(tmp_path / "chat").cases()
    place.session_path(1).unlink()
    person, _ = await type_into(cast_of(), tmp_path, [])
    assert [file.index for file in place.session_files()] == [1]
    assert person.of("told")[0].startswith("Press Enter for the next session")


async def test_a_chat_without_its_checkpoints_does_not_begin_again_over_its_sessions(tmp_path: Path) -> None:
    await type_into(cast_of("Hello.", "Goodbye."), tmp_path, [SAD])
    (tmp_path / "chat" / "checkpoints.sqlite").unlink()
    with pytest.raises(RecordError, match="put the file back, or begin another chat"):
        await type_into(cast_of("Hello."), tmp_path, [SAD])


async def test_a_course_that_is_over_says_so(tmp_path: Path) -> None:
    await type_into(cast_of("Hello.", "Goodbye.", sessions=1), tmp_path, [SAD])
    person, ended = await type_into(cast_of(), tmp_path, ["hello?"])
    assert ended is Ended.OVER
    assert person.lines == ["hello?"]
    assert person.of("told")[0].startswith("These conversations are over")


async def test_words_between_sessions_are_told_apart_and_danger_in_them_shows_the_card(
    tmp_path: Path,
) -> None:
    cast = cast_of("Hello.", "Goodbye.", "Again.", "Goodbye now.")
    person, ended = await type_into(cast, tmp_path, [SAD, "she did not answer", HOPELESS, "", "Better."])
    assert ended is Ended.OVER
    texts = load_chat_texts(Language.EN)
    assert [person.of("told").count(text) for text in (texts.unheard, texts.carried_aside)] == [1, 1]
    opening = str(cast.asked("counselor")[2])
    assert ("she did not answer" in opening, HOPELESS in opening) == (False, True)
    assert "Danger was open when the last session ended" in opening
    kinds = [kind for kind, _ in person.shown]
    between = kinds.index("card")
    assert kinds[between + 1] == "told"
    assert kinds.count("card") == 2, "and the one that stands at the end"
    assert {card.talk for card in person.cards} == {plain_rules(Language.EN).texts.talk.closed}


async def test_danger_told_between_sessions_is_there_when_the_person_comes_back(tmp_path: Path) -> None:
    cast = cast_of("Hello.", "Goodbye.", "Again.", "I hear you.")
    person, _ = await type_into(cast, tmp_path, [SAD, HOPELESS, "/quit"])
    assert person.kinds("wait", "words")[-4:] == ["card", "told", "asked", "told"]
    again, _ = await type_into(cast, tmp_path, ["", "Better."])
    assert again.of("said")[0] == "Again."
    assert HOPELESS in str(cast.asked("counselor")[2])
    assert len(cast.asked("summary")) == 1, "no node is held again"


async def test_when_no_session_follows_help_stands_last_in_sight(tmp_path: Path) -> None:
    cast = cast_of("Hello.", "Goodbye.", sessions=1)
    person, _ = await type_into(cast, tmp_path, [SAD])
    assert person.kinds("wait")[-1] == "card"
    again, ended = await type_into(cast, tmp_path, [])
    assert ended is Ended.OVER
    assert again.kinds("wait")[-1] == "card"


async def test_the_region_is_asked_once_and_can_be_left_out(tmp_path: Path) -> None:
    lines = ["/help", "Atlantis", "", SAD]
    person, _ = await type_into(cast_of("Hello.", "I see."), tmp_path, lines, region=None)
    assert [text for text in person.of("asked") if text == "Country: "] == ["Country: "] * 3
    assert read_chat(tmp_path / "chat" / "chat.json").region == ""
    again, _ = await type_into(cast_of(), tmp_path, [], region=None)
    assert "Country: " not in again.of("asked")


@pytest.mark.parametrize(
    ("typed", "asked"), [("/end", 1), ("/quit", 1), ("/neu", 2), ("/new", 2), ("/back", 2)]
)
async def test_an_order_is_no_region(tmp_path: Path, typed: str, asked: int) -> None:
    person, _ = await type_into(cast_of("Hello."), tmp_path, [typed], region=None)
    assert person.of("asked").count("Country: ") == asked
    assert not [text for text in person.of("told") if "no numbers for" in text]
    assert read_chat(tmp_path / "chat" / "chat.json").region is None


@pytest.mark.parametrize(
    ("typed", "region"),
    [("united states", "US"), ("uk", "GB"), ("中国", "CN"), ("China", "CN"), ("de", "DE")],
)
async def test_the_region_may_be_given_by_any_of_its_names(tmp_path: Path, typed: str, region: str) -> None:
    await type_into(cast_of("Hello."), tmp_path, [typed], region=None)
    assert read_chat(tmp_path / "chat" / "chat.json").region == region


async def test_nobody_is_asked_for_a_region_where_lines_are_piped_in(tmp_path: Path) -> None:
    cast = cast_of("Hello.", "I see.")
    await type_into(cast, tmp_path, [SAD], region=None, can_choose=False)
    assert SAD in str(cast.asked("counselor")[1])


async def test_after_three_hours_the_person_is_reminded_once(tmp_path: Path) -> None:
    times = iter([0.0, 10.0, REMIND_SEC, REMIND_SEC, REMIND_SEC + 60])
    person = Typist([SAD, "more"])
    async with chat_of(cast_of("Hello.", "I see.", "Mhm.").deps, tmp_path) as chat:
        await talk(chat, person, clock=lambda: next(times))
    reminders = [text for text in person.of("told") if "no person" in text]
    assert len(reminders) == 1


async def test_the_person_is_told_when_few_answers_are_left(tmp_path: Path) -> None:
    said = [f"Line {n}." for n in range(3)]
    person, _ = await type_into(cast_of(*said, max_counselor_turns=7), tmp_path, ["a", "b"])
    assert [text for text in person.of("told") if "answers fit" in text] == [
        "(About 5 more answers fit into this session.)"
    ]


async def test_turns_that_danger_adds_are_counted_as_left(tmp_path: Path) -> None:
    said = [f"Line {n}." for n in range(4)]
    cast = cast_of(*said, max_counselor_turns=3, safety={"extra_turns": 4})
    person, _ = await type_into(cast, tmp_path, [HOPELESS, HOPELESS, HOPELESS])
    assert person.of("said") == said
    told = [text for text in person.of("told") if "answers fit" in text]
    assert told == ["(About 5 more answers fit into this session.)"]
    # the limit of three is reached at the third line, and nothing is closing
    closing = load_chat_texts(Language.EN).closing
    assert closing not in person.of("wait")


@pytest.mark.parametrize(
    ("spoken", "level", "ends", "left"),
    [
        (1, None, False, 9),
        (9, 1, False, 1),
        (10, 0, False, 0),
        (10, 1, False, 4),
        (10, 1, True, 0),
        (4, 0, True, 0),
        (4, 2, False, 10),
        (10, 2, False, 4),
        (11, 0, False, 3),
        (11, 0, True, 0),
        (14, 3, False, 0),
    ],
)
def test_turns_left_follow_the_danger(spoken: int, level: int | None, ends: bool, left: int) -> None:
    turn = Turn(speaker=Speaker.COUNSELOR, text="Yes?", risk_level=level, ends_session=ends)
    assert turns_left(turn, spoken, most=10, extra=4) == left


async def test_a_chat_in_chinese_speaks_chinese(tmp_path: Path) -> None:
    cast = cast_of("您好。", "嗯。", language=Language.ZH)
    person, _ = await type_into(cast, tmp_path, ["睡不着。", "/帮助", "/结束"])
    own = person.of("told", "wait", "asked", "card")
    assert [text for text in own if text.strip("> ") and text.isascii()] == []
    assert "第 1 次谈话" in own


async def test_a_thread_that_waits_is_never_given_another_ones_answer(tmp_path: Path) -> None:
    """Each line answers what was shown last: asked and said alternate through two sessions."""
    cast = cast_of("Hello.", "I see.", "Goodbye.", "Again.", "Yes.")
    person, _ = await type_into(cast, tmp_path, [SAD, "two", "", "three"])
    order = person.kinds("wait", "told", "words")
    assert all(left != right for left, right in pairwise(order))
    assert person.of("said") == ["Hello.", "I see.", "Goodbye.", "Again.", "Yes."]


async def test_a_finding_that_cannot_be_recorded_keeps_no_card_away(tmp_path: Path) -> None:
    (tmp_path / "chat" / "safety.jsonl").mkdir(parents=True)
    cast = cast_of("Hello.")
    person, _ = await type_into(cast, tmp_path, [HOPELESS])
    assert len(person.of("card")) == 1
    assert len(cast.asked("counselor")) == 1, "nothing is said in answer that is not on record"
    assert any("safety.jsonl" in text for text in person.of("told"))
