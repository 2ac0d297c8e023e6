"""Why a reply ended before it was complete: a limit, a filter, a refusal; the same for every role."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from psychagent.domain.cause import Cause
from psychagent.domain.words.cut import one_line
from psychagent.errors import MalformedReplyError
from psychagent.llm.fault import make_fault
from psychagent.llm.reply import Reply

T = TypeVar("T")

_MOST_CHARS = 120


def is_cut(reply: Reply) -> bool:
    """Return whether the reply ended at a limit of tokens."""
    return reply.why_unusable is Cause.CUT


def require_ended(reply: Reply) -> Reply:
    """Return a reply that ended by itself, at a limit or by a filter.

    Raises:
        Fault: If the server broke it off: what there is of it may read as if it were whole.
    """
    if reply.why_unusable is not Cause.BROKEN:
        return reply
    detail = f"(finish_reason {one_line(reply.finish_reason, 40)})"
    raise make_fault("the server broke the reply off", detail, passes=True, cause=Cause.BROKEN)


def read_finished(reply: Reply, read: Callable[[Reply], T], max_tokens: int | None) -> T:
    """Read a reply, and say what ended it where that keeps it from being read.

    A reply that is complete although it was cut, such as JSON with blanks behind it, is taken.

    Args:
        reply: The reply.
        read: Reads it; raises MalformedReplyError if it cannot.
        max_tokens: The limit that was asked for; None where none was.

    Raises:
        MalformedReplyError: If it was filtered or refused, or cannot be read.
    """
    if problem := _why_stopped(reply):
        raise MalformedReplyError(problem)
    try:
        return read(reply)
    except MalformedReplyError as error:
        if is_cut(reply):
            raise MalformedReplyError(f"{why_cut(reply, max_tokens)} ({error})") from error
        raise


def _why_stopped(reply: Reply) -> str:
    """Say what kept the model from answering; empty if nothing did."""
    if reply.why_unusable is Cause.FILTERED:
        return f"the server's content filter ended the reply (finish_reason {reply.finish_reason}); reword it"
    if reply.why_unusable is Cause.REFUSED:
        said = one_line(reply.refusal, _MOST_CHARS)
        return f"the model refused{f': {said}' if said else ''}"
    return ""


def why_cut(reply: Reply, max_tokens: int | None) -> str:
    """Say at which limit a reply was cut, and what to do."""
    limit = "the server's limit of tokens" if max_tokens is None else f"max_tokens {max_tokens}"
    if reply.reasoning.strip() and not reply.content.strip():
        return f"the reply was cut at {limit}, all of it reasoning; think less, or raise max_tokens"
    return f"the reply was cut at {limit}; answer in fewer words, or raise max_tokens"
