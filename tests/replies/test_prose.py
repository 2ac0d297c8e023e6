"""Thoughts in prose before the words are refused by every reader; what a person says of clients is not."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import visible_text
from psychagent.replies.tags import parse_tagged_reply, read_speech
from psychagent.replies.unmarked.prose import is_thought_aloud
from tests.support.own_texts import own_texts

THOUGHTS = [
    "I should think about what the client would say. SECRET",
    "I should think about what the client would say. As the client, I would say: I am tired. SECRET",
    "Let me think about how the client would respond here.\n\nSECRET",
    "Okay, I need to respond as the client. SECRET",
    "All right, so I should answer briefly as the patient, in one sentence. SECRET",
    "We need to respond as the client, in one or two sentences. SECRET",
    "I will respond as a reserved client.\n\nSECRET",
    'As the client, I would respond: "SECRET"',
    "I am tired. As the client, I would say:\nSECRET",
    "The user wants me to respond as the client. SECRET",
    "The user wants me to role-play. SECRET",
    "Here's my response as the client:\n\nSECRET",
    "Sure, here's what the client might say: SECRET",
    "Let me respond as the counselor. SECRET",
    "好的，我需要以来访者的身份回答。SECRET",
    "作为来访者，我会说：SECRET",
    "让我想想来访者会怎么说。SECRET",
    "首先，我应该思考来访者会说什么。SECRET",
    "用户希望我扮演来访者。\n\nSECRET",
]


@pytest.mark.parametrize("form", THOUGHTS)
def test_thoughts_in_prose_are_heard_by_nobody(form: str) -> None:
    for speaker in Speaker:
        with pytest.raises(MalformedReplyError) as problem:
            read_speech(form, speaker)
        assert "SECRET" not in str(problem.value)
    with pytest.raises(RecordError):
        visible_text(form)
    reply = f"<think>a</think><response>{form}</response>"
    with pytest.raises(MalformedReplyError):
        parse_tagged_reply(reply, reasoning="", end_token="</end>")
    visible = VisibleText("</end>")
    assert "SECRET" not in "".join(map(visible.feed, reply))


ORDINARY = [
    "I should think about what the client wants before I send the draft.",
    "I kept thinking about what the client would say.",
    "The client would say: do it again! Every time.",
    "As the client, I would say they owe me a refund.",
    "As a client, I would say you listen well.",
    "I need to answer as the client's lawyer tomorrow.",
    "I will answer as a patient man would.",
    "The user wants me to fix the login page by Friday.",
    "I'm playing the client in our mock trial.",
    "Here's the client's reply: no, thanks.",
    "Okay, I should tell you what the therapist said.",
    "Let me think about what to say.",
    "As your counselor, I would say: take your time.",
    "I should respond to him, as a friend.",
    "我应该想想客户会怎么说。",
    "作为来访者，我觉得很安全。",
    "让我想想。",
    "我会用她的语气说话。",
]


@pytest.mark.parametrize("words", ORDINARY)
def test_what_a_person_says_of_clients_is_said(words: str) -> None:
    assert read_speech(words, Speaker.CLIENT) == words == visible_text(words)


@pytest.mark.parametrize(
    "found",
    [("configs", "safety/gold/*/*.jsonl"), ("profiles", "**/*.yaml"), ("prompts", "*/offline.yaml")],
    ids=lambda found: found[0],
)
def test_nothing_that_clients_say_in_our_own_texts_is_taken_for_thoughts(found: tuple[str, str]) -> None:
    assert [text for text in own_texts(*found) if is_thought_aloud(text)] == []
