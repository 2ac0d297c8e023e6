"""`make bench`: speed, tokens and memory against a loopback server, printed as tables with their goals."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from tests.benchmarks.goals import print_goals
from tests.benchmarks.measurements import MEASUREMENTS
from tests.benchmarks.prefix_cache import Share, measure, read_log
from tests.benchmarks.process import measured, server_process
from tests.benchmarks.profile import print_profile
from tests.benchmarks.tables import CONSOLE, table

DELAY_MS = 50
CACHED_PRICES = (0.0, 0.1, 0.25)
"""What a token from the cache may cost, as a part of an uncached one."""
TOKEN_COLUMNS = (
    "role", "calls", "prompt tokens", "served by cache", "uncached",
    *(f"cost at {price:g}" for price in CACHED_PRICES),
)  # fmt: skip


def bench_runs() -> None:
    """Wall time against the critical path, CPU per call, memory."""
    shown = table(
        "Runs against a loopback server, 50 ms a call (2 sessions x 10 counselor turns, SQLite checkpoints)",
        "run", "wall s", "critical path s", "ratio", "goal", "CPU ms/call", "goal", "calls/s", "peak MB",
    )  # fmt: skip
    for cases, concurrency in ((16, 4), (16, 16), (200, 200)):
        with server_process(DELAY_MS) as url:
            found = measured(
                "run_cases", base_url=url, cases=cases, concurrency=concurrency, sessions=2, turns=10
            )
        many = cases == 200
        shown.add_row(
            f"{cases} cases, {concurrency} at a time",
            f"{found['wall']:.1f}",
            f"{found['critical']:.1f}",
            f"{found['wall'] / found['critical']:.2f}",
            "–" if many else "1.15",
            f"{found['cpu_ms_per_call']:.1f}",
            "–" if many else "5.0",
            f"{found['calls_per_sec']:.0f}" + (" (goal 100)" if many else ""),
            f"{found['peak_mb']:.0f}",
        )
    CONSOLE.print(shown)


def bench_tokens() -> None:
    """Prompt tokens, and what a prefix cache would serve, by role."""
    for turns, goal_uncached, goal_prompt in ((20, 35_000, 120_000), (40, 65_000, None)):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log.jsonl"
            with server_process(0, log) as url:
                measured("one_session", base_url=url, turns=turns, sessions=1)
            shares = measure(read_log(log))
        shown = table(
            f"Tokens of a first session of {turns} counselor turns (1 per CJK character, 1 per 4 others)",
            *TOKEN_COLUMNS,
        )  # fmt: skip
        add_shares(shown, shares)
        shown.caption = f"goal: uncached <= {goal_uncached:,}" + (
            f", prompt <= {goal_prompt:,}" if goal_prompt else ""
        )
        CONSOLE.print(shown)


def add_shares(shown: Table, shares: Mapping[str, Share]) -> None:
    """Add a row a role, the sum last; a cost is in full tokens: uncached, and served at its price."""
    for role, share in sorted(shares.items(), key=lambda item: (item[0] == "all", item[0])):
        served, costs = f"{share.served / share.prompt:.0%}", map(share.cost, CACHED_PRICES)
        figures = (share.prompt, share.uncached, *costs)
        prompt, uncached, *priced = (f"{round(figure):,}" for figure in figures)
        shown.add_row(role, f"{share.calls}", prompt, served, uncached, *priced)


def bench_late_session() -> None:
    """The same for a session with memory full."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        with server_process(0, log) as url:
            measured("one_session", base_url=url, turns=20, sessions=8)
        calls = read_log(log)
        starts = [n for n, call in enumerate(calls) if call["role"] == "filter"]
        shares = measure(calls[starts[-1] :])
    shown = table("The same for session 8, memory full", *TOKEN_COLUMNS)
    add_shares(shown, shares)
    CONSOLE.print(shown)


def bench_checkpoints(sessions: int = 20, turns: int = 45) -> None:
    """How the checkpoints of a course grow."""
    with server_process(0) as url:
        found = measured("checkpoints", base_url=url, sessions=sessions, turns=turns)
    curve = found["curve_mb"]
    shown = table(
        f"Checkpoints of a course of {sessions} sessions x {turns} counselor turns", "after session", "MB"
    )
    for at in sorted({1, sessions // 4, sessions // 2, 3 * sessions // 4, sessions} - {0}):
        shown.add_row(f"{at}", f"{curve[at - 1]:.2f}")
    shown.add_row("after compaction", f"{found['compacted_mb']:.2f}")
    shown.caption = "goals: <= 12 MB, linear in sessions; <= 2 MB after compaction"
    CONSOLE.print(shown)


def bench_retrieval() -> None:
    """Search time by size of the library, embedding aside; loading from the cache."""
    title = "Retrieval, the query's embedding aside (median of 200 searches)"
    shown = table(title, "search", "4,500 skills", "100,000 skills")
    small, large = (measured("retrieval", skills=size) for size in (4_500, 100_000))
    for name in small:
        words = name.removesuffix("_ms").replace("_", ", ")
        shown.add_row(words, f"{small[name]:.3f} ms", f"{large[name]:.1f} ms")
    cached = measured("vector_cache", skills=4_500)
    shown.add_row("vectors from the cache", f"{cached['load_sec']:.2f} s", "–")
    shown.caption = "goals: <= 1 ms among 4,500, <= 20 ms among 100,000; a run searches among candidates"
    CONSOLE.print(shown)


def bench_judging() -> None:
    """All default scales of 20 sessions: wall time, prefix share, CPU and memory."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        with server_process(DELAY_MS) as url:
            found = measured("judge_sessions", base_url=url, sessions=20, turns=20, concurrency=16)
        with server_process(0, log) as url:
            measured("judge_sessions", base_url=url, sessions=4, turns=20, concurrency=1)
        share = measure(read_log(log))["judge"]
    shown = table(
        "Judging 20 sessions of 20 turns, all default scales, 16 calls at a time", "what", "found", "goal"
    )
    shown.add_row("wall / (calls / 16 x 50 ms)", f"{found['wall'] / found['critical']:.2f}", "1.15")
    shown.add_row("prompt tokens served by a prefix cache", f"{share.served / share.prompt:.0%}", "65%")
    shown.add_row("CPU ms per call", f"{found['cpu_ms_per_call']:.1f}", "10")
    shown.add_row("peak MB", f"{found['peak_mb']:.0f}", "150")
    CONSOLE.print(shown)


def bench_rollouts() -> None:
    """Best of eight: wall time of one session with judging, and eight cases at once."""
    shown = table(
        "Eight rollouts of a session of 10 counselor turns, judged on the reward's scales",
        "run", "wall s", "longest rollout + judging s", "ratio", "CPU ms/call", "peak MB",
    )  # fmt: skip
    for cases in (1, 8):
        with server_process(DELAY_MS) as url:
            found = measured("rollouts", base_url=url, cases=cases, n=8, turns=10)
        shown.add_row(
            f"{cases} case(s), n = 8",
            f"{found['wall']:.2f}",
            f"{found['critical']:.2f}",
            f"{found['wall'] / found['critical']:.2f}",
            f"{found['cpu_ms_per_call']:.1f}",
            f"{found['peak_mb']:.0f}",
        )
    shown.caption = "goals: ratio <= 1.2 for one case; <= 6 ms CPU per call for eight"
    CONSOLE.print(shown)


PARTS = {
    "runs": bench_runs,
    "tokens": bench_tokens,
    "late": bench_late_session,
    "checkpoints": bench_checkpoints,
    "retrieval": bench_retrieval,
    "judging": bench_judging,
    "rollouts": bench_rollouts,
}


BY_NAME = ("goals", "profile")
"""Parts that run only where they are named: they take minutes, or a program more."""


def main() -> None:
    """Run all parts, or those named."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS, *BY_NAME], default=[])
    parser.add_argument("--against", type=Path, help="work tree of the commit to compare with, or to profile")
    parser.add_argument("--rounds", type=int, default=3, help="how often goals are measured; default: 3")
    parser.add_argument("--rows", nargs="+", choices=list(MEASUREMENTS), default=[], help="goals to measure")
    options = parser.parse_args()
    if options.against and not (options.against / "tests" / "benchmarks" / "jobs.py").is_file():
        parser.error(f"--against {options.against}: is no work tree of this repository (git worktree add)")
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: must be 1 or more")
    for part in options.parts or PARTS:
        if part == "goals":
            print_goals(options.against, rounds=options.rounds, rows=options.rows)
        elif part == "profile":
            print_profile(options.against)
        else:
            PARTS[part]()


if __name__ == "__main__":
    main()
