"""What looks like a label, a second speaker or nothing at all is that, whatever characters write it."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.domain.text.plain import whole
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import visible_text
from psychagent.replies.unmarked.speakers import speaker_in
from psychagent.replies.words import says_nothing, to_words, why_private
from tests.support.own_texts import own_texts

BREAKS = ["\n", "\r", "\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1e"]
WRITTEN_BREAKS = ["<br>", "<br/>", "<BR >", "&lt;br&gt;", "</p><p>", "</li>\u200b<li>", "\\n", "\\r\\n"]


@pytest.mark.parametrize("line_break", [*BREAKS, *WRITTEN_BREAKS])
@pytest.mark.parametrize("speaker", Speaker)
def test_whatever_breaks_lines_hides_no_label(line_break: str, speaker: Speaker) -> None:
    lines = ["Good morning.", "Assessment: SECRET", "Strategy: SECRET", "Response: How are you?"]
    for text in (line_break.join(lines), whole(line_break.join(lines))):
        with pytest.raises(MalformedReplyError, match="under a heading"):
            to_words(text, speaker)
        with pytest.raises(RecordError, match="under a heading"):
            visible_text(text)


@pytest.mark.parametrize("line_break", [*BREAKS, *WRITTEN_BREAKS])
def test_whatever_breaks_lines_hides_no_second_speaker(line_break: str) -> None:
    with pytest.raises(MalformedReplyError, match="speaks for the other side"):
        to_words(f"Fine.{line_break}Counselor: You lie.", Speaker.CLIENT)


def test_a_break_that_is_written_out_is_said_as_it_stands() -> None:
    assert to_words("One.<br>Two.\\nThree.", Speaker.CLIENT) == "One.<br>Two.\\nThree."


LABELS = [
    "Assess\u200bment: SECRET\nStrat\u200begy: SECRET\nResponse: hi",
    "Assessment\u00ad: SECRET\nStrategy\u00ad: SECRET",
    "\uff21ssessment: SECRET\nStrategy\uff1a SECRET",
    "\U0001d400ssessment: SECRET\n\U0001d412trategy: SECRET",
    "\u0410ssessment: SECRET\nStrat\u0435gy: SECRET",
    "Assessment\ufe55 SECRET\nStrategy\u2236 SECRET",
    "<b>Assessment</b>: SECRET\n<b>Strategy</b>: SECRET",
    "评\u200b估：SECRET\n策\u200b略：SECRET",
]


@pytest.mark.parametrize("text", LABELS)
def test_unseen_and_look_alike_characters_hide_no_label(text: str) -> None:
    with pytest.raises(MalformedReplyError, match="under a heading"):
        to_words(text, Speaker.COUNSELOR)


@pytest.mark.parametrize("text", ["Hello.<br>" + LABELS[0].replace("\n", "<br>"), *LABELS])
def test_what_they_hide_is_not_shown_while_it_arrives(text: str) -> None:
    shown = VisibleText("</end>")
    assert "SECRET" not in "".join(shown.feed(char) for char in f"<response>{text}</response>")


TURNS = [
    "ok.\nCounselor\u200b: hi",
    "ok.\n\u200bCounselor: hi",
    "ok.\n\uff23ounselor: hi",
    "ok.\n\u0421ounselor: hi",
    "ok.\n\u00a0Counselor: hi",
    "ok.\n[5] Counselor: hi",
    "ok.\n5. Counselor: hi",
    "ok.\n(5) Counselor: hi",
    "ok.\n5 counselor: hi",
    "ok.\n- Counselor: hi",
    "ok.\n#5 Counselor\nhi",
    "ok.\nCounselor (turn 5): hi",
    "ok.\nCounselor [5]: hi",
    "ok.\n[5][Counselor] hi",
    "ok.\n[Turn 6] Counselor: hi",
    "ok.\nTurn 6 - Counselor: hi",
    "ok.\n[12:30] Counselor: hi",
    "ok.\n## Counselor\nhi",
    "ok.\n**Counselor**\nhi",
    "[Turn 6] Counselor: hi",
    "ok.\nCounselor - hi",
    "ok.\n<Counselor> hi",
    "好。\n第6轮 咨询师：你好",
    "好。\n【6】咨询师：你好",
    "好。\n6、諮商師：你好",
]


@pytest.mark.parametrize("text", TURNS)
def test_a_second_speaker_is_seen_behind_a_number_and_in_other_letters(text: str) -> None:
    with pytest.raises(MalformedReplyError, match="speaks for the other side"):
        to_words(text, Speaker.CLIENT)


@pytest.mark.parametrize(
    "text",
    [
        "<Client> I am tired.",
        "[Client] I am tired.",
        "**Client**\nI am tired.",
        "[6] Client: I am tired.",
        "Client (turn 6): I am tired.",
        "**Turn 6 - Client:** I am tired.",
    ],
)
def test_the_speakers_own_name_is_left_out_with_its_number(text: str) -> None:
    assert to_words(text, Speaker.CLIENT) == "I am tired."


@pytest.mark.parametrize("lead", ["[6] Counselor: ", "Counselor (turn 6): ", "Turn 6: Counselor: ", "6. "])
def test_a_name_behind_a_number_is_not_shown_before_it_is_known(lead: str) -> None:
    text = f"{lead}How are you?"
    shown = VisibleText("</end>")
    assert "".join(shown.feed(char) for char in f"<response>{text}</response>") == to_words(
        text, Speaker.COUNSELOR
    )


@pytest.mark.parametrize(
    "said",
    [
        "There are three of us:\n1. my therapist\n2. me",
        "5 clients: all gone.",
        "My counselor said: wait.",
        "At 12:30 therapist and client meet.",
        "I told the client (my boss): no.",
        "Client - that is all I am.",
        "Counselor, I am tired.\nReally.",
        "❤️ Thank you.\nIt helps.",
        "C:\\new is where I keep it.",
        "Это мой ответ: нет.\nЯ устал.",
        "Ｉ am fine.\nReally.",
    ],
)
def test_ordinary_words_are_said_as_they_stand(said: str) -> None:
    assert to_words(said, Speaker.CLIENT) == said == visible_text(said)


@pytest.mark.parametrize(
    "text",
    [
        "\u200b",
        "\ufeff",
        "\u2800\u3164",
        "\u115f\u1160",
        "\uffa0",
        "\U000e0041",
        "\ue000",
        "\u202e",
        "\u0301",
    ],
)
def test_what_nobody_can_see_is_nothing_said(text: str) -> None:
    with pytest.raises(MalformedReplyError, match="the reply is empty"):
        to_words(text, Speaker.CLIENT)
    assert says_nothing(f"**{text}**")


@pytest.mark.parametrize(
    "found",
    [
        ("configs", "safety/gold/*/*.jsonl"),
        ("configs", "safety/texts/*.yaml"),
        ("profiles", "**/*.yaml"),
        ("skills", "??/**/*.yaml"),
        ("skills", "gold/*.yaml"),
    ],
    ids=lambda found: found[1],
)
def test_nothing_in_our_own_texts_is_taken_for_a_speaker_or_for_private(found: tuple[str, str]) -> None:
    assert [text for text in own_texts(*found) if speaker_in(text) or why_private(text)] == []
