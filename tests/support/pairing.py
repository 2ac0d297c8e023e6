"""What tests of comparisons in pairs share: runs of several systems, and judges of a known leaning."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.judging import GOOD
from tests.support.loopback.server import Call, Http, chat_body

SENT_AS = {"counselor": "assistant", "client": "user"}


def write_run(
    root: Path,
    system: str,
    cases: Sequence[str] = ("en01", "en02"),
    *,
    word: str = "",
    modality: str = "cbt",
    sessions: int = 1,
) -> Path:
    """Write a run whose counselor says a word of its own in every session."""
    for case in cases:
        for number in range(1, sessions + 1):
            said = [{"role": SENT_AS[who.value], "content": text} for who, text in GOOD]
            said[0] = {
                "role": "assistant",
                "content": f"{said[0]['content']} {word or system} {case} {number}.",
            }
            path = root / system / modality / case / f"session_{number}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"transcript": said}), encoding="utf-8")
    return root / system


def pair_judge(choose: Callable[[str, str], str]) -> Callable[[Call, int], Http | None]:
    """Answer as a judge would that chooses by the texts of the first and the second session."""

    def behave(call: Call, number: int) -> Http | None:
        asked = call.body["messages"][-1]["content"]
        first, second = (asked.split(f"<session_{n}>")[1].split(f"</session_{n}>")[0] for n in (1, 2))
        row = {"why": "turn 1", "better": choose(first, second)}
        names = call.body["response_format"]["json_schema"]["schema"]["properties"]
        return Http(body=chat_body(json.dumps(dict.fromkeys(names, row)), prompt=100))

    return behave


def prefers(word: str) -> Callable[[str, str], str]:
    """Prefer the session that has a word; a tie where both or neither have it."""

    def choose(first: str, second: str) -> str:
        one, other = word in first, word in second
        return "tie" if one == other else "first" if one else "second"

    return choose
