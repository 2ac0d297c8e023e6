"""What is measured in a tree: through its own jobs, or through its command line as a whole process.

Each measurement starts fresh processes and returns figures by name. None of them imports the package, so
that one bench measures trees of different insides.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.prefix_cache import measure, read_log
from tests.benchmarks.process import Traffic, counted_server, server_process
from tests.benchmarks.ratios import extrapolate
from tests.benchmarks.tree import Spent, Tree
from tests.benchmarks.work import calls_in_sequence, calls_per_session, write_dialogue, write_library

DELAY_MS = 50
SKILLS = 4_481
UNSET = "PSYCHAGENT_BENCH_KEY_THAT_IS_NOT_SET"
Figures = dict[str, float]
Measurement = Callable[[Tree], Figures]


@dataclass(frozen=True)
class Size:
    """How much a run does."""

    cases: int = 16
    concurrency: int = 16
    sessions: int = 2
    turns: int = 10

    @property
    def calls(self) -> int:
        """Model calls in all."""
        return self.cases * self.sessions * calls_per_session(self.turns)

    @property
    def critical(self) -> float:
        """Seconds that the calls which wait for each other take with a client that costs nothing."""
        return calls_in_sequence(**vars(self)) * DELAY_MS / 1000


def run_sample(tree: Tree, size: Size, **command: Any) -> tuple[Spent, Traffic]:
    """Run `psychagent sample` against a loopback server, skills ranked by words.

    Args:
        tree: Whose command line.
        size: How much it does.
        command: `language` and `skills_root` as settings, the others as options of `Tree.command`.

    Raises:
        RuntimeError: If it made other calls than it should: retries would spoil the figures.
    """
    given = {name: command.pop(name) for name in ("language", "skills_root") if name in command}
    with tempfile.TemporaryDirectory(dir=tree.folder) as folder, counted_server(DELAY_MS) as traffic:
        endpoint = {"provider": "openai", "base_url": traffic.url, "model": "loopback"}
        options = tree.settings(
            "sample",
            **endpoint,
            name="bench",
            client=endpoint,
            retrieval={"method": "lexical"},
            max_sessions=size.sessions,
            max_counselor_turns=size.turns,
            concurrency=size.concurrency,
            max_parallel_calls=1024,
            max_cases=size.cases,
            **given,
        )
        spent = tree.command("sample", *options, "--save-dir", folder, **command)
    if traffic.calls != size.calls:
        raise RuntimeError(f"{tree.root.name}: {traffic.calls} calls in place of {size.calls}")
    return spent, traffic


def graph(tree: Tree) -> Figures:
    """Cases on the course graph alone, without the files and progress of a command."""
    with server_process(DELAY_MS) as url:
        found = tree.job("run_cases", base_url=url, **vars(Size()))
    return {"cpu_ms": found["cpu_ms_per_call"]}


def many_cases(tree: Tree) -> Figures:
    """200 cases at once; the server's own share tells whether it stood in the way."""
    size = Size(cases=200, concurrency=200, sessions=1)
    with counted_server(DELAY_MS) as traffic:
        found = tree.job("run_cases", base_url=traffic.url, **vars(size))
    return {"calls_per_sec": found["calls_per_sec"], "server_share": traffic.cpu / found["wall"]}


def wall_of(concurrency: int) -> Measurement:
    """Make the measurement of a run's wall time, from its first call to the end of the process."""

    def wall(tree: Tree) -> Figures:
        size = Size(concurrency=concurrency)
        spent, traffic = run_sample(tree, size, terminal=True)
        taken = spent.ended - traffic.first
        return {"path": taken / size.critical, "sec": taken}

    return wall


def rollouts(tree: Tree) -> Figures:
    """Best of eight, one case and eight."""
    found = {}
    for cases in (1, 8):
        with server_process(DELAY_MS) as url:
            found[cases] = tree.job("rollouts", base_url=url, cases=cases, n=8, turns=10)
    return {"bound": found[1]["wall"] / found[1]["critical"], "cpu_ms": found[8]["cpu_ms_per_call"]}


def judging(tree: Tree) -> Figures:
    """The default scales of 100 sessions, through the function behind `psychagent eval`."""
    with server_process(DELAY_MS) as url:
        found = tree.job("judge_sessions", base_url=url, sessions=100, turns=20, concurrency=16)
    return {"path": found["wall"] / found["critical"], "peak_mb": found["peak_mb"]}


def evaluation(tree: Tree) -> Figures:
    """`psychagent eval` as a whole process: 16 sessions of 20 turns, the nine scales of their modality."""
    with tempfile.TemporaryDirectory(dir=tree.folder) as folder, counted_server(DELAY_MS) as traffic:
        root = Path(folder)
        for number in range(16):
            write_dialogue(root / "runs" / "bench" / "cbt" / f"case{number}" / "session_1.json", 20, number)
        judge = {"provider": "openai", "base_url": traffic.url, "model": "loopback-judge"}
        config = tree.write("eval", {"judge": judge, "concurrency": 16, "degenerate": 0})
        data, out = str(root / "runs"), str(root / "out")
        spent = tree.command("eval", "--config", config, "--data-root", data, "--output-root", out)
    return {"sec": spent.wall, "cpu_sec": spent.cpu, "calls": traffic.calls}


def chinese(tree: Tree) -> Figures:
    """`sample --language zh` with a large library, in two sizes that start up the same."""
    library = tree.folder / "library"
    if not library.is_dir():
        write_library(library, SKILLS)
    points = []
    for turns in (1, 10):
        size = Size(sessions=1, turns=turns)
        spent, traffic = run_sample(tree, size, language="zh", skills_root=str(library))
        points.append((float(traffic.calls), spent.cpu))
    per_call, start = extrapolate(*points)
    return {"cpu_ms": per_call * 1000, "start_sec": start}


def refusals(tree: Tree) -> Figures:
    """CPU until a command that cannot work is refused."""
    here = str(tree.folder)
    wrong = {
        "dataset": tree.settings("wrong-dataset", root=f"{here}/no-such-profiles"),
        "baseline": ["--baseline", f"{here}/no-such-baseline.yaml"],
        "key": tree.settings(
            "wrong-key",
            provider="openai",
            base_url="http://127.0.0.1:9/v1",
            model="loopback",
            api_key_env=UNSET,
        ),
    }
    return {
        name: tree.command("sample", *options, "--save-dir", f"{here}/refused", expect=2).cpu
        for name, options in wrong.items()
    }


def finished(tree: Tree) -> Figures:
    """CPU until a run with the default embedder, in English, is found finished; the run is made once."""
    run = ("sample", "--max-cases", "2", "--max-sessions", "1", "--save-dir", str(tree.folder / "finished"))
    if not (tree.folder / "finished").is_dir():
        tree.command(*run)
    return {"cpu_sec": tree.command(*run).cpu}


def start(tree: Tree) -> Figures:
    """`psychagent --help`."""
    return {"help_sec": median(tree.command("--help").wall for _ in range(5))}


def search(tree: Tree) -> Figures:
    """The search among all of 100,000 skills, fused."""
    return {"ms": tree.job("retrieval", skills=100_000)["fusion_all_ms"]}


def tokens_of(turns: int) -> Measurement:
    """Make the measurement of a first session's prompt tokens that no prefix cache serves."""

    def tokens(tree: Tree) -> Figures:
        log = tree.folder / f"calls-{turns}.jsonl"
        log.unlink(missing_ok=True)
        with server_process(0, log) as url:
            tree.job("one_session", base_url=url, turns=turns, sessions=1)
        return {"uncached": measure(read_log(log))["all"].uncached}

    return tokens


MEASUREMENTS: dict[str, Measurement] = {
    "graph": graph,
    "wall4": wall_of(4),
    "wall16": wall_of(16),
    "many": many_cases,
    "rollouts": rollouts,
    "judging": judging,
    "eval": evaluation,
    "chinese": chinese,
    "refusals": refusals,
    "finished": finished,
    "start": start,
    "search": search,
    "tokens20": tokens_of(20),
    "tokens40": tokens_of(40),
}
"""By name, in the order in which they are made; tokens last, for they fill the bench's own memory."""
