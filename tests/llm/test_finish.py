"""Why a reply ended is read for every role, and the sentence names the limit."""

from __future__ import annotations

import pytest

from psychagent.domain.cause import Cause
from psychagent.errors import MalformedReplyError
from psychagent.llm.fault import Fault
from psychagent.llm.finish import read_finished, require_ended
from psychagent.llm.reply import Reply


def refuse(reply: Reply) -> str:
    raise MalformedReplyError("found 0")


def take(reply: Reply) -> str:
    return reply.content


@pytest.mark.parametrize("reason", ["length", "max_tokens", "model_length", "MAX_TOKENS"])
def test_a_cut_reply_that_cannot_be_read_names_the_limit(reason: str) -> None:
    reply = Reply(content="<response>so", finish_reason=reason)
    with pytest.raises(
        MalformedReplyError, match=r"cut at max_tokens 80; answer in fewer words.*\(found 0\)"
    ):
        read_finished(reply, refuse, 80)
    with pytest.raises(MalformedReplyError, match="cut at the server's limit of tokens"):
        read_finished(reply, refuse, None)


def test_a_reply_that_is_all_reasoning_is_told_as_such() -> None:
    reply = Reply(content=" ", reasoning="secret", finish_reason="length")
    with pytest.raises(MalformedReplyError, match="max_tokens 80, all of it reasoning") as problem:
        read_finished(reply, refuse, 80)
    assert "secret" not in str(problem.value)


def test_a_reply_that_is_complete_although_it_was_cut_is_taken() -> None:
    assert read_finished(Reply(content="{}   ", finish_reason="length"), take, 80) == "{}   "


@pytest.mark.parametrize("reason", ["content_filter", "SAFETY", "prohibited_content"])
def test_a_filtered_reply_is_no_answer_however_it_reads(reason: str) -> None:
    with pytest.raises(MalformedReplyError, match=f"content filter ended the reply .finish_reason {reason}"):
        read_finished(Reply(content="I am", finish_reason=reason), take, 80)


def test_a_refusal_is_told_in_the_models_words() -> None:
    with pytest.raises(MalformedReplyError, match="the model refused: I cannot help with that"):
        read_finished(Reply(content="", refusal="I cannot help\nwith that" + "." * 500), take, 80)
    with pytest.raises(MalformedReplyError, match="the model refused$"):
        read_finished(Reply(content="No.", finish_reason="refusal"), take, 80)


def test_a_reply_that_ended_by_itself_is_read_as_it_is() -> None:
    assert read_finished(Reply(content="Hi.", finish_reason="stop"), take, 80) == "Hi."
    with pytest.raises(MalformedReplyError, match="^found 0$"):
        read_finished(Reply(content="Hi.", finish_reason="stop"), refuse, 80)


BROKEN = ["abort", "aborted", "error", "ERROR", "insufficient_system_resource", "network_error", "cancelled"]


@pytest.mark.parametrize("reason", BROKEN)
def test_a_reply_that_its_server_broke_off_is_asked_for_again(reason: str) -> None:
    with pytest.raises(Fault, match=f"broke the reply off .finish_reason {reason}") as fault:
        require_ended(Reply(content="I am ti", finish_reason=reason))
    assert fault.value.passes


@pytest.mark.parametrize("reason", ["", "stop", "length", "eos_token", "tool_calls", "content_filter"])
def test_a_reply_that_ended_otherwise_is_left_to_its_reader(reason: str) -> None:
    reply = Reply(content="I am tired.", finish_reason=reason)
    assert require_ended(reply) is reply


@pytest.mark.parametrize(
    ("reason", "cause"),
    [("sensitive", Cause.FILTERED), ("guardrail_intervened", Cause.FILTERED)]
    + [("model_context_window_exceeded", Cause.CUT), ("max_completion_tokens", Cause.CUT)],
)
def test_words_of_other_servers_for_the_end_of_a_reply_are_known(reason: str, cause: Cause) -> None:
    assert Reply(content="I am", finish_reason=reason).why_unusable is cause
