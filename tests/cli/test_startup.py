"""Commands that need no model start soon, and torch is imported only where a local embedder is built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from psychagent.cli.main import app
from tests.support.loopback.server import serve

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "profiles" / "en" / "courses" / "cbt"
TORCH = {"torch", "sentence_transformers"}
HEAVY = (*sorted(TORCH), "langgraph", "langchain_core", "langchain_openai", "faiss", "pandas")

RUN = f"""
import json, sys
from psychagent.cli.main import app
try:
    app(sys.argv[1:], prog_name="psychagent", standalone_mode=False)
finally:
    print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)
"""


def imported_by(*arguments: str, env: dict[str, str] | None = None) -> set[str]:
    """Run a command in a process of its own and tell which heavy packages it imported."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | (env or {}),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command of the command line, by the words that reach it."""
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


def a_course() -> str:
    return str(next(iter(sorted(COURSE.iterdir()))))


WITHOUT_MODEL = (
    ("--help",),
    ("show", a_course()),
    ("skills", "stats"),
)


def test_no_help_page_imports_anything_heavy() -> None:
    words = list(commands(typer.main.get_command(app)))
    assert {("sample",), ("doctor",), ("local-model",), ("show",)} <= set(words)
    code = (
        "import json, sys\n"
        "from psychagent.cli.main import app\n"
        f"for words in {words!r}:\n"
        "    app([*words, '--help'], standalone_mode=False)\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stderr.splitlines()[-1]) == []


@pytest.mark.parametrize("arguments", WITHOUT_MODEL, ids=" ".join)
def test_a_command_that_needs_no_model_imports_neither_torch_nor_langgraph(
    arguments: tuple[str, ...],
) -> None:
    assert imported_by(*arguments) == set()


def run_offline(folder: Path, retrieval: str) -> set[str]:
    """Run one session with the offline script and its retrieval; tell what was imported."""
    (folder / "baseline.yaml").write_text(
        f"{{name: b, max_sessions: 1, max_counselor_turns: 2, {retrieval}}}", encoding="utf-8"
    )
    options = [f"--baseline={folder / 'baseline.yaml'}", "--max-cases=1", f"--save-dir={folder / 'runs'}"]
    return imported_by("sample", *options, env={"XDG_CACHE_HOME": str(folder)})


@pytest.mark.slow
def test_a_run_with_an_embeddings_endpoint_never_imports_torch(tmp_path: Path) -> None:
    with serve() as server:
        embedding = f"{{provider: openai, model: e5, base_url: '{server.base_url}'}}"
        imported = run_offline(tmp_path, f"embedding: {embedding}, retrieval: {{method: fusion}}")
        assert server.count("embeddings") > 0
    assert imported & TORCH == set()
    assert "langgraph" in imported


@pytest.mark.slow
def test_a_run_that_ranks_by_words_never_imports_torch(tmp_path: Path) -> None:
    imported = run_offline(tmp_path, "retrieval: {method: lexical}")
    assert imported & TORCH == set()
