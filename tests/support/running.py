"""Runs against the loopback server: settings with short waits, and what to look at afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.domain.base import Modality
from psychagent.files.seal import KEY
from psychagent.records.folder import RunFolder
from psychagent.runs.events import RunEvent
from psychagent.runs.outcome import RunResult
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample
from tests.support.flat import baseline_of, runtime_of
from tests.support.loopback.server import Behave, Call, Http, serve

E = TypeVar("E")

FAST: dict[str, Any] = {"timeout_sec": 20, "max_retries": 2, "max_wait_sec": 0.02}
"""Retries that wait some milliseconds."""
NAME = "loopback"


def settings_at(base_url: str, **over: Any) -> tuple[BaselineSettings, RuntimeSettings]:
    """Counselor and client at the server, two sessions of two counselor turns, ranking by words.

    A server that is down is not waited for, unless `max_outage_sec` is given.
    """
    model = FAST | {"base_url": base_url, "model": "loopback"}
    limits = {"name": NAME, "max_sessions": 2, "max_counselor_turns": 2}
    outage = over.pop("max_outage_sec", 0)
    shared = {name: value for name, value in over.items() if name in FAST | {"api_key_env": ""}}
    runtime = runtime_of(client=model | shared, max_outage_sec=outage)
    return baseline_of(**(model | limits | over)), runtime


def run_plan(save_dir: Path, base_url: str, *, cases: int = 1, **over: Any) -> SamplePlan:
    """Plan a run of some bundled profiles, all under one modality."""
    baseline, runtime = settings_at(base_url, **over)
    dataset = DatasetSettings(modalities=(Modality.CBT,), max_cases=cases)
    return SamplePlan(baseline, runtime, dataset, save_dir=save_dir, env={})


def hearing(plan: SamplePlan, kind: type[E], act: Callable[[E], object]) -> SamplePlan:
    """Let a plan's run tell of one kind of event, beside what it tells already."""
    before = plan.tell

    def tell(event: RunEvent) -> None:
        before(event)
        if isinstance(event, kind):
            act(event)

    return replace(plan, tell=tell)


def once(role: str, answer: Http, *, times: int = 1) -> Behave:
    """Misbehave at the first calls of a role."""
    left = {"times": times}

    def behave(call: Call, number: int) -> Http | None:
        if call.role != role or left["times"] == 0:
            return None
        left["times"] -= 1
        return answer

    return behave


def always(role: str, answer: Http) -> Behave:
    """Misbehave at every call of a role."""
    return lambda call, number: answer if call.role == role else None


def case_dirs(save_dir: Path) -> list[Path]:
    """List the folders of cases."""
    return [place.path for place in RunFolder(save_dir / NAME).cases()]


def load(path: Path) -> Any:
    """Read a JSON file, without the seal that would be broken if the test wrote it back changed."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(data, dict):
        data.pop(KEY, None)
    return data


def course_file(save_dir: Path, number: int = 0) -> Any:
    """Read the course file of a case."""
    return load(case_dirs(save_dir)[number] / "course.json")


def manifest(save_dir: Path) -> Any:
    """Read a run's manifest."""
    return load(save_dir / NAME / "manifest.json")


def keys(calls: Iterable[Call]) -> list[str]:
    """Name each call by all that it sends; its seed tells cases and turns apart."""
    return [json.dumps([call.role, call.body], ensure_ascii=False, sort_keys=True) for call in calls]


def repeats(calls: Iterable[Call]) -> Counter[str]:
    """Count by role the calls that had been made before."""
    named = list(calls)
    seen: set[str] = set()
    again: Counter[str] = Counter()
    for call, key in zip(named, keys(named), strict=True):
        again.update([call.role] if key in seen else [])
        seen.add(key)
    return again


def stored_usage(save_dir: Path) -> dict[str, dict[str, int]]:
    """Sum the usage that session files hold, by role."""
    totals: dict[str, Counter[str]] = {}
    for place in case_dirs(save_dir):
        for path in place.glob("session_*.json"):
            for role, part in load(path)["usage"]["roles"].items():
                totals.setdefault(role, Counter()).update(part)
    return {role: dict(part) for role, part in sorted(totals.items())}


def clean(totals: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Leave zeros out, so that sums can be compared."""
    return {role: {k: v for k, v in part.items() if v} for role, part in sorted(totals.items())}


def calls_of(totals: dict[str, dict[str, int]]) -> dict[str, int]:
    """Return the calls of a manifest's totals, by role."""
    return {role: part["calls"] for role, part in sorted(totals.items())}


def write_yaml(folder: Path, plan: SamplePlan) -> list[str]:
    """Write a plan's settings as files, and return the command line that means the same."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {"baseline": plan.baseline, "runtime": plan.runtime, "dataset": plan.dataset}
    settings = named if plan.rft is None else named | {"rft-config": plan.rft}
    for name, given in settings.items():
        # JSON is YAML
        text = json.dumps(given.model_dump(mode="json"))
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    files = [part for n in settings for part in (f"--{n}", f"{folder / n}.yaml")]
    return ["rft" if plan.rft else "sample", *files, "--save-dir", str(plan.save_dir)]


async def run_once(save_dir: Path, behave: Behave | None, **over: Any) -> tuple[RunResult, list[Call]]:
    """Run once against a server of one's own."""
    with serve(behave) as server:
        result = await run_sample(run_plan(save_dir, server.base_url, **over))
        return result, list(server.calls)


def count(calls: list[Call], role: str) -> int:
    return sum(call.role == role for call in calls)
