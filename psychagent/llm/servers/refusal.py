"""Read why a server refused a request: its own words, the cause, and which setting gets round it.

Pure functions of status and body; knows no client library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from psychagent.assets.address import NO_ADDRESS, address_of_before
from psychagent.domain.cause import Cause
from psychagent.domain.text.plain import whole
from psychagent.domain.text.secret import holds_key
from psychagent.domain.words.cut import cut as shorten
from psychagent.llm.json_bytes import parse
from psychagent.llm.servers.secrets import mask
from psychagent.llm.servers.statuses import verdict_of

MOST_CHARS = 200
"""Longest part of a server's words that is repeated."""
FEWEST_TOKENS = 64
"""Room for a reply below which none is asked for."""
_STATUS = re.compile(r"[45]\d\d")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)

_DENIED = {400, 403, 413, 422, 451}
"""Statuses that say: not this request."""
_QUOTA = re.compile(
    r"insufficient_quota|billing|insufficient (balance|funds|credits?)|out of credits?|credit balance", re.I
)
_SOFT_QUOTA = re.compile(r"exceeded your current quota|quota (is )?(exceeded|exhausted)", re.I)
_CONTEXT = re.compile(
    r"context[ _](length|size|window)|exceed_context_size|longer than the model|"
    r"(prompt|input|request) (is|was) too (long|large)|too many (input )?tokens|"
    r"(request|payload) (entity )?too large|reduce the length|max_model_len",
    re.I,
)
_FILTER = re.compile(
    r"content[ _-]?(filter|management policy|policy|moderation)|moderation|flagged|safety (system|polic)|"
    r"responsibleaipolicyviolation|data_inspection_failed|inappropriate|sensitive (content|words?)|censor",
    re.I,
)
_REMEDIES = (
    (r"\bseed\b", "send_seed: false"),
    (
        r"response_format|json_schema|json_object|json mode|guided|grammar|structured output",
        "structured: json_object or none",
    ),
    (r"max_completion_tokens", "max_tokens_field: max_completion_tokens, or max_tokens: null"),
    (r"max_(new_)?tokens", "max_tokens_field: max_completion_tokens, a smaller max_tokens, or null"),
    (r"temperature", "temperature: null"),
    (r"top_p", "top_p: null"),
    (r"system (role|message|prompt)|role[^.]{0,20}\bsystem\b|alternate", "system_role: fold"),
    (r"\bstream", "stream: true"),
)
"""What a server says of a field -> the setting of an endpoint that gets round it; the first counts."""


class Refusal(NamedTuple):
    """What a server's refusal says."""

    words: str
    """The server's own."""
    cause: Cause | None = None
    remedy: str = ""
    """The setting that gets round it; empty if none is known."""
    fits: int | None = None
    """Tokens that a reply may have so that prompt and reply fit."""
    hint: str = ""
    """What a person has to do; empty where nobody has to, or nobody knows."""


_HINTS = {
    Cause.QUOTA: verdict_of(402).remedy,
    Cause.CONTEXT: "lower max_tokens or memory_tokens, or serve the model with more context",
}
"""Where words tell more than the status."""


def read_refusal(status: int, body: bytes, *, waits: bool = False, secrets: Iterable[str] = ()) -> Refusal:
    """Read a refusal.

    Args:
        status: Its HTTP status.
        body: Its body, in whatever shape.
        waits: Whether the server says how long to wait: then nothing is used up for good.
        secrets: What its words must not repeat, however the body writes it.
    """
    words = cut(mask(server_words(body), secrets))
    said = f"{words} {' '.join(_codes(body))}"
    cause = _cause(status, said, waits=waits)
    if cause is not None:
        fits = _room(said, body) if cause is Cause.CONTEXT else None
        return Refusal(words, cause, fits=fits, hint=_HINTS.get(cause, ""))
    verdict = verdict_of(status)
    is_field = verdict.cause is None and status in _DENIED
    return Refusal(words, verdict.cause, suggest(said) if is_field else "", hint=verdict.remedy)


def where_to(headers: Mapping[str, str]) -> str:
    """Say what is to be done about a redirect: it is not followed, since the key would go there, too."""
    place = headers.get("location", "").strip()
    if place.startswith("//"):
        # another host under the scheme of this one
        place = address_of_before(f"http:{place}")
    elif place.lower().startswith(("http://", "https://")):
        place = address_of_before(place)
    else:
        # within the same server
        path = cut(re.split(r"[?#]", place)[0])
        place = f"the path {path!r} there" if path and not holds_key(path) else NO_ADDRESS
    if place == NO_ADDRESS:
        return "; it points elsewhere, where nothing is sent; set base_url to the server's own address"
    return f"; it points to {place}, where nothing is sent; set base_url to it if that is your server"


def refusal_within(body: bytes) -> Refusal | None:
    """Read the refusal in an answer that calls itself a success; None if it holds none that would last.

    Gateways pass errors on with status 200; the status of the server behind them may stand in the body.
    """
    if not isinstance(_parsed(body), dict):
        return None
    code = str(_error_of(body).get("code"))
    refusal = read_refusal(int(code) if _STATUS.fullmatch(code) else 400, body)
    return None if refusal.cause in {None, Cause.DOWN} else refusal


def _cause(status: int, said: str, *, waits: bool) -> Cause | None:
    """Return a cause that the words tell; None if they add nothing to the status."""
    if status in {403, 429} and _is_quota(said, waits=waits):
        return Cause.QUOTA
    if status in _DENIED and _CONTEXT.search(said):
        return Cause.CONTEXT
    return Cause.FILTERED if status in _DENIED and _FILTER.search(said) else None


def _is_quota(said: str, *, waits: bool) -> bool:
    return bool(_QUOTA.search(said)) or not waits and bool(_SOFT_QUOTA.search(said))


def suggest(said: str) -> str:
    """Name the setting that gets round a server which refuses a field; empty if none is known."""
    return next((remedy for field, remedy in _REMEDIES if re.search(field, said, re.IGNORECASE)), "")


_LIMIT = re.compile(r"(?:context (?:length|size|window)(?: of| is|:| \()?[^\d]{0,20})(\d+)", re.I)
_PROMPT = re.compile(
    r"(\d+) (?:tokens )?(?:in the messages|tokens from the input|input tokens|(?:prompt|input) tokens)|"
    r"(?:input|prompt|request) (?:\(|has |contains )(\d+)(?: input)? tokens",
    re.I,
)


def _room(said: str, body: bytes) -> int | None:
    """Work out how many tokens are left for a reply; None if a server does not say, or too few are."""
    counts = _numbers(body)
    limit = counts.get("n_ctx") or _first(_LIMIT, said)
    prompt = counts.get("n_prompt_tokens") or _first(_PROMPT, said)
    if limit is None or prompt is None or limit - prompt < FEWEST_TOKENS:
        return None
    return limit - prompt


def _first(pattern: re.Pattern[str], text: str) -> int | None:
    match = pattern.search(text)
    return next((int(group) for group in match.groups() if group), None) if match else None


def _parsed(body: bytes) -> Any:
    try:
        return parse(body)
    except ValueError:
        return None


def _error_of(body: bytes) -> dict[str, Any]:
    """Return the object of an answer that describes its error; empty if there is none."""
    data = _parsed(body)
    inner = data.get("error", data) if isinstance(data, dict) else None
    return inner if isinstance(inner, dict) else {}


def _codes(body: bytes) -> Iterator[str]:
    """Yield what an error calls itself in words of a closed set."""
    error = _error_of(body)
    for name in ("code", "type", "param"):
        if isinstance(error.get(name), str):
            yield error[name][:MOST_CHARS]


def _numbers(body: bytes) -> dict[str, int]:
    return {name: value for name, value in _error_of(body).items() if type(value) is int}


def server_words(body: bytes) -> str:
    """Find what a server says in an error: JSON in its usual shapes, a page's text, or plain text.

    Not cut yet: of a secret that is cut, a half would stand.
    """
    try:
        return "; ".join(_words(parse(body)))
    except (ValueError, RecursionError):
        return _MARKUP.sub(" ", body.decode("utf-8", "replace"))


def _words(value: Any) -> Iterator[str]:
    """Yield the sentences of an error: `error`, `message`, `detail` or `msg`, at any of the usual depths."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, dict):
        name = next((n for n in ("error", "message", "detail", "msg") if value.get(n)), None)
        where = value.get("loc")
        place = ".".join(map(str, where)) + ": " if isinstance(where, list) else ""
        for words in _words(value[name]) if name else ():
            yield place + words


def cut(text: str) -> str:
    """Write a text on one line of a message, signs for terminals and what nobody sees left out."""
    return shorten("".join(filter(str.isprintable, " ".join(whole(text).split()))), MOST_CHARS)
