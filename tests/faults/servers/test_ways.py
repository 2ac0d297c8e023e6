"""Every kind of odd answer in each way of asking, and to the embedder: a fault or a reply, and nothing else.

`pytest -m slow -s tests/faults/servers/test_ways.py` prints how many were tried and how many survived.
"""

from __future__ import annotations

import math
from contextlib import aclosing
from typing import Any

import pytest

from psychagent.assets.settings.baseline import EmbeddingSettings
from psychagent.domain.cause import Cause
from psychagent.errors import SkillStoreError
from psychagent.llm.fault import Fault
from psychagent.llm.wire import Wire
from psychagent.skills.embed import build_embedder
from tests.support.endpoint_models import WAYS, model_at_server
from tests.support.loopback.server import Call, Http, serve
from tests.support.odd_answers import Kind
from tests.support.odd_bodies import KINDS

pytestmark = pytest.mark.slow

TIMEOUT_SEC = 1.5


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@pytest.mark.parametrize("way", WAYS)
async def test_each_way_of_asking_gives_a_fault_or_a_reply(way: str) -> None:
    now: dict[str, Kind] = {}
    problems: dict[str, str] = {}
    with serve(lambda call, n: now["kind"].answer(call)) as server:
        async with model_at_server(server, timeout_sec=TIMEOUT_SEC) as model:
            for name, kind in KINDS.items():
                now["kind"] = kind
                try:
                    await WAYS[way](model)
                except Fault as fault:
                    if kind.taken in {"reply", "fine"} and way != "as a stream":
                        problems[name] = f"is no reply: {fault}"
                    # a filter's refusal passes once a chat draws another seed
                    passes = fault.passes or fault.cause is Cause.FILTERED
                    if not str(fault).isprintable() or kind.taken == "passing" and not passes:
                        problems[name] = f"passes: {fault.passes}: {fault}"
                except Exception as error:  # noqa: BLE001
                    problems[name] = f"{type(error).__name__}: {error}"
                else:
                    if kind.taken in {"passing", "final"} and way != "as a stream":
                        problems[name] = "is a reply"
    print(f"\n{way}: {len(KINDS)} tried, {len(KINDS) - len(problems)} survived")
    assert problems == {}


def vectors(*rows: Any, **more: Any) -> Any:
    return {"data": [{"index": at, "embedding": row} for at, row in enumerate(rows)]} | more


ODD_VECTORS: dict[str, Any] = {
    "none": vectors(),
    "too few": vectors([1.0, 0.0]),
    "too many": vectors([1.0], [1.0], [1.0]),
    "of two lengths": vectors([1.0, 0.0], [1.0]),
    "empty": vectors([], []),
    "null": vectors(None, None),
    "words": vectors("abc", "def"),
    "of words": vectors(["a"], ["b"]),
    "in base64": vectors("AACAPwAAAAA=", "AACAPwAAAAA="),
    "nested": vectors([[1.0]], [[1.0]]),
    "not a number": vectors([math.nan, 1.0], [1.0, 1.0]),
    "infinite": vectors([math.inf, 1.0], [1.0, 1.0]),
    "of numbers beyond floats": vectors([10**400, 1], [1, 1]),
    "of numbers beyond what is kept": vectors([1e300, 1.0], [1.0, 1.0]),
    "of booleans": vectors([True, False], [False, True]),
    "an index in words": {"data": [{"index": "a", "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}]},
    "one index twice": {"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [0.5]}]},
    "an index on one alone": {"data": [{"index": 0, "embedding": [1.0]}, {"embedding": [1.0]}]},
    "rows that are none": {"data": [3, 4]},
    "data in words": {"data": "vectors"},
    "data null": {"data": None},
}


async def test_the_embedder_gives_vectors_or_a_named_error() -> None:
    refused = {"passing", "final"}
    wrong: dict[str, Any] = {name: kind.answer for name, kind in KINDS.items() if kind.taken in refused}
    wrong |= {f"vectors {n}": lambda call, b=body: Http(body=b) for n, body in ODD_VECTORS.items()}
    now: dict[str, Any] = {}
    problems: dict[str, str] = {}

    def behave(call: Call, number: int) -> Http:
        answer: Http = now["answer"](call)
        return answer

    with serve(behave) as server:
        given: dict[str, Any] = {"max_retries": 0, "timeout_sec": TIMEOUT_SEC, "base_url": server.base_url}
        settings = EmbeddingSettings(provider="openai", model="m", **given)
        async with aclosing(Wire({})) as wire:
            for name, answer in wrong.items():
                now["answer"] = answer
                try:
                    await build_embedder(settings, key=None, wire=wire).embed(["a", "b"])
                except SkillStoreError as error:
                    if not str(error).isprintable():
                        problems[name] = repr(str(error))
                except Exception as error:  # noqa: BLE001
                    problems[name] = f"{type(error).__name__}: {error}"
                else:
                    problems[name] = "vectors"
    print(f"\nembedder: {len(wrong)} tried, {len(wrong) - len(problems)} survived")
    assert problems == {}
