"""A real HTTP server on loopback that speaks the OpenAI chat and embeddings API, for tests and benches.

Runs in a thread of the test's process (`serve`), or as a process of its own:
`python -m tests.support.loopback.server --delay-ms 50 --log FILE`, which prints its base URL.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.loopback.replies import reply_to, role_of


@dataclass
class Http:
    """What the server does with one request."""

    status: int = 200
    body: dict[str, Any] | str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay_sec: float = 0.0
    drop: bool = False
    """Close the connection instead of answering."""
    raw: bytes | None = None
    """Sent as it is in place of an answer, before the connection is closed."""


@dataclass
class Call:
    """One request as the server saw it."""

    path: str
    role: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float


Behave = Callable[[Call, int], Http | None]
"""Given a call and its number (from 0), an answer of the test's own, or None for the usual one."""


def chat_body(
    content: str | None, *, reasoning: str | None = None, prompt: int = 100, cached: int = 0
) -> dict[str, Any]:
    """Write a chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    said = max(len(content or "") // 4, 1)
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "loopback",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": said,
            "total_tokens": prompt + said,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }


class LoopbackServer:
    """Answers calls, remembers them, and misbehaves where told to."""

    def __init__(
        self,
        behave: Behave | None = None,
        *,
        delay_sec: float = 0.0,
        log: Path | None = None,
        keep: bool = True,
    ) -> None:
        self.calls: list[Call] = []
        self.seen, self.first = 0, 0.0
        self.behave, self.delay_sec, self._log, self._keep = behave, delay_sec, log, keep
        self._lock = threading.Lock()
        self.base_url = ""

    def count(self, role: str | None = None) -> int:
        """Count the calls, of one role or of all."""
        return sum(1 for call in self.calls if role is None or call.role == role)

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**24, backlog=1024)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            # the caller is gone
            pass
        except asyncio.CancelledError:
            # the server stops, and nobody may be there to take what was not sent yet
            writer.transport.abort()
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        body = json.loads(raw) if raw else {}
        path = head[0].split(" ")[1]
        call = Call(path, role_of(path, body), body, headers, time.monotonic())
        with self._lock:
            number = self.seen
            self.seen += 1
            self.first = self.first or call.at
            if self._keep:
                self.calls.append(call)
        if self._log:
            line = json.dumps({"role": call.role, "at": call.at, "body": body}, ensure_ascii=False)
            with self._log.open("a", encoding="utf-8") as stream:
                stream.write(line + "\n")
        answer = self.behave(call, number) if self.behave else None
        answer = answer or self._usual(call)
        await asyncio.sleep(answer.delay_sec or self.delay_sec)
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
            return False
        if answer.drop:
            writer.transport.abort()
            return False
        if body.get("stream") and answer.status == 200 and isinstance(answer.body, dict):
            await self._stream(writer, answer.body)
        else:
            await self._write(writer, answer)
        return True

    def _usual(self, call: Call) -> Http:
        if call.path.endswith("/models"):
            return Http(body={"object": "list", "data": [{"id": "loopback", "object": "model"}]})
        if call.path.endswith("/embeddings"):
            return Http(body=embeddings_body(call.body["input"]))
        text = reply_to(call.role, call.body)
        prompt = sum(len(m["content"]) for m in call.body["messages"]) // 4
        return Http(body=chat_body(text, prompt=prompt))

    @staticmethod
    async def _write(writer: asyncio.StreamWriter, answer: Http) -> None:
        payload = _payload(answer.body)
        lines = [
            f"HTTP/1.1 {answer.status} X",
            "content-type: application/json",
            f"content-length: {len(payload)}",
        ]
        lines += [f"{k}: {v}" for k, v in answer.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + payload)
        await writer.drain()

    @staticmethod
    async def _stream(writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
        message = body["choices"][0]["message"]
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        if "reasoning_content" in message:
            deltas.append({"reasoning_content": message["reasoning_content"]})
        text = message["content"] or ""
        deltas += [{"content": text[at : at + 7]} for at in range(0, len(text), 7)]
        common = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "loopback"}
        events = [{**common, "choices": [{"index": 0, "delta": d, "finish_reason": None}]} for d in deltas]
        events.append({**common, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        events.append({**common, "choices": [], "usage": body["usage"]})
        payload = "".join(f"data: {json.dumps(e)}\n\n" for e in events) + "data: [DONE]\n\n"
        raw = payload.encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(raw)}\r\n\r\n"
        writer.write(head.encode() + raw)
        await writer.drain()


def _payload(body: dict[str, Any] | str | bytes) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def embeddings_body(texts: list[str]) -> dict[str, Any]:
    """Write the vectors of texts."""
    data = [{"index": n, "object": "embedding", "embedding": _vector(text)} for n, text in enumerate(texts)]
    return {
        "object": "list",
        "model": "loopback",
        "data": data,
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }


def _vector(text: str, size: int = 64) -> list[float]:
    """Hash the words of a text into a vector: near texts share words."""
    vector = [0.01] * size
    for word in text.lower().split() or list(text):
        vector[sum(map(ord, word)) % size] += 1.0
    return vector


@contextmanager
def serve(
    behave: Behave | None = None, *, delay_sec: float = 0.0, log: Path | None = None, keep: bool = True
) -> Iterator[LoopbackServer]:
    """Run a server in a thread while the block runs."""
    server = LoopbackServer(behave, delay_sec=delay_sec, log=log, keep=keep)
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop: dict[str, Callable[[], object]] = {}

    async def main() -> None:
        listening = await server.start()
        done = asyncio.Event()
        stop["now"] = lambda: loop.call_soon_threadsafe(done.set)
        ready.set()
        await done.wait()
        listening.close()
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # connections close in the loop's next rounds
        for _ in range(3):
            await asyncio.sleep(0)

    def run(job: Callable[[], Awaitable[None]]) -> None:
        loop.run_until_complete(job())
        loop.close()

    thread = threading.Thread(target=run, args=(main,), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield server
    finally:
        stop["now"]()
        thread.join(10)


def main() -> None:
    """Serve as a process of its own until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()

    # kept calls would fill the memory of a long bench, and the collector would walk them again and again
    server = LoopbackServer(delay_sec=options.delay_ms / 1000, log=options.log, keep=False)
    asyncio.run(_until_ended(server))
    # where the caller is gone, nobody reads the counts
    with suppress(BrokenPipeError):
        print(json.dumps({"calls": server.seen, "first": server.first}), flush=True)


async def _until_ended(server: LoopbackServer) -> None:
    listening = await server.start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    sys.stdout.write(server.base_url + "\n")
    sys.stdout.flush()
    await ended.wait()
    listening.close()


if __name__ == "__main__":
    main()
