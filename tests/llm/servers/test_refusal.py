"""Why a server refuses: read from the words of the servers that people use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from psychagent.domain.cause import Cause
from psychagent.llm.fault import Fault
from psychagent.llm.servers.refusal import MOST_CHARS, read_refusal
from tests.support.endpoint_models import WAYS, Way, model_at_server
from tests.support.loopback.server import Http, serve

OPENAI = (
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the "
    "messages, 1000 in the completion). Please reduce the length of the messages or completion."
)
VLLM = (
    "'max_tokens' or 'max_completion_tokens' is too large: 1024. This model's maximum context length is "
    "4096 tokens and your request has 3500 input tokens (1024 > 4096 - 3500)."
)
SGLANG = (
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total "
    "of 5000 tokens: 3976 tokens from the input messages and 1024 tokens for the completion."
)
TOO_LONG = "The input (5000 tokens) is longer than the model's context length (4096 tokens)."


def error(message: str, **more: Any) -> bytes:
    return json.dumps({"error": {"message": message} | more}).encode()


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        (error(OPENAI, code="context_length_exceeded"), 96),
        (error(VLLM), 596),
        (error(SGLANG), 120),
        (error(TOO_LONG), None),
        (error("no", type="exceed_context_size_error", n_prompt_tokens=5000, n_ctx=4096), None),
        (error("no", type="exceed_context_size_error", n_prompt_tokens=3000, n_ctx=4096), 1096),
        (error(OPENAI.replace("4000", "4090")), None),
        (error("prompt is too long"), None),
        (b"maximum context length exceeded", None),
    ],
)
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_prompt_that_is_too_long_is_told_with_what_would_fit(
    status: int, body: bytes, fits: int | None
) -> None:
    refusal = read_refusal(status, body)
    assert (refusal.cause, refusal.fits) == (Cause.CONTEXT, fits)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error("The response was filtered", code="content_filter")),
        (400, error("triggering Azure OpenAI's content management policy")),
        (400, error("Output data may contain inappropriate content.", code="data_inspection_failed")),
        (403, error("Your chosen model requires moderation and your input was flagged")),
        (451, b"blocked by content policy"),
    ],
)
def test_a_filter_is_told_from_a_wrong_key(status: int, body: bytes) -> None:
    assert read_refusal(status, body).cause is Cause.FILTERED


@pytest.mark.parametrize(
    ("status", "body", "waits", "cause"),
    [
        (401, b"", False, Cause.KEY),
        (403, b"forbidden", False, Cause.KEY),
        (404, error("model 'm' not found"), False, Cause.NOT_THERE),
        (402, error("Insufficient Balance"), False, Cause.QUOTA),
        (403, error("insufficient credits"), False, Cause.QUOTA),
        (429, error("You exceeded your current quota", code="insufficient_quota"), False, Cause.QUOTA),
        (429, error("You exceeded your current quota", code="insufficient_quota"), True, Cause.QUOTA),
        (429, error("You exceeded your current quota, please retry"), True, Cause.DOWN),
        (429, error("You exceeded your current quota, check your plan"), False, Cause.QUOTA),
        (429, error("Rate limit reached"), False, Cause.DOWN),
        (500, error("sorry"), False, Cause.DOWN),
        (409, error("conflict"), False, None),
        (503, error("loading"), False, Cause.DOWN),
        (502, b"<html>Bad gateway</html>", False, Cause.DOWN),
        (400, error("no"), False, None),
    ],
)
def test_what_ends_a_run_is_told_from_what_passes(
    status: int, body: bytes, waits: bool, cause: Cause | None
) -> None:
    assert read_refusal(status, body, waits=waits).cause is cause


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ("body.seed: Extra inputs are not permitted", "send_seed: false"),
        ("Unsupported parameter: 'response_format'", "structured: json_object or none"),
        ("json_schema is not supported by this model", "structured: json_object or none"),
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            "max_tokens_field: max_completion_tokens",
        ),
        ("max_tokens is too large: 9000", "a smaller max_tokens"),
        ("'temperature' does not support 0.7 with this model", "temperature: null"),
        ("top_p must be 1", "top_p: null"),
        ("System role not supported", "system_role: fold"),
        ("Conversation roles must alternate user/assistant", "system_role: fold"),
        ("only stream=true is supported", "stream: true"),
        ("something else", ""),
    ],
)
def test_a_refused_field_is_told_with_the_setting_that_gets_round_it(said: str, setting: str) -> None:
    assert setting in read_refusal(400, error(said)).remedy
    assert bool(read_refusal(400, error(said)).remedy) is bool(setting)
    assert not read_refusal(500, error(said)).remedy


def test_a_field_is_found_where_only_the_error_names_it() -> None:
    assert read_refusal(400, error("Invalid value", param="seed")).remedy == "send_seed: false"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 9000, b"null", b"3", b'{"error": {"code": {}}}'])
def test_a_refusal_in_any_shape_is_read(body: bytes) -> None:
    assert read_refusal(400, body).cause is None


def test_a_servers_words_stay_short_and_do_nothing_to_a_terminal() -> None:
    words = read_refusal(400, error("\x1b[31mred\x1b]0;title\x07 " + "long " * 100)).words
    assert words.isprintable()
    assert len(words) <= MOST_CHARS


WITHIN: dict[str, tuple[bytes, Cause]] = {
    "a full context": (error(OPENAI, code="context_length_exceeded"), Cause.CONTEXT),
    "in the shape of early vLLM": (
        json.dumps({"object": "error", "message": VLLM, "type": "BadRequestError", "code": 40303}).encode(),
        Cause.CONTEXT,
    ),
    "in words": (b'{"error": "prompt is too long"}', Cause.CONTEXT),
    "a filter": (error("The response was filtered", code="content_filter"), Cause.FILTERED),
    "a wrong key": (error("no auth credentials found", code=401), Cause.KEY),
    "nothing left to pay with": (error("insufficient credits", code=402), Cause.QUOTA),
}
PASSING = [
    error("overloaded", code=500),
    error("slow down", code=429),
    error("overloaded"),
    b"<p>too long</p>",
]


def _ways_of(body: bytes) -> list[bytes]:
    return [body, b"data: " + body + b"\n\n"]


@pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)
async def test_a_refusal_in_a_success_is_taken_for_what_it_says(ask: Way) -> None:
    current: dict[str, Any] = {}
    with serve(lambda call, n: Http(body=current["body"])) as server:
        async with model_at_server(server) as model:
            for name, (refusal, cause) in WITHIN.items():
                for current["body"] in _ways_of(refusal):
                    with pytest.raises(Fault, match="the answer is no chat completion") as caught:
                        await ask(model)
                    assert (caught.value.cause, caught.value.passes) == (cause, False), name
                    fits = read_refusal(400, refusal).fits
                    assert caught.value.fits == fits, name
            for refusal in PASSING:
                for current["body"] in _ways_of(refusal)[: 1 + refusal.startswith(b"{")]:
                    with pytest.raises(Fault) as caught:
                        await ask(model)
                    assert (caught.value.cause, caught.value.passes) == (Cause.UNREADABLE, True), refusal


@pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)
async def test_a_prompt_that_does_not_fit_is_told_with_what_to_do(ask: Way) -> None:
    with serve(lambda call, n: Http(body=WITHIN["a full context"][0])) as server:
        async with model_at_server(server) as model:
            with pytest.raises(Fault, match="maximum context length is 4096.*; lower max_tokens"):
                await ask(model)
