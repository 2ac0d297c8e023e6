"""A counselor's reply is read whole or refused; private reasoning never passes for speech."""

from __future__ import annotations

import json
from typing import Any

import pytest

from psychagent.domain.base import Language, Speaker
from psychagent.domain.turn import Thoughts
from psychagent.errors import MalformedReplyError
from psychagent.replies.as_json import parse_json_reply, write_json
from psychagent.replies.reply import CounselorReply
from psychagent.replies.tags import parse_tagged_reply, parse_thoughts, read_speech, write_tagged

END = "</end>"
THINK = (
    "<think><assessment>sad today</assessment><client_state>open</client_state>"
    "<skill>Reflecting; Asking once；Waiting</skill><strategy>stay</strategy></think>"
)


def read(text: str, reasoning: str = "", end_token: str = END) -> tuple[str, bool]:
    reply = parse_tagged_reply(text, reasoning=reasoning, end_token=end_token)
    return reply.response, reply.ends_session


def test_a_well_formed_reply_is_taken_apart() -> None:
    reply = parse_tagged_reply(f"{THINK}\n<response> Hello. </response>", reasoning="", end_token=END)
    assert reply.response == "Hello."
    assert not reply.ends_session
    assert reply.thoughts.assessment == "sad today"
    assert reply.thoughts.client_state == "open"
    assert reply.thoughts.skill == ("Reflecting", "Asking once", "Waiting")
    assert reply.thoughts.strategy == "stay"


@pytest.mark.parametrize(
    "text",
    [
        f"{THINK}<response>Bye.</response></end>",
        f"{THINK}<response>Bye.</response>\n\n</end>\n",
        f"{THINK}<response>Bye.</end></response>",
        f"{THINK}</end><response>Bye.</response>",
        f"{THINK}<response></end>Bye.</response>",
    ],
)
def test_the_end_token_ends_the_session_wherever_it_stands_outside_thoughts(text: str) -> None:
    assert read(text) == ("Bye.", True)


def test_an_end_token_in_thoughts_does_not_end_the_session() -> None:
    assert read("<think>not yet </end></think><response>Go on.</response>") == ("Go on.", False)


def test_another_end_token_is_honoured_and_the_usual_one_is_then_text() -> None:
    assert read("<response>Bye. [STOP]</response>", end_token="[STOP]") == ("Bye.", True)


def test_thoughts_that_the_server_moved_are_read_from_there() -> None:
    reply = parse_tagged_reply("<response>Hi.</response>", reasoning=THINK[7:-8], end_token=END)
    assert reply.thoughts.strategy == "stay"


def test_thoughts_whose_beginning_stands_in_the_chat_template_are_thoughts() -> None:
    reply = parse_tagged_reply(
        f"{THINK.removeprefix('<think>')}<response>Hi.</response>", reasoning="", end_token=END
    )
    assert reply.response == "Hi."
    assert reply.thoughts.assessment == "sad today"


def test_a_response_that_is_tried_out_in_thoughts_is_not_spoken() -> None:
    text = "<think>perhaps <response>you are wrong</response></think><response>I see.</response>"
    assert read(text) == ("I see.", False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Hello.",
        THINK,
        f"{THINK}Hello.",
        f"{THINK}<response>Hello.",
        f"{THINK}Hello.</response>",
        f"{THINK}<response></response>",
        f"{THINK}<response>  \n </response>",
        f"{THINK}<response></end></response>",
        f"{THINK}<response>One.</response><response>Two.</response>",
        f"{THINK}<response>One <response>two</response>",
        "<think>secret <response>Hello.</response>",
        "<think>secret<response>draft</response> more <response>Hello.</response>",
        "<response>Hello <think>secret</think> there.</response>",
        "<response>Hello <think>secret</response>",
        "<response>Hello </think> there.</response>",
        "<response>secret</think>Hello.</response>",
        "<response><assessment>secret</assessment>Hello.</response>",
        "<response>Hello.<strategy>secret</strategy></response>",
        "<response>Hello.<SKILL>secret</SKILL></response>",
        "<response>Hello.<client_state>secret</client_state></response>",
        "<response>Hello. <think</response>",
        "<response>Hello <thi</end>nk>secret</think></response>",
        '<response>Hello. <skill name="x">secret</response>',
        '{"response": "Hello."}',
    ],
)
def test_a_malformed_reply_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(MalformedReplyError) as problem:
        read(text)
    assert "secret" not in str(problem.value)


def test_words_that_only_look_like_markup_are_speech() -> None:
    text = "I <3 that. a < b, x<y, [thinking] aloud, and <skillful> too."
    assert read(f"{THINK}<response>{text}</response>") == (text, False)


def test_free_thoughts_become_the_assessment() -> None:
    assert parse_thoughts("  She is tired. ").assessment == "She is tired."
    assert parse_thoughts("").assessment == ""


def test_a_thought_with_some_fields_only_keeps_those() -> None:
    thoughts = parse_thoughts("<skill>One\nTwo;;  </skill><strategy>go</strategy> stray words")
    assert (thoughts.assessment, thoughts.skill, thoughts.strategy) == ("", ("One", "Two"), "go")


def counselor(text: str, *, ends: bool = False, **thoughts: Any) -> CounselorReply:
    return CounselorReply(thoughts=Thoughts(**thoughts), response=text, ends_session=ends)


def test_a_reply_is_written_as_the_prompt_asks_for_it() -> None:
    reply = counselor("Bye.", ends=True, assessment="a", client_state="b", skill=("c", "d"), strategy="e")
    assert write_tagged(reply, end_token=END, language=Language.EN) == (
        "<think><assessment>a</assessment><client_state>b</client_state><skill>c; d</skill>"
        "<strategy>e</strategy></think><response>Bye.</response></end>"
    )


@pytest.mark.parametrize(
    ("skill", "written"), [((), False), (("c",), True)], ids=["none", "named all the same"]
)
def test_a_form_without_skills_is_written_without_them_unless_some_were_named(
    skill: tuple[str, ...], written: bool
) -> None:
    reply = counselor("Hm.", assessment="a", skill=skill)
    tagged = write_tagged(reply, end_token=END, language=Language.EN, with_skills=False)
    as_json = write_json(reply, end_token=END, with_skills=False)
    assert ("<skill>" in tagged, '"skill"' in as_json) == (written, written)
    assert "<assessment>a</assessment>" in tagged


def test_a_reply_without_thoughts_is_written_without_an_empty_think() -> None:
    assert write_tagged(counselor("Hi."), end_token=END, language=Language.EN) == "<response>Hi.</response>"


@pytest.mark.parametrize("field", ["", "none", "None", "none.", "无", "无。", "（无）", " - "])
def test_a_reply_that_names_no_skill_stores_none(field: str) -> None:
    text = f"<think><assessment>a</assessment><skill>{field}</skill></think><response>Hm.</response>"
    reply = parse_tagged_reply(text, reasoning="", end_token=END)
    assert reply.thoughts == Thoughts(assessment="a")
    assert reply.response == "Hm."


def test_a_skill_whose_name_begins_like_none_is_kept() -> None:
    text = "<think><skill>None of it is your fault; 无声地陪着</skill></think><response>Hm.</response>"
    named = parse_tagged_reply(text, reasoning="", end_token=END).thoughts.skill
    assert named == ("None of it is your fault", "无声地陪着")


def test_chinese_skill_names_are_set_apart_by_the_chinese_semicolon() -> None:
    text = write_tagged(counselor("嗯。", skill=("倾听", "澄清")), end_token=END, language=Language.ZH)
    assert "<skill>倾听；澄清</skill>" in text
    assert parse_tagged_reply(text, reasoning="", end_token=END).thoughts.skill == ("倾听", "澄清")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (counselor("Hi.", assessment="a </assessment> secret"), "thoughts would differ"),
        (counselor("Hi.", skill=("one; two",)), "thoughts would differ"),
        (counselor("Hi. </end>"), "response, ends_session would differ"),
        (counselor("Hi. <skill>x"), "never closed"),
        (counselor("Hi.", strategy="</think>secret<response>x</response>"), "thoughts would differ"),
    ],
)
def test_a_reply_that_would_be_read_as_another_is_not_written(reply: CounselorReply, told: str) -> None:
    with pytest.raises(MalformedReplyError, match=told) as problem:
        write_tagged(reply, end_token=END, language=Language.EN)
    assert "secret" not in str(problem.value)


NOTHING = [
    "<|im_end|>",
    "</s>",
    "\u200b",
    "\ufeff",
    "**",
    '""',
    "“”",
    "&nbsp;",
    "<br>",
    "<p> </p>",
    "```\n```",
    "---",
    "null",
    "undefined",
]
ALONE = ["</end>", "<end>", "</END>", "client: </end>", "<think>x</think></end>", "Client:"]
PAUSES = ["...", "…", "。。。", "?", "(silence)", "*sighs*", "No.", "1", "🙂", "—"]


@pytest.mark.parametrize("words", NOTHING)
def test_a_response_in_which_nothing_is_said_is_refused(words: str) -> None:
    with pytest.raises(MalformedReplyError, match="the reply is empty; say something as the counselor"):
        parse_tagged_reply(f"<think>x</think><response>{words}</response>", reasoning="", end_token="</end>")
    with pytest.raises(MalformedReplyError, match="the reply is empty; say something as the counselor"):
        parse_json_reply(json.dumps({"response": words}), end_token="</end>")


@pytest.mark.parametrize("words", [*NOTHING, *ALONE])
def test_a_client_who_says_nothing_is_refused(words: str) -> None:
    with pytest.raises(MalformedReplyError, match="the reply is empty; say something as the client"):
        read_speech(words, Speaker.CLIENT)


@pytest.mark.parametrize("words", PAUSES)
def test_a_pause_is_something_that_a_client_says(words: str) -> None:
    assert read_speech(words, Speaker.CLIENT) == words
    assert (
        parse_tagged_reply(f"<response>{words}</response>", reasoning="", end_token="</end>").response
        == words
    )


@pytest.mark.parametrize("text", ["Goodbye.</end>", "</end> Goodbye.", "Goodbye. <end/>", "Goodbye.\n</end>"])
def test_an_end_mark_is_left_out_of_a_clients_words(text: str) -> None:
    assert read_speech(text, Speaker.CLIENT) == "Goodbye."
