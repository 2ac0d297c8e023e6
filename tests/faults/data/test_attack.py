"""Files of others with parts replaced, removed, repeated or renamed by chance: read, or refused in words."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.profiles import read_profile
from psychagent.errors import PsychAgentError
from psychagent.evals.find import Search, find_sessions
from psychagent.evals.ratings.columns import read_columns
from psychagent.evals.ratings.ranges import Ranges
from psychagent.evals.ratings.table import read_ratings
from tests.support.shapes import made_up_profile, psycheval
from tests.support.tried import Check, try_all

TALK = [
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "I want to die."},
    {"role": "assistant", "content": "Do you think of killing yourself?"},
]
RUN = {
    "schema_version": 1,
    "modality": "cbt",
    "case_id": "x",
    "session_index": 1,
    "transcript": TALK,
    "turns": [
        {"speaker": "counselor", "text": "Hello."},
        {"speaker": "client", "text": "I want to die."},
        {"speaker": "counselor", "text": "Do you think of killing yourself?"},
    ],
    "risk": [{"turn": 1, "level": 2, "about": "self"}],
}
SEEDS: tuple[Any, ...] = (
    made_up_profile(),
    psycheval("cbt") | {"sessions": [{"session_number": 1, "session_dialogue": TALK}]},
    {"messages": TALK, "id": "q", "session": 1, "modality": "cbt"},
    {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
    [TALK, TALK],
    RUN,
    [{"rater": r, "dialogue": "d", "dimension": "x", "score": n} for n, r in enumerate("AB", start=1)],
    [{"dialogue": "d", "x": [1, 2, 3]}, {"dialogue": "e", "x": {"A": 1, "B": None}}],
)
LEAVES: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        3.5,
        float("inf"),
        float("nan"),
        2**70,
        "",
        " ",
        "user",
        "x" * 5000,
        "\x00",
        "\u202e",
    ),
    *("<think>", "</think>", "[1]", "a\nclient: b", "\u2028", "..", "../../x", [], {}, [[]], [None], {"": 1}),
)
KEYS = (
    "",
    "messages",
    "sessions",
    "transcript",
    "client_info",
    "turns",
    "theory",
    "role",
    "from",
    "score",
    "rater",
)
READERS: dict[str, Callable[[Path], object]] = {
    "sessions": lambda path: find_sessions(Search(path)),
    "messages": lambda path: find_sessions(Search(path, "messages")),
    "text": lambda path: find_sessions(Search(path, "text")),
    "ratings": lambda path: read_ratings(path, read_columns(""), Ranges()),
    "profile": read_profile,
}


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in inner:
        yield (*at, step)
        yield from places(value, (*at, step))


def damaged(data: Any, chance: random.Random) -> Any:
    data = copy.deepcopy(data)
    where = list(places(data))
    if not where:
        return chance.choice(LEAVES)
    *way, last = chance.choice(where)
    inner = data
    for step in way:
        inner = inner[step]
    match chance.randrange(4):
        case 0:
            del inner[last]
        case 1 if isinstance(inner, dict):
            inner[chance.choice(KEYS)] = inner.pop(last)
        case 2:
            inner[last] = [inner[last]] * chance.randrange(3)
        case _:
            inner[last] = copy.deepcopy(chance.choice(LEAVES))
    return data


def test_damaged_files_of_others_are_read_or_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)

    def kinds() -> Iterator[tuple[str, Check]]:
        for number in range(300):
            data = damaged(chance.choice(SEEDS), chance)
            if chance.random() < 0.4:
                data = damaged(data, chance)
            for suffix in (".json", ".jsonl"):
                path = tmp_path / "cbt" / f"{number}{suffix}"
                path.parent.mkdir(exist_ok=True)
                path.write_text(json.dumps(data), encoding="utf-8")
                for name, read in READERS.items():

                    def check(path: Path = path, read: Callable[[Path], object] = read) -> None:
                        try:
                            read(path)
                        except PsychAgentError as error:
                            said = str(error)
                            if len(said) > 900 or "\n" in said:
                                raise ValueError(f"not one clear sentence: {said[:200]!r}") from error

                    yield f"{name} of {path.name} {json.dumps(data)[:80]}", check

    try_all("files of others, damaged by chance", kinds(), capsys)
