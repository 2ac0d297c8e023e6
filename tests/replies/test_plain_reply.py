"""Replies that are words alone: thoughts of the model's own are cut out, an end mark ends the session."""

from __future__ import annotations

import pytest

from psychagent.domain.turn import Thoughts
from psychagent.errors import MalformedReplyError
from psychagent.replies.reply import CounselorReply
from psychagent.replies.tags import parse_plain_reply, write_plain

READ = [
    ("Hello, sit down.", "", "Hello, sit down.", False, ""),
    ("Take care.</end>", "", "Take care.", True, ""),
    ("Take care. </END>\n", "", "Take care.", True, ""),
    ("<think>she is sad</think>Take your time.", "", "Take your time.", False, "she is sad"),
    ("Take your time.", "she is sad", "Take your time.", False, "she is sad"),
    ("Counselor: Take your time.", "", "Take your time.", False, ""),
    ("<think>a</think><response>Take your time.</response>", "", "Take your time.", False, "a"),
    ("Take your time.<|im_end|>", "", "Take your time.", False, ""),
]


@pytest.mark.parametrize(("text", "reasoning", "words", "ends", "thought"), READ)
def test_words_thoughts_and_end_are_told_apart(
    text: str, reasoning: str, words: str, ends: bool, thought: str
) -> None:
    reply = parse_plain_reply(text, reasoning=reasoning, end_token="</end>")
    assert (reply.response, reply.ends_session, reply.thoughts.assessment) == (words, ends, thought)


REFUSED = [
    "",
    "</end>",
    "<think>she is sad",
    "Assessment: she is sad.\nResponse: Take your time.",
    '{"response": "Take your time."}',
    "Take your time.\nClient: I will.",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_holds_thoughts_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(MalformedReplyError):
        parse_plain_reply(text, reasoning="", end_token="</end>")


@pytest.mark.parametrize("ends", [True, False])
def test_what_is_written_is_read_back_the_same(ends: bool) -> None:
    reply = CounselorReply(thoughts=Thoughts(assessment="private"), response="Take care.", ends_session=ends)
    text = write_plain(reply, end_token="</end>")
    assert "private" not in text
    assert parse_plain_reply(text, reasoning="", end_token="</end>") == reply.without_thoughts()
