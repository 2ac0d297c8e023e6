"""Commands that need no model start soon, and torch is imported only where a local embedder is built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from psychagent.cli import main
from psychagent.cli.lazy import Lazy
from psychagent.cli.main import app
from tests.support.audits import leave_audit
from tests.support.commands import walk
from tests.support.loopback.server import serve

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "profiles" / "en" / "courses" / "cbt"
TORCH = {"torch", "sentence_transformers"}
HEAVY = (
    *sorted(TORCH),
    *(
        "langgraph",
        "langchain_core",
        "langchain_openai",
        "openai",
        "faiss",
        "bm25s",
        "numpy",
        "pandas",
        "scipy",
    ),
)

RUN = f"""
import json, sys
from psychagent.cli.main import run
try:
    run()
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


@pytest.mark.parametrize("command", ["sample", "rft"])
def test_the_help_of_a_run_is_shown_without_settings_and_boxes(command: str) -> None:
    code = "import sys; from psychagent.cli.main import app; app(sys.argv[1:], standalone_mode=False); "
    code += "print({'yaml', 'rich.console', 'psychagent.records.manifest'} & sys.modules.keys() or 'light')"
    line = [sys.executable, "-c", code, command, "--help"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "light"


def test_the_list_of_commands_cuts_no_line_short() -> None:
    shown = " ".join(CliRunner().invoke(app, ["--help"]).output.split())
    assert [lazy.help for lazy in main.COMMANDS.values() if lazy.help not in shown] == []


def imported(*arguments: str, status: int = 0, env: dict[str, str] | None = None) -> tuple[set[str], str]:
    """Run a command in a process of its own; return the heavy packages it imported and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | (env or {}),
    )
    assert done.returncode == status, done.stdout + done.stderr
    *said, names = done.stderr.splitlines()
    return set(json.loads(names)), " ".join([done.stdout, *said])


def imported_by(*arguments: str, env: dict[str, str] | None = None) -> set[str]:
    """Run a command that succeeds; return the heavy packages it imported."""
    return imported(*arguments, env=env)[0]


def a_course() -> str:
    return str(next(iter(sorted(COURSE.iterdir()))))


WITHOUT_MODEL = (
    ("--help",),
    ("skills", "--help"),
    ("profiles", "--help"),
    ("safety", "--help"),
    ("safety", "audit", "--help"),
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
    "table",
    [main.COMMANDS, main.SKILLS, main.PROFILES, main.ESTIMATE, main.SAFETY, main.AUDIT],
    ids=["top", "skills", "profiles", "estimate", "safety", "audit"],
)
def test_the_list_of_commands_says_what_their_docstrings_say(table: dict[str, Lazy]) -> None:
    for name, lazy in table.items():
        assert (lazy.load(name).help or "").splitlines()[0] == lazy.help


@pytest.mark.parametrize("arguments", WITHOUT_MODEL, ids=" ".join)
def test_a_command_that_needs_no_model_imports_neither_torch_nor_langgraph(
    arguments: tuple[str, ...],
) -> None:
    assert imported_by(*arguments) == set()


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


OPEN = "provider: openai, base_url: 'http://127.0.0.1:9/v1', api_key_env: ABSENT_KEY"
EXPERIMENT = f"{{name: x, systems: {{a: {{baseline: {{counselor: {{model: m, {OPEN}}}}}}}}}}}"
REFUSED: dict[str, tuple[Callable[[Path], tuple[str, ...]], str]] = {
    "sample, settings": (
        lambda folder: ("sample", f"--baseline={folder / 'none.yaml'}"),
        "none.yaml: no such file; check the name",
    ),
    "sample, profiles": (
        lambda folder: ("sample", "--dataset", write(folder / "d.yaml", "root: none")),
        "none' does not exist; set 'root' in the dataset",
    ),
    "sample, no profile": (
        lambda folder: ("sample", "--dataset", write(folder / "d.yaml", "{root: ., format: reference}")),
        "no folder named after a modality",
    ),
    "sample, skills": (
        lambda folder: ("sample", "--baseline", write(folder / "b.yaml", "{name: b, skills_root: none}")),
        "none' does not exist; name a folder",
    ),
    "sample, prompts": (
        lambda folder: ("sample", "--baseline", write(folder / "b.yaml", "{name: b, prompts_root: none}")),
        "none' does not exist; name a folder",
    ),
    "sample, key": (
        lambda folder: (
            "sample",
            "--baseline",
            write(folder / "b.yaml", f"{{name: b, counselor: {{model: m, {OPEN}}}}}"),
        ),
        "environment variable 'ABSENT_KEY' is not set",
    ),
    "sample, the embedder's key": (
        lambda folder: (
            "sample",
            "--baseline",
            write(folder / "b.yaml", f"{{name: b, embedding: {{model: m, {OPEN}}}}}"),
        ),
        "environment variable 'ABSENT_KEY' is not set",
    ),
    "rft, settings": (
        lambda folder: ("rft", f"--rft-config={folder / 'none.yaml'}"),
        "none.yaml: no such file; check the name",
    ),
    "rft, the judge's key": (
        lambda folder: (
            "rft",
            "--rft-config",
            write(folder / "r.yaml", f"judging: {{judge: {{model: m, {OPEN}}}}}"),
        ),
        "environment variable 'ABSENT_KEY' is not set",
    ),
    "rft, norms": (
        lambda folder: ("rft", "--rft-config", write(folder / "r.yaml", "norms: none.yaml")),
        "none.yaml: no such file; check the name",
    ),
    "rft, scales": (
        lambda folder: ("rft", "--rft-config", write(folder / "r.yaml", "judging: {scales_root: none}")),
        "none' does not exist; name a folder",
    ),
    "eval, settings": (
        lambda folder: ("eval", f"--config={folder / 'none.yaml'}"),
        "none.yaml: no such file; check the name",
    ),
    "eval, data": (
        lambda folder: ("eval", f"--data-root={folder / 'none'}"),
        "none does not exist; name a run folder",
    ),
    "eval, no session": (
        lambda folder: ("eval", f"--data-root={folder}"),
        "holds no session to judge",
    ),
    "eval, key": (
        lambda folder: ("eval", "--config", write(folder / "e.yaml", f"judge: {{model: m, {OPEN}}}")),
        "environment variable 'ABSENT_KEY' is not set",
    ),
    "experiment": (
        lambda folder: (
            "experiment",
            "run",
            write(
                folder / "x.yaml",
                EXPERIMENT,
            ),
        ),
        "system 'a': environment variable 'ABSENT_KEY' is not set",
    ),
    "experiment, status": (
        lambda folder: ("experiment", "status", write(folder / "x.yaml", "name: x")),
        "field 'systems' is missing; add it",
    ),
    "export": (
        lambda folder: ("export", str(folder / "none"), f"--out={folder / 'x.jsonl'}"),
        "none: holds no run; name",
    ),
    "report": (lambda folder: ("report", str(folder / "none")), "scores.csv: no such file; run"),
    "compare": (lambda folder: ("compare", str(folder / "none")), "scores.csv: no such file; run"),
    "agree": (lambda folder: ("agree", str(folder / "none.csv")), "none.csv"),
    "norms": (
        lambda folder: ("norms", str(folder / "none"), f"--out={folder / 'n.yaml'}"),
        "scores.csv: no such file; run",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_path_or_key_is_refused_before_anything_heavy_is_imported(tmp_path: Path, what: str) -> None:
    command, reason = REFUSED[what]
    names, said = imported(*command(tmp_path), status=2, env={"ABSENT_KEY": ""})
    assert (names, reason in said) == (set(), True), said


def test_the_doctor_reads_settings_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    names, said = imported("doctor", f"--baseline={tmp_path / 'none.yaml'}", status=1)
    assert (names, "✗ settings: baseline" in said) == (set(), True), said


def test_a_finished_run_is_found_finished_without_a_model_or_a_graph(tmp_path: Path) -> None:
    baseline = write(tmp_path / "b.yaml", "{name: b, max_sessions: 1, max_counselor_turns: 2}")
    command = ("sample", "--baseline", baseline, "--max-cases=1", f"--save-dir={tmp_path / 'runs'}")
    again = {"XDG_CACHE_HOME": str(tmp_path)}
    first, words = imported(*command, env=again)
    second, same = imported(*command, env=again)
    assert "langgraph" in first
    assert second == set()
    assert words[words.index("Cases") :] == same[same.index("Cases") :]


def test_how_far_an_experiment_is_is_told_without_a_model_or_a_graph(tmp_path: Path) -> None:
    names, said = imported("experiment", "status", "strategies", f"--save-dir={tmp_path}")
    assert (names, said.count("not begun")) == (set(), 7), said


@pytest.mark.parametrize("command", ["verify", "summary"])
def test_an_audit_is_read_without_a_model_or_a_graph(tmp_path: Path, command: str) -> None:
    leave_audit(tmp_path / "safety.jsonl")
    names, said = imported("safety", "audit", command, str(tmp_path))
    assert (names, "3" in said) == (set(), True), said


def test_a_run_in_chinese_loads_neither_torch_nor_faiss(tmp_path: Path) -> None:
    baseline = write(tmp_path / "b.yaml", "{name: b, max_sessions: 1, max_counselor_turns: 2}")
    command = ("sample", "--language=zh", "--baseline", baseline, "--max-cases=1")
    names = imported_by(*command, f"--save-dir={tmp_path / 'runs'}", env={"XDG_CACHE_HOME": str(tmp_path)})
    assert "langgraph" in names
    assert names & (TORCH | {"faiss"}) == set()


def test_an_evaluation_loads_what_asks_a_judge_and_nothing_that_finds_skills(tmp_path: Path) -> None:
    names = imported_by("eval", f"--data-root={a_course()}", "--methods=WAI", f"--output-root={tmp_path}")
    assert "langgraph" in names
    assert names & (TORCH | {"faiss", "bm25s", "numpy", "pandas", "scipy"}) == set()


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
