"""Read a chat completion: the one place that knows the shape of an OpenAI-compatible answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from psychagent.domain.text.parts import is_spoken
from psychagent.domain.text.plain import whole
from psychagent.domain.words.value import kind_of, shown
from psychagent.llm.fault import UnreadableError
from psychagent.llm.json_bytes import parse, write
from psychagent.llm.reply import Reply, Tokens
from psychagent.llm.servers.events import BOM, DONE, EVENT, read_events
from psychagent.llm.servers.refusal import refusal_within, server_words
from psychagent.llm.servers.secrets import hide, mask

STREAM: Mapping[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
"""Fields of a request that ask for a stream, with its cost at the end."""
_MOST_TOKENS = 2 * 10**7
"""More than fits into any model: twice the longest context that one has."""
_REASONING = ("reasoning_content", "reasoning")
"""Fields in which servers return thoughts; vLLM and OpenRouter use the second."""
_OWN_ROLES = frozenset({"", "assistant", "model", "ai", "bot", "chatbot"})
TOO_DEEP = "an answer of lists in lists without end"
ENDS_EARLY = "a stream that ends before the reply does"
_THOUGHT_PARTS = ("thinking", "reasoning", "summary", "text")
"""Kinds of parts that are no thoughts, and where the words of a thought stand in a part."""


def read_completion(data: bytes, secrets: Collection[str] = ()) -> Reply:
    """Read the first choice of an answer, also of one that comes as a stream.

    Args:
        data: The answer's body.
        secrets: What its words must not repeat, however the body writes it.

    Raises:
        UnreadableError: If it is anything else than a chat completion.
    """
    try:
        reply = _read_stream(data) if is_stream(data) else _read_whole(data)
    except RecursionError:
        raise UnreadableError(TOO_DEEP) from None
    except UnreadableError as error:
        # not chained: a traceback would print the whole of what the server said
        raise UnreadableError(mask(str(error), secrets), error.refusal) from None
    return replace(
        reply,
        content=hide(reply.content, secrets),
        reasoning=hide(reply.reasoning, secrets),
        finish_reason=hide(reply.finish_reason, secrets),
        refusal=hide(reply.refusal, secrets),
    )


def as_unreadable(error: Exception) -> UnreadableError:
    """Tell as an odd answer what went wrong while one was read."""
    if isinstance(error, UnreadableError):
        return error
    return UnreadableError(TOO_DEEP if isinstance(error, RecursionError) else "a piece of another shape")


def _read_whole(data: bytes) -> Reply:
    try:
        body = parse(data)
    except ValueError as error:
        raise UnreadableError(_why_not_json(data, error)) from error
    try:
        choice = body["choices"][0]
        message = choice["message"]
        role = message.get("role")
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise UnreadableError(server_words(data) or "no choices", refusal_within(data)) from error
    _require_own(role)
    return Reply(
        content=whole(_text(message.get("content"))),
        reasoning=whole(reasoning_of(message)),
        finish_reason=_word(choice.get("finish_reason")),
        refusal=whole(_word(message.get("refusal"))),
        tokens=read_tokens(body.get("usage")),
    )


def _require_own(role: object) -> None:
    """Refuse a message that says it is somebody else's; servers have several names for a model's own.

    Raises:
        UnreadableError: If it is of another role.
    """
    if role is not None and not (isinstance(role, str) and role.strip().lower() in _OWN_ROLES):
        raise UnreadableError(f"a message of role {shown(role)}")


def _why_not_json(data: bytes, error: ValueError) -> str:
    if not data.strip():
        return "an empty answer"
    if data.removeprefix(BOM).lstrip().startswith(b"<"):
        # of a proxy that wants a login, or of another server
        return f"a web page: {' '.join(server_words(data).split())}"
    return f"not JSON: {error}"


def is_stream(data: bytes) -> bool:
    """Return whether an answer is a stream: some servers send nothing else, asked or not."""
    head = data[:64].removeprefix(BOM).lstrip()
    return head.startswith((EVENT, b"event:", b"id:", b"retry:", b": ", b":\n", b":\r"))


@dataclass
class _Pieces:
    """What the events of a stream have said so far."""

    content: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    finish_reason: str = ""
    tokens: Tokens | None = None
    is_begun: bool = False

    def add(self, event: Any) -> None:
        """Add an event.

        Raises:
            UnreadableError: If it is no part of a chat completion.
        """
        choices = choices_of(event)
        self.tokens = read_tokens(event.get("usage")) or self.tokens
        for choice in choices:
            delta = choice["delta"]
            if choice.get("index", 0) in (0, None):
                self.is_begun = True
                self.content.append(_text(delta.get("content")))
                self.reasoning.append(reasoning_of(delta))
                self.refusal.append(_word(delta.get("refusal")))
                self.finish_reason = _word(choice.get("finish_reason")) or self.finish_reason


def choices_of(event: Any) -> list[dict[str, Any]]:
    """Return the choices of an event of a stream, each with its delta; empty if it only tells something else.

    Raises:
        UnreadableError: If it is no part of a chat completion, but an error, or something else.
    """
    choices = event.get("choices") if isinstance(event, dict) else event
    has_error = bool(isinstance(event, dict) and event.get("error"))
    said = "" if choices and not has_error else server_words(write(event))
    # a count of tokens, or a sign of life, has neither words nor choices
    choices = [] if choices is None and isinstance(event, dict) else choices
    if not isinstance(choices, list) or said or has_error:
        raise UnreadableError(said or "a stream without choices", refusal_within(write(event)))
    return list(map(_with_delta, choices))


def _with_delta(choice: Any) -> dict[str, Any]:
    """Return a choice whose delta is there; the last one says only why the reply ended.

    Raises:
        UnreadableError: If it is none, or of another role.
    """
    # some servers call it as in a whole answer
    delta = choice.get("delta") or choice.get("message") or {} if isinstance(choice, dict) else None
    if not isinstance(delta, dict):
        raise UnreadableError("a stream whose choices are none")
    _require_own(delta.get("role"))
    return {**choice, "delta": delta if delta.get("role") is None else {**delta, "role": "assistant"}}


def _read_stream(data: bytes) -> Reply:
    pieces, is_done = _Pieces(), False
    for raw in read_events(data):
        if raw == DONE:
            is_done = True
            break
        try:
            event = parse(raw)
        except ValueError as error:
            raise UnreadableError(f"a stream with an event that is not JSON: {error}") from error
        pieces.add(event)
    if not pieces.is_begun:
        raise UnreadableError("an empty stream")
    if not (is_done or pieces.finish_reason):
        raise UnreadableError(ENDS_EARLY)
    return Reply(
        content=whole("".join(pieces.content)),
        reasoning=whole("".join(pieces.reasoning)),
        finish_reason=pieces.finish_reason,
        refusal=whole("".join(pieces.refusal)),
        tokens=pieces.tokens,
    )


def _text(content: object) -> str:
    """Join the text of a content: a string, nothing, or parts of which some are text."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list):
        return "".join(_part(part) for part in content if not _is_thought(part))
    raise UnreadableError(f"content that is {kind_of(content)}")


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    text = part.get("text", "") if isinstance(part, dict) else None
    if not isinstance(text, str):
        raise UnreadableError("content in parts that are no text")
    return text


def _is_thought(part: object) -> bool:
    """Return whether a part of a content is a thought that the server set apart."""
    return isinstance(part, dict) and not is_spoken(part.get("type"))


def _thoughts(part: object) -> str:
    """Join the text of a thought: it may hold parts of its own."""
    if isinstance(part, list):
        return "".join(map(_thoughts, part))
    if isinstance(part, dict):
        return "".join(_thoughts(part[name]) for name in _THOUGHT_PARTS if name in part)
    return part if isinstance(part, str) else ""


def reasoning_of(message: Mapping[str, Any]) -> str:
    """Find the thoughts that a server moved out of the content."""
    texts = (message.get(name) for name in _REASONING)
    moved = next((text for text in texts if isinstance(text, str) and text), "")
    content = message.get("content")
    apart = [part for part in content if _is_thought(part)] if isinstance(content, list) else []
    return moved or _thoughts(apart)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def read_tokens(usage: object) -> Tokens | None:
    """Read what a request cost; counts that are no counts are unknown, never wrong."""
    if not isinstance(usage, dict):
        return None
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    # no prompt is empty, so none is a server that does not count
    if not prompt or completion is None:
        return None
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    return Tokens(prompt, min(cached or 0, prompt), completion)


def _count(value: object) -> int | None:
    """Read a count; one that no request can have had is unknown, and would not fit into a checkpoint."""
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None
