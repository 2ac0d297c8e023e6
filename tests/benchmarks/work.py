"""What the measured runs are made of: calls of a session, dialogues to judge, a large library of skills.

Imports nothing heavy: the bench's own process must stay small, because a child's peak memory starts at its
parent's.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.loopback import replies

MODALITIES = ("bt", "cbt", "het", "pdt", "pmt")
STAGES = ("conceptualization", "intervention", "consolidation")
METAS = 12
"""Meta-skills of each stage of the large library."""


def calls_per_session(turns: int) -> int:
    """Filter, then counselor, client and rewrite, then summary, client file and the client's recall."""
    return 1 + 2 * turns + (turns - 1) + 3


def calls_in_sequence(*, cases: int, concurrency: int, sessions: int, turns: int) -> int:
    """Count the calls on the critical path: summary, file and recall are asked side by side."""
    return -(-cases // concurrency) * sessions * (calls_per_session(turns) - 2)


def write_dialogue(path: Path, turns: int, salt: int) -> None:
    """Write a session file with a made-up dialogue."""
    spoken = []
    for turn in range(turns):
        words = replies.filler(replies.COUNSELOR_VISIBLE_CHARS, 1000 * salt + turn)
        spoken.append({"role": "assistant", "content": words})
        spoken.append({"role": "user", "content": replies.filler(replies.CLIENT_CHARS, 2000 * salt + turn)})
    head = {"modality": "cbt", "case_id": path.parent.name, "session_index": 1, "stage": "intervention"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(head | {"transcript": spoken[:-1]}), encoding="utf-8")


def write_library(root: Path, skills: int) -> None:
    """Write a Chinese library of so many skills in our layout, over all stages; always the same one.

    Characters are drawn from the bundled skills; every trigger ends in words of the kind that the loopback
    server's queries are made of, so that a search has something to rank.
    """
    draw = random.Random(0)
    places = [(modality, stage) for modality in MODALITIES for stage in STAGES]
    for number, (modality, stage) in enumerate(places):
        share = skills // len(places) + (number < skills % len(places))
        head = f"{modality}.{stage}"
        metas = list(_metas(head, share, draw))
        content = {"modality": modality, "stage": stage, "language": "zh", "meta_skills": metas}
        path = root / "zh" / modality / f"{stage}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        # JSON is YAML too, and is written at once
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _metas(head: str, skills: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    for meta in range(METAS):
        name = f"{head}.meta-{meta}"
        below = [_skill(f"{name}.skill-{n}", draw) for n in range(skills // METAS + (meta < skills % METAS))]
        yield {"id": name, "name": _text(6, draw), "description": _text(30, draw), "skills": below}


def _skill(name: str, draw: random.Random) -> dict[str, str]:
    return {
        "id": name,
        "name": _text(6, draw),
        "description": _text(40, draw),
        "when_to_use": _text(24, draw),
        "trigger": f"{_text(24, draw)} {replies.filler(60, draw.randrange(1000))}",
        "example": _text(32, draw),
    }


def _text(size: int, draw: random.Random) -> str:
    return "".join(draw.choices(_characters(), k=size))


@cache
def _characters() -> str:
    """Take the characters of the bundled skills, each as often as it stands there."""
    files = sorted((Path(__file__).resolve().parents[2] / "skills" / "zh").rglob("*.yaml"))
    return "".join(re.findall(r"[\u4e00-\u9fff]", "".join(file.read_text("utf-8") for file in files)))
