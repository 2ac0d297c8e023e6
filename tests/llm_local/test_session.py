"""One session through a real language model and a real server, over HTTP: shapes, never contents."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.load import load_settings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.doctor.check import Finding
from psychagent.doctor.examine import examine
from psychagent.doctor.setup import SetUp
from psychagent.domain.base import Language, Modality
from psychagent.domain.memory import SessionSummary
from psychagent.files.read import read_json
from psychagent.records.session import SessionRecord, read_session
from psychagent.runs.outcome import RunResult
from psychagent.runs.plan import SamplePlan
from psychagent.runs.sample import run_sample

pytestmark = pytest.mark.llm
CONFIGS = Path(__file__).resolve().parents[2] / "configs"
TURNS = 4


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """The server as a person starts it, in a process of its own."""
    code = "from psychagent.cli.main import run; run()"
    command = [sys.executable, "-c", code, "local-model", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield next(word for word in server.stdout.readline().split() if word.startswith("http"))
        server.terminate()
        assert server.wait(20) == 0, "the server did not stop cleanly"


def local_settings(base_url: str) -> tuple[BaselineSettings, RuntimeSettings, DatasetSettings]:
    """The shipped files, pointed at the port that was free; skills are found by words, to be quick."""
    at = {"base_url": base_url}
    baseline = load_settings(BaselineSettings, CONFIGS / "baselines" / "local_smollm2.yaml")
    runtime = load_settings(RuntimeSettings, CONFIGS / "runtime" / "local_smollm2.yaml")
    words = baseline.retrieval.model_copy(update={"method": "lexical"})
    counselor = baseline.counselor.model_copy(update=at)
    world = runtime.world.model_copy(update={"client": runtime.world.client.model_copy(update=at)})
    cases = DatasetSettings(modalities=(Modality.CBT,), max_cases=1)
    system = baseline.model_copy(update={"counselor": counselor, "retrieval": words})
    return system, runtime.model_copy(update={"world": world}), cases


@pytest.fixture(scope="module")
def run(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Path]:
    """A real run of one session."""
    save_dir = tmp_path_factory.mktemp("runs")
    plan = SamplePlan(*local_settings(base_url), save_dir=save_dir, env={})
    result = asyncio.run(run_sample(plan))
    return result, save_dir / "local_smollm2"


@pytest.fixture(scope="module")
def session(run: tuple[RunResult, Path]) -> SessionRecord:
    """The file that the run wrote."""
    result, _ = run
    return read_session(Path(result.outcomes[0].folder) / "session_1.json")


def test_the_case_runs_to_its_end(run: tuple[RunResult, Path]) -> None:
    result, _ = run
    assert result.exit_status() == 0, [outcome.failure for outcome in result.outcomes]
    assert [outcome.sessions for outcome in result.outcomes] == [1]


def test_the_dialogue_begins_with_the_counselor_and_takes_turns(session: SessionRecord) -> None:
    roles = [said.role for said in session.transcript]
    assert roles == ["assistant" if n % 2 == 0 else "user" for n in range(len(roles))]
    assert 1 <= roles.count("assistant") <= TURNS
    assert all(said.content.strip() for said in session.transcript)


def test_counselor_turns_have_the_skills_that_were_put_before_them(session: SessionRecord) -> None:
    first, *later = (turn for turn in session.turns if turn.speaker == "counselor")
    spoken = [first, *later]
    assert first.skills == ()
    assert all(turn.skills for turn in later if turn.query)
    assert all(set(turn.skills) <= set(session.candidates) for turn in later)
    assert all(turn.thoughts is not None for turn in spoken)


def test_summary_and_client_file_have_the_full_shape(session: SessionRecord) -> None:
    assert isinstance(session.typed_summary(), SessionSummary)
    assert session.client_file is not None
    assert session.client_file.theory is not None
    assert isinstance(session.updated_profile, dict)
    assert "core_beliefs" in session.updated_profile


def test_every_role_was_asked_over_http_and_counted(session: SessionRecord) -> None:
    used = session.usage.roles
    asked = {"filter", "counselor", "client", "summary", "client_file", "recall"}
    assert asked <= used.keys()
    assert all(used[role].prompt_tokens > 0 and used[role].completion_tokens > 0 for role in asked)


def test_the_manifest_names_the_model_and_no_script(run: tuple[RunResult, Path]) -> None:
    manifest: Any = read_json(run[1] / "manifest.json")
    assert manifest["scripted_roles"] == []
    assert manifest["models"]["counselor"] == "smollm2-135m-instruct"


async def test_the_doctor_finds_the_local_model_able(base_url: str, tmp_path: Path) -> None:
    for kind in ("baselines", "runtime"):
        text = (CONFIGS / kind / "local_smollm2.yaml").read_text(encoding="utf-8")
        (tmp_path / f"{kind}.yaml").write_text(
            text.replace("http://127.0.0.1:8181/v1", base_url), encoding="utf-8"
        )
    setup = SetUp(
        tmp_path / "baselines.yaml",
        tmp_path / "runtime.yaml",
        None,
        save_dir=lambda runtime: tmp_path,
        cache_dir=lambda runtime: None,
        env={},
    )
    findings = [finding async for finding in examine(setup)]
    wanted = {"counselor: chat", "counselor: typed reply", "client: chat"}
    assert [f for f in findings if not f.ok] == list[Finding]()
    assert wanted <= {f.name for f in findings}


def test_the_shipped_files_are_english_and_ask_for_json() -> None:
    baseline, runtime, _ = local_settings("http://127.0.0.1:1/v1")
    assert (baseline.reply_format, runtime.world.language) == ("json", Language.EN)
