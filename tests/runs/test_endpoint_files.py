"""The ready files of models that were made for counseling: each loads, and holds a session at a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.load import load_settings
from psychagent.domain.base import Modality, Speaker
from psychagent.domain.strategy.kinds import MemoryKind, Planning, SkillUse, StrategyKind
from psychagent.records.folder import case_folders
from psychagent.runs.plan import SamplePlan
from tests.support.exporting import run_to_end
from tests.support.flat import runtime_of
from tests.support.loopback.server import Call, Http, chat_body, serve

FILES = {"cpsycounx": "CPsyCounX", "psyllm": "PsyLLM", "psydt": "PsyDTLLM"}
ROWS = {"cpsycounx": "cpsycounx", "psyllm": "psyllm", "psydtllm": "psydt"}
"""The system of the paper's experiment -> its file."""


@pytest.mark.parametrize(("name", "model"), FILES.items())
def test_a_file_names_the_model_as_a_plain_one_and_another_that_writes_its_recaps(
    name: str, model: str
) -> None:
    settings = load_settings(BaselineSettings, name)
    assert (settings.name, settings.counselor.model, settings.reflecting.model) == (
        name,
        model,
        "my-reflector",
    )
    assert (settings.strategy, settings.reply_format) == (StrategyKind.PLAIN, "plain")
    assert (settings.memory, settings.planning) == (MemoryKind.RECAP, Planning.OFF)
    assert settings.skills.use is SkillUse.OFF


def test_the_papers_experiment_takes_these_files_with_the_limits_of_the_others() -> None:
    systems = load_settings(ExperimentSettings, "paper").resolved()
    for row, name in ROWS.items():
        held, told = systems[row].baseline, load_settings(BaselineSettings, name)
        assert held == told.model_copy(update={"name": row, "reflector": held.reflector})
    limits = {(s.baseline.max_sessions, s.baseline.max_counselor_turns) for s in systems.values()}
    assert len(limits) == 1
    addresses = [systems[row].baseline.counselor.base_url for row in (*ROWS, "qwen3_max", "psychagent_32b")]
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize(("name", "model"), FILES.items())
def test_a_model_of_a_file_holds_a_session_at_a_server(tmp_path: Path, name: str, model: str) -> None:
    def answer(call: Call, number: int) -> Http | None:
        words = "<think>A thought.</think>Tell me more.</end>"
        return Http(body=chat_body(words)) if call.role == "counselor" else None

    with serve(answer) as server:
        settings = load_settings(BaselineSettings, name)
        moved = {
            role: getattr(settings, role).model_copy(update={"base_url": server.base_url})
            for role in ("counselor", "reflector")
        }
        baseline = settings.model_copy(update=moved | {"max_sessions": 1})
        dataset = DatasetSettings(modalities=(Modality.CBT,), max_cases=1)
        run = run_to_end(SamplePlan(baseline, runtime_of(), dataset, tmp_path, env={}))
        asked = [(call.role, call.body["model"]) for call in server.calls]
    assert set(asked) == {("counselor", model), ("summary", "my-reflector")}
    (place,) = case_folders(run)
    (session,) = [file.read() for file in place.session_files()]
    own = [turn.text for turn in session.turns if turn.speaker is Speaker.COUNSELOR]
    assert set(own) == {"Tell me more."}
