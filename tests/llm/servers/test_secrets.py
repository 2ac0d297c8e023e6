"""What is hidden of a secret, in words that are whole, in bodies, in pieces; and what is no secret."""

from __future__ import annotations

import base64
import json
import time
import traceback
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import quote

import pytest

from psychagent.llm.fault import Fault, make_fault, of_status
from psychagent.llm.servers.refusal import MOST_CHARS
from psychagent.llm.servers.secrets import Veil, hide, mask, mask_bytes
from tests.support.endpoint_models import WAYS, Way, choice, model_at_server, streamed
from tests.support.loopback.server import Http, chat_body, serve

SECRET = "Zz-key-secretkey99abc"
LONGER = SECRET + "-and-more-of-it"
SECONDS = 10
"""Many times what it takes; a search that begins anew at each sign would take minutes."""
every_way = pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)


def escaped(text: str) -> str:
    """Write every letter of a text as JSON may."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


def told_of(fault: Fault) -> str:
    return "".join(traceback.format_exception(fault)) + fault.kind


CUTS = range(MOST_CHARS - len(SECRET) - 2, MOST_CHARS + 3)


@pytest.mark.parametrize("at", CUTS)
def test_no_half_of_an_escaped_key_survives_the_cut_of_a_refusal(at: int) -> None:
    body = f'{{"error": {{"message": "{"x" * at}{escaped(SECRET)}"}}}}'
    fault = of_status(400, {}, body.encode(), [SECRET])
    assert SECRET[:4] not in str(fault)
    assert len(str(fault)) < MOST_CHARS + 20


def _errors(at: int) -> dict[str, str]:
    said = "x" * at + escaped(SECRET)
    return {
        "in a 200": f'{{"error": {{"message": "{said}"}}}}',
        "in a stream": f'data: {{"error": {{"message": "{said}"}}}}\n\n',
        "as a role": json.dumps(choice({"role": "ROLE", "content": "hi"})).replace("ROLE", said),
    }


@every_way
@pytest.mark.parametrize("where", _errors(0))
async def test_no_half_of_an_escaped_key_is_told_of_an_answer(ask: Way, where: str) -> None:
    for at in (0, 150, MOST_CHARS - 9, MOST_CHARS - 4):
        body = _errors(at)[where]
        if ask is streamed and where == "as a role":
            continue
        with serve(lambda call, n, body=body: Http(body=body)) as server:  # type: ignore[misc]
            async with model_at_server(server, key=SECRET) as model:
                with pytest.raises(Fault) as caught:
                    await ask(model)
        assert SECRET[:6] not in told_of(caught.value), at


@every_way
async def test_why_a_reply_ended_holds_no_key(ask: Way) -> None:
    body: dict[str, Any] = chat_body("hi")
    body["choices"][0]["finish_reason"] = "ENDED"
    events = {"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": "ENDED"}]}
    written = f"data: {json.dumps(events)}\n\ndata: [DONE]\n\n" if ask is streamed else json.dumps(body)
    with serve(lambda call, n: Http(body=written.replace("ENDED", escaped(SECRET)))) as server:
        async with model_at_server(server, key=SECRET) as model:
            assert (await ask(model)).finish_reason == "***"


def pieces(field: str, text: str, size: int) -> str:
    deltas = [{field: text[at : at + size]} for at in range(0, len(text), size)]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    end = {"choices": [{"index": 0, "delta": {"content": "Hi."}, "finish_reason": "stop"}]}
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in (*chunks, end)) + "data: [DONE]\n\n"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("size", [1, 5, 8])
@every_way
async def test_a_key_is_hidden_in_thoughts_that_arrive_in_pieces(ask: Way, size: int, field: str) -> None:
    with serve(lambda call, n: Http(body=pieces(field, f"my {SECRET} is it: {SECRET}", size))) as server:
        async with model_at_server(server, key=SECRET) as model:
            reply = await ask(model)
    assert (reply.content, reply.reasoning) == ("Hi.", "my *** is it: ***")


async def test_what_is_shown_of_a_stream_holds_no_piece_of_a_key() -> None:
    with serve(lambda call, n: Http(body=pieces("content", f"my {SECRET} is it", 3))) as server:
        async with model_at_server(server, key=SECRET) as model:
            chunks = [chunk async for chunk in model.through_langchain.model.astream("x")]
    assert "".join(str(chunk.content) for chunk in chunks) == "my *** is itHi."


@pytest.mark.parametrize("order", [(SECRET, LONGER), (LONGER, SECRET)])
@pytest.mark.parametrize("size", [1, 2, 7, 21, 22, 40, 99])
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"a {LONGER} b", "a *** b"),
        (f"a {SECRET} b", "a *** b"),
        (f"a {SECRET}", "a ***"),
        (f"a {SECRET}-and", "a ***-and"),
        (f"{SECRET}{LONGER}", "******"),
        (f"a {SECRET[:-1]} b", f"a {SECRET[:-1]} b"),
    ],
)
def test_a_secret_that_begins_another_does_not_uncover_its_rest(
    order: tuple[str, str], size: int, said: str, shown: str
) -> None:
    veil = Veil(order)
    parts = [said[at : at + size] for at in range(0, len(said), size)]
    assert "".join(veil.past(part) for part in parts) + veil.rest() == shown
    assert hide(said, order) == shown
    assert mask_bytes(said.encode(), order) == shown.encode()


@pytest.mark.parametrize("size", [1, 3, 8, 30])
def test_secrets_that_overlap_are_hidden_together(size: int) -> None:
    said, order = "x abcdefgh12345678klm y", ("abcdefgh1234", "efgh12345678", "8klm8klm8klm")
    veil = Veil(order)
    parts = [said[at : at + size] for at in range(0, len(said), size)]
    assert "".join(veil.past(part) for part in parts) + veil.rest() == "x ***klm y"
    assert hide(said, order) == "x ***klm y"


ODD = "Zq+w/9=x&Y-key_7?>~abcD"
"""A key with characters that every encoding writes in its own way."""


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _wrapped(text: str, size: int, gap: str) -> str:
    return gap.join(text[at : at + size] for at in range(0, len(text), size))


WRITINGS: dict[str, Callable[[str], str]] = {
    "percent": lambda key: quote(key, safe=""),
    "percent in small letters": lambda key: quote(key, safe="").lower(),
    "every letter in percent": lambda key: "".join(f"%{ord(char):02X}" for char in key),
    "percent twice": lambda key: quote(quote(key, safe=""), safe=""),
    "base64": _b64,
    "base64 without its end": lambda key: _b64(key).rstrip("="),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 in percent": lambda key: quote(_b64(key), safe=""),
    "base64 over lines": lambda key: _wrapped(_b64(key), 10, "\r\n"),
    "hex": lambda key: key.encode().hex(),
    "hex in capitals": lambda key: key.encode().hex().upper(),
    "JSON": escaped,
    "JSON twice": lambda key: escaped(key).replace("\\", "\\\\"),
    "Python": lambda key: "".join(f"\\x{ord(char):02x}" for char in key),
    "slashes": lambda key: key.replace("/", "\\/"),
    "HTML": lambda key: escape(key),
    "HTML by number": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "HTML by hex": lambda key: "".join(f"&#x{ord(char):X};" for char in key),
    "capitals": str.upper,
    "small letters": str.lower,
    "lines": lambda key: _wrapped(key, 9, "\n"),
    "lines of a machine": lambda key: _wrapped(key, 5, "\r\n    "),
    "lines in JSON": lambda key: _wrapped(key, 9, "\\n"),
    "a sign nobody sees": lambda key: _wrapped(key, 4, "\u200b"),
}
in_every_writing = pytest.mark.parametrize("written", WRITINGS.values(), ids=WRITINGS)


@in_every_writing
@pytest.mark.parametrize("key", [SECRET, ODD, ODD + "1", ODD + "12"])
def test_a_key_is_hidden_however_it_is_written(key: str, written: Callable[[str], str]) -> None:
    said, shown = f"see: {written(key)} ok", "see: *** ok"
    assert hide(said, [key]) == mask(said, [key]) == shown
    assert mask_bytes(said.encode(), [key]) == shown.encode()
    assert str(make_fault("HTTP 401", said, passes=False, secrets=[key])) == f"HTTP 401 {shown}"
    for size in (1, 2, 3, 7, 30):
        veil = Veil([key])
        assert "".join(map(veil.past, _cut(said, size))) + veil.rest() == shown, size


def _cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("user", ["", "m", "me", "you"])
@pytest.mark.parametrize("more", ["", ";", "; x"])
def test_a_key_among_other_words_in_base64_leaves_no_letter_of_its_own(user: str, more: str) -> None:
    shown = hide(_b64(f"{user}:{ODD}{more}"), [ODD])
    assert "***" in shown
    # the letters at its ends hold bits of their neighbors, too
    assert len(shown) <= 3 + len(_b64(f"{user}:")) + len(_b64(more)) + 4


@in_every_writing
@every_way
async def test_no_way_of_asking_gives_a_key_away_however_it_is_written(
    ask: Way, written: Callable[[str], str]
) -> None:
    refusal = Http(status=401, body={"error": {"message": f"no {written(SECRET)} here"}})
    with serve(lambda call, n: refusal) as server:
        async with model_at_server(server, key=SECRET) as model:
            with pytest.raises(Fault) as caught:
                await ask(model)
    assert "no *** here" in str(caught.value)
    assert written(SECRET)[:9] not in told_of(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        "100%25 of what you said\\n\\nis & remains yours; &amp; \\u4e2d\\\\ c:\\new",
        "Zz-key secretkey 99abc",
        "zz-key-secret\n\nis not a key: 99abc",
        "I\u0307stanbul \u0130 \u200b \ufeff\u2028",
        "Wnota2V5LXNlY3JldGtleTk",
    ],
)
def test_words_that_only_look_like_a_key_stay(said: str) -> None:
    veil = Veil([SECRET])
    assert hide(said, [SECRET]) == mask(said, [SECRET]) == said
    assert "".join(map(veil.past, said)) + veil.rest() == said
    assert mask_bytes(b"\xff\xfe" + said.encode(), [SECRET]) == b"\xff\xfe" + said.encode()


def test_places_are_right_behind_a_letter_that_becomes_two_when_it_is_small() -> None:
    assert hide(f"\u0130\u0130 {SECRET.upper()} \u0130", [SECRET]) == "\u0130\u0130 *** \u0130"


def test_a_body_stays_json_where_a_key_in_it_was_hidden() -> None:
    said = f'before\n{SECRET}\n\\"after\\" {SECRET[:9]}\n{SECRET[9:]}\\'
    body = mask_bytes(json.dumps({"text": said}).encode(), [SECRET])
    assert json.loads(body) == {"text": 'before\n***\n\\"after\\" ***\\'}


@pytest.mark.parametrize("sign", ["\\", "%25", "&#0", "\n", "\\n", "&", "%2", "&#x0", SECRET[:-1]])
def test_a_long_answer_of_odd_signs_is_looked_through_in_time(sign: str) -> None:
    said, began = sign * 100_000, time.perf_counter()
    assert hide(said, [SECRET]) == said
    assert time.perf_counter() - began < SECONDS


PLACEHOLDERS = [
    *("not-needed", "placeholder", "sk-no-key-required", "no-key-required", "NOT_NEEDED", "EMPTY-KEY"),
    *("your-api-key", "your_api_key_here", "sk-xxxxxxxxxxxx", "xxxxxxxx", "********", "dummy-key"),
    *("test-api-key", "lm-studio", "changeme", "undefined", "notneeded", "<your key>", "anything"),
    *("no-api-key", "localhost", "sk-placeholder", "whatever", "fake-key"),
]


@pytest.mark.parametrize("key", PLACEHOLDERS)
def test_what_stands_in_for_a_key_tears_no_hole_into_a_text(key: str) -> None:
    said = f"It is not-needed, a placeholder: whatever you do ({key})."
    veil = Veil([key])
    assert hide(said, [key]) == mask(said, [key]) == veil.past(said) + veil.rest() == said
    assert mask_bytes(said.encode(), [key]) == said.encode()


@pytest.mark.parametrize("key", ["1", "40", "4000", "none", "test", "model", "EMPTY", "sk-1", "m"])
def test_a_key_too_short_to_be_one_masks_no_number_and_no_word(key: str) -> None:
    fault = make_fault("HTTP 401", "model 'm' has 4000 tokens", passes=False, secrets=[key])
    assert (str(fault), fault.kind) == ("HTTP 401 model 'm' has 4000 tokens", "HTTP 401")


def test_a_short_password_is_masked_where_it_stands_alone_in_a_message() -> None:
    fault = make_fault("HTTP 407", "who is me:hunt3r2? hunt3r22 is not", passes=False, secrets=["hunt3r2"])
    assert str(fault) == "HTTP 407 who is me:***? hunt3r22 is not"


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "Token", "bearer", "ApiKey"])
def test_a_key_is_masked_without_the_scheme_that_its_variable_holds(scheme: str) -> None:
    assert hide(f"I got {SECRET}.", [f"{scheme} {SECRET}"]) == "I got ***."
    assert mask_bytes(f"I got {scheme} {SECRET}.".encode(), [f"{scheme} {SECRET}"]) == b"I got ***."


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no model {0:.20}", "no model ***"),
        ("Incorrect API key: {0:.12}*****66aa", "Incorrect API key: ********66aa"),
        ("two: {0:.9}, {0:.10}.", "two: ***, ***."),
        ("{0:.7} is too short to be told", "{0:.7} is too short to be told"),
    ],
)
def test_a_key_that_a_server_cuts_short_is_hidden_in_what_is_told(said: str, shown: str) -> None:
    key = "k7-proj-4f9a7c21b8e0d35566aa"
    assert mask(said.format(key), [key]) == shown.format(key)
    assert mask(f"plain words about a {shown}", ["no-such-secret-here"]) == f"plain words about a {shown}"
