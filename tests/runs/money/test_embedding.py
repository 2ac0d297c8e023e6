"""An embedder behind an endpoint is paid for: in ledger, totals and estimates, and by a budget."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from psychagent.assets.cases import find_cases
from psychagent.assets.settings.baseline import EmbeddingSettings
from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.prices import Prices
from psychagent.domain.role import EMBEDDING
from psychagent.domain.usage import RoleUsage
from psychagent.errors import SettingsError
from psychagent.runs.money.estimate import estimate_run
from psychagent.runs.money.spent import spent_in
from psychagent.runs.outcome import RunResult
from psychagent.runs.plan import SamplePlan, check_plan
from psychagent.runs.sample import run_sample
from tests.support.loopback.server import Call, Http, LoopbackServer, embeddings_body, serve
from tests.support.running import manifest, run_plan

FREE = {"loopback": Prices(prompt=0, completion=0)}
URL = "http://127.0.0.1:9/v1"


def count(texts: list[str]) -> int:
    return sum(len(text) // 4 for text in texts)


def billing(call: Call, number: int) -> Http | None:
    """Answer as an embedder that says what it read."""
    if not call.path.endswith("/embeddings"):
        return None
    body = embeddings_body(call.body["input"])
    return Http(body=body | {"usage": {"prompt_tokens": count(call.body["input"])}})


def billed(server: LoopbackServer) -> RoleUsage:
    calls = [call for call in server.calls if call.path.endswith("/embeddings")]
    return RoleUsage(calls=len(calls), prompt_tokens=sum(count(call.body["input"]) for call in calls))


def embedding_plan(folder: Path, base_url: str, limit: float | None = None, **over: Any) -> SamplePlan:
    """Plan a run whose skills are found by an embedder at a server; it alone costs anything."""
    more = {"retrieval": {"method": "embed"}} | over
    plan = run_plan(folder, base_url, max_sessions=2, max_counselor_turns=4, **more)
    embedding = EmbeddingSettings.model_validate(
        {"provider": "openai", "model": "vectors", "base_url": base_url, "prices": {"prompt": 1000}}
    )
    budget = None if limit is None else BudgetSettings(limit=limit, soft=1)
    machine = plan.runtime.machine.model_copy(update={"prices": FREE, "budget": budget})
    return replace(
        plan,
        baseline=plan.baseline.model_copy(update={"embedding": embedding}),
        runtime=plan.runtime.model_copy(update={"machine": machine}),
    )


def spent(result: RunResult) -> float:
    assert result.spending is not None
    return result.spending.money.total


async def test_what_an_embedder_took_is_counted_and_a_budget_ends_at_it(tmp_path: Path) -> None:
    with serve(billing) as server:
        held = await run_sample(embedding_plan(tmp_path, server.base_url, 1e-6))
        assert held.exit_status() == 3
        used = billed(server)
        assert used.calls == 1, "no more than was in flight"
        assert spent(held) == pytest.approx(used.prompt_tokens / 1000)
        done = await run_sample(embedding_plan(tmp_path, server.base_url, 1000))
        assert done.exit_status() == 0
        used = billed(server)
    assert spent(done) == pytest.approx(used.prompt_tokens / 1000)
    assert spent_in(embedding_plan(tmp_path, URL).folder).roles[EMBEDDING] == used
    assert RoleUsage.model_validate(manifest(tmp_path)["totals"][EMBEDDING]) == used


async def test_a_run_that_starts_anew_forgets_what_was_spent(tmp_path: Path) -> None:
    with serve(billing) as server:
        await run_sample(embedding_plan(tmp_path, server.base_url))
        before = billed(server)
        await run_sample(replace(embedding_plan(tmp_path, server.base_url), overwrite=True))
        after = billed(server)
    used = spent_in(embedding_plan(tmp_path, URL).folder).roles[EMBEDDING]
    assert used.prompt_tokens == after.prompt_tokens - before.prompt_tokens


@pytest.mark.parametrize("memory", ["file", "rag"])
async def test_an_embedder_takes_what_was_foreseen(tmp_path: Path, memory: str) -> None:
    with serve(billing) as server:
        plan = embedding_plan(tmp_path, server.base_url, memory=memory)
        cases = find_cases(plan.dataset, plan.runtime.world.language)
        found = estimate_run(plan.settings, [case.modality for case in cases])
        assert (await run_sample(plan)).exit_status() == 0
        used = billed(server)
    (line,) = [line for line in found.lines if line.role == EMBEDDING]
    print(f"\nembedding, {memory}: foreseen {line.used} / billed {used}")
    assert line.model == "vectors"
    assert line.used.prompt_tokens == pytest.approx(used.prompt_tokens, rel=0.3)
    assert line.used.calls == pytest.approx(used.calls, rel=0.4)


@pytest.mark.parametrize(
    ("over", "is_paid"),
    [
        ({}, True),
        ({"retrieval": {"method": "lexical"}}, False),
        ({"skills": "off"}, False),
        ({"skills": "off", "memory": "rag"}, True),
    ],
)
def test_an_embedder_that_is_asked_needs_a_price_where_there_is_a_budget(
    tmp_path: Path, over: dict[str, Any], is_paid: bool
) -> None:
    plan = embedding_plan(tmp_path, URL, 1.0, **over)
    embedding = plan.baseline.embedding.model_copy(update={"prices": None})
    plan = replace(plan, baseline=plan.baseline.model_copy(update={"embedding": embedding}))
    if is_paid:
        with pytest.raises(SettingsError, match="there is no price for embedding"):
            check_plan(plan)
    else:
        check_plan(plan)


def test_an_embedder_of_this_process_has_no_price() -> None:
    with pytest.raises(ValidationError, match="prices"):
        EmbeddingSettings.model_validate({"prices": {"prompt": 1}})
