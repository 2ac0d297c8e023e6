"""Every kind of odd answer in every role: told as what it is, kept to its case, mended by the same command.

`pytest -m slow -s tests/faults/servers/test_kinds.py` prints how many were tried and how many survived.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Modality
from psychagent.domain.role import DISPENSABLE
from psychagent.domain.seed import MAX_SEED, derive_seed
from psychagent.evals.evaluate import run_eval
from psychagent.runs.outcome import Outcome, Status
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.eval_runs import eval_plan, eval_settings_at, make_run
from tests.support.loopback.server import Call, Http, LoopbackServer, serve
from tests.support.odd_answers import TIMEOUT_SEC, Kind
from tests.support.odd_bodies import KINDS
from tests.support.running import manifest, run_plan

pytestmark = pytest.mark.slow

FIRST_PARTS: dict[str, tuple[object, ...]] = {
    "counselor": ("counselor", 0),
    "client": ("client", 1),
    "filter": ("filter",),
    "rewrite": ("rewrite", 2),
    "summary": ("summary",),
    "client_file": ("client_file",),
    "recall": ("recall",),
    "risk": ("risk", 2),
}
"""What the seed of a role's first call in a session is derived from, beside the session."""
TRIES, RESEED, REDRAW = 3, 7919, 104729
Mode = Literal["stays", "once", "never"]


@dataclass
class Table:
    """How many odd answers were tried and survived, by role."""

    rows: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, role: str, problems: dict[str, str]) -> None:
        """Add a role's row, and fail with its problems."""
        self.rows[role] = (len(KINDS), len(KINDS) - len(problems))
        assert problems == {}


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    """Print the table after the last role."""
    found = Table()
    yield found
    print(f"\n{'role':12} {'kinds':>6} {'survived':>9}")
    for role, (tried, survived) in found.rows.items():
        print(f"{role:12} {tried:6} {survived:9}")
    tried, survived = (sum(row[at] for row in found.rows.values()) for at in (0, 1))
    print(f"{'all':12} {tried:6} {survived:9}")


@dataclass
class Oddity:
    """Gives each case its own kind of odd answer, wherever a role is asked first in its session."""

    role: str
    cases: dict[str, Kind]
    mode: Mode = "stays"
    hits: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    """Requests that a model's reply came back for, over all runs."""
    by_seed: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begin("stays")

    def begin(self, mode: Mode) -> None:
        """Begin another run."""
        self.mode = mode
        self.hits.clear()
        self.replies.clear()
        parts = FIRST_PARTS[self.role]
        self.by_seed = {derive_seed(0, "cbt", case, 1, 0, *parts): case for case in self.cases}

    def __call__(self, call: Call, number: int) -> Http | None:
        case = self.by_seed.get(call.body.get("seed", -1)) if call.role == self.role else None
        if case is not None:
            self.hits[case] += 1
        if case is None or self.mode == "never" or self.mode == "once" and self.hits[case] > 1:
            self.answered += 1
            return None
        kind = self.cases[case]
        if kind.taken in {"reply", "fine"}:
            self.answered += 1
        if kind.taken == "reply":
            # after a reply that it cannot use, a call goes on with another seed
            self.replies[case] += 1
            self.by_seed[call.body["seed"] + RESEED * self.replies[case]] = case
        if kind.redraws:
            self.by_seed[(call.body["seed"] + REDRAW) & MAX_SEED] = case
        return kind.answer(call)


def plan_of(tmp_path: Path, base_url: str, cases: dict[str, Kind]) -> SamplePlan:
    """Plan a run with a client of its own for every kind."""
    text = (asset_dir("profiles") / "en" / "sample" / "en01.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "profiles" / "sample"
    folder.mkdir(parents=True)
    for case in cases:
        (folder / f"{case}.yaml").write_text(text.replace("user_id: en01", f"user_id: {case}"), "utf-8")
    endpoint = {"base_url": base_url, "model": "loopback", "timeout_sec": TIMEOUT_SEC}
    plan = run_plan(
        tmp_path / "runs",
        base_url,
        max_sessions=1,
        timeout_sec=TIMEOUT_SEC,
        retrieval={"method": "lexical", "query": "rewrite"},
        safety={"endpoint": endpoint | {"max_retries": 2, "max_wait_sec": 0.02}, "classifier": "always"},
    )
    machine = plan.runtime.machine.model_copy(update={"concurrency": 12})
    return replace(
        plan,
        dataset=DatasetSettings(root=tmp_path / "profiles", modalities=(Modality.CBT,)),
        runtime=plan.runtime.model_copy(update={"machine": machine}),
    )


def problem_of(outcome: Outcome, kind: Kind, oddity: Oddity) -> str:
    """Say what is wrong with how a case ended; empty if nothing is."""
    hits, failure = oddity.hits[outcome.case_id], outcome.failure
    seen = f"{outcome.status.value} after {hits} tries: {failure and (failure.error, failure.message)}"
    finished = outcome.status is Status.ENDED_BY_LIMIT
    if oddity.role == "risk" or kind.taken == "fine" or oddity.mode == "once" and kind.taken != "final":
        # a judgement that fails is left to the rules
        right = finished and 1 <= hits <= TRIES
    elif oddity.role in DISPENSABLE and finished and kind.taken in {"passing", "final"}:
        # the session went on without an answer, which is counted
        right = hits == (TRIES if kind.taken == "passing" else 1)
    elif kind.taken == "reply":
        right = finished or failure is not None and failure.error == "ReplyError" and hits == TRIES
    else:
        tries = TRIES if kind.taken == "passing" else 1
        last = "gave up after 3 attempts; last problem: " if kind.taken == "passing" else ""
        right = (
            outcome.status is Status.FAILED
            and failure is not None
            and failure.error == "ProviderError"
            and failure.message.startswith(f"{oddity.role}: {last}")
            and kind.says in failure.message
            and failure.message.isprintable()
            and hits == tries
        )
    return "" if right else seen


def calls_in(save_dir: Path) -> int:
    return sum(part["calls"] for part in manifest(save_dir)["totals"].values())


@pytest.mark.parametrize("role", FIRST_PARTS)
async def test_an_odd_answer_is_told_kept_to_its_case_and_mended_by_resume(
    role: str, tmp_path: Path, table: Table
) -> None:
    names = {f"k{number:03}": name for number, name in enumerate(KINDS)}
    oddity = Oddity(role, {case: KINDS[name] for case, name in names.items()})
    problems: dict[str, str] = {}
    with serve(oddity) as server:
        plan = plan_of(tmp_path, server.base_url, oddity.cases)
        modes: tuple[Mode, ...] = ("stays", "once", "never")
        for mode in modes:
            oddity.begin(mode)
            result = await run_sample(plan)
            done = {outcome.case_id for outcome in result.outcomes}
            problems |= {names[case]: f"{mode}: left out" for case in oddity.cases.keys() - done}
            for outcome in result.outcomes:
                kind = oddity.cases[outcome.case_id]
                is_done = outcome.status is Status.ENDED_BY_LIMIT and not oddity.hits[outcome.case_id]
                problem = "" if is_done else problem_of(outcome, kind, oddity) if mode != "never" else ""
                if problem or mode == "never" and outcome.status is not Status.ENDED_BY_LIMIT:
                    problems[names[outcome.case_id]] = f"{mode}: {problem or outcome.failure}"
            wrong = any(not outcome.status.is_finished for outcome in result.outcomes)
            assert result.exit_status() == int(wrong)
            if (counted := calls_in(tmp_path / "runs")) != oddity.answered:
                problems[f"cost, {mode}"] = f"{counted} calls counted, {oddity.answered} answered"
    table.add(role, problems)


async def test_an_odd_answer_to_the_judge_loses_its_scale_alone_and_is_mended(
    tmp_path: Path, table: Table
) -> None:
    """The k-th call that the judge gets is answered by the k-th kind, as often as it is made."""
    kinds, mode = list(KINDS.items()), {"now": "stays"}
    by_seed: dict[int, int] = {}
    hits, answered = Counter[int](), Counter[str]()

    def behave(call: Call, number: int) -> Http | None:
        seed: int = call.body["seed"]
        at = by_seed.setdefault(seed, len(set(by_seed.values())))
        hits[at] += 1
        if not 0 <= at < len(kinds) or mode["now"] == "never":
            answered["calls"] += 1
            return None
        kind = kinds[at][1]
        answered["calls"] += kind.taken in {"reply", "fine"}
        if kind.taken == "reply":
            by_seed.setdefault(seed + RESEED * (hits[at]), at)
        if kind.redraws:
            by_seed.setdefault((seed + REDRAW) & MAX_SEED, at)
        return kind.answer(call)

    with serve(behave) as server:
        cases = [f"c{number:03}" for number in range(len(KINDS) // 4 + 2)]
        root = make_run(tmp_path, *cases)
        for path in root.rglob("session_1.json"):
            # a call's seed comes from the words that are judged
            session = json.loads(path.read_text(encoding="utf-8"))
            session["transcript"][-1]["content"] += f" {path.parent.name}"
            path.write_text(json.dumps(session), encoding="utf-8")
        plan = eval_plan(root, tmp_path / "out", settings=judging_at(server))
        first = await run_eval(plan)
        problems = {
            name: f"asked {hits[at]} times"
            for at, (name, kind) in enumerate(kinds)
            if hits[at] not in {"passing": {TRIES}, "final": {1}, "fine": {1}}.get(kind.taken, {1, 2, TRIES})
        }
        reasons = [reason for _, _, reason in first.missing]
        for name, kind in kinds:
            if kind.taken in {"passing", "final"} and not any(kind.says in reason for reason in reasons):
                problems[name] = f"no scale is missing because of {kind.says!r}"
        assert all(reason.startswith("judge: ") for reason in reasons)
        assert first.exit_status() == 1
        assert first.used.calls == answered["calls"]
        mode["now"] = "never"
        again = await run_eval(plan)
        assert again.exit_status() == 0
        assert again.missing == []
    table.add("judge", problems)


def judging_at(server: LoopbackServer) -> Any:
    judge = {"base_url": server.base_url, "model": "loopback", "max_retries": TRIES - 1}
    more = {"timeout_sec": TIMEOUT_SEC, "max_wait_sec": 0.02}
    return eval_settings_at(server, judge=judge | more, concurrency=12, max_outage_sec=0)


def test_the_kinds_are_many_and_differ() -> None:
    assert len(KINDS) >= 120
    assert {kind.taken for kind in KINDS.values()} == {"passing", "final", "reply", "fine"}
    assert json.dumps(list(KINDS))
