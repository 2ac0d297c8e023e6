"""A shell that asks for LangSmith is not followed, unless a setting allows it; and both are said."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from psychagent.flows.tracing import VARIABLES, asks_for_tracing, tell_tracing

SAMPLE = ["sample", "--max-cases", "1", "--max-sessions", "1"]


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """Be an address to which whatever comes is noted."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    over = threading.Event()

    def hear() -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                heard.append(connection.recv(1000))
                connection.sendall(b"HTTP/1.1 202 OK\r\ncontent-length: 2\r\n\r\n{}")

    thread = threading.Thread(target=hear)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
    finally:
        over.set()
        thread.join()
        server.close()


def run(argv: list[str], folder: Path, endpoint: str) -> str:
    """Run the command in a shell that asks for tracing, and return what it prints."""
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("LANGSMITH", "LANGCHAIN"))
    }
    asked = {
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_ENDPOINT": endpoint,
        "LANGSMITH_API_KEY": "ls-secret-key",
    }
    command = [sys.executable, "-m", "psychagent", *argv]
    done = subprocess.run(
        command, env=env | asked, cwd=folder, capture_output=True, text=True, timeout=120, check=True
    )
    assert "ls-secret-key" not in done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("allowed", [False, True])
def test_a_run_is_traced_only_where_a_setting_allows_it(tmp_path: Path, allowed: bool) -> None:
    runtime = tmp_path / "runtime.yaml"
    runtime.write_text(f"machine: {{tracing: {str(allowed).lower()}}}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("retrieval: {method: lexical}\n", encoding="utf-8")
    with listening() as (endpoint, heard):
        options = ["--runtime", str(runtime), "--baseline", str(tmp_path / "b.yaml")]
        said = " ".join(run([*SAMPLE, *options, "--save-dir", "runs"], tmp_path, endpoint).split())
    assert bool(heard) is allowed, "a test that hears nothing in either case would be no test"
    told = "LangSmith gets every prompt" if allowed else "is set and not followed: nothing is traced"
    assert f"LANGSMITH_TRACING is set and {'tracing allowed: ' if allowed else ''}" in said
    assert told in said
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"LANGSMITH_TRACING is set" in written, "the log says so too"
    assert b"ls-secret-key" not in written


@pytest.mark.slow
def test_an_evaluation_is_not_traced_either(tmp_path: Path) -> None:
    with listening() as (endpoint, heard):
        said = run(["eval", "--case-limit", "1", "--modalities", "cbt"], tmp_path, endpoint)
    assert heard == []
    assert "LANGSMITH_TRACING is set and not followed" in " ".join(said.split())


@pytest.mark.parametrize("name", VARIABLES)
def test_each_variable_that_asks_for_it_is_known(name: str) -> None:
    assert asks_for_tracing({name: "true"}) == name
    assert name in tell_tracing({name: "true"}, allowed=False)
    assert tell_tracing({name: "false"}, allowed=False) == ""
    assert tell_tracing({}, allowed=True) == ""
