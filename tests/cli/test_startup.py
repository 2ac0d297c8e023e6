"""Commands that need no model start soon, and torch is imported only where a local embedder is built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from psychagent.cli import main
from psychagent.cli.lazy import Lazy
from psychagent.cli.main import app
from tests.support.commands import walk
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


def test_the_list_of_commands_is_shown_without_pydantic_and_boxes() -> None:
    code = "import sys; from psychagent.cli.main import app; app(['--help'], standalone_mode=False); "
    code += "print({'pydantic', 'rich.console', 'yaml'} & sys.modules.keys() or 'light')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "light"


def test_the_list_of_commands_cuts_no_line_short() -> None:
    shown = " ".join(CliRunner().invoke(app, ["--help"]).output.split())
    assert [lazy.help for lazy in main.COMMANDS.values() if lazy.help not in shown] == []


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


def a_course() -> str:
    return str(next(iter(sorted(COURSE.iterdir()))))


WITHOUT_MODEL = (
    ("--help",),
    ("skills", "--help"),
    ("profiles", "--help"),
    ("show", "--help"),
    ("show", a_course()),
    ("skills", "stats"),
    ("profiles", "validate"),
)
COMMANDS = dict(walk(typer.main.get_command(app)))


def test_every_command_is_known() -> None:
    assert {("sample",), ("doctor",), ("local-model",), ("show",), ("skills", "bench")} <= COMMANDS.keys()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_shows_its_options(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    options = [p for p in COMMANDS[words].params if p.param_type_name == "option"]
    assert all(max(p.opts, key=len) in shown.output for p in options)


@pytest.mark.parametrize(
    "table", [main.COMMANDS, main.SKILLS, main.PROFILES], ids=["top", "skills", "profiles"]
)
def test_the_list_of_commands_says_what_their_docstrings_say(table: dict[str, Lazy]) -> None:
    for name, lazy in table.items():
        assert (lazy.load(name).help or "").splitlines()[0] == lazy.help


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
