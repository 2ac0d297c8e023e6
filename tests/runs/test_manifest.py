"""The manifest: what a run was made with, without a key, and what it has cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.run import (
    BaselineSettings,
    DatasetSettings,
    RetrievalSettings,
    RuntimeSettings,
)
from psychagent.domain.base import Language, Modality
from psychagent.errors import RecordError
from psychagent.files.write import write_json
from psychagent.flows.build import build_deps
from psychagent.records.folder import RunFolder
from psychagent.runs.manifest import SCRIPT_NOTE, build_manifest, check_resumable
from psychagent.runs.sample import run_sample
from psychagent.skills.library import SkillLibrary
from tests.support.loopback.server import serve
from tests.support.running import NAME, clean, manifest, run_plan, settings_at, stored_usage


def describe(**over: Any) -> dict[str, Any]:
    """Build the manifest of a run at an endpoint."""
    baseline, runtime = settings_at("http://127.0.0.1:9/v1", api_key_env="THE_KEY", **over)
    deps = build_deps(baseline, runtime, env={"THE_KEY": "sk-hidden"})
    return build_manifest(baseline, runtime, DatasetSettings(), deps)


def test_it_names_models_versions_and_every_prompt_and_skill_file() -> None:
    made = describe()
    assert made["models"]["counselor"] == made["models"]["reflector"] == "loopback"
    assert made["versions"].keys() >= {"python", "psychagent", "langgraph", "langchain-openai"}
    prompts = {path.removesuffix(".jinja2") for path in made["prompts"]}
    assert {"en/counselor/system", "en/client/system", "en/summary/task", "en/shared/retry"} <= prompts
    assert made["skills"] == SkillLibrary(Language.EN).hashes
    assert len(made["skills"]) == 3 * len(Modality)
    hashes = [*made["prompts"].values(), *made["skills"].values()]
    assert all(len(value) == 64 for value in hashes)


def test_it_names_the_key_s_variable_and_never_the_key() -> None:
    text = str(describe())
    assert "THE_KEY" in text
    assert "sk-hidden" not in text


def test_a_script_is_called_a_script() -> None:
    assert describe()["note"] is None
    assert describe()["scripted_roles"] == []
    baseline = BaselineSettings(provider="offline")
    runtime = RuntimeSettings(retrieval=RetrievalSettings(method="lexical"))
    deps = build_deps(baseline, runtime, env={})
    made = build_manifest(baseline, runtime, DatasetSettings(), deps)
    assert made["note"] == SCRIPT_NOTE
    assert "no language model" in SCRIPT_NOTE
    assert made["scripted_roles"] == ["counselor", "client", "reflector"]


@pytest.mark.parametrize("part", ["models", "prompts", "skills", "scales", "conditions"])
def test_whatever_differs_is_named(tmp_path: Path, part: str) -> None:
    folder = RunFolder(tmp_path, NAME)
    before = {part: {"one": "a" * 64, "gone": 1}}
    write_json(folder.manifest, before)
    check_resumable(folder, before)
    for now, named in [
        ({"one": "b" * 64, "gone": 1}, "'one' = 'aaaaaaaaaaaa…', now 'bbbbbbbbbbbb…'"),
        ({"one": "a" * 64}, "'gone' = 1, now None"),
        ({"one": "a" * 64, "gone": 1, "new": 2}, "'new' = None, now 2"),
    ]:
        with pytest.raises(RecordError) as caught:
            check_resumable(folder, {part: now})
        assert f"made with {part} {named}" in str(caught.value)


def test_a_folder_without_a_run_may_be_begun(tmp_path: Path) -> None:
    check_resumable(RunFolder(tmp_path, NAME), {"models": {"counselor": "any"}})


async def test_totals_are_the_sum_of_the_session_files_and_of_the_calls_made(tmp_path: Path) -> None:
    with serve() as server:
        result = await run_sample(run_plan(tmp_path, server.base_url, cases=2))
        calls = [call.role for call in server.calls]
    totals = manifest(tmp_path)["totals"]
    assert clean(totals) == clean(stored_usage(tmp_path))
    assert {role: part["calls"] for role, part in totals.items()} == {r: calls.count(r) for r in set(calls)}
    assert totals == {role: part.model_dump() for role, part in result.usage().roles.items()}
