"""What tests of packs share: one that was packed, raters that fill it in, and a judge of one system."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from psychagent.domain.base import Language, Modality
from psychagent.domain.scores import ItemScore, ScaleResult, SessionScores
from psychagent.evals.people.key import TaskKey
from psychagent.evals.people.pack import PackPlan, pack_ratings
from psychagent.evals.ratings.judge import SCALE
from psychagent.scales.scale import load_scales
from tests.support.pairing import write_run

Score = Callable[[str, str], str]


def fill(folder: Path, rater: str, key: TaskKey, score: Score) -> None:
    """Fill a rater's table in by the system of the task and the dimension."""
    path = folder / rater / "ratings.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["score"] = score(key.raters[rater][row["task"]].system, row["dimension"])
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0]], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def packed(root: Path, *, sessions: int = 6, repeats: int = 0) -> tuple[Path, TaskKey]:
    named = {name: [write_run(root, name)] for name in ("first", "second", "third")}
    key, _ = pack_ratings(PackPlan(named, root / "pack", sessions, raters=2, seed=1, repeats=repeats))
    return root / "pack", key


WORTH = {"first": "4,5", "second": "3.5", "third": "2"}


def judge(root: Path, system: str, key: TaskKey, score: int) -> Path:
    """Write what an evaluation of one system's run would hold."""
    folder = root / "evals" / system
    for task in key.raters["rater_1"].values():
        if task.system != system:
            continue
        *_, school, case, session = task.dialogue.split("/")
        items = tuple(
            ItemScore(id=name, raw=score, verified=score, basis="quoted") for name in key.dimensions
        )
        scores = SessionScores(
            judge_model="m",
            prompt_hash="p",
            is_script=False,
            case_id=case,
            modality=Modality(school),
            session_index=int(session.split("_")[1]),
            language=Language.EN,
            input_hash=task.input_hash,
            baseline=f"run-of-{system}",
            scales={
                SCALE: ScaleResult(status="ok", hash=load_scales()[SCALE].hash, group="extra", items=items)
            },
        )
        path = folder / school / case / f"{session}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(scores.model_dump_json(), encoding="utf-8")
    return folder
