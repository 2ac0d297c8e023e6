"""Every file of a run, an evaluation, a store or a cache, damaged at random: named, or without effect.

`pytest tests/faults/files/test_damage.py -s` prints how many damages were tried and how many survived.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.profiles import load_profile
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.load import load_settings
from psychagent.cli.show import find_records, session_lines
from psychagent.domain.base import Language, Modality
from psychagent.evals.evaluate import run_eval
from psychagent.evals.find import Search, find_sessions
from psychagent.evals.ratings.columns import Columns
from psychagent.evals.ratings.ranges import Ranges
from psychagent.evals.ratings.table import read_ratings
from psychagent.evals.scales import read_scales
from psychagent.evals.summary import manifests_of
from psychagent.evals.table import load_scores
from psychagent.export.plan import ExportPlan
from psychagent.export.write import run_export
from psychagent.records.audit.check import verify
from psychagent.records.chat import ChatRecord, Unsent, read_chat, read_unsent, write_chat, write_unsent
from psychagent.records.evaluation import EvalFolder
from psychagent.records.folder import RunFolder
from psychagent.records.safety import read_safety
from psychagent.reports.rollouts.read import read_rft_run
from psychagent.runs.plan import SamplePlan
from psychagent.runs.replay import plan_replay
from psychagent.runs.sample import run_sample
from psychagent.safety.rules import load_rules
from psychagent.skills.bench.gold import load_gold
from psychagent.skills.library import SkillLibrary
from psychagent.skills.vectors import VectorCache
from tests.support.damage import DAMAGES, Read, Seen, Tally, try_damage
from tests.support.endangered import Endangered, endangered_plan
from tests.support.eval_runs import eval_plan
from tests.support.exporting import make_rft, make_sample
from tests.support.judging import loopback_reply
from tests.support.loopback.server import Call, Http, serve
from tests.support.running import NAME
from tests.support.small_skills import CountingEmbedder

SEED = 20261126
TALLY = Tally()
TEXTS = ["sleep", "anger", "grief"]


@dataclass(frozen=True)
class Store:
    """A folder with files, and what reads each of them."""

    root: Path
    files: dict[str, tuple[Read, ...]]
    """Path below the root -> every reader of the file."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """One server for all: it answers by what is asked, so that a session played again is the same."""
    answers = Endangered()

    def behave(call: Call, number: int) -> Http | None:
        return loopback_reply(call, 0) if call.role == "judge" else answers(call, 0)

    with serve(behave) as server:
        yield server.base_url


def plan_at(root: Path, url: str) -> SamplePlan:
    plan = endangered_plan(root, url, safety={"mode": "watch"}, max_sessions=2, max_retries=0)
    machine = plan.runtime.machine.model_copy(update={"log_calls": True})
    return replace(plan, runtime=plan.runtime.model_copy(update={"machine": machine}))


def log_of(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.log"))


def dialogues(folder: Path) -> list[object]:
    return [
        [record.transcript, record.turns, record.usage, record.summary]
        for case in RunFolder(folder).cases()
        for record in case.sessions().records
    ]


def resumes(url: str) -> Read:
    async def read(root: Path) -> Seen:
        result = await run_sample(plan_at(root, url))
        ends = [(o.status, o.sessions, o.turns, o.usage, o.failure) for o in result.outcomes]
        told = " ".join(o.failure.message for o in result.outcomes if o.failure)
        return Seen([ends, dialogues(root / NAME)], told + log_of(root / NAME))

    return read


def replays(url: str) -> Read:
    async def read(root: Path) -> Seen:
        result = await run_sample(plan_replay(RunFolder(root / NAME), root / "again"))
        ends = [(o.status, o.sessions, o.turns) for o in result.outcomes]
        told = " ".join(o.failure.message for o in result.outcomes if o.failure)
        return Seen([ends, dialogues(root / "again" / NAME)], told + log_of(root / "again" / NAME))

    return read


async def is_shown(root: Path) -> Seen:
    place = root / NAME / "cbt" / "en01"
    return Seen([list(session_lines(record, thoughts=True)) for record in find_records(place, None)])


async def is_found(root: Path) -> Seen:
    inputs, broken = find_sessions(Search(root))
    manifests = manifests_of(root / NAME, inputs)
    return Seen([inputs, manifests], " ".join(f"{b.file} {b.reason}" for b in broken))


async def is_exported(root: Path) -> Seen:
    done = run_export(ExportPlan(run=root, out=root.parent / "out" / "data.jsonl"))
    rows = [path.read_text(encoding="utf-8") for path in done.files.values()]
    # an export counts by reason what it leaves out
    left_out = " ".join(done.card["skipped"])
    return Seen(rows, left_out and f"session_1.json session_2.json {left_out}")


async def is_verified(root: Path) -> Seen:
    verdict = verify(root / NAME / "safety.jsonl")
    return Seen(verdict.lines, "" if verdict.is_whole else "safety.jsonl")


async def is_reported(root: Path) -> Seen:
    run = read_rft_run(root)
    left_out = " ".join(" ".join(one) for one in (*run.broken, *run.failed_cases))
    return Seen([run.manifest, run.sessions], left_out)


async def scores_are_read(root: Path) -> Seen:
    folder = EvalFolder(root)
    tables = [load_scores(root, worthless=worthless) for worthless in (False, True)]
    pairs = tables[0].frame[["side", "metric", "scale_hash"]].itertuples(index=False)
    scales = read_scales(root, [(f"{side}.{metric}", digest) for side, metric, digest in pairs])
    frames = [table.frame.to_csv() for table in tables]
    rest = [tables[0].summary, scales, read_safety(folder.safety), list(folder.sessions())]
    return Seen([frames, rest])


def judges(url: str, data: Path) -> Read:
    async def read(root: Path) -> Seen:
        judge = {"provider": "openai", "base_url": url, "model": "loopback", "max_retries": 0}
        settings = EvalSettings.model_validate({"judge": judge, "degenerate": 1, "concurrency": 4})
        await run_eval(eval_plan(data, root, settings=settings))
        rows = [line.split(",")[:14] for line in (root / "scores.csv").read_text().splitlines()]
        return Seen(rows, log_of(root))

    return read


async def vectors_are_read(root: Path) -> Seen:
    embedder = CountingEmbedder()
    found = await VectorCache(root, embedder).embed(TEXTS)
    return Seen(found.tolist())


async def chat_is_read(root: Path) -> Seen:
    return Seen([read_chat(root / "chat.json"), read_unsent(root / ".unsent.json")], "")


def reads(load: Callable[[Path], object], name: str) -> tuple[Read, ...]:
    """Read a file that people write: what can be read is what they mean, and a run records its hash."""

    async def read(root: Path) -> Seen:
        load(root / name)
        return Seen("read")

    return (read,)


def finished_run(folder: Path, url: str) -> Store:
    assert asyncio.run(run_sample(plan_at(folder, url))).exit_status() == 0
    (folder / NAME / "run.log").unlink()
    resume, replay, case = resumes(url), replays(url), f"{NAME}/cbt/en01"
    return Store(
        folder,
        {
            f"{case}/session_1.json": (is_shown, is_found, resume),
            f"{case}/session_2.json": (is_shown, is_found, resume),
            f"{case}/course.json": (is_found, resume),
            f"{NAME}/manifest.json": (is_found, resume, replay),
            f"{NAME}/safety.jsonl": (is_verified, resume),
            f"{NAME}/calls/cbt/en01.jsonl": (replay, resume),
            f"{NAME}/checkpoints.sqlite": (resume,),
        },
    )


def broken_off_run(folder: Path, url: str) -> Store:
    """A run that ended in its second session, where journal and checkpoints hold what no file does."""
    answers = Endangered()

    def behave(call: Call, number: int) -> Http | None:
        is_late = call.role == "client" and any(folder.rglob("session_1.json"))
        return Http(status=500) if is_late else answers(call, 0)

    with serve(behave) as server:
        asyncio.run(run_sample(plan_at(folder, server.base_url)))
    assert [p.name for p in folder.rglob("session_*")] == ["session_1.json"]
    (folder / NAME / "run.log").unlink()
    names = ["cbt/en01/session_1.json", "cbt/en01/course.json", "manifest.json", "safety.jsonl"]
    names += ["calls/cbt/en01.jsonl", "checkpoints.sqlite"]
    return Store(folder, {f"{NAME}/{name}": (resumes(url),) for name in names})


def run_to_export(folder: Path, url: str) -> Store:
    run = make_sample(folder / "runs", cases=2)
    session = next(run.rglob("session_1.json")).relative_to(run).as_posix()
    return Store(run, {name: (is_exported,) for name in (session, "manifest.json")})


def rollouts(folder: Path, url: str) -> Store:
    run = make_rft(folder / "runs", cases=1, n=2)
    session = next(run.rglob("session_1.json"))
    return Store(
        run, {name.relative_to(run).as_posix(): (is_reported,) for name in (session, run / "manifest.json")}
    )


def evaluation(folder: Path, url: str) -> Store:
    data, out = folder / "data", folder / "out"
    asyncio.run(run_sample(plan_at(data, url)))
    judge = judges(url, data / NAME)
    asyncio.run(judge(out))
    (out / "eval.log").unlink()
    worthless = next((out / "degenerate").rglob("session_*.json")).relative_to(out).as_posix()
    tables = ("scores.csv", "degenerate.csv", "safety.csv", "marks.csv", "summary.json", "scales.json")
    return Store(
        out,
        {
            "cbt/en01/session_1.json": (scores_are_read, judge),
            worthless: (judge,),
            **{name: (scores_are_read,) for name in tables},
        },
    )


def cache(folder: Path, url: str) -> Store:
    asyncio.run(VectorCache(folder, CountingEmbedder()).embed(TEXTS))
    (file,) = folder.iterdir()
    return Store(folder, {file.name: (vectors_are_read,)})


def chat(folder: Path, url: str) -> Store:
    begun = ChatRecord(schema_version=1, case_id="a1b2", modality=Modality.CBT, language=Language.EN)
    write_chat(folder / "chat.json", begun)
    write_unsent(folder / ".unsent.json", Unsent(session=1, turns=2, text="I am tired."))
    return Store(folder, {"chat.json": (chat_is_read,)})


def written_by_people(folder: Path, url: str) -> Store:
    for kind, name in (("skills", "gold/en.yaml"), ("profiles", "en/sample/en01.yaml")):
        shutil.copy(asset_dir(kind) / name, folder / Path(name).name)
    shutil.copy(asset_dir("configs") / "baselines" / "offline.yaml", folder)
    shutil.copytree(asset_dir("skills") / "en", folder / "skills" / "en")
    shutil.copytree(asset_dir("configs") / "safety" / "rules", folder / "safety" / "rules")
    rows = [{"rater": r, "dialogue": d, "dimension": "1", "score": 3} for r in "AB" for d in ("x", "y", "z")]
    (folder / "ratings.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    cells = [",".join(map(str, row.values())) for row in rows]
    (folder / "ratings.csv").write_text("\n".join([",".join(rows[0]), *cells]) + "\n")
    bundled = SkillLibrary(Language.EN)
    stage = "skills/en/cbt/conceptualization.yaml"
    rules = "safety/rules/en/words.yaml"
    return Store(
        folder,
        {
            "en.yaml": reads(lambda path: load_gold(path, bundled), "en.yaml"),
            "en01.yaml": reads(load_profile, "en01.yaml"),
            "offline.yaml": reads(lambda path: load_settings(BaselineSettings, path), "offline.yaml"),
            stage: reads(lambda path: list(SkillLibrary(Language.EN, path.parents[2]).all_stages()), stage),
            rules: reads(lambda path: load_rules(Language.EN, path.parents[3]), rules),
            "ratings.jsonl": reads(lambda path: read_ratings(path, Columns(), Ranges()), "ratings.jsonl"),
            "ratings.csv": reads(lambda path: read_ratings(path, Columns(), Ranges()), "ratings.csv"),
        },
    )


STORES: dict[str, Callable[[Path, str], Store]] = {
    "a finished run": finished_run,
    "a run broken off": broken_off_run,
    "a run to export": run_to_export,
    "rollouts": rollouts,
    "an evaluation": evaluation,
    "the cache of vectors": cache,
    "a chat": chat,
    "written by people": written_by_people,
}


@pytest.mark.parametrize("kind", STORES)
def test_every_damage_is_told_by_name_or_has_no_effect(tmp_path: Path, url: str, kind: str) -> None:
    (tmp_path / "whole").mkdir()
    store, tally = STORES[kind](tmp_path / "whole", url), Tally()
    for name, readers in store.files.items():
        seen: dict[Read, Seen] = {
            read: asyncio.run(read(copy_of(store.root, tmp_path / "as it is"))) for read in readers
        }
        for number, (what, damage) in enumerate(DAMAGES.items()):
            rng = random.Random(f"{SEED} {kind} {name} {what}")
            read = readers[number % len(readers)]
            root = copy_of(store.root, tmp_path / "damaged")
            path = root / name
            path.write_bytes(damage(path.read_bytes(), rng))
            fate, problem = asyncio.run(try_damage(path, seen[read], read, root))
            where = f"{kind}: {name}: {what}: {getattr(read, '__qualname__', '')}: {problem}"
            tally.note(f"{kind}: {Path(name).name}", fate, where if problem else "")
    TALLY.add(tally)
    print("\n", *TALLY.lines(), sep="\n")
    assert not tally.lost, "\n".join(tally.lost)


def copy_of(store: Path, to: Path) -> Path:
    """Copy a store to a place that may hold an older copy."""
    shutil.rmtree(to, ignore_errors=True)
    return shutil.copytree(store, to)


def test_at_least_as_many_damages_are_tried_as_ever_were() -> None:
    """Of 426, 35 ended in a traceback once."""
    assert TALLY.tried >= 426
